"""Templates, markup and styles as a stranger may write them."""

from hypothesis import strategies as st

from tests.fuzz.examples import OUTSIDE, WEB
from tests.fuzz.mutations import HOSTILE, Draw, below, pick

NAMES = [
    "publication", "imprint", "texts", "figures", "values", "tables", "brief", "document", "row", "paper", "profile", "drawing",
    "fonts", "charts", "maps", "edition", "told", "cite", "rich", "paragraphs", "shown", "value", "mark", "label", "distinct",
    "year_range", "range", "lipsum", "cycler", "joiner", "namespace", "dict", "self", "loop", "super", "caller", "nosuch", "block",
    "varargs", "kwargs", "x", "''", "0", "1.5", "[]", "{}", "()", "none", "true", "'wells'", "10**9", "'a' * 9",
]  # fmt: skip
ATTRIBUTES = [
    "folder", "__class__", "__mro__", "__base__", "__subclasses__", "__init__", "__globals__", "__dict__", "__call__", "__wrapped__",
    "__builtins__", "__func__", "__self__", "__module__", "__doc__", "format", "format_map", "join", "spec", "rows", "by_key", "place",
    "file", "parent", "write_text", "read_text", "items", "keys", "values", "pop", "update", "append", "title", "text", "briefs",
    "blocks", "colours", "mro", "gi_frame", "cr_frame", "f_globals", "tb_frame", "environment", "encode", "center", "replace", "x",
    "drawings", "css_text", "name", "iso", "year", "day", "signature", "date", "cycle", "index", "sources", "unescape", "striptags",
]  # fmt: skip
FILTERS = [
    "digits", "number", "both_calendars", "solar", "gregorian", "plain", "runs", "host", "qr", "dark", "tones", "place", "decimal",
    "row_sources", "row_key", "event", "safe", "list", "length", "join", "attr", "map", "select", "groupby", "sort", "sum", "tojson",
    "pprint", "xmlattr", "format", "center", "indent", "wordwrap", "replace", "batch", "slice", "random", "urlize", "striptags", "e",
    "first", "last", "max", "unique", "round", "int", "float", "string", "reverse", "truncate", "dictsort", "items", "default", "nosuch",
]  # fmt: skip
ESCAPES = [
    "{{ cycler.__init__.__globals__.os.popen('touch @OUTSIDE@/pwned').read() }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ publication.folder.joinpath('../outside/pwned').write_text('x') }}", "{{ rich.__globals__ }}", "{{ cite.__func__ }}",
    "{{ (publication.folder / '../outside/canary.txt').read_text() }}", "{{ '{0.__class__.__init__}'.format(rich) }}",
    "{{ charts.__builtins__['__import__']('os').system('touch @OUTSIDE@/pwned') }}", "{{ rich | attr('__globals__') }}",
    "{{ [rich] | map(attribute='__globals__') | list }}", "{{ lipsum.__globals__['os'].environ }}", "{{ range(10**9) | list | length }}",
    "{% for a in range(10**9) %}x{% endfor %}", "{{ 'x' * 10**10 }}", "{{ 9**9**9 }}", "{{ [1] * 10**10 }}", "{{ lipsum(n=10**7) }}",
    "{{ 'a' | center(10**10) }}", "{{ '%09999999999d' | format(1) }}", "{{ '{:9999999999}'.format(1) }}", "{{ 'a'.zfill(10**10) }}",
    "{{ 'a'.encode('idna') }}", "{{ ('a' * 5000).replace('a', 'a' * 9000).replace('a', 'a' * 9000) }}", "{{ 1 << 10**10 }}", "{{ 1 / 0 }}",
    "{% set imprint.title = 'x' %}", "{% set ns = namespace(a=1) %}{% set ns.a = ns %}{{ ns.a }}", "{% do tables.clear() %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% macro m(n) %}{{ m(n-1) ~ m(n-1) if n else '' }}{% endmacro %}{{ m(60) }}",
    "{% include 'brief.html.j2' %}", "{% extends 'brief.html.j2' %}", "{% import 'brief.html.j2' as b %}", "{% include self._TemplateReference__context.name %}",
    "{% include '../../outside/brief.html.j2' %}", "{% include '@OUTSIDE@/brief.html.j2' %}", "{% include 'css/../../figures.yaml' %}",
    "{{ tables.clear() }}", "{{ figures.update({}) }}", "{{ brief.blocks.append(1) }}", "{{ values.__setitem__('wells', 1) }}",
    "{{ imprint.published.__class__.today() }}", "{{ figures.wells.place.file.unlink() }}", "{{ (edition.place.file ~ '') }}",
    "{{ undefined_name.x }}", "{{ rich() }}", "{{ rich(rich) }}", "{{ cite(['nosuch']) }}", "{{ charts }}", "{{ 'é' | qr }}", "{{ ('x' * 9000) | qr }}",
    "{% raw %}", "{{", "{%", "{# #", "{% block a %}{% block a %}{% endblock %}{% endblock %}", "{% for a in self %}{% endfor %}", "{{ " + "(" * 200 + ")" * 200 + " }}",
    "{{ " + "-" * 3000 + "1 }}", "{{ " + "1+" * 3000 + "1 }}", "{{ [" * 90 + "1" + "] }}" * 90, "{% if 1 %}" * 300 + "{% endif %}" * 300, "{{ 1." + "x." * 2000 + "x }}",
]  # fmt: skip
MARKUP = [
    f'<img src="file://{OUTSIDE}/canary.svg">', '<img src="../../outside/canary.svg">', f'<img src="{WEB}/x.png">', '<img src="">', "<img src='data:image/png;base64,AAAA'>",
    f'<link rel="attachment" href="file://{OUTSIDE}/canary.txt">', f'<a rel="attachment" href="file://{OUTSIDE}/canary.txt">x</a>', '<img src="tables/places.csv">',
    f'<link rel="stylesheet" href="{WEB}/x.css">', f'<link rel="stylesheet" href="file://{OUTSIDE}/canary.css">', f'<base href="{WEB}/"><img src="x.png">',
    f'<object data="file://{OUTSIDE}/canary.svg"></object>', f'<embed src="{WEB}/x.svg">', f'<iframe src="{WEB}/"></iframe>', '<meta http-equiv="refresh" content="0;url=x">',
    f'<svg><image href="file://{OUTSIDE}/canary.svg" width="9" height="9"/></svg>', f'<svg><use href="file://{OUTSIDE}/canary.svg#a"/></svg>', '<svg viewBox="0 0 0 0"><path d="M0 0"/></svg>',
    '<svg><g id="a"><use href="#a"/></g><use href="#a"/></svg>', '<svg width="1e9" height="1e9"><rect width="1e400" height="NaN"/></svg>', '<svg><path d="M 0 0 a 1 1 x"/></svg>',
    "<svg>" + "".join(f'<g id="u{n}"><use href="#u{n - 1}"/><use href="#u{n - 1}"/></g>' for n in range(40)) + '<use href="#u39"/></svg>',
    '<svg><pattern id="p" width="0" height="0"><use href="#p"/></pattern><rect fill="url(#p)" width="9" height="9"/></svg>', '<svg><text x="a b c" dx="1e9">x</text></svg>',
    '<table><tr><td colspan="1000000000">x</td></tr></table>', '<table><tr><td rowspan="1000000000">x</td></tr></table>', '<table><tr><td colspan="-1">x</td></tr></table>', '<table><col span="99999999"></table>',
    "<div>" * 600 + "x", "<b>" * 5000, "<ul><li>" * 300, "<table><tr><td>" * 60, "<p>x</p>" * 4000, "<details><summary>" * 99, "<a href='#nosuch'>x</a>", "<a href='javascript:x'>x</a>", "<h6>" * 20 + "x",
    "<ol start='99999999999999999999'><li>x</ol>", "<ol><li value='-5'>x</ol>", "<input value='x'><select><option>y</select><textarea>z</textarea>", "<p lang='xx-yy-zz' dir='ltr'>x</p>", "<bdo dir=ltr>آب</bdo>",
    "<script>x</script>", "<template>x</template>", "<p>" + "آب" * 30_000 + "</p>", "<p>" + "a" * 50_000 + "</p>", "<p>\x00\x01\x0c</p>", "<!--", "<![CDATA[", "&#x110000;&#0;&bogus;", "<p style='font-size: 0'>x</p>", "<img alt='x'>",
    '<img src="data:image/svg+xml,<!DOCTYPE s [<!ENTITY a \'aaaaaaaaaa\'><!ENTITY b \'&a;&a;&a;&a;&a;&a;&a;&a;\'>]><svg xmlns=\'http://www.w3.org/2000/svg\'><text>&b;</text></svg>">', "<p id='a'></p><p id='a'></p>",
    f'<img src="data:image/svg+xml,<!DOCTYPE s [<!ENTITY a SYSTEM \'file://{OUTSIDE}/canary.txt\'>]><svg xmlns=\'http://www.w3.org/2000/svg\'><text>&a;</text></svg>">', f'<img src="file://localhost{OUTSIDE}/canary.svg">',
]  # fmt: skip
SELECTORS = ["*", "p", "h1", "table", "td", "svg", "svg *", "body", "html", ".figures", "h1::before", "p::marker", "@page", "@page :first", "main > *", ":is(p, td)", "p:nth-child(999999999n)", "::footnote-call"]
PROPERTIES = [
    "font-size", "line-height", "width", "height", "max-width", "margin", "margin-left", "padding", "display", "float", "position", "columns", "column-width", "column-gap", "content",
    "letter-spacing", "word-spacing", "text-indent", "tab-size", "orphans", "widows", "break-before", "break-inside", "page", "size", "transform", "background", "background-size", "border",
    "border-radius", "counter-increment", "counter-reset", "string-set", "bookmark-level", "hyphens", "font-family", "font-feature-settings", "grid-template", "grid-template-columns", "flex", "gap", "color",
    "border-spacing", "outline", "z-index", "opacity", "clip-path", "image-resolution", "object-position", "text-decoration", "vertical-align", "white-space", "overflow", "--a", "footnote-display", "direction", "writing-mode", "zoom", "aspect-ratio", "inset", "all", "stroke-dasharray", "stroke-width", "max-lines", "block-ellipsis", "box-decoration-break", "list-style", "anchor", "link", "lang", "quotes", "leader",
]  # fmt: skip
VALUES = [
    "0", "-1", "1e400px", "1e9mm", "-1e9mm", "0.0001pt", "NaN", "calc(1px / 0)", "calc(infinity * 1px)", "calc(" + "(" * 500 + "1px" + ")" * 500 + ")", "1e-300px", "100%", "999999999", "none", "auto", "inherit",
    "block", "flex", "grid", "inline-grid", "table", "table-cell", "list-item", "contents", "footnote", "running(a)", "element(a)", "fixed", "absolute", "left", "a", "'x' counter(page)", "counter(a, nosuch)", "attr(x)", "target-counter('#a', page)",
    "target-text(attr(href))", "leader('.')", "leader('')", "string(a)", "symbols('a')", f"url({WEB}/x)", f"url(file://{OUTSIDE}/canary.svg)", "url()", "linear-gradient(red, blue 1e9px)", "linear-gradient(red, red)", "radial-gradient(0px, red, blue)",
    "repeating-linear-gradient(red 0, blue 0)", "repeating-radial-gradient(0 0, red 0, blue 1e-9px)", "repeat(1000000000, 1fr)", "repeat(auto-fill, 0)", "1fr / 1fr", "span 999999999", "scale(0)", "matrix(0,0,0,0,0,0)", "rotate(1e400deg)", "skew(90deg)", "rgb(1e9 0 0)", "color(display-p3 1 1 1)",
    "device-cmyk(1 1 1 1)", "var(--a)", "var(--b) var(--b)", "var(--a, var(--a))", "polygon(0 0)", "0dppx", "all", "column", "page", "left right", "1e9", "a 999999999", "'\\0'", "rtl", "vertical-rl", "1 / 0", "attr(href url)", "env(x)", "sepia", "#12345", "currentColor",
]  # fmt: skip
RULES = [
    f"@import url({WEB}/x.css);", f"@import 'file://{OUTSIDE}/canary.css';", f"@font-face {{ font-family: x; src: url({WEB}/x.ttf) }}", f"@font-face {{ font-family: x; src: url(file://{OUTSIDE}/canary.txt) }} * {{ font-family: x }}",
    f"@color-profile --x {{ src: url({WEB}/x.icc) }}", f"@color-profile device-cmyk {{ src: url(file://{OUTSIDE}/canary.txt) }} p {{ color: device-cmyk(1 0 0 0) }}", "@counter-style a { system: cyclic; symbols: '' } li { list-style: a }", "@counter-style a { system: extends a }",
    "@counter-style a { system: additive; additive-symbols: 0 'x' } ol { list-style: a }", "@page { size: 0 }", "@page { size: 1e9mm }", "@page { margin: 100cm }", "@page { @footnote { max-height: 0 } }", "@page :nth(0n+0 of x) { size: a4 }", "@media print { @media print {", "}}}}", "/*", "@charset 'x';", "@namespace x url(x);",
    ":root { " + "".join(f"--v{n}: var(--v{n - 1}) var(--v{n - 1});" for n in range(1, 40)) + " --v0: x } p { content: var(--v39) }", "a{" * 3000, "* " * 3000 + "{ x: y }", ":not(" * 500, "p { --a: var(--b); --b: var(--a); color: var(--a) }", "@layer a, b; @layer a { p { color: red } }", "@supports (x: y) { p { color: red } }",
    "p { src: url('\n') }", "\\", "p { color: red", "@font-face { font-family: x; src: url(data:font/ttf;base64,AAEAAAAB) } * { font-family: x }", "* { float: left; display: grid }", "* { position: absolute; columns: 3 }", "* { break-before: page }", "* { display: none }", "body { height: 1e7px }", "td { display: grid } tr { display: flex }",
]  # fmt: skip


