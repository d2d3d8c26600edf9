"""An editor's day: build, correct a number, build again, make a mistake, mend it."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import change, contents, pdf_text

FILES = {"tip-2025-world.pdf", "tip-2025-world.html", "manifest.json"}


def count(number: str, text: str) -> int:
    return len(re.findall(f"(?<![۰-۹٬]){number}(?![۰-۹٬])", text))


def test_build_correct_and_build_again(
    tipbrief: Callable[..., Any], tip_2025: Path, world: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    cells = tip_2025 / "tables" / "enforcement.csv"

    # The publication lies elsewhere, and its brief is the same, byte by byte.
    done = tipbrief("build", "--publication", tip_2025, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(out) == contents(world)
    before = contents(out)
    assert set(before) == FILES
    old, new = "۱۳۳٬۹۴۳", "۱۳۳٬۹۴۴"
    times = count(old, pdf_text(out / "tip-2025-world.pdf"))
    assert times >= 3

    # A cell that was changed by hand is right everywhere, and the ledger wants to know why.
    change(cells, ",133943,", ",133944,")
    done = tipbrief("build", "--publication", tip_2025, "--out", out)
    assert done.returncode == 0
    assert "warning: 'victims' is 133943 by the ledger and 133944 in the dataset" in done.stderr
    assert done.stderr.count("warning") == 2, "the figure, and the cell in which it stands"
    assert done.stdout.startswith("world: draft of WORLD/")
    text = pdf_text(out / "tip-2025-world.pdf")
    assert (count(old, text), count(new, text)) == (0, times)
    html = (out / "tip-2025-world.html").read_text(encoding="utf-8")
    assert old not in html
    assert new in html
    after = contents(out)
    assert all(after[name] != before[name] for name in FILES)
    listed = json.loads(after["manifest.json"])["files"]
    assert listed == {
        name: {"bytes": len(after[name]), "sha256": hashlib.sha256(after[name]).hexdigest()}
        for name in sorted(FILES - {"manifest.json"})
    }

    # A mistake is told with its place, and the good files stay.
    change(cells, ",133944,", ",133944?,")
    done = tipbrief("build", "--publication", tip_2025, "--out", out, cwd=tip_2025)
    assert (done.returncode, done.stdout) == (1, "")
    line = next(n for n, row in enumerate(cells.read_text("utf-8").splitlines(), 1) if "133944?" in row)
    assert f"tables/enforcement.csv:{line}:" in done.stderr
    assert "is a number, not '133944?'" in done.stderr
    assert contents(out) == after

    # A text that no longer fits the sheet makes a draft, and is told.
    change(cells, ",133944?,", ",133944,")
    texts = tip_2025 / "texts.yaml"
    long = "گزارش سال ۲۰۲۵ دراز است. " * 60
    change(texts, "lead:\n    text: >-\n      گزارش ۲۰۲۵", f"lead:\n    text: >-\n      {long}گزارش ۲۰۲۵")
    done = tipbrief("build", "--publication", tip_2025, "--out", out)
    assert done.returncode == 0
    assert "warning: page 1 overflows at «" in done.stderr
    assert "briefs/world.yaml:" in done.stderr

    # Everything as at first gives the first files again.
    change(texts, long, "")
    change(cells, ",133944,", ",133943,")
    done = tipbrief("build", "--publication", tip_2025, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(out) == before


def test_what_was_built_passes_the_full_audit(tipbrief: Callable[..., Any], world: Path) -> None:
    done = tipbrief("verify", "--format", "json", world / "tip-2025-world.pdf")
    assert done.returncode == 0, done.stdout
    (report,) = json.loads(done.stdout)
    assert [problem for problem in report["problems"] if problem["severity"] == "error"] == []
    assert report["words"] > 1000
    assert all(reader["found"] == report["words"] for reader in report["readers"].values())
    assert all(reader["zwnj"] == report["zwnj"] > 50 for reader in report["readers"].values())
