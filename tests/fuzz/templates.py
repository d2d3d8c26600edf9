"""Templates, markup and styles as a stranger may write them."""

from tests.fuzz.mutations import Draw, below, pick, word

OPERATORS = ["+", "*", "~", "**", "%", "/", "in", "<", "and"]
TESTS = ["defined", "callable", "mapping", "divisibleby 0", "in 5", "nosuch"]


def expression(draw: Draw, depth: int = 3) -> str:
    """An expression of the template language over the names that a template may know."""
    way = below(draw, 7 if depth else 1)
    if way == 0:
        return word(draw, "names")
    inner = expression(draw, depth - 1)
    if way == 1:
        return f"{inner}.{word(draw, 'attributes')}"
    if way == 2:
        return f"{inner}['{word(draw, 'attributes')}']"
    if way == 3:
        return f"{inner} | {word(draw, 'filters')}"
    other = expression(draw, depth - 1)
    if way == 4:
        return f"{inner}({other})"
    if way == 5:
        return f"({inner}) | {word(draw, 'filters')}({other})"
    return f"({inner} {pick(draw, OPERATORS)} {other})"


def statement(draw: Draw) -> str:
    """A piece of a template: an expression, a statement, an escape, markup, text."""
    way = below(draw, 9)
    if way == 0:
        return word(draw, "escapes")
    if way == 1:
        return f"{{% for x in {expression(draw)} %}}{{{{ {expression(draw, 2)} }}}}{{% endfor %}}"
    if way == 2:
        return f"{{% set x = {expression(draw)} %}}{{{{ x }}}}"
    if way == 3:
        return f"{{% filter {word(draw, 'filters')} %}}{statement(draw)}{{% endfilter %}}"
    if way == 4:
        return word(draw, "markup")
    if way == 5:
        return f"<style>{styles(draw)}</style>"
    if way == 6:
        return f"{{% if {expression(draw)} is {pick(draw, TESTS)} %}}x{{% endif %}}"
    return f"{{{{ {expression(draw)} }}}}" if way == 7 else word(draw, "scalars")


def styles(draw: Draw) -> str:
    """Rules of CSS."""
    rules = []
    for _ in range(1 + below(draw, 4)):
        if below(draw, 3) == 0:
            rules.append(word(draw, "rules"))
        else:
            said = [f"{word(draw, 'properties')}: {word(draw, 'values')}" for _ in range(1 + below(draw, 3))]
            rules.append(f"{word(draw, 'selectors')} {{ {'; '.join(said)} }}")
    return "\n".join(rules)
