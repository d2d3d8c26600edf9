"""Worker pool: many documents rendered at once, by processes on this computer."""

from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures import Future
from functools import partial
from typing import Any

from tipbrief import limits
from tipbrief.pipeline.workers.process import WorkerDeathError, WorkerExecutor, WorkerProcess, serve_calls
from tipbrief.problems import Problems

WORKER_TIMEOUT = 300  # seconds; no document takes so long


def local_pool(count: int | None = None) -> WorkerExecutor:
    """Workers on this computer, by default one for each core."""
    start = partial(WorkerProcess, serve_calls, is_limited=limits.are_limits_enforced())
    return WorkerExecutor(count or limits.usable_cores(), start)


def call_with_workers(
    executor: WorkerExecutor, calls: Iterable[tuple[str, Callable[[], Any] | Problems]]
) -> Iterator[tuple[str, Any]]:
    """What is made by workers, by name as it is finished, or the problems with it; then the workers end."""
    coming, waiting = iter(calls), dict[Future[Any], str]()
    try:
        while True:
            # So many that no worker waits for the next one.
            while len(waiting) < 2 * executor.size and (named := next(coming, None)):
                name, call = named
                if isinstance(call, Problems):
                    yield name, call
                else:
                    waiting[executor.submit(call)] = name
            if not waiting:
                return
            finished = futures.wait(waiting, WORKER_TIMEOUT, futures.FIRST_COMPLETED).done
            if not finished:
                hint = "what was finished is kept: build again for the rest"
                raise Problems(f"no worker answered for {WORKER_TIMEOUT} s", hint=hint)
            for future in finished:
                name = waiting.pop(future)
                yield name, _receive_result(future, name)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _receive_result(future: Future[Any], name: str) -> Any:
    try:
        return future.result()
    except Problems as raised:
        return raised
    except WorkerDeathError:
        reason = "its worker died twice"
    except Exception as fault:
        reason = f"{type(fault).__name__}: {fault}"
    hint = "is there enough memory? build it alone, and look at what it says"
    return Problems(f"'{name}' could not be made: {reason}", hint=hint)
