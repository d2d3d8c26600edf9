"""Jinja's bytecode cache, kept in the store: templates are compiled once.

What is stored is code, and is run. The store is not used where others can write into it, and its checksum
keeps damaged code from the interpreter, which Jinja's own cache of files does not.
"""

import sys

import jinja2

from tipbrief.pipeline.store import Store, store_key


def create_bytecode_cache(store: Store) -> jinja2.BytecodeCache:
    """The compiled templates in the store; an environment looks there before it compiles a template."""
    return jinja2.MemcachedBytecodeCache(_StoreClient(store), f"{jinja2.__version__} {sys.version} ")


class _StoreClient:
    """The store, asked as a memcached server is: a LookupError says that there is no such code."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> bytes:
        return (self._store.read_entry(store_key("template", key)) or {})["code"]

    def set(self, key: str, value: bytes, timeout: int | None = None) -> None:
        self._store.write_entry(store_key("template", key), {"code": value})
