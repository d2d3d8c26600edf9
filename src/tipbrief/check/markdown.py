"""Markdown in prose: lists, bold and links, parsed by markdown-it. All other Markdown stays text."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from tipbrief.load.schema import MarkdownText
from tipbrief.problems import Problem

# A text without one of these has no Markdown, and need not be parsed.
_MARKDOWN_SIGNS = re.compile(r"\*\*|\]\(|\\[!-/:-@\[-`{-~]|^[ \t]*[-*+][ \t]", re.M)
# Text in braces is no Markdown. During parsing a private-use character stands for it.
_PLACEHOLDER_CHARACTER, _PLACEHOLDER = "\ue000", re.compile("\\{[^{}]*\\}|\ue000")
_LIST_NUMBER = re.compile(r"^([ \t]*[0-9]{1,9})([.)])(?=\s)", re.M)
_INLINE_BULLET = re.compile(r"\s[-*+]\s")
_LINK_ADDRESS = re.compile(r"https://[^\s/\[\]{}]+(?:/[^\s{}]*)?")


class MarkdownRun(NamedTuple):
    """Words of a text, whether they are bold, and the address of their link."""

    words: str
    bold: bool = False
    address: str = ""

    @property
    def address_for_print(self) -> str:
        """The address to print, without its scheme; empty if the words already show it."""
        bare = self.address.partition("://")[2].rstrip("/")
        return "" if self.words.strip() in (bare, self.address) else bare


class MarkdownPart(NamedTuple):
    """A paragraph, or a list with its items, in runs of words."""

    items: tuple[tuple[MarkdownRun, ...], ...]
    is_list: bool = False


@lru_cache(1024)
def parse_markdown(text: str) -> tuple[MarkdownPart, ...]:
    """The paragraphs and lists of a text, in order. White space becomes single spaces."""
    if not _MARKDOWN_SIGNS.search(text):
        plain = (" ".join(part.split()) for part in text.split("\n\n"))
        return tuple(MarkdownPart(((MarkdownRun(part),),)) for part in plain if part)
    hidden = iter(_PLACEHOLDER.findall(text))
    # A line may begin with a year that ends a sentence. It is no numbered list.
    source = _LIST_NUMBER.sub(r"\1\\\2", _PLACEHOLDER.sub(_PLACEHOLDER_CHARACTER, text))
    return tuple(part for part in _collect_parts(_markdown_parser().parse(source), hidden) if any(part.items))


def strip_markdown(text: str) -> list[str]:
    """The words of each paragraph and list item, without Markdown. An item begins with a bullet."""
    return [
        ("• " if part.is_list else "") + "".join(run.words for run in item)
        for part in parse_markdown(text)
        for item in part.items
    ]


def find_markdown_problems(text: MarkdownText) -> Iterator[Problem]:
    """Problems of the lists and links of a text."""
    links = dict.fromkeys(r.address for p in parse_markdown(text) for item in p.items for r in item if r.address)
    for address in links:
        if not _LINK_ADDRESS.fullmatch(address):
            message = f"a link leads to '{address[:60]}', which is no address with https://"
            hint = "write [words](https://…): the address is printed beside the words, too"
            yield text.location.problem(message, hint, kind="link", token=address)
    for part in parse_markdown(text) if _MARKDOWN_SIGNS.search(text) else ():
        if part.is_list and len(part.items) == 1 and _INLINE_BULLET.search("".join(r.words for r in part.items[0])):
            message = "the items of a list stand in one line"
            hint = "write 'text: |' above it, and each item in a line of its own: '>-' makes one line of all"
            yield text.location.problem(message, hint, kind="list")


@cache
def _markdown_parser() -> Any:
    from markdown_it import MarkdownIt  # few publications need it

    parser = MarkdownIt("zero").enable(["list", "emphasis", "link", "escape"])
    # ``find_markdown_problems`` checks addresses. They are printed as they are written.
    vars(parser).update(validateLink=lambda address: True, normalizeLink=lambda address: address)
    return parser


def _collect_parts(tokens: list[Any], hidden: Iterator[str]) -> Iterator[MarkdownPart]:
    """The paragraphs and lists. The items of an inner list follow the item around it."""
    items, depth = list[tuple[MarkdownRun, ...]](), 0
    for token in tokens:
        if token.type == "bullet_list_open":
            depth += 1
        elif token.type == "bullet_list_close":
            depth -= 1
            if not depth:
                yield MarkdownPart(tuple(filter(None, items)), is_list=True)
                items = []
        elif token.type == "list_item_open":
            items.append(())
        elif token.type == "inline":
            runs = _collect_runs(token.children, hidden)
            if not depth:
                yield MarkdownPart((runs,) if runs else ())
            elif runs:
                # A second paragraph of an item continues it.
                items[-1] = _merge_runs([*items[-1], MarkdownRun(" "), *runs])


def _collect_runs(tokens: list[Any], hidden: Iterator[str]) -> tuple[MarkdownRun, ...]:
    found, bold, address = list[MarkdownRun](), 0, ""
    for token in tokens:
        words = token.content
        if token.type in ("strong_open", "strong_close") and token.markup == "**":
            bold += token.nesting
        elif token.type == "link_open":
            address = _restore_placeholders(str(token.attrs["href"]), hidden)
        elif token.type == "link_close":
            address = ""
        elif token.nesting:
            words = token.markup  # of Markdown that stays text, such as *…*
        if words:
            found.append(MarkdownRun(_restore_placeholders(words, hidden), bool(bold), address))
    return _merge_runs(found)


def _restore_placeholders(text: str, hidden: Iterator[str]) -> str:
    return re.sub(_PLACEHOLDER_CHARACTER, lambda _: next(hidden), text)


def _merge_runs(runs: list[MarkdownRun]) -> tuple[MarkdownRun, ...]:
    found, before = list[MarkdownRun](), " "
    for run in runs:
        words = re.sub(r"\s+", " ", run.words)
        words = words[1:] if before.endswith(" ") and words.startswith(" ") else words
        before = words or before
        last = found[-1] if found else None
        if last and (last.bold, last.address) == (run.bold, run.address):
            found[-1] = MarkdownRun(last.words + words, run.bold, run.address)
        elif words:
            found.append(MarkdownRun(words, run.bold, run.address))
    if found:
        found[-1] = MarkdownRun(found[-1].words.rstrip(), found[-1].bold, found[-1].address)
    return tuple(run for run in found if run.words)
