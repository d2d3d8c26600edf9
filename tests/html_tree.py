"""A page of HTML as a tree of elements, for tests that ask what stands where."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "link", "input"}
UNSEEN = {"style", "script"}


class Element:
    """An element with its parts in order: texts and elements."""

    def __init__(self, tag: str, attributes: dict[str, str], *, ltr: bool = False) -> None:
        self.tag, self.attributes = tag, attributes
        self.ltr = attributes.get("dir", "ltr" if ltr else "rtl") == "ltr"
        self.parts: list[Element | str] = []

    @property
    def text(self) -> str:
        """All text inside, with single spaces."""
        whole = "".join(part if isinstance(part, str) else part.text for part in self.parts)
        return " ".join(whole.split())

    @property
    def texts(self) -> Iterator[tuple[bool, str]]:
        """The texts that are seen, each with whether it stands in a left-to-right element."""
        for part in self.parts if self.tag not in UNSEEN else ():
            if isinstance(part, str):
                yield self.ltr, part
            else:
                yield from part.texts

    def all(self, tag: str = "", kind: str = "") -> list[Element]:
        """The elements inside with this tag and class, in order."""
        found: list[Element] = []
        for part in self.parts:
            if isinstance(part, Element):
                fits = tag in ("", part.tag) and (not kind or kind in part.attributes.get("class", "").split())
                found += [part, *part.all(tag, kind)] if fits else part.all(tag, kind)
        return found

    def one(self, tag: str = "", kind: str = "") -> Element:
        (found,) = self.all(tag, kind)
        return found


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]
        self.feed(html)
        self.close()
        assert self.open == [self.root], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(self.open[-1].parts[-1])  # type: ignore[arg-type]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.open[-1].parts.append(Element(tag, attributes, ltr=self.open[-1].ltr))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def read_html(html: str) -> Element:
    """What stands above the page's elements; each of them must be closed in its place."""
    return _Reader(html).root
