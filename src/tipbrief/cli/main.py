"""The command `tipbrief`, and all that it can do."""

import click

from tipbrief import __version__
from tipbrief.cli.build import build, list_briefs
from tipbrief.cli.check import check, doctor, fonts, inspect_pdf, verify
from tipbrief.cli.editions import correct, diff, merge_ledgers, status
from tipbrief.cli.handouts import impose, mail


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tipbrief")
def main() -> None:
    """Turn a small, sourced dataset into a print-ready fact sheet in Dari."""


for command in (
    *(build, list_briefs, check, verify, inspect_pdf, status, correct, merge_ledgers, diff),
    *(impose, mail, fonts, doctor),
):
    main.add_command(command)
