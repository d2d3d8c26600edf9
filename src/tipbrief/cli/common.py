"""Shared parts of the commands: options, printed problems, progress, results, the clock."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial, update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tipbrief import limits
from tipbrief.cli.terminal import isolate, localise, print_crash, print_json, print_lines, style, supports_colour
from tipbrief.language.dates import Date
from tipbrief.problems import MessageListener, Problem, Problems, escape_invisible, join_first_names

if TYPE_CHECKING:
    from tipbrief.pipeline.run import BuildResult

MAX_ITEMS_SHOWN = 50  # problems or names; more are counted
MAX_ITEMS_IN_DETAIL = 5  # documents; of more only a sum is printed
SECONDS_BETWEEN_LINES = 3  # of the progress of a build in a pipe


class _NonEmptyPath(click.Path):  # an unset shell variable is empty, which Python takes for the current folder
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not os.fspath(value):
            self.fail("the name is empty: is a variable not set?", param, ctx)
        return super().convert(value, param, ctx)


COMMANDS_FILE = Path(__file__).with_name("commands.yaml")
FILE_PATH = _NonEmptyPath(path_type=Path, dir_okay=False)
FOLDER_PATH = _NonEmptyPath(path_type=Path, file_okay=False)


def parse_names(fault: str, context: click.Context, option: click.Parameter, typed: str | None) -> list[str]:
    """The names of an option, separated by commas; none if it is not given. A usage ``fault`` if it names nothing."""
    names = [name.strip() for name in (typed or "").split(",") if name.strip()]
    if typed is not None and not names:
        raise click.UsageError(fault)
    return names


_TYPES: dict[str, click.ParamType[Any]] = {
    "file": FILE_PATH, "folder": FOLDER_PATH, "path": click.Path(path_type=Path),
    "existing": click.Path(path_type=Path, exists=True),
    "port": click.IntRange(1, 65535), "pixels": click.IntRange(100, 3500), "count": click.IntRange(1),
    "megabytes": click.FloatRange(0), "minutes": click.FloatRange(0, min_open=True),
}  # fmt: skip


def declare(command: str, kind: type[Any] = click.Command, **parsers: Callable[..., Any]) -> Any:
    """The class of a command whose parameters stand in ``commands.yaml``; ``parsers`` are callbacks of its options."""
    # The file is read when they are first needed: without them, as for --version, nothing loads YAML.
    read = cache(partial(_read_parameters, command, parsers))
    params = property(lambda self: read(), lambda self, none: None)
    return type(kind.__name__, (kind,), {"params": params, "declared_name": command})


def _read_parameters(command: str, parsers: Mapping[str, Callable[..., Any]]) -> list[click.Parameter]:
    from tipbrief.language.language import read_data_file

    declared, found = read_data_file(COMMANDS_FILE), list[click.Parameter]()
    for name, own in declared[command]["parameters"].items():
        settings = {**(declared["shared"][name] if own is None else own)}
        kind, fault = settings.pop("type", None), settings.pop("names", None)
        settings["type"] = click.Choice(kind) if isinstance(kind, list) else _TYPES.get(kind)
        callback = partial(parse_names, fault) if fault else parsers.get(name.removeprefix("--"))
        if name.startswith("--"):
            names, shows = [name, *filter(None, [settings.pop("to", None)])], bool(settings.get("default"))
            found.append(click.Option(names, callback=callback, show_default=shows, **settings))
        else:
            found.append(click.Argument([name], **settings))
    return found


MessageListener.notify = lambda text: print_lines(f"note: {text}", err=True)


def report_problems(command: Callable[..., None], status: int = 1) -> Callable[..., None]:
    """The command, which prints its problems together and then exits with ``status``."""

    def run(*args: Any, **kwargs: Any) -> None:
        _require_sensible_options(click.get_current_context(), kwargs)
        try:
            with limits.limit_step("the command"):
                command(*args, **kwargs)
        except Problems as found:
            show_problems(found.problems)
            sys.exit(status)
        except KeyboardInterrupt:
            raise click.Abort from None
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as fault:
            print_crash(fault)
            sys.exit(status)

    return update_wrapper(run, command)


def _require_sensible_options(context: click.Context, given: Mapping[str, Any]) -> None:
    """A usage error if an option was taken for the value of the one before it, or the options make no sense."""
    known = {name for parameter in context.command.params for name in parameter.opts} | {*context.help_option_names}
    for option in context.command.params:
        typed = given.get(option.name or "") if isinstance(option, click.Option) else None
        for value in map(str, typed if isinstance(typed, (tuple, list)) else [typed]):
            if value in known or value.startswith("--"):
                raise click.UsageError(f"{option.opts[0]} has no value: {value} is an option", context)
    from tipbrief.language.language import read_data_file

    for rule in read_data_file(COMMANDS_FILE).get(getattr(context.command, "declared_name", ""), {}).get("refused", ()):
        is_given = all(any(map(given.get, names)) for names in rule["given"])
        if is_given and not any(map(given.get, rule.get("without", ()))):
            raise click.UsageError(rule["say"])


def report_and_exit(problems: list[Problem], *, strict: bool, as_: str, values: object) -> None:
    """Print problems, or ``values`` as JSON. Exit with status 1 after errors; with ``strict`` also after warnings."""
    if as_ == "json":
        print_json(values)
    else:
        show_problems(problems)
    if any(strict or problem.severity == "error" for problem in problems):
        sys.exit(1)


def today() -> Date:
    """Today, or the day of SOURCE_DATE_EPOCH for reproducible builds."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        now = datetime.fromtimestamp(int(given), UTC) if given else datetime.now()
    except (OverflowError, OSError, ValueError):
        hint = "set it to seconds since 1970, or unset it"
        raise Problems(f"SOURCE_DATE_EPOCH is no time: {given[:40]}", hint=hint) from None
    return Date(now.year, now.month, now.day)


