"""A process that has imported the whole program, and forks one that runs the command for each line.

A line is a JSON object; so is each answer: how the run ended, what it took, and what it left running.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import tempfile
import time

# Seconds between two looks at a command, and at what it left; and how long all that sleeps, then.
LOOK, LOOK_AGAIN, GRACE = 0.5, 0.01, 1.0
LONGEST = 120.0  # seconds by the clock, after which also what does not sleep was left
TICK = os.sysconf("SC_CLK_TCK")


def import_all():
    import tipbrief

    for module in pkgutil.walk_packages(tipbrief.__path__, "tipbrief."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("pikepdf", "pypdfium2", "segno", "weasyprint", "email.mime.text", "smtplib"):
        importlib.import_module(name)


def become_the_command(order):
    """What the shell would do, then what Python would."""
    os.setsid()
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    said = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(said, stream)
    os.closerange(3, 64)
    for stream in order["closed"]:
        os.close(stream)
    if order["own"]:
        os.execve(sys.executable, [sys.executable, "-m", "tipbrief", *order["words"]], os.environ)
    sys.stdout = open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, errors="backslashreplace")  # noqa: SIM115
    sys.argv[:] = ["tipbrief", *order["words"]]
    tempfile.tempdir = None
    exec(order["plant"], {})
    from tipbrief.cli.supervisor import run

    run()


def running(session):
    """The processes of a session, and the orphans that came to this one.

    Each with its seconds of computing, and whether it sleeps: who waits for a core does not, however long.
    """
    found = {}
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
            if fields[0] != b"Z" and (int(fields[3]) == session or int(fields[1]) == os.getpid()):
                found[int(pid)] = sum(map(int, fields[11:15])) / TICK, fields[0] in b"STt"
    return found


def awaited(child, seconds):
    """Wait for the end of the command; why it had to be ended, if it had."""
    asleep, before, why = 0.0, 0.0, ""
    descriptor = os.pidfd_open(child)
    while not why and not select.select([descriptor], [], [], LOOK)[0]:
        now = running(child).values()
        computed = sum(one for one, _ in now)
        asleep = asleep + LOOK if all(sleeps for _, sleeps in now) and computed - before < LOOK / 10 else 0
        before = computed
        if computed > seconds:
            why = "computes for ever"
        elif asleep > seconds:
            why = "waits for ever"
    os.close(descriptor)
    if why:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    return why


def cleared(child):
    """What runs still although the command has ended; and end it."""
    until, asleep = time.monotonic() + LONGEST, 0.0
    while (left := running(child)) and asleep < GRACE and time.monotonic() < until:
        asleep = asleep + LOOK_AGAIN if all(sleeps for _, sleeps in left.values()) else 0
        time.sleep(LOOK_AGAIN)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    return len(left)


def main():
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: what outlives its parent comes here
    import_all()
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        if not (child := os.fork()):
            return become_the_command(order)
        why = awaited(child, order["seconds"])
        _, status, used = os.wait4(child, 0)
        answer = {
            "status": os.waitstatus_to_exitcode(status),
            "why": why,
            "seconds": used.ru_utime + used.ru_stime,
            "megabytes": used.ru_maxrss / 1000,
            "left": cleared(child),
        }
        print(json.dumps(answer), flush=True)
    return None


main()
