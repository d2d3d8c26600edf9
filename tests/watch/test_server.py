"""The server of a watch: whom it answers, with what, and what it never gives."""

import contextlib
import http.client
import json
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import BASE, PATIENCE, problem_of, until
from tests.watch.stand_in import PLACE, StandIn
from tipbrief.problems import MessageListener
from tipbrief.watch.preview import Preview
from tipbrief.watch.preview_worker import PreviewOrder, View
from tipbrief.watch.server import Server, page_files

PICTURE = b"\x89PNG a page"


class Asked:
    """A server that runs, and requests to it."""

    def __init__(self, watched: StandIn, editor: tuple[str, ...] = ()) -> None:
        files = page_files("en", View("world"), edits=bool(editor))
        self.watched, self.server = watched, Server(watched, files, editor, 0)  # type: ignore[arg-type]
        _, _, self.host, self.token, _ = self.server.address.split("/")
        self.thread = threading.Thread(target=self.server.run)
        self.connections: list[http.client.HTTPConnection] = []

    def connection(self) -> http.client.HTTPConnection:
        self.connections.append(http.client.HTTPConnection(self.host, timeout=PATIENCE))
        return self.connections[-1]

    def answer(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of the answer to a request for a path below the token."""
        connection = self.connection()
        connection.request(method, f"/{self.token}{path}", body, headers)
        with connection.getresponse() as said:
            return said.status, said.read(), {name.lower(): value for name, value in said.getheaders()}

    def opens(self, **place: Any) -> int:
        """The status of the answer where a place is to be opened."""
        return self.answer("/open", "POST", json.dumps(place).encode(), Origin=f"http://{self.host}")[0]

    def states(self, query: str = "") -> Iterator[dict[str, Any]]:
        """The states that are sent, as they come."""
        connection = self.connection()
        connection.request("GET", f"/{self.token}/events?{query}")
        with connection.getresponse() as said:
            assert said.headers["Content-Type"] == "text/event-stream"
            for line in said:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))


def asked(watched: StandIn, editor: tuple[str, ...] = ()) -> Iterator[Asked]:
    one = Asked(watched, editor)
    one.thread.start()
    yield one
    for connection in one.connections:
        connection.close()
    one.server._uvicorn_server.should_exit = True
    one.thread.join(PATIENCE)
    assert not one.thread.is_alive()


@pytest.fixture(scope="module")
def shared() -> Iterator[Asked]:
    """A server to which nothing happens."""
    yield from asked(known())


@pytest.fixture
def server() -> Iterator[Asked]:
    yield from asked(known())


def known() -> StandIn:
    watched = StandIn(BASE)
    watched.pictures["a1"], watched.areas["b2"] = PICTURE, [PLACE]
    return watched


@pytest.fixture
def editing(tmp_path: Path) -> Iterator[Asked]:
    """A server with an editor, which writes down with which words it was started."""
    script = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(repr(sys.argv[2:]))"
    written = str(tmp_path / "words")
    yield from asked(StandIn(BASE), (sys.executable, "-c", script, written, "{file}:{line}:{column}", "; ls"))


def test_the_address_is_of_this_computer_and_cannot_be_guessed(shared: Asked) -> None:
    assert shared.host.startswith("127.0.0.1:")
    assert len(shared.token) >= 22


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address of this computer")
def test_it_listens_at_one_address_only(shared: Asked) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", int(shared.host.partition(":")[2])))


@pytest.mark.parametrize("path", ["/", "/watch.js", "/watch.css", "/contents", "/image/a1", "/places/b2"])
def test_what_is_served_is_served_to_who_knows_the_address(shared: Asked, path: str) -> None:
    status, body, headers = shared.answer(path)
    assert (status, bool(body)) == (200, True)
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers
    port = shared.host.partition(":")[2]
    assert shared.answer(path, Host=f"localhost:{port}")[0] == 200
    assert shared.answer(path, "HEAD")[:2] == (200, b"")


@pytest.mark.parametrize("path", ["/", "/contents", "/events", "/image/a1"])
@pytest.mark.parametrize("host", ["example.org", "127.0.0.1", "localhost", "127.0.0.1:80", "[::1]:{}", "0:{}"])
def test_another_host_gets_nothing(shared: Asked, path: str, host: str) -> None:
    port = shared.host.partition(":")[2]
    assert shared.answer(path, Host=host.format(port))[:2] == (404, b"")


@pytest.mark.parametrize("token", ["", "x", "{}x", "%00", "..", "%C3%BC"])
def test_without_the_token_there_is_nothing(shared: Asked, token: str) -> None:
    given = token.format(shared.token[:-1])
    for path in ("", "/", "/watch.js", "/contents", "/events"):
        connection = shared.connection()
        connection.request("GET", f"/{given}{path}")
        with connection.getresponse() as said:
            assert (said.status, said.read()) == (404, b"")


@pytest.mark.parametrize(
    "path",
    ["/../pyproject.toml", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/figures.yaml", "/watch.js/",
     "/image/../figures.yaml", "/index.js", "/image/", "/image", "/places/a1", "/image/b2",
     "/templates/watch.js"],
)  # fmt: skip
def test_no_other_file_is_served(shared: Asked, path: str) -> None:
    assert shared.answer(path)[:2] == (404, b"")


def test_nothing_can_be_changed_and_a_request_that_is_none_ends_nothing(shared: Asked) -> None:
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        assert shared.answer("/", method)[:2] == (403, b"")
    connection = shared.connection()
    connection.connect()
    connection.sock.sendall(b"GET / HTTP/1.1\r\nHost: \xff\r\n\x00\r\n\r\n")
    assert connection.sock.recv(100).startswith(b"HTTP/1.1 400")
    assert shared.answer("/")[0] == 200


@pytest.mark.parametrize("half", ["GET / HT", "POST /{token}/open HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
                                  "Content-Length: 9\r\n\r\nx"])  # fmt: skip
@pytest.mark.parametrize("first", ["", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_half_a_request_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, half: str, first: str) -> None:
    monkeypatch.setattr("tipbrief.watch.server._MAX_REQUEST_SECONDS", 0.3)
    with contextlib.contextmanager(asked)(known()) as server:
        connection = server.connection()
        connection.connect()
        connection.sock.settimeout(PATIENCE)
        if first:
            connection.sock.sendall(first.encode())
            assert b" 404 " in connection.sock.recv(4000)
        connection.sock.sendall(half.format(token=server.token, host=server.host).encode())
        answer = connection.sock.recv(4000)
        assert answer == b"" if half.startswith("GET") else b" 408 " in answer


def test_each_state_is_sent_when_it_comes(server: Asked) -> None:
    states = server.states("document=country-AFG&page=2")
    first = next(states)
    assert (first["revision"], first["status"]) == (1, "current")
    assert first["view"]["document"] == "country-AFG"
    server.watched.set(status="faults")
    assert next(states)["status"] == "faults"
    next(server.states("page=x"))
    assert server.watched.looked_at == [(View("country-AFG"), 2), (View(""), 1)], "no number is the first page"


def test_a_choice_whose_request_was_overtaken_does_not_replace_the_newer_one(tmp_path: Path) -> None:
    watched = Preview(tmp_path, View(""))  # its worker does not run
    orders: list[PreviewOrder] = []
    watched._supervisor.submit_order = orders.append  # type: ignore[method-assign]
    with contextlib.contextmanager(asked)(watched) as server:  # type: ignore[arg-type]
        for tab, choice in ((1, 2), (1, 1), (2, 1), (1, 3), (1, 3)):  # a connection that broke is made again
            next(server.states(f"document={tab}-{choice}&tab={tab}&choice={choice}"))
    assert [order.requests[0].view.document for order in orders] == ["1-2", "2-1", "1-3"]


def test_a_page_number_without_end_is_no_fault_of_ours(server: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    monkeypatch.setattr(MessageListener, "notify", notes.append)
    next(server.states(f"page={'9' * 5000}"))
    assert (server.watched.looked_at, notes) == ([(View(""), 999_999_999)], [])


def test_many_pages_may_be_open_while_others_are_answered(server: Asked) -> None:
    followed = [server.states() for _ in range(20)]
    for states in followed:
        next(states)
    assert server.answer("/contents")[0] == 200
    server.watched.set(status="making")
    assert {next(states)["status"] for states in followed} == {"making"}


def test_a_fault_of_ours_is_told_and_ends_nothing(
    server: Asked, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    monkeypatch.setattr(MessageListener, "notify", told.append)
    monkeypatch.delattr(server.watched, "areas")
    assert server.answer("/places/b2")[:2] == (500, b"")
    assert told == ["the page could not be answered: AttributeError: 'StandIn' object has no attribute 'areas'"]
    assert server.answer("/")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken_is_a_problem_with_its_remedy(server: Asked) -> None:
    port = int(server.host.partition(":")[2])
    problem = problem_of(Server, server.watched, {}, (), port)
    assert problem.message == f"the port {port} cannot be used: Address already in use"
    assert "leave out --port" in problem.hint


def words_of(editing: Asked, tmp_path: Path) -> str:
    words = tmp_path / "words"
    return until(lambda: words.read_text() if words.exists() else "", lambda: "the editor")


def test_the_editor_is_started_at_the_place_without_a_shell(editing: Asked, tmp_path: Path) -> None:
    assert editing.opens(file="figures.yaml", line=12, column=0) == 204
    assert words_of(editing, tmp_path) == repr([f"{BASE / 'figures.yaml'}:12:1", "; ls"])


@pytest.mark.parametrize("file", ["../pyproject.toml", "/etc/passwd", "", "gone.yaml"])
def test_only_files_of_the_publication_are_opened(editing: Asked, tmp_path: Path, file: str) -> None:
    assert editing.opens(file=file, line=1, column=1) == 404
    assert not (tmp_path / "words").exists()


@pytest.mark.parametrize("origin", ["http://example.org", "null", "", "http://127.0.0.1", "https://{}"])
def test_another_page_cannot_open_the_editor(editing: Asked, tmp_path: Path, origin: str) -> None:
    body = json.dumps({"file": "figures.yaml", "line": 1, "column": 1}).encode()
    headers = {"Origin": origin.format(editing.host)} if origin else {}
    assert editing.answer("/open", "POST", body, **headers)[:2] == (403, b"")
    assert not (tmp_path / "words").exists()


@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"[1]", b"{}", b'{"file": "figures.yaml", "line": "x", "column": 1}',
     b'{"file": "figures.yaml", "line": 1e999, "column": 1}', b"[" * 9_000, b" " * 100_000],
    ids=lambda body: body[:40].decode(),
)  # fmt: skip
def test_what_is_no_place_is_refused(editing: Asked, body: bytes) -> None:
    assert editing.answer("/open", "POST", body, Origin=f"http://{editing.host}")[0] == 400


@pytest.mark.parametrize(("editor", "status"), [((), 404), (("/nowhere/editor", "{file}"), 500)])
def test_without_an_editor_that_can_be_started_nothing_is_opened(editor: tuple[str, ...], status: int) -> None:
    for one in asked(StandIn(BASE), editor):
        assert one.opens(file="figures.yaml", line=1, column=1) == status