def current_time() -> datetime:
    """The current time in the user's zone; in UTC if TZ names no possible zone."""
    with contextlib.suppress(ValueError, OverflowError):
        return datetime.now(UTC).astimezone()
    return datetime.now(UTC)


def show_problems(problems: list[Problem]) -> None:
    """Print problems to standard error: place, message, source line and hint; in colour on a terminal."""
    base = Path.cwd()
    for problem in problems[:MAX_ITEMS_SHOWN]:
        print_lines(*problem.format(base, style).split("\n"), err=True)
    if len(problems) > MAX_ITEMS_SHOWN:
        print_lines(f"… and {len(problems) - MAX_ITEMS_SHOWN} more", err=True)
    if errors := sum(problem.severity == "error" for problem in problems):
        print_lines(count_of(errors, "problem"), err=True)


@cache
def _report_environment() -> Any:
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).with_name("reports"))
    form: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "undefined": jinja2.StrictUndefined}
    # Without invisible characters no value can begin another line.
    found = jinja2.Environment(loader=loader, finalize=lambda value: escape_invisible(str(value)), **form)
    found.globals |= {"count_of": count_of, "size_of": size_of, "isolate": isolate}
    found.globals["few"] = lambda names: join_first_names([*names], MAX_ITEMS_IN_DETAIL)
    return found


def print_report(name: str, values: Mapping[str, Any], *, err: bool = False) -> None:
    """Print one of the ``reports``: a template filled with these values."""
    file = f"{name}.j2" if "." in name else f"{name}.txt.j2"  # what is no text is no message either
    if text := _report_environment().get_template(file).render(values).removesuffix("\n"):
        print_lines(*text.split("\n"), err=err, translates=file.endswith(".txt.j2"))


def count_of(count: int, noun: str) -> str:
    """A number with its noun: ``1 page``, ``2 pages``."""
    return f"{count} {noun}{'s' * (count != 1)}"


def size_of(byte_count: int) -> str:
    """The size of a file in kilobytes."""
    return f"{byte_count / 1000:.0f} KB"


class Progress(contextlib.ExitStack):
    """The progress of a build: a bar with the remaining time on a terminal, lines from time to time in a pipe."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._document_count, self._ready_count, self._steps_by_document = count, 0, dict[str, int]()
        self._start_time = self._last_line_time = time.monotonic()
        look: dict[str, Any] = {"label": localise("building"), "show_eta": count > MAX_ITEMS_IN_DETAIL}
        look |= {"item_show_func": lambda item: item and escape_invisible(item), "file": sys.stderr}
        bar = click.progressbar(length=4 * count, hidden=not (sys.stderr.isatty() and supports_colour()), **look)
        self._bar = self.enter_context(bar)

    def advance(self, name: str, step: str) -> None:
        """Count a step of a document. Its last step also counts those that it skipped."""
        before = self._steps_by_document.get(name, 0)
        self._steps_by_document[name] = 4 if step == "deliver" else before + 1
        self._bar.update(self._steps_by_document[name] - before, f"{name}: {localise(step)}")
        if step != "deliver":
            return
        self._ready_count, now = self._ready_count + 1, time.monotonic()
        prints_lines = self._bar.hidden and self._document_count > MAX_ITEMS_IN_DETAIL
        if not prints_lines or now - self._last_line_time <= SECONDS_BETWEEN_LINES:
            return
        self._last_line_time = now
        left = (now - self._start_time) / self._ready_count * (self._document_count - self._ready_count)
        # The first document also loads what all need, such as fonts: it predicts nothing.
        about = f", about {left:.0f} s left" if self._ready_count > 1 else ""
        print_lines(f"{self._ready_count} of {self._document_count} documents{about}", err=True)


def show_result(built: "Sequence[BuildResult]", asked: int, out: Path, *, part: bool) -> None:
    """Print a few documents each with its files, or the sum of many; warnings; what a ``part`` of a series leaves."""
    print_report("built", {"built": built, "asked": asked, "out": out, "most": MAX_ITEMS_IN_DETAIL})
    show_problems([note for item in built for note in item.notes])
    if part and (out / "index.html").exists():
        print_lines("index.html and the PDF of all sheets are left as they were: tipbrief build --all")