def expression(draw: Draw, depth: int = 3) -> str:
    """An expression of the template language over the names that a template may know."""
    way = below(draw, 7 if depth else 1)
    if way == 0:
        return pick(draw, NAMES)
    inner = expression(draw, depth - 1)
    if way == 1:
        return f"{inner}.{pick(draw, ATTRIBUTES)}"
    if way == 2:
        return f"{inner}['{pick(draw, ATTRIBUTES)}']"
    if way == 3:
        return f"{inner} | {pick(draw, FILTERS)}"
    other = expression(draw, depth - 1)
    if way == 4:
        return f"{inner}({other})"
    return f"({inner}) | {pick(draw, FILTERS)}({other})" if way == 5 else f"({inner} {pick(draw, ['+', '*', '~', '**', '%', '/', 'in', '<', 'and'])} {other})"


def statement(draw: Draw) -> str:
    """A piece of a template: an expression, a statement, an escape, markup, text."""
    way = below(draw, 9)
    if way == 0:
        return pick(draw, ESCAPES)
    if way == 1:
        return f"{{% for x in {expression(draw)} %}}{{{{ {expression(draw, 2)} }}}}{{% endfor %}}"
    if way == 2:
        return f"{{% set x = {expression(draw)} %}}{{{{ x }}}}"
    if way == 3:
        return f"{{% filter {pick(draw, FILTERS)} %}}{statement(draw)}{{% endfilter %}}"
    if way == 4:
        return pick(draw, MARKUP)
    if way == 5:
        return f"<style>{styles(draw)}</style>"
    if way == 6:
        return f"{{% if {expression(draw)} is {pick(draw, ['defined', 'callable', 'mapping', 'divisibleby 0', 'in 5', 'nosuch'])} %}}x{{% endif %}}"
    return f"{{{{ {expression(draw)} }}}}" if way == 7 else draw(st.sampled_from(HOSTILE))


def styles(draw: Draw) -> str:
    """Rules of CSS."""
    rules = []
    for _ in range(1 + below(draw, 4)):
        if below(draw, 3) == 0:
            rules.append(pick(draw, RULES))
        else:
            said = "; ".join(f"{pick(draw, PROPERTIES)}: {pick(draw, VALUES)}" for _ in range(1 + below(draw, 3)))
            rules.append(f"{pick(draw, SELECTORS)} {{ {said} }}")
    return "\n".join(rules)
