"""The server of a watch: for browsers of this computer alone, and there for who has the address.

The address has a token that nobody can guess. Whoever asks for another host, as a page elsewhere does whose
name was made to lead here, or without the token, gets nothing. There is no way from an address to a file:
what is served is in memory.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

import uvicorn

from tipbrief.problems import Listener, Problems
from tipbrief.watch.editor import opened
from tipbrief.watch.view import View

if TYPE_CHECKING:
    from tipbrief.watch.watched import Watched

_HERE = "127.0.0.1"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# Of the library nothing is heard: what is wrong is said in our own words.
_AS: dict[str, Any] = {
    "interface": "asgi3", "http": "h11", "ws": "none", "lifespan": "off", "timeout_graceful_shutdown": 2,
    "log_config": None, "log_level": "critical", "access_log": False,
    "server_header": False, "date_header": False,
}  # fmt: skip
_T = TypeVar("_T")
_JSON, _EVENTS = "application/json", "text/event-stream"
_TICK = 0.5  # seconds: so soon an open page lets the server end
_MOST_PAGES = 64  # open at the same time, each of which waits in a thread
_MOST_ASKED = 10_000  # bytes of a request's body

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int = 404
    body: bytes = b""
    kind: str = ""


_NOTHING, _REFUSED, _DONE, _FAILED = _Answer(), _Answer(403), _Answer(204), _Answer(500)


class Server:
    """The server, which listens when it is made, and answers when it is run."""

    def __init__(
        self, watched: Watched, files: Mapping[str, tuple[str, bytes]], editor: Sequence[str], port: int
    ) -> None:
        self._watched, self._files, self._editor = watched, files, editor
        self._socket = _listening(port)
        self._token = secrets.token_urlsafe(16)
        port = self._socket.getsockname()[1]
        self._hosts = (f"{_HERE}:{port}", f"localhost:{port}")
        self._threads = ThreadPoolExecutor(_MOST_PAGES)
        self._server = uvicorn.Server(uvicorn.Config(self._ask, **_AS))

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://{self._hosts[0]}/{self._token}/"

    def run(self) -> None:
        """Answer until the user has enough, which raises what her signal raises."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._threads.shutdown(cancel_futures=True)

    def stop(self) -> None:
        """Have it end, from another thread."""
        self._server.should_exit = True

    async def _ask(self, scope: Any, receive: _Receive, send: _Send) -> None:
        """One request, as ASGI has it."""
        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = self._path_of(scope, given)
        try:
            if path == "events" and scope["method"] == "GET":
                await self._follow(scope, receive, send)
                return
            answer = _NOTHING if path is None else await self._answered(scope, path, given, receive)
        except Exception as fault:
            Listener.hear(f"the page could not be answered: {type(fault).__name__}: {fault}")
            answer = _FAILED
        await send(_start(answer.status, answer.kind, len(answer.body)))
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})

    def _path_of(self, scope: Any, given: Mapping[str, str]) -> str | None:
        """What is asked for behind the token; None where the token or the host is another."""
        _, token, *path = scope["path"].split("/", 2)
        known = secrets.compare_digest(token.encode(), self._token.encode())
        return path[0] if path and known and given.get("host") in self._hosts else None

    async def _answered(self, scope: Any, path: str, given: Mapping[str, str], receive: _Receive) -> _Answer:
        if scope["method"] == "POST":
            if given.get("origin") != f"http://{given['host']}":
                return _REFUSED
            asked = await _body(receive)
            return await self._in_thread(self._opened, asked) if path == "open" else _NOTHING
        if scope["method"] not in ("GET", "HEAD"):
            return _REFUSED
        if path in self._files:
            kind, content = self._files[path]
            return _Answer(200, content, kind)
        return await self._in_thread(self._read, path)

    def _read(self, path: str) -> _Answer:
        """The answer to what changes: the contents, a picture, the places of a state."""
        name, _, digest = path.partition("/")
        if path == "contents":
            return _as_json(self._watched.contents())
        if name == "image" and (picture := self._watched.image(digest)):
            return _Answer(200, picture, "image/png")
        if name == "places" and (places := self._watched.places(digest)) is not None:
            return _as_json(places)
        return _NOTHING

    def _opened(self, asked: bytes) -> _Answer:
        """Open a file of the publication in the editor."""
        try:
            place = json.loads(asked)
            name, line, column = str(place["file"]), int(place["line"]), int(place["column"])
        except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError):
            return _Answer(400)
        file = self._watched.file_of(name) if self._editor else None
        if file is None:
            return _NOTHING
        return _DONE if opened(self._editor, file, line, column) else _FAILED

    # What is sent as it happens

    async def _follow(self, scope: Any, receive: _Receive, send: _Send) -> None:
        """Send the states of a view, until the browser or the server has enough."""
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await send(_start(200, _EVENTS))
            async for state in self._states(scope["query_string"], gone):
                said = f"data: {json.dumps(state, ensure_ascii=False)}\n\n"
                await send({"type": "http.response.body", "body": said.encode(), "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    async def _states(self, query: bytes, gone: asyncio.Future[None]) -> AsyncIterator[_Message]:
        asked = {name: values[-1] for name, values in parse_qs(query.decode("latin-1")).items()}
        view = View(*(asked.get(name, "") for name in ("document", "language", "paper", "profile")))
        page = asked.get("page", "")
        await self._in_thread(self._watched.look_at, view, int(page) if page.isdecimal() else 1)
        last, seen = None, -1
        while not gone.done() and not self._server.should_exit:
            state = await self._in_thread(self._watched.state, view)
            if state != last:
                yield state
            last, seen = state, max(seen, state["revision"])
            seen = await self._in_thread(self._watched.wait, seen, _TICK)

    async def _in_thread(self, work: Callable[..., _T], *given: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)


def _listening(port: int) -> socket.socket:
    """A socket of this computer alone, at a port that is free."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((_HERE, port))
        found.listen()
    except OSError as fault:
        found.close()
        hint = "is tipbrief watch running already? leave out --port, and a free one is taken"
        raise Problems(f"the port {port} cannot be used: {fault.strerror}", hint=hint, kind="port") from None
    return found


def _start(status: int, kind: str, length: int | None = None) -> _Message:
    """The head of an answer."""
    said = _HEADERS | ({"content-type": kind} if kind else {})
    if length is not None and status != _DONE.status:
        said["content-length"] = str(length)
    headers = [(name.encode(), value.encode()) for name, value in said.items()]
    return {"type": "http.response.start", "status": status, "headers": headers}


def _as_json(value: object) -> _Answer:
    return _Answer(200, json.dumps(value, ensure_ascii=False).encode(), _JSON)


async def _body(receive: _Receive) -> bytes:
    """The body of a request; nothing of one that is longer than any of ours."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False) and len(body) <= _MOST_ASKED
    return body if len(body) <= _MOST_ASKED else b""


async def _gone(receive: _Receive) -> None:
    """Wait until the browser does not read on."""
    while (await receive())["type"] != "http.disconnect":
        pass
