"""Pages on which a reuse might go wrong: layout writes into their styles, or they depend on more."""

# ruff: noqa: E501

HEAD = (
    '<!DOCTYPE html>\n<html lang="fa-AF" dir="rtl"><head><meta charset="utf-8"><title>آزمون</title><style>{faces}</style>'
    '<style>html {{ font: 10pt/1.6 "Vazirmatn" }} @page {{ size: 100mm 120mm; margin: 8mm }} {styles}'
    "</style></head>\n<body>{body}</body></html>\n"
)
LONG = "متن دری با شماره ۱۲۳ و Latin که چند سطر را پر می‌کند، " * 6

_AROUND = (
    "p:first-child { margin: 1mm } p:last-child { margin: 2mm } p:nth-child(3) { margin: 3mm } "
    "p:nth-last-child(2) { margin: 4mm } h2 + p { padding: 1mm } h3 ~ p { padding-top: 2mm } .a > .b i { margin: 1em } "
    "#k { margin: 9mm } [title] i { padding: 1em } [lang|=en] { margin: 1em } p:not(.c) i { color: blue } "
    ":is(.b, .c) i { border: 1px solid } u:has(b) { margin: 1mm } u:empty { padding: 9mm } s:last-of-type { color: red } "
    "i:lang(en) { padding: 1em }"
)

