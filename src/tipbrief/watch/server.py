"""Server: the web server of a watch, for browsers on this computer that know its address."""

import asyncio
import json
import os
import re
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any, TypeVar

import h11
import jinja2
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tipbrief.assets import find_shipped_folder
from tipbrief.files import read_bytes
from tipbrief.fonts.font_library import PAGE_WEIGHTS, load_fonts
from tipbrief.language.language import load_language, read_data_file
from tipbrief.problems import MessageListener, Problems
from tipbrief.watch.preview import Preview
from tipbrief.watch.preview_worker import View


def page_files(tag: str, first: View, *, edits: bool) -> Mapping[str, tuple[str, bytes]]:
    """The files of the page by name, each with its media type; ``edits`` if places open in an editor."""
    templates = find_shipped_folder("templates")
    # Not the sandbox for publications' templates: this template is the program's own.
    loader = jinja2.FileSystemLoader(templates)
    env = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    spoken = load_language(tag)
    env.globals |= {"_": spoken.catalogue.gettext, "ngettext": spoken.catalogue.ngettext}
    html = env.get_template("watch.html.j2").render(language=spoken, first=asdict(first), edits=edits)
    fonts = [face.woff2 for face in load_fonts(find_shipped_folder("fonts")) if face.weight in PAGE_WEIGHTS]
    return {
        "": ("text/html; charset=utf-8", html.encode()),
        "watch.js": ("text/javascript; charset=utf-8", read_bytes(templates / "watch.js")),
        "watch.css": ("text/css; charset=utf-8", read_bytes(templates / "css" / "watch.css")),
        **{font.name: ("font/woff2", read_bytes(font)) for font in fonts},
    }


def open_in_editor(command: Sequence[str], file: Path, line: int, column: int) -> bool:
    """Start the editor at a place, without a shell; whether it could be started."""
    places = {"{file}": str(file), "{line}": str(max(line, 1)), "{column}": str(max(column, 1))}
    words = [re.sub(r"\{(?:file|line|column)\}", lambda name: places[name[0]], word) for word in command]
    try:
        # In a session of its own: the end of the watch does not end it.
        process = Popen(words, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True)
    except OSError:
        return False
    threading.Thread(target=process.wait, daemon=True).start()  # else it would stay as a zombie
    return True


_HOST = "127.0.0.1"
_SETTINGS = read_data_file(Path(__file__).with_suffix(".yaml"))
_T = TypeVar("_T")
_POLL_SECONDS = 0.5  # after which an open page lets the server end
_MAX_OPEN_PAGES = 64  # each waits in a thread
_MAX_BODY_BYTES = 10_000  # of a request
_MAX_REQUEST_SECONDS = 10.0  # in which a browser sends a whole request


class _TimedProtocol(H11Protocol):  # closes a connection if a request's head does not come in time
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(_MAX_REQUEST_SECONDS, self._close_unless_asked)

    def data_received(self, data: bytes) -> None:  # between requests, begin to wait for the next
        if self.conn.their_state is h11.IDLE and self.cycle is not None:
            self._head_timer.cancel()
            self._head_timer = self.loop.call_later(_MAX_REQUEST_SECONDS, self._close_unless_asked)
        super().data_received(data)

    def _close_unless_asked(self) -> None:
        if self.conn.their_state is h11.IDLE:
            self.transport.close()


