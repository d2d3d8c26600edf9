"""The lines of two readers, put into the order of reading."""

from tipbrief.verify.html_text import read_printed_blocks
from tipbrief.verify.readers import Order, pdfium_lines, poppler_lines


def test_pdfium_turns_the_words_of_latin_stretches() -> None:
    text = ".۱ Pilipinas sa Dito، فلیپین ،۲۰۲۵ com.ditosapilipinas\r\nthat crime a is This“"
    lines = pdfium_lines(3, text, Order((), rtl=True), rtl=True)
    assert [" ".join(line.tokens) for line in lines] == [
        "۱ Dito sa Pilipinas فلیپین ۲۰۲۵ ditosapilipinas com",
        "This is a crime that",
    ]
    assert {line.page for line in lines} == {3}


def test_two_latin_phrases_side_by_side_in_a_persian_paragraph_keep_their_order() -> None:
    """PDFium turns all Latin words of such a line round, as if they were one phrase."""
    order = Order(read_printed_blocks('<p dir="rtl">نوبت cf2050cb. github.com/trex/RA</p>'), rtl=True)
    (line,) = pdfium_lines(1, "cb2050cf. RA/trex/com.github", order, rtl=True)
    assert " ".join(line.tokens) == "cf 2050 cb github com trex RA"
    (line,) = pdfium_lines(1, "Pilipinas sa Dito", order, rtl=True)
    assert " ".join(line.tokens) == "Dito sa Pilipinas"


def test_poppler_marks_what_stands_from_left_to_right() -> None:
    text = (
        "\u202b\u202a ،Dito sa Pilipinas .۱\u202cفلیپین در گزارش \u202a ۲ ،۲۰۲۵\u202cاکتوبر "
        "\u202aditosapilipinas.com .۲۰۲۵\u202c\u202c\n\f\u202bلطفا ً\u202c\n"
    )
    first, second = poppler_lines(text, Order((), rtl=True))
    read = "۱ Dito sa Pilipinas فلیپین در گزارش ۲۰۲۵ ۲ اکتوبر ۲۰۲۵ ditosapilipinas com"
    assert " ".join(first.tokens) == read
    assert (second.page, second.tokens) == (2, ("لطفا",))


ENGLISH = "<html dir=ltr><p>It is called قاچاق انسان in Dari, and بچه‌بازی می‌شود there; see صفحۀ ۱۲ از ۲۵."
DARI = '<html dir="ltr"><p dir="rtl">کشور (TVPA of 2000) دیده شدند'
READ = "It is called قاچاق انسان in Dari and بچه‌بازی می‌شود there see صفحۀ ۱۲ از ۲۵"


def read(html: str, *, pdfium: str = "", poppler: str = "") -> list[str]:
    order = Order(read_printed_blocks(html), rtl=False)
    lines = pdfium_lines(1, pdfium, order, rtl=False) if pdfium else poppler_lines(poppler, order)
    return [" ".join(line.tokens) for line in lines]


def test_in_a_line_from_left_to_right_pdfium_turns_the_persian_stretches() -> None:
    text = "It is called انسان قاچاق in Dari, and شود‌می بازی‌بچه there; see ۲۵ از ۱۲ صفحۀ."
    assert read(ENGLISH, pdfium=text) == [READ]


def test_a_line_with_more_persian_than_latin_words_pdfium_begins_at_the_right() -> None:
    html = "<html dir=ltr><p>so that it breaks: سال‌های پیش‌تر نیز چنین بود و این را گزارش داده است, and ends"
    text = "ends and ,سال‌های پیش‌تر نیز چنین بود و این را گزارش داده است :breaks it that so"
    expected = "so that it breaks سال‌های پیش‌تر نیز چنین بود و این را گزارش داده است and ends"
    assert read(html, pdfium=text) == [expected]
    # The same line in a paragraph from right to left begins at its right end.
    assert read(html.replace("<p>", "<p dir=rtl>"), pdfium=text) != [expected]


def test_poppler_wraps_the_persian_stretches_of_a_line_from_left_to_right() -> None:
    text = (
        "It is called \u202bقاچاق انسان\u202cin Dari, and \u202bبچه‌بازی می‌شود\u202cthere; "
        "see ۲۵ \u202b از\u202c۱۲ \u202bصفحۀ\u202c."
    )
    assert read(ENGLISH, poppler=text) == [READ]


def test_a_persian_paragraph_in_an_english_document_is_read_from_the_right() -> None:
    assert read(DARI, pdfium="کشور (2000 of TVPA (دیده شدند") == ["کشور TVPA of 2000 دیده شدند"]
    wrapped = "\u202b( دیده شدند\u202cTVPA of 2000) \u202bکشور\u202c"
    assert read(DARI, poppler=wrapped) == ["کشور TVPA of 2000 دیده شدند"]


def test_poppler_joins_what_a_hyphen_at_the_end_of_a_line_parts() -> None:
    html = "<html dir=ltr><p>a state-supported program of stateless states</p>"
    assert read(html, poppler="a statesupported program of stateless\nstates") == [
        "a state supported program of stateless",
        "states",
    ]
