"""HTML as Lexbor reads it: the same tree as tinyhtml5 gives, or none."""

from io import StringIO
from typing import Any
from xml.etree.ElementTree import Element

import pytest
import tinyhtml5
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.typeset.patches.pages import odd_pages
from tipbrief.typeset.engine import _extract_style_sheets
from tipbrief.typeset.patches.html_tree import parse_html

_plain = tinyhtml5.parse  # before anything is put into its place


def flat(root: Element) -> list[Any]:
    return [(one.tag, list(one.attrib.items()), one.text, one.tail, len(one)) for one in root.iter()]


def same(html: str) -> bool:
    """Whether a text is taken; what is taken is read as tinyhtml5 reads it."""
    root = parse_html(html)
    if root is not None:
        assert flat(root) == flat(_plain(StringIO(html), namespace_html_elements=False)), html
    return root is not None


def page(body: str, head: str = "") -> str:
    return f'<!DOCTYPE html>\n<html lang="fa">\n<head>{head}</head>\n<body>{body}</body>\n</html>\n'


def test_documents_are_taken(documents: list[str]) -> None:
    assert all(same(_extract_style_sheets(html)[0]) for html in documents)


def test_odd_pages_are_the_same_or_refused() -> None:
    taken = [name for name, html in odd_pages("").items() if same(_extract_style_sheets(html)[0])]
    assert "drawings" in taken


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n متن",
        "<p class=\"a\nb>\" hidden id='&amp;'>".replace("'", '"') + "&lt;&nbsp;&#39;&#x200c;&notin;</p>",
        "<P CLASS='x'>x<BR/></P >".replace("'", '"'),
        "<ul> x<li>x<ul><li><p>x</p></li></ul></li> </ul>",
        "<dl><dt>x</dt><div><dd><dl><dd>x</dd></dl></dd></div></dl>",
        "<a><b><b><b><b>x</b></b></b></b><p>x</p></a><a></a>",
        "<table> <caption>x<p>y</p></caption><colgroup> <col></colgroup><thead><tr>\n<th><a>x</a></th></tr>"
        "</thead><tbody> <tr><td><p>x</p><table></table></td><td>y</td></tr> </tbody></table>x",
        "<section><h2><span>x</span></h2> <hr> y</section>",
        '<p>x<svg viewbox="0" xmlns="x" xlink:href="y"><title>x</title><lineargradient gradientunits="a"/>'
        "<style>a &lt; b</style><g> x<PATH d=\"\"/></g></svg>y</p>",
    ],
)  # fmt: skip
def test_what_is_taken(body: str) -> None:
    assert same(page(body, '<meta charset="utf-8"> <title> &amp;x</title>\n<link rel="a">'))


@pytest.mark.parametrize(
    "html",
    [
        *(page(body) for body in (
        "<p>", "</p>", "<b><p></b></p>", "<p><div></div></p>", "<span><p><i><h2>x</h2></i></p></span>",
        "<h1><h2>x</h2></h1>", "<a><i><a>x</a></i></a>", "<li>x</li>", "<ul><div><li>x</li></div></ul>",
        "<div><dd>x</dd></div>", "<table>x</table>", "<table>&#32;</table>", "<table>\xa0</table>",
        "<table><tr></tr></table>", "<tbody></tbody>", "<table><tbody><td></td></tbody></table>",
        "<p><table></table></p>", "<div/>", "<br></br>", "<col>", "<meta>", "<pre>\n</pre>", "<x>x</x>",
        "<button>x</button>", "<select></select>", "<p a=x>y</p>", "<p a='x'>y</p>", '<p a="x"a="y">y</p>',
        '<p a="x" A="y">z</p>', '<p a ="x">y</p>', '<p a="&x">y</p>', '<p>x</p a="b">', "<p>x</p/>", "&",
        "& x", "&x;", "&amp", "&#0;", "&#13;", "&#128;", "&#xd800;", "&#x110000;", "\r", "\0",
        "<!-- x -->", "<![CDATA[x]]>", "<?x?>", "<", "<svg><p></p></svg>",
        "<svg><title><b></b></title></svg>", "<svg><desc></desc></svg>",
        "<svg><foreignobject></foreignobject></svg>", "<table><svg></svg></table>", "<body></body>",
        "<head></head>", "</body>", "<title>x</title>", "<style>x</style>",
        )),
        "", "x", page("").replace("<!DOCTYPE html>", ""), "x" + page(""), "\x0b" + page(""), page("") + "x",
        page("") + "<p></p>", page("").replace("</html>", ""), page("").replace("<head></head>", ""),
        page("").replace("<head>", "x<head>"), page("").replace("<body>", "x<body>"),
        page("", "<title><b></b></title>"), page("", "<p></p>"), page("", "x"), page("", "<title>"),
        page("", "<style>x</style>"), "<!DOCTYPE html><html><body></body><head></head></html>",
        "<!DOCTYPE html><html><head></head></html>", "<!DOCTYPE html>",
    ],
)  # fmt: skip
def test_what_must_be_arranged_is_read_the_same(html: str) -> None:
    same(html)


@pytest.mark.parametrize(
    "html",
    [
        *(page(body) for body in (
        "<b><p></b></p>", "<a><i><a>x</a></i></a>", "<table><tr></tr></table>", "</p>", "\r", "\0", "<!-- x -->",
        "<?x?>", "</ x>", "<template><p>x</p></template>", "<math><mi>x</mi></math>", "<p title=\"<b>\">x</p>",
        "<svg><foreignobject></foreignobject></svg>", "<svg><title><b></b></title></svg>", "<svg><!-- x --></svg>",
        )),
        "", "x", page("").replace("<!DOCTYPE html>", ""), "x" + page(""), "<!DOCTYPE html>",
    ],
)  # fmt: skip
def test_what_is_left_to_tinyhtml5(html: str) -> None:
    assert not same(html)


# fmt: off
_NAMES = [
    "a", "b", "i", "p", "div", "span", "h1", "h2", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption",
    "colgroup", "col", "thead", "tbody", "tr", "td", "th", "svg", "g", "title", "path", "lineargradient",
    "style", "section", "code", "sup", "br", "hr", "img", "q", "link", "meta", "pre", "form", "font",
    "body", "x",
]
_TEXTS = [
    "", " ", "\n", "x", "متن", "&amp;", "&#39;", "&#x20;", "&nbsp;", "&", "\xa0", "\x0c", "\x0b", "\r",
    "<",
]
_ATTRIBUTES = [
    "", "", "", ' class="x"', ' a="&lt;\n>"', ' viewbox="0"', ' xmlns="x"', " hidden", "/", ' A="b" a="c"',
]
# fmt: on
_TAGS = st.tuples(st.sampled_from(_NAMES), st.sampled_from(_ATTRIBUTES), st.sampled_from(_TEXTS))


def _element(tag: tuple[str, str, str], inner: list[str]) -> str:
    name, attributes, text = tag
    end = "" if name in ("br", "hr", "img", "col", "link", "meta") else f"</{name}>"
    return f"<{name}{attributes}>{''.join(inner) if end else ''}{end}{text}"


_ELEMENTS = st.recursive(
    st.sampled_from(_TEXTS), lambda inner: st.builds(_element, _TAGS, st.lists(inner, max_size=4)), max_leaves=12
)


@settings(max_examples=600, deadline=None)
@given(st.lists(_ELEMENTS, max_size=4), st.integers(0, 400), st.integers(0, 2))
def test_whatever_is_taken_is_read_the_same(pieces: list[str], at: int, cut: int) -> None:
    html = page("".join(pieces))
    same(html)
    same(html[:at] + html[at + cut :])
