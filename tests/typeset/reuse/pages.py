"""Pages on which a reuse might go wrong: layout writes into their styles, or they depend on more."""

# ruff: noqa: E501

HEAD = (
    '<!DOCTYPE html>\n<html lang="fa-AF" dir="rtl"><head><meta charset="utf-8"><title>آزمون</title><style>{faces}</style>'
    '<style>html {{ font: 10pt/1.6 "Vazirmatn" }} @page {{ size: 100mm 120mm; margin: 8mm }} {styles}'
    "</style></head>\n<body>{body}</body></html>\n"
)
LONG = "متن دری با شماره ۱۲۳ و Latin که چند سطر را پر می‌کند، " * 6

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
    "the same without": (
        "b { padding: 0 1em; letter-spacing: .1em }",
        f"<p>{LONG}<b>{LONG}</b></p><p>{LONG}</p>",
    ),
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
    "own styles": (
        "",
        "".join(f"<p style='margin-right: {n}mm' id='p{n}' lang='en'>Text {n}</p>" for n in range(8)),
    ),
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
    "drawings": (
        "svg { width: 3cm; height: 3cm }",
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="40%"><title>نام</title>'
        '<defs><linearGradient id="g"><stop stop-color="red"/></linearGradient></defs>'
        '<path d="M0 0h9v9z M1 1L2 2z" fill="url(#g)"/><g transform="scale(2)"><text x="1" y="2">x</text></g></svg>',
    ),
    "elements that HTML puts elsewhere": (
        "",
        "<p>متن<div>متن</div></p><table>متن<tr><td>x</table><b><p>متن</b></p><a>x<a>y</a></a><br></br><div/>متن",
    ),
}


def odd_pages(faces: str) -> dict[str, str]:
    """The pages by what they try; ``faces`` are the rules of the fonts, the same for all as for documents."""
    return {name: HEAD.format(faces=faces, styles=styles, body=body) for name, (styles, body) in _ODD.items()}
