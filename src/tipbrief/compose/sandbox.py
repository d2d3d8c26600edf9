"""The sandbox: what a template may read, call and create, since a publication may be a stranger's.

Jinja's own sandbox blocks known ways into Python. This one allows only what is listed here or given to a template.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Set
from decimal import Decimal
from pathlib import Path
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

from jinja2 import filters, nodes, pass_environment, sandbox
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, Undefined, markup_join
from markupsafe import Markup, soft_str

from tipbrief.check.publication import Publication
from tipbrief.compose.profiles import DrawingStyles
from tipbrief.compose.provenance import mark_origin
from tipbrief.language.language import read_data_file
from tipbrief.language.unicode_text import remove_marks
from tipbrief.load.grid import Row
from tipbrief.load.source_text import MAX_TEXT_BYTES, Text

MAX_ITEMS = 10_000  # of a range, or of a list that a template makes
_MAX_BITS = 10_000  # of a whole number
_MAX_SLICES = 100
_MAX_DECIMALS = 9
_TOO_LONG = f"a text has at most {MAX_TEXT_BYTES / 1e6:.0f} million characters"
# The packages whose dataclasses are values for templates. A location in a file, or a fault, is none.
_VALUE_PACKAGES = {"check", "compose", "deliver", "language", "ledger", "mail", "site"}
_PLAIN_TYPES = frozenset({str, Text, Markup, int, bool, Decimal, type(None)})
_ABSENT = object()  # for a missing attribute
_NAMES = {kind: names.split() for kind, names in read_data_file(Path(__file__).with_suffix(".yaml")).items()}
_METHODS = {*_NAMES["methods"]}
_CONVERSION = re.compile(r"%(?:%|[-+ 0#]?\d{0,2}(?:\.\d{1,2})?[dfs])")


class TemplateFunction:
    """A function for templates: they can call it, and do nothing else with it."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Call the function."""
        return self._function(*given, **named)


class _Generator(CodeGenerator):
    """Generates the Python of a template; the operator ``~`` goes through the sandbox, too."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.join_parts((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class Sandbox(sandbox.ImmutableSandboxedEnvironment):
    """A Jinja environment in which templates are data."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, **settings: Any) -> None:
        super().__init__(finalize=_finalise_value, **settings)
        self.globals = {"range": TemplateFunction(lambda *ends: _check_size(range(*ends)))}
        self.filters = {name: filters.FILTERS[name] for name in _NAMES["filters"]}
        self.filters |= {name: _text_filter(filters.FILTERS[name]) for name in _NAMES["text_filters"]}
        self.filters |= {
            "e": self.filters["escape"], "format": _format_values, 
            "sum": pass_environment(lambda env, *given, **by: _check_size(filters.sync_do_sum(env, *given, **by))),
            "join": lambda values, by="": self.join_parts([part for value in values for part in (by, value)][1:]),
            # A text has the same length with and without marks.
            "length": lambda value: len(remove_marks(value) if isinstance(value, str) else value),
            "replace": _replace_text,
            "round": lambda value, digits=0: round(value, max(0, min(digits, _MAX_DECIMALS))),
            "batch": lambda values, count, fill="": list(filters.do_batch(values, min(count, _MAX_SLICES), fill)),
            "slice": lambda values, count: filters.sync_do_slice(list(values), min(count, _MAX_SLICES)),
        }  # fmt: skip
        self.tests = {name: self.tests[name] for name in _NAMES["tests"]}
        self._safe_kinds = dict[tuple[type, str, type], bool]()

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The attribute of an object, if a template may have it; otherwise Jinja's own answer."""
        found = getattr(obj, attribute, _ABSENT)
        if found is not _ABSENT and self.is_safe_attribute(obj, attribute, found):
            return found
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether this is a value, or one of the listed methods."""
        if type(value) in _PLAIN_TYPES and attr[:1] != "_":  # the fast way: 188 sheets ask a hundred thousand times
            return True
        # A mapping of a class, not of its object, belongs to the program, such as the one of all kinds of blocks.
        if getattr(type(obj), attr, None) is value and isinstance(value, Mapping):
            return False
        # Everything else depends only on the two types.
        kinds = type(obj), attr, type(value)
        if kinds not in self._safe_kinds:
            self._safe_kinds[kinds] = self._is_of_safe_kind(obj, attr, value)
        return self._safe_kinds[kinds]

    def _is_of_safe_kind(self, obj: Any, attr: str, value: Any) -> bool:
        if not super().is_safe_attribute(obj, attr, value):
            return False
        # A line of a file is for checks: the dependency log would not see that it was printed.
        if isinstance(obj, Row):
            return False
        if isinstance(value, (MethodType, BuiltinMethodType)):
            return attr in _METHODS
        return isinstance(value, (TemplateFunction, Macro, Undefined)) or _is_data(value)

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether this is a function for templates, or the template's own; an undefined value reports itself."""
        if isinstance(obj, (MethodType, BuiltinMethodType)) and obj.__name__ in _METHODS:
            return True
        if not isinstance(obj, (TemplateFunction, DrawingStyles, Macro, LoopContext, BlockReference, Undefined)):
            raise SecurityError(f"a {type(obj).__name__} cannot be called")
        return True

    def wrap_str_format(self, value: Any) -> None:
        """No ``str.format``: use the filter, whose widths are bounded."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The result of an operator, if it is not too large."""
        if operator == "%" and isinstance(left, str):
            return _format_values(left, *(right if isinstance(right, tuple) else (right,)))
        if isinstance(left, int) and isinstance(right, int) and operator in ("*", "**"):
            bits = left.bit_length(), right.bit_length()
            if (sum(bits) if operator == "*" else bits[0] * right) > _MAX_BITS:
                raise OverflowError("the number is too large")
        for many, times in ((left, right), (right, left)) if operator == "*" else ():
            if isinstance(many, (str, list, tuple)) and isinstance(times, int):
                _check_size(many, times)
        return _check_size(super().call_binop(context, operator, left, right))

    def join_parts(self, parts: Iterable[Any]) -> str:
        """Join texts and numbers to one text."""
        texts = [_finalise_value(part) for part in parts]
        if sum(len(text) for text in texts if isinstance(text, str)) > MAX_TEXT_BYTES:
            raise OverflowError(_TOO_LONG)
        return markup_join(texts)


