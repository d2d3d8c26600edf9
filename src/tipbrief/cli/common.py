"""What the commands share: options, the report of problems, the clock."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tipbrief import limits
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from tipbrief.language.dates import Date

# More problems are counted, more names or documents summed up.
MOST_SHOWN = 50
FEW = 5

FILE_PATH = click.Path(path_type=Path, dir_okay=False)
FOLDER_PATH = click.Path(path_type=Path, file_okay=False)
_WHERE = "The publication's folder. Default: the only folder under ./data, else, to read, the shipped one."
publication_option = click.option("--publication", "folder", type=FOLDER_PATH, help=_WHERE)
_PRINTED_AS = click.Choice(["text", "json"])
format_option = click.option(
    "--format", "as_", type=_PRINTED_AS, default="text", show_default=True, help="For machines: json."
)
strict_option = click.option("--strict", is_flag=True, help="Warnings fail, too.")


def reporting(command: Callable[..., None], status: int = 1) -> Callable[..., None]:
    """A command whose problems are printed together, with this exit status."""

    def run(*args: Any, **kwargs: Any) -> None:
        try:
            with limits.bounded("the command"):
                command(*args, **kwargs)
        except Problems as found:
            show(found.problems)
            sys.exit(status)
        except KeyboardInterrupt:
            click.echo("stopped; what was finished is kept", err=True)
            sys.exit(130)

    return update_wrapper(run, command)


def show_json(value: object) -> None:
    """Print a value for machines."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


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


def show(problems: list[Problem]) -> None:
    """Print problems to standard error: place, message, source line and hint; in colour on a terminal."""
    here = Path.cwd()
    for problem in problems[:MOST_SHOWN]:
        click.echo(problem.format(here, click.style), err=True)
    if len(problems) > MOST_SHOWN:
        click.echo(f"… and {len(problems) - MOST_SHOWN} more", err=True)
    if errors := sum(problem.severity == "error" for problem in problems):
        click.echo(f"{errors} problem{'s' if errors != 1 else ''}", err=True)
