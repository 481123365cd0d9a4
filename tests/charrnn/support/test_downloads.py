"""A hostile server on the loopback, a cache that is damaged, runs that are killed."""

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from charrnn.support import cache as cache_module
from charrnn.support import transfer
from charrnn.support.downloads import DownloadError, fetch_page
from charrnn.support.locks import hold

PAGE = ("A page of some length.\n" * 40).encode()
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


class Server:
    """Answers each connection with what ``answer`` sends, and keeps the requests."""

    def __init__(self, answer: Callable[[socket.socket], object]) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.ended = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/page.txt"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client may have gone
            self.requests.append(connection.recv(10_000))
            self.answer(connection)


def sends(*parts: bytes) -> Callable[[socket.socket], object]:
    return lambda connection: [connection.sendall(part) for part in parts]


def sized(content: bytes, announced: int | None = None, *headers: bytes) -> bytes:
    length = len(content) if announced is None else announced
    lines = b"".join(header + b"\r\n" for header in headers)
    return OK + b"Content-Length: %d\r\n" % length + lines + b"\r\n" + content


def dripping(*first: bytes) -> Callable[[socket.socket], object]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(b"".join(first))
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    return answer


def endless(connection: socket.socket) -> None:
    connection.sendall(OK + b"\r\n")
    while True:
        connection.sendall(b"y" * 2**16)


def stalls(connection: socket.socket) -> None:
    connection.sendall(sized(PAGE[:100], len(PAGE)))
    time.sleep(30)


def redirect(target: str) -> bytes:
    return b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n" % target.encode()


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PACKED = gzip.compress(PAGE)
BOMB = gzip.compress(b"y" * 2**22)
HOSTILE = {
    "silent": lambda connection: time.sleep(30),
    "closed at once": lambda connection: None,
    "stalls": stalls,
    "a byte at a time": dripping(OK, b"Content-Length: 9999\r\n\r\n"),
    "a byte at a time, no length": dripping(OK, b"\r\n"),
    "a byte at a time, in a header": dripping(OK, b"X-Long: "),
    "a byte at a time, in the first line": dripping(b"HTTP/1.1 "),
    "without end": endless,
    "a large length": sends(sized(PAGE, 10**10)),
    "a length without end": sends(sized(PAGE, 0).replace(b": 0", b": " + b"9" * 5000)),
    "gzip bomb": sends(sized(BOMB, None, b"Content-Encoding: gzip")),
    "early end": sends(sized(PAGE[:100], len(PAGE))),
    "early end of chunks": sends(CHUNKED, b"64\r\n", PAGE[:100], b"\r\n"),
    "early end within a chunk": sends(CHUNKED, b"ffff\r\n", PAGE),
    "early end of gzip": sends(sized(PACKED[:-20], len(PACKED), b"Content-Encoding: gzip")),
    "no gzip": sends(sized(PAGE, None, b"Content-Encoding: gzip")),
    "redirect to a file": sends(redirect("file:///etc/passwd")),
    "redirect to ftp": sends(redirect("ftp://127.0.0.1:9/x")),
    "redirect to itself": sends(redirect("/page.txt")),
    "redirect to nowhere": sends(redirect("http://127.0.0.1:9/")),
    "error of the server": sends(b"HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nsorry"),
    "not found": sends(b"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nnone"),
    "no content": sends(b"HTTP/1.1 204 No\r\n\r\n"),
    "not modified": sends(b"HTTP/1.1 304 No\r\n\r\n"),
    "empty": sends(sized(b"")),
    "garbage": sends(bytes(range(256)) * 4),
    "many headers": sends(OK, b"X: y\r\n" * 500, b"\r\n", PAGE),
}


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "SECONDS", 0.6)
    monkeypatch.setattr(transfer, "SILENCE", 0.3)
    monkeypatch.setattr(transfer, "LARGEST", 2**20)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(cache_module.pooch, "os_cache", lambda name: folder)
    return folder


@pytest.fixture
def start() -> Iterator[Callable[[Callable[[socket.socket], object]], Server]]:
    servers = []

    def start(answer: Callable[[socket.socket], object]) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.listener.close()


def not_empty(data: bytes) -> None:
    if not data:
        raise ValueError("which is empty")


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.exists() else []


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_hostile_server_does_is_told_in_one_line(start, cache, name) -> None:
    server = start(HOSTILE[name])
    with pytest.raises(DownloadError) as error:
        fetch_page(server.url, not_empty)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"could not get {server.url}: ")
    assert names(cache) == []


@pytest.mark.parametrize(
    "answer",
    [
        sends(sized(PAGE)),
        sends(OK + b"\r\n" + PAGE),
        sends(CHUNKED, b"%x\r\n" % len(PAGE), PAGE, b"\r\n0\r\n\r\n"),
        sends(sized(PACKED, None, b"Content-Encoding: gzip")),
        lambda connection: [connection.sendall(bytes([byte])) for byte in sized(PAGE)],
    ],
)
def test_what_an_honest_server_sends_is_taken(start, cache, answer) -> None:
    assert fetch_page(start(answer).url, not_empty) == PAGE
    assert len(names(cache)) == 2


