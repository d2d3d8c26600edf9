"""The command `tipbrief`: the group of all commands."""

import io
import os
import sys
from typing import Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from tipbrief import __version__
from tipbrief.cli.authoring_commands import check, doctor, fonts, inspect_pdf, new, pictures, translate, verify, watch
from tipbrief.cli.build_commands import build, gather, list_briefs
from tipbrief.cli.common import report_problems
from tipbrief.cli.distribution_commands import export, impose, mail, site
from tipbrief.cli.edition_commands import correct, diff, merge_ledgers, status
from tipbrief.cli.help import HelpContext, show_help, start_lines
from tipbrief.cli.terminal import finish_output, mark_isolates, print_crash, print_lines
from tipbrief.problems import Problem


class _CommandGroup(click.Group):  # none of them ends in a traceback
    def main(self, *args: Any, **settings: Any) -> NoReturn:
        sys.exit(finish_output(self._run_and_get_status(*args, **settings)))

    def _run_and_get_status(self, *args: Any, **settings: Any) -> int:
        try:
            os.getcwd()
        except OSError:
            print_lines("the current folder no longer exists: go to another one", err=True)
            return 1
        try:
            code = super().main(*args, **settings | {"standalone_mode": False})
        except click.ClickException as fault:
            shown = io.StringIO()
            fault.show(shown)
            # Click lists the values of a missing option after tabs, which would be shown escaped.
            text = shown.getvalue().removesuffix("\n").expandtabs(2)
            # A help text is all our own, and translated; an error quotes what was typed.
            is_help = isinstance(fault, NoArgsIsHelpError)
            print_lines(*(mark_isolates(text) if is_help else text).split("\n"), err=True, translates=not is_help)
            return fault.exit_code
        except SystemExit as end:
            if package := _find_foreign_exit(end):
                hint = "update that package, or remove it"
                problem = Problem(f"the package '{package}' ended the program", hint=hint)
                print_lines(*problem.format().split("\n"), err=True)
                return 1
            code = end.code
        except (click.Abort, KeyboardInterrupt):
            print_lines("stopped; what was finished is kept", err=True)
            return 130
        except BaseException as fault:
            print_crash(fault)
            return 1
        return code if isinstance(code, int) else 0


def _find_foreign_exit(end: SystemExit) -> str:
    """The package that ended the program, such as one with blocks; empty if it was tipbrief or its command line."""
    trace = end.__traceback__
    package = ""
    while trace is not None:
        package = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        trace = trace.tb_next
    return "" if package in ("tipbrief", "click") else package


@click.group(
    cls=_CommandGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="tipbrief")
@click.pass_context
def main(context: click.Context) -> None:
    """Turn a dataset with sources into print-ready fact sheets: Dari, Pashto, Persian, English."""
    if not context.invoked_subcommand:
        print_lines(*start_lines(context), translates=False)


def _prepare_command(command: click.Command) -> None:
    """Let a command and its subcommands report their problems, and show their help in the reader's language."""
    command.context_class = HelpContext
    if command.callback:
        command.callback = report_problems(command.callback)
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        _prepare_command(subcommand)


for command in (
    *(new, build, gather, watch, list_briefs, check, verify, inspect_pdf, status, correct, merge_ledgers, diff),
    *(site, export, translate, impose, mail, fonts, pictures, doctor, show_help),
):
    main.add_command(command)
_prepare_command(main)
