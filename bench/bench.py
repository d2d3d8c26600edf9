"""What tipbrief costs: this checkout beside other programs, and beside another checkout.

``python bench/bench.py [PART…]`` takes some five minutes on two quiet cores. BEFORE=FOLDER adds another checkout;
LONG=1 the same without patches and reuses, and the parts that take long.
Each figure is a median of runs that were taken in turn, each way's beside the others'.
"""

import os
import sys

import cluster
import corrections
import rows
import sheets
import start
import table
import watch
import website

PARTS = {
    "start": start.start,
    "sheets": sheets.sheets,
    "corrections": corrections.corrections,
    "site": website.site,
    "watch": watch.watch,
}
LONG = {"memory": sheets.memory, "cluster": cluster.cluster, "rows": rows.rows, "saves": watch.saves}


def main() -> None:
    """Measure the short parts, or those that are named."""
    parts = PARTS | LONG
    wanted = sys.argv[1:] or [*(parts if os.environ.get("LONG") else PARTS)]
    if unknown := {*wanted} - {*parts}:
        raise SystemExit(f"no part of the bench: {', '.join(sorted(unknown))}; there are: {', '.join(parts)}")
    for name in wanted:
        parts[name]()
    table.targets()


if __name__ == "__main__":
    main()
