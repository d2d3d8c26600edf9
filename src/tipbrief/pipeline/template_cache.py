"""Compiled templates, kept in the cache: what Jinja made of a template's text, to which all of it is the key.

They are code, and run as such: they are taken only from a folder into which nobody else can write, where the
PDFs that are delivered come from, too. What runs is what the sandbox made of this very text: a text with
another name, or by another program, Jinja or Python, has a key of its own.
"""

import marshal
import sys
from contextlib import suppress
from types import CodeType

import jinja2
from jinja2.bccache import Bucket

from tipbrief.assets import find_shipped_folder
from tipbrief.compose.templates import create_environment
from tipbrief.pipeline.store import Store, code_fingerprint, entry_key


class TemplateBytecodeCache(jinja2.BytecodeCache):
    """Where an environment of ours looks for a template before it compiles it."""

    def __init__(self, cache: Store) -> None:
        self._store = cache

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was kept, if it is whole."""
        # Without Jinja's own form, in which a part is pickled.
        found = self._store.read_entry(_bytecode_key(bucket)) or {}
        with suppress(EOFError, ValueError, TypeError, LookupError):
            code = marshal.loads(found["code"])
            bucket.code = code if isinstance(code, CodeType) else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._store.write_entry(_bytecode_key(bucket), {"code": marshal.dumps(bucket.code)})


def compile_shipped_templates(cache: Store) -> None:
    """Compile the shipped templates of which briefs are made."""
    templates = find_shipped_folder("templates")
    compiles = create_environment([], templates, kept=TemplateBytecodeCache(cache))
    for file in (templates / "brief.html.j2", *sorted(templates.glob("blocks/*.j2"))):
        compiles.get_template(file.relative_to(templates).as_posix())


def _bytecode_key(bucket: Bucket) -> str:
    # Jinja's key is of a template's name and file, its checksum of the text.
    made_by = code_fingerprint(), jinja2.__version__, sys.version
    return entry_key("template", *made_by, bucket.key, bucket.checksum)
