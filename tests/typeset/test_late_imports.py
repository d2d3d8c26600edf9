"""What our fonts never need is not loaded with WeasyPrint; where another font needs it, it is there."""

import subprocess
import sys

import pytest

from tests.support import FONTS, environment

IMPORTED = "from tipbrief.typeset.libraries import import_weasyprint; import_weasyprint(); import sys\n"
USED = """
import io
import weasyprint.pdf.fonts as pdf, weasyprint.text.fonts as text
from weasyprint.text.fonts import FontConfiguration

faces, woff2 = FontConfiguration(), sys.argv[1]
style = f"@font-face {{ font-family: f; src: url(file://{woff2}) }} body {{ font-family: f }}"
sheet = weasyprint.CSS(string=style, font_config=faces)
weasyprint.HTML(string="<p>چاه").write_pdf(io.BytesIO(), stylesheets=[sheet], font_config=faces)
assert "fontTools.ttLib.woff2" in sys.modules

from fontTools import subset, ttLib, varLib
assert (pdf.subset, pdf.ttFont, pdf.TTFont, pdf.TTLibError) == (
    subset, ttLib.ttFont, ttLib.TTFont, ttLib.TTLibError)
assert pdf.instantiateVariableFont is varLib.instancer.instantiateVariableFont
assert text.woff2 is ttLib.woff2 and text.TTFont is ttLib.TTFont
"""


def process(code: str, *words: str, **more: str) -> None:
    command = [sys.executable, "-c", IMPORTED + code, *words]
    done = subprocess.run(command, env=environment(**more), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_tools_for_fonts_are_not_loaded() -> None:
    process("assert not [name for name in sys.modules if name.startswith('fontTools')]")


def test_a_font_that_needs_them_gets_them() -> None:
    process("import weasyprint\n" + USED, str(next((FONTS / "web").glob("*.woff2"))))


@pytest.mark.parametrize("why", ["it is asked for", "another WeasyPrint"])
def test_the_plain_way_loads_them(why: str) -> None:
    loaded = "assert 'fontTools.subset' in sys.modules\n"
    if why == "it is asked for":
        process(loaded, TIPBRIEF_PLAIN="1")
        return
    other = "from tipbrief.typeset import late_imports; late_imports._MADE_FOR['pdf/fonts.py'] = 'other'\n"
    command = [sys.executable, "-c", other + IMPORTED + loaded]
    assert subprocess.run(command, env=environment(), check=False).returncode == 0
