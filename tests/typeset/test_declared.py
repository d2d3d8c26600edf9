"""What cffi would find in WeasyPrint's declarations is in a file: it is right, and for these alone."""

import subprocess
import sys

import pytest

from tests.support import environment
from tipbrief.typeset.declared import FILE
from tools import declarations

BEGIN = "import json, sys\nfrom tipbrief.typeset import declared\n"
IMPORTED = "from tipbrief.typeset.libraries import import_weasyprint; import_weasyprint()\n"
OTHER = """
known = json.loads(declared.FILE.read_text())
known{}
declared.FILE = type("_", (), {{"read_text": lambda **_: json.dumps(known)}})
"""
DRAWN = "import weasyprint; assert weasyprint.HTML(string='چاه').write_pdf()\n"


def process(code: str, **more: str) -> str:
    command = [sys.executable, "-c", BEGIN + code + "print('pycparser' in sys.modules)"]
    done = subprocess.run(command, env=environment(**more), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_the_file_is_what_cffi_finds() -> None:
    assert FILE.read_text(encoding="ascii") == declarations.text(), "run: python -m tools.declarations"


def test_nothing_is_parsed_and_the_real_cffi_is_there_for_others() -> None:
    assert process(IMPORTED + DRAWN) == "False"
    process(IMPORTED + "import cffi; assert cffi.FFI().cdef\n")


@pytest.mark.parametrize("other", ["['made_for'] = ''", "['found']['_version'] = 1"])
def test_with_another_weasyprint_or_cffi_they_are_parsed(other: str) -> None:
    assert process(OTHER.format(other) + IMPORTED + DRAWN) == "True"


def test_the_plain_way_parses_them() -> None:
    assert process(IMPORTED + DRAWN, TIPBRIEF_PLAIN="1") == "True"


def test_no_certificates_are_read_and_who_asks_for_them_gets_them() -> None:
    heard = "import ssl; asked = []; ssl.SSLContext.load_default_certs = lambda *_: asked.append(1)\n"
    after = "from weasyprint.urls import URLFetcher; assert URLFetcher().handle_open['https'] and asked\n"
    process(heard + IMPORTED + "assert not asked\n" + after)
