"""A path's pieces are read once, and are what WeasyPrint makes of them."""

from tests.typeset.patches.turns import page, turns

PATHS = (
    "M1 1h3v3h-3z",
    "M1 1h3v3h-3zM9,9 12-3 .5.5zM-1e1 0L3 3z",
    "M1 1l2 2m3 3l4 4zM5 5l1 1z",
    "M1 1zM2 2zM3 3l1 1",
    "m1 1l2 2zm3 3l4 4z",
    "M1 1L2 2 3 4z M5 5 6 6 7 9Z\n",
    "M1 1c1 1 2 2 3 0zM9 9h3v3z",
    "M1 1L50% 2em 3 4z",
    "M1 1L2zM5 5h3v3z",
    "M1 1zh3v3M5 5h3v3z",
    " M1 1h3v3z",
    "zM1 1h3v3z",
    "M1 1 2",
    "",
)
MARKER = "<marker id='m' markerWidth='4' markerHeight='4'><path d='M0 0h4v4z'/></marker>"
CLIP = f"<clipPath id='c'><path d='{PATHS[1]}'/></clipPath>"


def drawing(path: str, attributes: str = "fill='none' stroke='#000'", more: str = "") -> str:
    return f"<svg width='80' height='80' viewBox='-9 -9 40 40'>{more}<path {attributes} d='{path}'/></svg>"


def test_paths_are_drawn_as_in_weasyprint() -> None:
    ways = ("fill='none' stroke='#000'", "marker-mid='url(#m)'", "marker='url(#m)'", "clip-path='url(#c)'")
    pages = [page(drawing(path, way, MARKER + CLIP)) for path in PATHS for way in ways]
    made = turns(pages, "svg_paths", "upstream_fixes")
    made.require_same()
    assert len({*made.plain}) > len(PATHS)
