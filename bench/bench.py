"""What a build costs, beside the bare ``weasyprint`` command on the same HTML: one run, medians, ratios.

Cold is a new process each time; warm is the same process again and again. The two are taken in turn, so that
a busy machine slows both alike. ``many`` follows with all country sheets, other programs, and corrections.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import many
from clock import TIPBRIEF, in_turn

from tipbrief.assets import shipped
from tipbrief.build.cache import Cache
from tipbrief.build.document import piece_of
from tipbrief.build.run import build_documents
from tipbrief.build.session import Session
from tipbrief.compose.page import file_stem
from tipbrief.verify import audit

COLD, WARM = 7, 9
BIN = Path(sys.executable).parent


def peak(command: list[str], cwd: Path) -> float:
    """The peak memory of a command in MB."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.chdir(cwd)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            os.execv(command[0], command)
        os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / 1e6


def main() -> None:
    """Print the table."""
    folder = shipped("data") / "tip-2025"
    # Nothing is kept, so that each build makes its document from nothing.
    nowhere = Path(os.devnull)
    os.environ["XDG_CACHE_HOME"] = str(nowhere)
    session = Session.open(folder, cache=Cache(nowhere / "tipbrief"))
    html = piece_of(session, "world").html()
    brief = session.publication.briefs["world"]
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        page = out / "page.html"
        page.write_text(html, encoding="utf-8")
        ours = [*TIPBRIEF, "build", "--publication", str(folder), "--out", str(out / "out")]
        bare = [str(BIN / "weasyprint"), "--pdf-tags", str(page), str(out / "bare.pdf")]

        def run(command: list[str]) -> None:
            subprocess.run(command, check=True, cwd=out, capture_output=True)

        run(ours), run(bare)  # what the file system caches is cached for both
        cold_build, cold_bare = in_turn(COLD, lambda: run(ours), lambda: run(bare))

        typesetter = session.typesetter
        pdf = typesetter.typeset(html).pdf
        expected = audit.Expected(pages=brief.pages)

        import weasyprint

        warm_compose, warm_typeset, warm_verify, warm_build, warm_bare = in_turn(
            WARM,
            lambda: piece_of(session, "world").html(),
            lambda: typesetter.typeset(html),
            lambda: audit.require(pdf, html, expected, name="world"),
            lambda: build_documents(session, ["world"], out / "out"),
            lambda: weasyprint.HTML(filename=page).write_pdf(pdf_tags=True),
        )
        size = (out / "out" / f"{file_stem(session.publication, brief.id)}.pdf").stat().st_size
        rows = [
            ("cold, seconds", cold_build, cold_bare, "{:.2f}"),
            ("warm, ms a document", 1000 * warm_build, 1000 * warm_bare, "{:.0f}"),
            ("warm, ms a page", 1000 * warm_build / brief.pages, 1000 * warm_bare / brief.pages, "{:.0f}"),
            ("peak memory, MB", peak(ours, out), peak(bare, out), "{:.0f}"),
            ("PDF, KB", size / 1000, (out / "bare.pdf").stat().st_size / 1000, "{:.0f}"),
        ]
        print(f"{'':<22}{'tipbrief build':>16}{'weasyprint':>14}{'ratio':>9}")
        for label, own, theirs, form in rows:
            print(f"{label:<22}{form.format(own):>16}{form.format(theirs):>14}{own / theirs:>9.2f}")
        more = 100 * warm_verify / (warm_compose + warm_typeset)
        print(
            f"\nof a warm build: compose {1000 * warm_compose:.0f} ms, typeset {1000 * warm_typeset:.0f} ms, "
            f"verify {1000 * warm_verify:.0f} ms ({more:.0f} % more)"
        )
        print(f"{COLD} cold and {WARM} warm runs each, medians")


if __name__ == "__main__":
    main()
    many.main()
