"""What the commands share: options, the report of problems, the clock."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tipbrief import limits
from tipbrief.cli.terminal import show_json, style, tell
from tipbrief.cli.unforeseen import unforeseen
from tipbrief.problems import Listener, Problem, Problems

if TYPE_CHECKING:
    from tipbrief.language.dates import Date

# More problems are counted, more names or documents summed up.
MOST_SHOWN = 50
FEW = 5


class _Named(click.Path):
    """A path that is not empty: Python takes an empty one for the folder in which the user stands."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; where there is nothing in it, as in a variable of the shell that is not set, no path."""
        if not os.fspath(value):
            self.fail("the name is empty: is a variable not set?", param, ctx)
        return super().convert(value, param, ctx)


FILE_PATH = _Named(path_type=Path, dir_okay=False)
FOLDER_PATH = _Named(path_type=Path, file_okay=False)


def _tags(context: click.Context, option: click.Parameter, typed: str | None) -> list[str]:
    """The tags of an option; none where it is not given."""
    tags = [tag.strip() for tag in (typed or "").split(",") if tag.strip()]
    if typed is not None and not tags:
        raise click.UsageError("--language names no language: give tags, such as --language ps,en")
    return tags


_WHERE = (
    "The publication's folder. Default: the one where you are, else the only one under ./data, else, to "
    "read, the shipped one."
)
publication_option = click.option("--publication", "folder", type=FOLDER_PATH, help=_WHERE)
_PRINTED_AS = click.Choice(["text", "json"])
format_option = click.option(
    "--format", "as_", type=_PRINTED_AS, default="text", show_default=True, help="For machines: json."
)
out_option = click.option(
    "--out",
    type=FOLDER_PATH,
    default=Path("out"),
    show_default=True,
    help="The folder for the PDF, the HTML and manifest.json.",
)
language_option = click.option(
    "--language",
    "languages",
    metavar="TAG,TAG",
    callback=_tags,
    help="In which languages of the publication: ps,en or all. Default: its first.",
)
strict_option = click.option("--strict", is_flag=True, help="Warnings fail, too.")


def _hear(text: str) -> None:
    tell(f"note: {text}", err=True)


Listener.hear = _hear


def reporting(command: Callable[..., None], status: int = 1) -> Callable[..., None]:
    """A command whose problems are printed together, with this exit status."""

    def run(*args: Any, **kwargs: Any) -> None:
        _require_values(click.get_current_context())
        try:
            with limits.bounded("the command"):
                command(*args, **kwargs)
        except Problems as found:
            show(found.problems)
            sys.exit(status)
        except KeyboardInterrupt:
            sys.exit(stopped())
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as fault:
            tell(*unforeseen(fault).format().split("\n"), err=True)
            sys.exit(status)

    return update_wrapper(run, command)


def _require_values(context: click.Context) -> None:
    """A usage error where an option was taken for the value of the one before it."""
    known = {name for one in context.command.params for name in one.opts} | {*context.help_option_names}
    for option in context.command.params:
        given = context.params.get(option.name or "") if isinstance(option, click.Option) else None
        for value in map(str, given if isinstance(given, (tuple, list)) else [given]):
            if value in known or value.startswith("--"):
                raise click.UsageError(f"{option.opts[0]} has no value: {value} is an option", context)


def stopped() -> int:
    """The exit status of a command that its user stopped, who is told."""
    tell("stopped; what was finished is kept", err=True)
    return 130


def conclude(problems: list[Problem], *, strict: bool, as_: str, values: object) -> None:
    """Print problems, for machines the ``values``; end with exit status 1 where there are errors.

    With ``strict`` also where there are warnings.
    """
    if as_ == "json":
        show_json(values)
    else:
        show(problems)
    if any(strict or problem.severity == "error" for problem in problems):
        sys.exit(1)


def today() -> Date:
    """Today; or the day of SOURCE_DATE_EPOCH, for builds that must be repeated."""
    from tipbrief.language.dates import Date

    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        now = datetime.fromtimestamp(int(given), UTC) if given else datetime.now()
    except (OverflowError, OSError, ValueError):
        hint = "set it to seconds since 1970, or unset it"
        raise Problems(f"SOURCE_DATE_EPOCH is no time: {given[:40]}", hint=hint) from None
    return Date(now.year, now.month, now.day)


def now() -> datetime:
    """This moment in the user's zone; in UTC where TZ names none that can be."""
    moment = datetime.now(UTC)
    with contextlib.suppress(ValueError, OverflowError):
        moment = moment.astimezone()
    return moment


def show(problems: list[Problem]) -> None:
    """Print problems to standard error: place, message, source line and hint; in colour on a terminal."""
    here = Path.cwd()
    for problem in problems[:MOST_SHOWN]:
        tell(*problem.format(here, style).split("\n"), err=True)
    if len(problems) > MOST_SHOWN:
        tell(f"… and {len(problems) - MOST_SHOWN} more", err=True)
    if errors := sum(problem.severity == "error" for problem in problems):
        tell(f"{errors} problem{'s' if errors != 1 else ''}", err=True)
