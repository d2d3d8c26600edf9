"""What WeasyPrint did twice it does once, and nothing else changes."""

from tests.typeset.reuse.turns import page, turns

LINES = "متنی که در چند خط می‌آید و از راست به چپ خوانده می‌شود. " * 6
FLOAT = "<i style='float: inline-{side}; width: 20mm; height: 9mm; background: #ccc'>شناور</i>"


def test_a_line_from_right_to_left_is_laid_out_once() -> None:
    made = turns([page(f"<p>{LINES}</p>")], "mends")
    made.require_same()
    assert made.plain_lines == 2 * made.lines


def test_lines_with_floats_and_the_like_are_as_they_were() -> None:
    beside = FLOAT.format(side="start") + LINES + FLOAT.format(side="end") + LINES
    bodies = (
        f"<p>{beside}</p><p>{LINES}</p>",
        f"<p style='text-indent: 2em; text-align: justify'>{LINES} <b class='block'>{LINES}</b></p>",
        f"<div style='display: flex'><p>{LINES}</p><p>{LINES}</p></div>",
        f"<div style='display: flex'><div>{LINES}<p>{beside}</p>{LINES}</div></div>",
        f"<div style='columns: 2'>{beside}</div>",
        f"<p>{LINES}<i style='position: absolute'>{LINES}</i></p>",
        f"<p>{LINES}<i style='position: relative; top: 2px'>{LINES}</i></p>",
        f"<p>{LINES}<i style='float: footnote'>{LINES}</i>{LINES}</p>" * 3,
        f"<p>{LINES}<i class='run'>{LINES}</i>{LINES}</p>" * 3,
        f"<p class='first'>{LINES}</p>" * 2,
        "<p><br></p><p></p><p> <b></b> </p>",
    )
    styles = (
        ".run { position: running(head) } @page { @top-center { content: element(head) } }"
        ".block { display: inline-block } .first::first-line { background: #cfc; font-size: 20px }"
    )
    pages = [page(body, styles, direction) for body in bodies for direction in ("rtl", "ltr")]
    made = turns(pages, "mends")
    made.require_same()
    assert made.lines < made.plain_lines
