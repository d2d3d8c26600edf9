"""What tipbrief costs: this checkout beside the same without its reuses, beside another one, beside rivals.

``python bench/bench.py [PART…]``; BEFORE=FOLDER adds another checkout, LONG=1 a table of ten thousand rows,
and five hundred saves.
Each figure is a median of runs that were taken in turn, each way's beside the others'.
"""

import sys

import cluster
import corrections
import rows
import sheets
import start
import watch
import website

PARTS = {
    "start": start.start,
    "corrections": corrections.corrections,
    "sheets": sheets.sheets,
    "memory": sheets.memory,
    "cluster": cluster.cluster,
    "rows": rows.rows,
    "watch": watch.watch,
    "site": website.site,
}


def main() -> None:
    """Measure all parts, or those that are named."""
    wanted = sys.argv[1:] or [*PARTS]
    if unknown := {*wanted} - {*PARTS}:
        raise SystemExit(f"no part of the bench: {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
    for name in wanted:
        PARTS[name]()


if __name__ == "__main__":
    main()