# By what they try: styles, body.
_ODD = {
    "absolute boxes": (
        "main { position: relative } .a { position: absolute; top: 1cm; left: 0; width: 30% } "
        ".f { position: fixed; bottom: 0 } .r { position: relative; left: 2em }",
        f"<main><p class='a'>{LONG}</p><p>{LONG}<span class='a'>متن</span></p><p class='f r'>پا</p></main>",
    ),
    "floats": (
        ".l { float: left; width: 30% } .r { float: inline-end; margin: 1em } .c { clear: both }",
        f"<p class='l'>{LONG}</p><p class='r'>متن</p><p>{LONG}</p><p class='c'>{LONG}</p><table><tr><td>x</table>",
    ),
    "footnotes": (
        ".n { float: footnote } .b { float: footnote; footnote-display: block } "
        "::footnote-call { content: counter(footnote) } @page { @footnote { border-top: 1px solid } }",
        f"<p>{LONG}<span class='n'>پانوشت</span> متن <span class='n b'>دیگر</span></p>" * 2,
    ),
    "notes and running elements": (
        "h1 { position: running(head) } .n { position: note(side) } "
        "::note-callback { content: 'x' } "
        "@page { @top-center { content: element(head) } @note-area { content: element(side) } }",
        f"<h1>سر <b>صفحه</b></h1><p>{LONG}<i class='n'>یک</i> متن <i class='n' style='color: red'>دو</i></p>",
    ),
    "the first line and letter": (
        "p::first-line { font-size: 2em; color: red } p::first-letter { font-size: 3em; float: right } "
        "b { padding: 0 1em; letter-spacing: .1em }",
        f"<p>{LONG}<b>{LONG}</b></p><p>{LONG}</p>",
    ),
    "the same without": ("b { padding: 0 1em; letter-spacing: .1em }", f"<p>{LONG}<b>{LONG}</b></p><p>{LONG}</p>"),
    "lists, markers, leaders": (
        "li::marker { color: red } .i { list-style: inside } .d { list-style: disc } "
        "a::after { content: leader('.') target-counter(attr(href), page) }",
        f"<ol><li>متن</li><li></li><li>{LONG}</li></ol><ul class=i><li>متن</ul><ul class='d'><li>x<li>y</ul>"
        "<p><a href='#z'>به آخر</a></p><h2 id='z'>آخر</h2><div style='display: list-item'>متن</div>",
    ),
    "tables": (
        "table { border-collapse: collapse; padding: 1em } td { border: 1px solid; margin: 1em } "
        ".s { border-collapse: separate; width: 100% } .s td { padding: inherit } .i { display: inline-table }",
        f"<table><caption>نام</caption><tr><td rowspan=2>{LONG}<td>۲<tr><td>۳</table><table class=s><tr><td>۱<td>۲</table>"
        "<table class='i s'><tr><td>۱</table><div style='display: table-cell'>متن</div>",
    ),
    "flex, grid, columns": (
        ".f { display: flex; gap: 1em } .g { display: grid; grid-template-columns: 1fr 2fr } .c { columns: 2 }",
        f"<div class=f><p>{LONG}</p><p>متن</p></div><div class=g><p>متن</p><p>{LONG}</p></div><div class=c>{LONG}</div>",
    ),
    "floats in a flex box": (
        "sup { display: flex } .a { float: left }",
        "<sup>q <b class='a'>w</b></sup><p><sup>q</sup><b class='a'>w</b></p>",
    ),
    "overflow of the root": ("html { overflow: hidden } p { overflow: inherit }", f"<p>{LONG}</p>"),
    "overflow of the body": ("body { overflow: hidden } p { overflow: inherit }", f"<p>{LONG}</p>"),
    "units of fonts": (
        "p { width: 20ch; margin: 1ex 2rem; line-height: 1lh; text-indent: 1cap } b { padding: 1rex } i { width: 1rlh }",
        f"<p>{LONG}<b>متن</b><i>متن</i></p><p style='font-family: \"Noto Naskh Arabic\"'>{LONG}</p>",
    ),
    "variables": (
        ":root { --a: 3px } .w { --a: 10vw } p { padding: var(--a); margin: var(--b, 1em) }",
        f"<p>{LONG}</p><p style='--b: 2em'>{LONG}</p><div class='w'><p>{LONG}</p></div>",
    ),
    "calculations": (
        "p { width: calc(50% + 1em); margin: min(1em, 5%) } b { padding: calc(2em + 1px) } i { line-height: inherit }",
        f"<p>{LONG}<b>متن <i>متن</i></b></p>",
    ),
    "gradients and shadows": (
        "p { background: linear-gradient(red, blue 2em); border-radius: 1em; box-shadow: 0 0 1px red } "
        "b { background: currentcolor } i { visibility: hidden; background: red } u { border-radius: 10% }",
        f"<p>{LONG}<b>متن</b><i>متن</i><u>متن</u></p>" * 2,
    ),
    "borders, outlines and rules": (
        "p { border: 0 solid; outline: 0 solid } .b { border-width: 1px 0 } .o { outline: 2px dotted red; outline-offset: 1px } "
        ".h { visibility: hidden; outline: 1px solid } .t { outline: 1px solid transparent } .c { columns: 2; column-rule: 1px solid } "
        ".i { border: 3px solid; border-image: linear-gradient(red, blue) 1 } .n { border-image: linear-gradient(red, blue) 1 }",
        "".join(f"<p class={one!r}>متن <b class={one!r}>متن</b></p>" for one in "bohtcin") * 2,
    ),
    "anchors, bookmarks and forms": (
        ".m { transform: rotate(3deg) } u { bookmark-level: 2; bookmark-label: 'u'; bookmark-state: closed } "
        "input { appearance: auto; width: 2cm; height: 1em }",
        "<p>متن <u>متن</u> <a href='#m'>متن <b>متن</b></a></p><div class=m><p><b id=m>متن</b> <u>متن</u> <a href='#z'>متن</a></p></div>"
        "<form><p>متن <input name=a></p></form><p id=z>متن</p><p><input name=b></p>",
    ),
    "own styles": ("", "".join(f"<p style='margin-right: {n}mm' id='p{n}' lang='en'>Text {n}</p>" for n in range(8))),
    "the same anchor twice": ("", "<p id='a'>متن</p><p id='a'>متن</p>"),
    "an own style that means nothing": ("", "<p style='colr: red'>متن</p>"),
    "a size of pages before there is one": ("p { margin: 10vw }", f"<p>{LONG}</p>"),
    "a calculation that cannot be": ("b { font-size: calc(2em + 1px) }", f"<p>{LONG}<b>متن</b></p>"),
    "a character that no font has": ("", "<p>متن 漢 دری</p>"),
    "no root": ("html { display: none }", "<p>متن</p>"),
    "forms of pages": (
        "@page :first { margin: 20mm; @top-left { content: 'اول' } } @page b { size: 120mm 80mm } .b { page: b }",
        f"<p>{LONG}</p><p class='b'>{LONG}</p><p>{LONG}</p>",
    ),
    "boxes in the margins of pages": (
        "@page { bleed: 3mm; marks: crop; counter-increment: n 2; overflow: hidden; @top-left { content: counter(page) counter(n); "
        "counter-increment: n } @bottom-right { content: counter(pages) 'x'; overflow: inherit; width: 30vw; border: 1px solid } "
        "@right-middle { content: var(--m, 'm'); counter-reset: page 7 } @footnote { margin: 1em } } "
        "@page :left { margin: 10mm; background: red; @bottom-left { content: none } }",
        f"<p>{LONG}</p><p>{LONG}</p>" * 3,
    ),
    "boxes in the margins and overflow of the root": (
        "html { overflow: hidden } @page { @top-left { content: 'x'; overflow: inherit } }",
        f"<p>{LONG}</p>",
    ),
    "tables that float, move and break": (
        ".f { float: left; margin: 1em; width: 50% } .p { position: relative; left: 1em; break-before: page } "
        ".v { --x: 2px; margin: var(--x) 2%; padding: calc(1px + 1em); counter-increment: n } .v::after { content: counter(n) } "
        "div { display: flex } td { vertical-align: middle }",
        "".join(f"<table class={one!r}><tr><td>متن<td>{LONG}</table>" for one in "fpvvf")
        + "<div><table class=v><tr><td>x<table class=f><tr><td>y</table></table></div>",
    ),
    "drawings": (
        "svg { width: 3cm; height: 3cm }",
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="40%"><title>نام</title>'
        '<defs><linearGradient id="g"><stop stop-color="red"/></linearGradient></defs>'
        '<path d="M0 0h9v9z M1 1L2 2z" fill="url(#g)"/><g transform="scale(2)"><text x="1" y="2">x</text></g></svg>',
    ),
    "hidden parts": (
        "i { counter-increment: n } i::before { content: counter(n) } u { display: none } .s { display: block }",
        "<p hidden>متن <i>متن</i> <b title='z'>متن</b></p><u>متن <i class='s'>متن</i></u><p hidden class='s'>متن</p>"
        "<i>یک</i><section style='display: none'><p><i>x</i></p></section><i>دو</i>",
    ),
    "hidden parts with anchors": (
        "a::after { content: target-counter(attr(href), page) } b { -weasy-anchor: 'z' }",
        "<div hidden><b>متن</b></div><div hidden><p id='x'>متن <a name='y'>متن</a> <svg xmlns='http://www.w3.org/2000/svg' width='3'></svg></p></div>"
        "<a href='#x'>به</a> <a href='#y'>به</a> <a href='#z'>به</a>",
    ),
    "a hidden part whose own style means nothing": ("", "<p hidden><b style='colr: red'>متن</b></p>"),
    "selectors that look around": (
        _AROUND,
        "<section><u>متن</u><u>متن</u><u title='x'>متن <i>x</i></u><s>x</s><s>x</s></section><section>"
        "<p>متن</p><p>متن</p><p>متن</p><p>متن</p><h2>سر</h2><p>متن</p><p>متن</p><h3>سر</h3><p>متن</p><p>متن</p>"
        "<div><p class='b'>متن <i>x</i></p><p class='c'>متن <i>x</i></p><p>متن</p></div>"
        "</section>",
    ),
    "the same around other elements": (
        _AROUND,
        "<section><u>متن <b>x</b></u><u></u><u>متن <i>x</i></u><s>x</s><i>x</i></section><section>"
        "<p>متن</p><p>متن</p><p id='k'>متن</p><p>متن</p><h3>سر</h3><p>متن</p><p>متن</p><h2>سر</h2><p>متن</p><p>متن</p>"
        "<div class='a'><p class='b'>متن <i>x</i></p><p class='c' lang='en-GB'>متن <i>x</i></p></div>"
        "</section>",
    ),
    "the same with fewer elements": (_AROUND, "<section><u>متن</u></section><section><p>متن</p><p>متن</p></section>"),
    "elements that HTML puts elsewhere": (
        "",
        "<p>متن<div>متن</div></p><table>متن<tr><td>x</table><b><p>متن</b></p><a>x<a>y</a></a><br></br><div/>متن",
    ),
}


def odd_pages(faces: str) -> dict[str, str]:
    """The pages by what they try; ``faces`` are the rules of the fonts, the same for all as for documents."""
    return {name: HEAD.format(faces=faces, styles=styles, body=body) for name, (styles, body) in _ODD.items()}
