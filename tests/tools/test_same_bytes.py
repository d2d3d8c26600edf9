"""Documents made the plain way and with what is kept have the same bytes; where they have not, it is told."""

import pytest

from tests.support import ROOT, run_python

_ASKED = ("country-AFG", "country-AFG.ps", "country-SOM.en", "country-SOM")


@pytest.mark.slow
def test_some_documents_in_all_languages_are_the_same() -> None:
    said = run_python("-m", "tools.same_bytes", *_ASKED, cwd=ROOT)
    assert said.stdout == f"{len(_ASKED)} of {len(_ASKED)} are the same\n"
    assert said.returncode == 0
