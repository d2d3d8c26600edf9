"""The ledger as older versions wrote it: one file, ``ledger.yaml``, which grew at its end."""

import re
from collections.abc import Mapping
from pathlib import Path

from tipbrief.ledger.consistency import find_disorder
from tipbrief.ledger.entries import Change, Edition, Reprint, format_cell_name
from tipbrief.ledger.entry_file import (
    RESTORE_HINT,
    parse_day,
    require_publication_id,
    require_reason,
    require_valid_edition,
)
from tipbrief.ledger.ledger import MOST_LEDGER_ENTRIES, Ledger, describe_excess_length
from tipbrief.load.source_text import (
    INVISIBLE_CHARACTER,
    MOST_TEXT_BYTES,
    describe_invisible_character,
    read_text,
)
from tipbrief.load.yaml_nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence, read_yaml
from tipbrief.problems import Problem, Problems

_ITEM = re.compile(r"^ *- ", re.M)
_KINDS = ("edition", "reprint", "correction", "revision")


def read_old(file: Path) -> Ledger:
    """The ledger that such a file holds; ``Problems`` where it is not in order."""
    text = read_text(file)
    if (count := len(_ITEM.findall(text))) > MOST_LEDGER_ENTRIES:
        raise Problems(describe_excess_length(f"{count} entries", file))
    if not text.strip():
        hint = "delete it where no edition was delivered yet; else take it from version control"
        raise Problems("the ledger is empty", file, hint=hint)
    root = read_yaml(file, MOST_TEXT_BYTES)
    listed, publication = root.items.get("entries"), root.items.get("publication")
    if isinstance(listed, YamlScalar) and not listed.text:
        listed = YamlSequence((), listed.location)
    if not isinstance(listed, YamlSequence) or not isinstance(publication, YamlScalar):
        raise Problems(root.location.problem("the ledger has no 'publication', or no list 'entries'", RESTORE_HINT))
    facts: list[Edition | Reprint | Change] = []
    problems: list[Problem] = []
    for node in listed.items:
        try:
            facts.append(_fact(node))
        except (ValueError, LookupError) as fault:
            problems.append(node.location.problem(f"this entry of the ledger cannot be read: {fault}", RESTORE_HINT))
    try:
        empty = Ledger(require_publication_id(publication.text))
    except ValueError as fault:
        raise Problems(publication.location.problem(str(fault), RESTORE_HINT)) from None
    if found := problems or list(find_disorder(empty, facts)):
        raise Problems(found)
    return empty.with_entries(facts)


def _fact(node: YamlNode) -> Edition | Reprint | Change:
    items = node.items if isinstance(node, YamlMapping) else {}
    kind = next((name for name in _KINDS if name in items), "")
    if not kind:
        raise ValueError(f"it begins with none of {', '.join(_KINDS)}")
    texts = {key: item.text for key, item in items.items() if isinstance(item, YamlScalar)}
    groups = {key: {name: value.text for name, value in item.items.items() if isinstance(value, YamlScalar)}
              for key, item in items.items() if isinstance(item, YamlMapping)}  # fmt: skip
    date = parse_day(texts["date"])
    if kind == "edition":
        return require_valid_edition(Edition(
            brief=texts["edition"], number=int(texts["number"]), code=texts["code"], date=date,
            content=texts["content"], data=texts["data"], prints=_prints(groups.get("prints", {})),
            pdf=texts.get("pdf", ""), location=node.location,
        ))  # fmt: skip
    if kind == "reprint":
        number = int(texts["number"])
        return Reprint(brief=texts["reprint"], number=number, date=date, pdf=texts["pdf"], location=node.location)
    return Change(
        kind="correction" if kind == "correction" else "revision", name=texts[kind],
        was=_value(texts["was"]), now=_value(texts["now"]), date=date, reason=require_reason(texts["reason"]),
        source=texts.get("source", ""), location=node.location,
        also={name: _step(text) for name, text in groups.get("also", {}).items()},
    )  # fmt: skip


def _prints(groups: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for group, text in groups.items():
        table, _, column = group.partition(".")
        for item in text.split():
            name, sign, value = item.partition("=")
            if not sign:
                raise ValueError(f"'{item}' is not 'NAME=VALUE'")
            found[format_cell_name(table, _value(name), column) if column else name] = _value(value)
    return found


def _step(text: str) -> tuple[str, str]:
    was, arrow, now = text.partition(" -> ")
    if not arrow:
        raise ValueError(f"'{text}' is not 'OLD -> NEW'")
    return _value(was), _value(now)


def _value(text: str) -> str:
    from urllib.parse import unquote  # few ledgers still have this form

    plain = "" if text == "%" else unquote(text)  # '%' is an empty value
    if hidden := INVISIBLE_CHARACTER.search(plain):
        raise ValueError(describe_invisible_character(hidden)[0])
    return plain
