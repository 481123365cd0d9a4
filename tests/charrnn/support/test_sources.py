"""Files, folders, pipes, devices: what is read, and what is named."""

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from charrnn.support import sources
from charrnn.support.sources import SourceError


def read_source(name: str) -> bytes:
    with sources.opened(name) as blocks:
        first, second = b"".join(blocks()), b"".join(blocks())
    assert first == second
    return first


def refusal(name: object) -> str:
    with pytest.raises(SourceError) as error:
        read_source(str(name))
    (line,) = str(error.value).splitlines()
    return line


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "my.txt").write_bytes(b"A text.")
    assert read_source(str(tmp_path / "my.txt")) == b"A text."


def test_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"A text.",))
    writer.start()
    assert read_source(str(pipe)) == b"A text."
    writer.join()


def test_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"A text.")))
    assert read_source("-") == b"A text."
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileNotFoundError):
        read_source("-")


def test_folders_and_devices_are_named(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path)
        == f"{tmp_path}: expected a text file, received a folder; name a file in it"
    )
    assert "received a device" in refusal("/dev/zero")


@pytest.mark.parametrize("name", ["", "no file", "a/b", "a\0b", "~no-such-user/x", "no\ud800"])
def test_what_is_not_there(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        read_source(name)


def test_what_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "my.txt").touch()
    monkeypatch.setattr(Path, "open", forbidden)
    assert "expected a file that can be read, received: permission denied" in refusal(
        tmp_path / "my.txt"
    )
    assert "file name too long" in refusal("x" * 5000)


def test_a_large_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(sources.LARGEST + 1)  # takes no room
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("was opened"))
    assert "expected at most 1,073,741,824 bytes" in refusal(tmp_path / "large.txt")


def test_a_pipe_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return b"y" * (size or 0)

    monkeypatch.setattr(sources, "LARGEST", 3 * 2**20)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Endless()))
    assert "received more" in refusal("-")
