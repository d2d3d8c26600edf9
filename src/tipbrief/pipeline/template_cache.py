"""Jinja's bytecode cache, kept in the store: templates are compiled once.

What is stored is run: the store's checksum keeps damaged code from the interpreter, unlike Jinja's cache of files.
"""

import marshal
import sys
from contextlib import suppress
from types import CodeType

import jinja2
from jinja2.bccache import Bucket

from tipbrief.pipeline.store import Store, store_key


class TemplateBytecodeCache(jinja2.BytecodeCache):
    """The compiled templates in the store; an environment looks there before it compiles a template."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the stored code, if there is any."""
        found = self._store.read_entry(_bytecode_key(bucket)) or {}
        with suppress(EOFError, ValueError, TypeError, LookupError):
            code = marshal.loads(found["code"])
            bucket.code = code if isinstance(code, CodeType) else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Store the code of a template."""
        self._store.write_entry(_bytecode_key(bucket), {"code": marshal.dumps(bucket.code)})


def _bytecode_key(bucket: Bucket) -> str:
    # Jinja's key stands for a template's name and file, its checksum for the text.
    return store_key("template", jinja2.__version__, sys.version, bucket.key, bucket.checksum)
