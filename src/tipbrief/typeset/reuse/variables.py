"""Variables of a style that are made of each other: what such say depends on which is asked for first."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from weasyprint.css.validation.expanders import Pending


def in_circle(declared: Mapping[str, Any]) -> bool:
    """Whether a variable is made of itself, by way of others or not."""
    leads = {
        name: {*_named_in(value.tokens)}
        for name, (value, _) in declared.items()
        if name.startswith("__") and isinstance(value, Pending)
    }
    while leads:
        ends = [name for name, others in leads.items() if not others & leads.keys()]
        if not ends:
            return True
        for name in ends:
            del leads[name]
    return False


def _named_in(tokens: Iterable[Any]) -> Iterator[str]:
    for token in tokens:
        if token.type == "ident" and token.value.startswith("--"):
            yield token.value.replace("-", "_")
        yield from _named_in(getattr(token, "arguments", None) or getattr(token, "content", None) or ())
