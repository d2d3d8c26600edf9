"""The lines of two readers, put into the order of reading."""

from tipbrief.verify.readers import Order, pdfium_lines, poppler_lines
from tipbrief.verify.words import printed_blocks


def test_pdfium_turns_the_words_of_latin_stretches() -> None:
    text = ".۱ Pilipinas sa Dito، فلیپین ،۲۰۲۵ com.ditosapilipinas\r\nthat crime a is This“"
    lines = pdfium_lines(3, text, Order((), rtl=True), rtl=True)
    assert [" ".join(line.tokens) for line in lines] == [
        "۱ Dito sa Pilipinas فلیپین ۲۰۲۵ ditosapilipinas com",
        "This is a crime that",
    ]
    assert {line.page for line in lines} == {3}


def test_poppler_marks_what_stands_from_left_to_right() -> None:
    text = (
        "\u202b\u202a ،Dito sa Pilipinas .۱\u202cفلیپین در گزارش \u202a ۲ ،۲۰۲۵\u202cاکتوبر "
        "\u202aditosapilipinas.com .۲۰۲۵\u202c\u202c\n\f\u202bلطفا ً\u202c\n"
    )
    first, second = poppler_lines(text, Order((), rtl=True))
    read = "۱ Dito sa Pilipinas فلیپین در گزارش ۲۰۲۵ ۲ اکتوبر ۲۰۲۵ ditosapilipinas com"
    assert " ".join(first.tokens) == read
    assert (second.page, second.tokens) == (2, ("لطفا",))
