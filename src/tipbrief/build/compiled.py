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

from tipbrief.assets import shipped
from tipbrief.build.cache import Cache, code_fingerprint, key
from tipbrief.compose.templates import environment


class CompiledTemplates(jinja2.BytecodeCache):
    """Where an environment of ours looks for a template before it compiles it."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was kept, if it is whole."""
        # Without Jinja's own form, in which a part is pickled.
        found = self._cache.get(_key(bucket)) or {}
        with suppress(EOFError, ValueError, TypeError, LookupError):
            code = marshal.loads(found["code"])
            bucket.code = code if isinstance(code, CodeType) else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._cache.put(_key(bucket), {"code": marshal.dumps(bucket.code)})


def compile_shipped(cache: Cache) -> None:
    """Compile the shipped templates of which briefs are made."""
    templates = shipped("templates")
    compiles = environment([], templates, kept=CompiledTemplates(cache))
    for file in (templates / "brief.html.j2", *sorted(templates.glob("blocks/*.j2"))):
        compiles.get_template(file.relative_to(templates).as_posix())


def _key(bucket: Bucket) -> str:
    # Jinja's key is of a template's name and file, its checksum of the text.
    made_by = code_fingerprint(), jinja2.__version__, sys.version
    return key("template", *made_by, bucket.key, bucket.checksum)