def prepare_value(value: Any) -> Any:
    """A value as templates get it: a function can only be called, a publication has no folder and no warnings."""
    if isinstance(value, (FunctionType, MethodType)):
        return TemplateFunction(value)
    if isinstance(value, Publication):
        nowhere: Any = ""
        return dataclasses.replace(value, folder=nowhere, warnings=(), untranslated=(), untranslated_count=0)
    return value


def require_printable(value: Any) -> Any:
    """A value to print. Only texts and numbers are allowed: anything else would show the inside of the program."""
    if type(value) in (str, Markup) and len(value) <= MAX_TEXT_BYTES:  # the fast way, for most values
        return value
    if isinstance(value, Undefined):
        return str(value)  # raises the error, or is the empty text of an `if` without `else`
    if not isinstance(value, (str, int, float, Decimal)):
        raise TypeError(f"there is nothing to print in a {type(value).__name__}")
    return _check_size(value)


def _finalise_value(value: Any) -> Any:  # with the marks of its origins
    shown = require_printable(value)
    return shown if type(shown) in (str, Markup) else mark_origin(shown, value)


def _is_data(value: Any) -> bool:
    if value is None or isinstance(value, (str, int, float, Decimal, Mapping, list, tuple, Set)):
        return True
    room = type(value).__module__.split(".")[1:2]
    return dataclasses.is_dataclass(value) and {*room} <= _VALUE_PACKAGES and not isinstance(value, (type, Publication))


def _check_size(value: Any, times: int = 1) -> Any:
    if isinstance(value, str) and len(value) * times > MAX_TEXT_BYTES:
        raise OverflowError(_TOO_LONG)
    if isinstance(value, (list, tuple, range)) and len(value) * times > MAX_ITEMS:
        raise OverflowError(f"a list has at most {MAX_ITEMS:,} items")
    return value


def _text_filter(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda text, *more: function(_finalise_value(text), *more)


def _format_values(form: str, *values: Any) -> str:
    if "%" in _CONVERSION.sub("", form):
        raise ValueError(f"write %d, %s or such as %.2f, not '{form}'")
    return form % tuple(require_printable(value) for value in values)


def _replace_text(text: str, old: str, new: str) -> str:
    whole = soft_str(require_printable(text))
    _check_size(require_printable(new), len(whole))
    return whole.replace(old, new)