class Server:
    """The server. It listens when it is created, and answers when it runs."""

    def __init__(
        self, watched: Preview, files: Mapping[str, tuple[str, bytes]], editor: Sequence[str], port: int
    ) -> None:
        self._preview, self._page_files, self._editor_command = watched, files, editor
        try:  # only this computer reaches it; without a port at a free one
            self._socket = socket.create_server((_HOST, port))
        except OSError as fault:
            hint = "is tipbrief watch running already? leave out --port, and a free one is taken"
            reason = os.strerror(fault.errno or 0)  # without the address that the library adds
            raise Problems(f"the port {port} cannot be used: {reason}", hint=hint, kind="port") from None
        self._token = secrets.token_urlsafe(16)
        port = self._socket.getsockname()[1]
        self._hosts = (f"{_HOST}:{port}", f"localhost:{port}")
        self._threads = ThreadPoolExecutor(_MAX_OPEN_PAGES)
        self._uvicorn_server = uvicorn.Server(
            uvicorn.Config(self._handle_request, http=_TimedProtocol, **_SETTINGS["uvicorn"])
        )

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://{self._hosts[0]}/{self._token}/"

    def run(self) -> None:
        """Answer until a signal stops the server, which raises what that signal raises."""
        try:
            self._uvicorn_server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._threads.shutdown(cancel_futures=True)

    async def _handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            # Nobody can guess the token. The host is another one if a page's name was made to lead here.
            _, token, *path = scope["path"].split("/", 2)
            known = secrets.compare_digest(token.encode(), self._token.encode())
            is_authorised = path and known and request.headers.get("host") in self._hosts
            response = await self._respond(request, path[0] if is_authorised else None)
            response.headers.update(_SETTINGS["headers"])
            await response(scope, receive, send)
        except ClientDisconnect:
            pass
        except Exception as fault:
            MessageListener.notify(f"the page could not be answered: {type(fault).__name__}: {fault}")
            await Response(status_code=500, headers=_SETTINGS["headers"])(scope, receive, send)

    async def _respond(self, request: Request, path: str | None) -> Response:
        if path is None:
            return Response(status_code=404)
        if request.method == "POST":
            if request.headers.get("origin") != f"http://{request.headers['host']}":
                return Response(status_code=403)
            try:
                asked = await asyncio.wait_for(_read_body(request), _MAX_REQUEST_SECONDS)
            except TimeoutError:
                return Response(status_code=408)
            status = await self._run_in_thread(self._open_file, asked) if path == "open" else 404
            return Response(status_code=status)
        if request.method not in ("GET", "HEAD"):
            return Response(status_code=403)
        if path == "events" and request.method == "GET":
            headers = {"content-type": "text/event-stream"}
            return StreamingResponse(self._iterate_events(request.query_params), headers=headers)
        if path in self._page_files:
            kind, content = self._page_files[path]
            return Response(content, media_type=kind)
        return await self._run_in_thread(self._respond_with_data, path)

    def _respond_with_data(self, path: str) -> Response:
        name, _, digest = path.partition("/")
        if path == "contents":
            return JSONResponse(self._preview.contents)
        if name == "image" and (picture := self._preview.pictures.get(digest)):
            return Response(picture, media_type="image/png")
        if name == "places" and (places := self._preview.areas.get(digest)) is not None:
            return JSONResponse(places)
        return Response(status_code=404)

    def _open_file(self, asked: bytes) -> int:  # in the editor; the status of the response
        try:
            place = json.loads(asked)
            name, line, column = str(place["file"]), int(place["line"]), int(place["column"])
        except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError):
            return 400
        file = self._preview.find_file(name) if self._editor_command else None
        if file is None:
            return 404
        return 204 if open_in_editor(self._editor_command, file, line, column) else 500

    async def _iterate_events(self, asked: Mapping[str, str]) -> AsyncIterator[str]:  # until somebody leaves
        view = View(*(asked.get(name, "") for name in ("document", "language", "paper", "profile")))
        page, choice = (int(asked[name][:9]) if asked.get(name, "").isdecimal() else 1 for name in ("page", "choice"))
        await self._run_in_thread(self._preview.look_at, view, page, asked.get("tab", ""), choice)
        last = None
        while not self._uvicorn_server.should_exit:
            state = await self._run_in_thread(self._preview.describe_view, view)
            if state != last:
                yield f"data: {json.dumps(state, ensure_ascii=False)}\n\n"
            last = state
            await self._run_in_thread(self._preview.wait_for_revision, state["revision"], _POLL_SECONDS)

    async def _run_in_thread(self, work: Callable[..., _T], *given: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)


async def _read_body(request: Request) -> bytes:  # empty if it is longer than any of ours
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BODY_BYTES:
            return b""
    return body
