"""The command `tipbrief`, and all that it can do."""

import io
import os
import sys
from typing import Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from tipbrief import __version__
from tipbrief.cli.build import build, list_briefs
from tipbrief.cli.check import check, doctor, fonts, inspect_pdf, verify
from tipbrief.cli.common import stopped
from tipbrief.cli.editions import correct, diff, merge_ledgers, status
from tipbrief.cli.handouts import impose, mail
from tipbrief.cli.help import show_help
from tipbrief.cli.new import new
from tipbrief.cli.site import site
from tipbrief.cli.spoken_help import speak
from tipbrief.cli.terminal import finished, isolates, tell
from tipbrief.cli.translate import translate
from tipbrief.cli.unforeseen import unforeseen
from tipbrief.cli.watch import watch


class _Commands(click.Group):
    """The commands, of which none ends in a traceback, whatever it was not prepared for."""

    def main(self, *args: Any, **settings: Any) -> NoReturn:
        """Run a command, and end with its status."""
        sys.exit(finished(self._status(*args, **settings)))

    def _status(self, *args: Any, **settings: Any) -> int:
        try:
            os.getcwd()
        except OSError:
            tell("the folder in which you are is not there any more: go to another one", err=True)
            return 1
        try:
            code = super().main(*args, **settings | {"standalone_mode": False})
        except click.ClickException as wrong:
            shown = io.StringIO()
            wrong.show(shown)
            text = shown.getvalue().removesuffix("\n")
            # A help is all our own; an error names what was typed.
            text = isolates(text) if isinstance(wrong, NoArgsIsHelpError) else text
            tell(*text.split("\n"), err=True)
            return wrong.exit_code
        except SystemExit as end:
            code = end.code
        except (click.Abort, KeyboardInterrupt):
            return stopped()
        except BaseException as fault:
            tell(*unforeseen(fault).format().split("\n"), err=True)
            return 1
        return code if isinstance(code, int) else 0


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="tipbrief")
def main() -> None:
    """Turn a small, sourced dataset into a print-ready fact sheet in Dari."""


for command in (
    *(new, build, watch, list_briefs, check, verify, inspect_pdf, status, correct, merge_ledgers, diff),
    *(site, translate, impose, mail, fonts, doctor, show_help),
):
    main.add_command(command)
speak(main)
