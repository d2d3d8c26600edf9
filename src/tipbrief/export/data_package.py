"""Data package: a publication's tables, figures and sources as files that other programs understand.

It has no more than the PDFs of its documents carry: the printed columns of tables if a brief
has ``carry: all``; else the figures and sources that are printed anyway.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import yaml
from selectolax.lexbor import LexborHTMLParser

from tipbrief.check.blocks import Document
from tipbrief.check.models import Source
from tipbrief.check.printed_names import PrintedNames, reduce_table
from tipbrief.check.publication import Publication
from tipbrief.check.tables import row_sources
from tipbrief.compose.html_writer import plain_text
from tipbrief.export.document_forms import load_template
from tipbrief.files import hash_of
from tipbrief.language.language import LOADER

DATA_FILE = "data/datapackage.json"  # the description of the files beside it
_FIGURE_FIELDS = ("name", "label", "value", "unit", "kind", "formula", "as_of", "locator", "sources")


class DataPackage:
    """The data of a publication, as far as the documents that were added carry them."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._carried = PrintedNames()
        self._cited_addresses = set[str]()

    def add_document(
        self,
        document: Document,
        names: PrintedNames,
        prints: Iterable[str],
        html: bytes | str,
    ) -> None:
        """Add what a document carries, or the values and sources that it prints.

        ``names`` are what documents of its brief print, and ``prints`` the values of this
        one by their names.
        """
        if document.brief.carry == "all":
            self._carried.add_names(names)
            return
        if document.brief.carry == "own":
            self._carried.entries["figure"].update(prints)
        links = LexborHTMLParser(html).css('[id^="source-"] a')
        self._cited_addresses.update(str(link.attributes.get("href")) for link in links)

    def files(self) -> dict[str, bytes]:
        """The files by their names, with that of their folder."""
        whole, carried = self._publication, self._carried
        tables = {
            name: reduce_table(table, carried.columns[name])
            for name, table in whole.tables.items()
            if name in carried.entries["table"]
        }
        columns = {
            name: [c for c, spec in one.spec.columns.items() if not spec.private] for name, one in tables.items()
        }
        context = {
            "publication": whole, "words": partial(plain_text, publication=whole), "tables": tables,
            "sources": [one for one in whole.sources.values() if self._is_cited(one)],
            "figures": [name for name in whole.figures if name in carried.entries["figure"]],
            "figure_fields": _FIGURE_FIELDS, "columns": columns,
            "used": {name: {one for row in of.rows for one in row_sources(of, row)} for name, of in tables.items()},
        }  # fmt: skip
        records = _fill_description("records", context)
        sources, figures = records.get("sources", []), records.get("figures", [])
        found = {f"tables/{name}.csv": _format_csv(columns[name], table.rows) for name, table in tables.items()}
        found |= {"figures.csv": _format_csv(_FIGURE_FIELDS, figures)} if figures else {}
        found |= {f"{one}.csl.json": encode_json(records.get(one, [])) for one in ("publication", "sources")}
        found["sources.bib"] = load_template("sources.bib").render(sources=sources).encode()
        context["files"] = [(name, len(content), hash_of(content)) for name, content in sorted(found.items())]
        found["datapackage.json"] = encode_json(_fill_description("datapackage", context))
        return {f"data/{name}": content for name, content in found.items()}

    def _is_cited(self, source: Source) -> bool:
        parts = source, source.original, source.read_at
        is_carried = source.id in self._carried.entries["source"]
        return is_carried or any(one and str(one.address) in self._cited_addresses for one in parts)


def _format_csv(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> bytes:  # as RFC 4180 has it
    text = io.StringIO()
    lines = csv.DictWriter(text, [*columns], extrasaction="ignore")
    lines.writeheader()
    lines.writerows(rows)
    return text.getvalue().encode()


def _fill_description(name: str, context: Mapping[str, Any]) -> Any:  # a template of YAML, without what is empty
    return _drop_empty(yaml.load(load_template(f"{name}.yaml").render(context), Loader=LOADER))


def _drop_empty(value: Any) -> Any:
    if isinstance(value, dict):
        shown = {name: _drop_empty(one) for name, one in value.items()}
        return {name: one for name, one in shown.items() if one not in ("", [], {}, None)}
    if isinstance(value, list):
        return [one for part in value if (one := _drop_empty(part)) not in ([], {}, None)]
    return value


def encode_json(whole: object) -> bytes:
    """JSON that people can read, too."""
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()