def test_a_failed_connection_is_told_as_the_system_tells_it(cache) -> None:
    with pytest.raises(DownloadError, match=r"127.0.0.1:9/: Failed to establish .* refused$"):
        fetch_page("http://127.0.0.1:9/", not_empty)


# --- a page that changes, or cannot be had


def versioned(connection: socket.socket, request: bytes, version: str, content: bytes) -> None:
    tag = b'"%s"' % version.encode()
    if b"If-None-Match: " + tag in request:
        connection.sendall(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n")
    else:
        connection.sendall(sized(content, None, b"ETag: " + tag))


@pytest.fixture
def page(start) -> Server:
    """A page whose server tells its version, in ``version`` and ``content``."""

    def answer(connection: socket.socket) -> None:
        versioned(connection, server.requests[-1], server.version, server.content)

    server = start(answer)
    server.version, server.content = "1", PAGE
    return server


def test_a_page_is_sent_again_only_when_it_has_changed(page, cache) -> None:
    assert fetch_page(page.url, not_empty) == PAGE
    # The same version, so this is not sent.
    page.content = b"not sent"
    assert fetch_page(page.url, not_empty) == PAGE
    page.version, page.content = "2", b"changed"
    assert fetch_page(page.url, not_empty) == b"changed"
    assert fetch_page(page.url, not_empty) == b"changed"
    assert [b"If-None-Match" in request for request in page.requests] == [False, True, True, True]


@pytest.mark.parametrize(
    "name", ["closed at once", "not found", "empty", "early end", "not modified"]
)
def test_the_copy_serves_where_the_page_cannot_be_had(page, cache, name) -> None:
    fetch_page(page.url, not_empty)
    page.answer, page.version = HOSTILE[name], "2"
    if name == "not modified":
        assert fetch_page(page.url, not_empty) == PAGE
    else:
        with pytest.warns(UserWarning, match=r"page\.txt: the copy of \d{4}-\d\d-\d\d is used"):
            assert fetch_page(page.url, not_empty) == PAGE


def test_a_flip_or_a_cut_of_a_page_in_the_cache_is_noticed(page, cache) -> None:
    """50 in the page, 20 in its note: each time the page comes back whole."""
    random = np.random.default_rng(0)
    fetch_page(page.url, not_empty)
    note, content = sorted(cache.iterdir(), key=lambda path: path.suffix == ".txt")
    assert content.read_bytes() == PAGE
    for number in range(70):
        path = content if number < 50 else note
        data = bytearray(path.read_bytes())
        place = int(random.integers(len(data)))
        if number % 2:
            data[place] ^= 1 << int(random.integers(8))
        else:
            del data[place:]
        path.write_bytes(data)
        before = len(page.requests)
        assert fetch_page(page.url, not_empty) == PAGE
        assert len(page.requests) == before + 1
        if path == content:
            assert b"If-None-Match" not in page.requests[-1]
        assert content.read_bytes() == PAGE


def test_a_note_that_is_no_note_is_as_none(page, cache) -> None:
    fetch_page(page.url, not_empty)
    (note,) = cache.glob("*.json")
    for text in ("[]", "{}", "3", '{"sha256": 3}', "", "\xff"):
        note.write_text(text, encoding="latin-1")
        assert fetch_page(page.url, not_empty) == PAGE
        assert json.loads(note.read_text())["validators"] == {"ETag": '"1"'}
    note.write_text("{}")
    page.answer = HOSTILE["not found"]
    with pytest.raises(DownloadError):
        fetch_page(page.url, not_empty)


# --- the cache


def test_where_the_cache_cannot_be_written_the_page_is_used(page, cache) -> None:
    cache.write_text("a file in its place")
    with pytest.warns(UserWarning, match="not kept in the cache"):
        assert fetch_page(page.url, not_empty) == PAGE


def test_leftovers_of_killed_runs_are_cleared(cache) -> None:
    """Of this version by their lock, of earlier ones by their age."""
    old, new = ".abcd_123", ".abcd_124"
    mine = [".git", ".gitignore", ".page.txt.swp"]
    for name in (old, new, ".git"):
        (cache / name).mkdir(parents=True)
        (cache / name / "tmp").touch()
    for name in (f".page.txt{old}", f".page.txt{new}", ".charrnn-1.part", ".charrnn-2.part"):
        (cache / name).touch()
    for name in mine[1:]:
        (cache / name).touch()
    for name in (old, f".page.txt{old}", ".charrnn-2.part", *mine):
        os.utime(cache / name, (0, 0))
    descriptor = os.open(cache / ".charrnn-2.part", os.O_RDWR)
    try:
        assert hold(descriptor)  # whoever writes it lives, however old it is
        cache_module.cache_folder()
        left = sorted([new, f".page.txt{new}", *mine])
        assert sorted(names(cache)) == sorted([".charrnn-2.part", *left])
    finally:
        os.close(descriptor)
    cache_module.cache_folder()
    assert sorted(names(cache)) == left


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_run_leaves_nothing_behind(start, tmp_path) -> None:
    server = start(dripping(OK, b"Content-Length: 9999\r\n\r\n", PAGE))
    code = f"from charrnn.support.downloads import fetch_page; fetch_page({server.url!r}, len)"
    environment = os.environ | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    while not server.requests:
        time.sleep(0.01)
    time.sleep(0.1)
    process.kill()
    process.wait()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
