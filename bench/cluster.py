"""A Dask cluster of two processes on this computer, beside two local workers."""

import subprocess
import sys
from dataclasses import replace
from functools import partial
from importlib.util import find_spec

from clock import Took, in_turn, ratio, say, tree_cpu
from table import head, row, verdict
from ways import NOW, Way, from_nothing, place

ROUNDS = 3
MOST = 1.15  # of the local wall
SETTINGS = {  # as docs/how-to/cluster.md has them
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
}
CLUSTER = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, scheduler_port=0,
        worker_dashboard_address=None, silence_logs=50,
    ) as made:
        made.wait_for_workers(2, timeout=60)
        print(made.scheduler_address, flush=True)
        sys.stdin.read()
"""


def cluster() -> None:
    """All sheets from nothing, made by a cluster and by workers of our own."""
    if not find_spec("distributed"):
        return say("Dask is not installed: no cluster is measured")
    away = Way("cluster", NOW.checkout)
    found = in_turn(ROUNDS, {away: _by_cluster, NOW: partial(from_nothing, NOW, "build", "country")})
    head("188 country sheets by a cluster of two processes", [*found])
    row("build country", found)
    verdict("wall, of two local workers", ratio(found[away], found[NOW], "wall"), MOST)


def _by_cluster() -> Took:
    """Its start is not counted: a cluster is there before it is asked."""
    with place(NOW) as made:
        script = made.folder / "cluster.py"
        script.write_text(CLUSTER)
        pipe, words = subprocess.PIPE, [sys.executable, str(script)]
        with subprocess.Popen(words, env={**made.env, **SETTINGS}, stdin=pipe, stdout=pipe, text=True) as server:
            assert server.stdout
            address, before = server.stdout.readline().strip(), tree_cpu(server.pid)
            took = made.tipbrief("build", "country", "--cluster", address)
            took = replace(took, cpu=took.cpu + tree_cpu(server.pid) - before)
            server.communicate()
    return took
