"""Late imports: what WeasyPrint loads for fonts that are none of ours is loaded when such a font comes.

fontTools has 150 modules. WeasyPrint calls it for variable fonts, WOFF and pictures as letters, or where
HarfBuzz cannot subset. Until then there are stand-ins for the few names that its two modules import. They are
used only with these very modules, as all depends on how they use the names.
"""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module, util
from pathlib import Path
from types import ModuleType
from typing import Any

from tipbrief.files import hash_of
from tipbrief.safe_mode import is_safe_mode

_IMPORTED = {
    "fontTools": ("subset",),
    "fontTools.ttLib": ("TTFont", "TTLibError", "ttFont", "woff2"),
    "fontTools.varLib.instancer": ("instantiateVariableFont",),
}
_USERS = ("weasyprint.pdf.fonts", "weasyprint.text.fonts")
# Of WeasyPrint 70.0.
_MADE_FOR = {
    "pdf/fonts.py": "9ad9a202a416b84585e59d758e6b5e1b35604807dc3fa4472b6829bc5c4cdcb7",
    "text/fonts.py": "59d74d0c161349b8416f1d13466e16dd47c1161f0a397ff1e4ca70814eb36091",
}


class _Later:
    """Stands in for a function or a module: loads all of them when it is called, or asked for anything."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._real()(*given, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    def _real(self) -> Any:
        for user in map(import_module, _USERS):
            for name, one in [*vars(user).items()]:
                if isinstance(one, _Later):
                    setattr(user, name, one._loaded())
        return self._loaded()

    def _loaded(self) -> Any:
        module = import_module(self._module)
        return getattr(module, self._name, None) or import_module(f"{self._module}.{self._name}")


@contextlib.contextmanager
def fonts_tools_later() -> Iterator[None]:
    """While WeasyPrint is imported, the stand-ins are what it imports."""
    if not _can_wait():
        yield
        return
    for module, names in _IMPORTED.items():
        stub = ModuleType(module)
        vars(stub).update({name: _Later(module, name) for name in names})
        sys.modules[module] = stub
    try:
        yield
    finally:
        for module in _IMPORTED:
            del sys.modules[module]


def _can_wait() -> bool:
    return not {"fontTools", *_USERS} & sys.modules.keys() and are_these(_MADE_FOR)


def are_these(files: Mapping[str, str]) -> bool:
    """Whether these files of WeasyPrint have these hashes, and it is not to be as it came."""
    found = util.find_spec("weasyprint")
    folder = Path(found.origin or "").parent if found else Path()
    with contextlib.suppress(OSError):
        return not is_safe_mode() and all(hash_of((folder / name).read_bytes()) == files[name] for name in files)
    return False
