import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn.support.files import (
    PREFIX,
    SUFFIX,
    read_table,
    sha256,
    user_path,
    write_atomically,
    write_table,
)

posix = pytest.mark.skipif(os.name != "posix", reason="permissions, links and locks of POSIX")


def test_sha256_is_hashlibs(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(content)
    assert sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_a_path_is_read_as_a_user_types_it(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert user_path("~/x") == Path("/home/me/x")
    assert user_path("a/~b") == Path("a/~b")
    for path in ("~nobody-of-that-name/x", "a\0b"):
        with pytest.raises(ValueError, match=r"^--output: expected a path, received"):
            user_path(path, "--output")


def test_a_file_is_written_with_the_folders_above_it(tmp_path):
    path = tmp_path / "new" / "folder" / "file"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path):
    write_atomically(tmp_path / ("x" * 255), b"one")
    assert (tmp_path / ("x" * 255)).read_bytes() == b"one"


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_mode_that_open_gives(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "file", b"one")
        (tmp_path / "other").write_bytes(b"one")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


@posix
def test_a_replaced_file_keeps_its_mode(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o640


@posix
def test_a_link_stays_one(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder/file")
    for content in (b"one", b"two"):
        write_atomically(tmp_path / "link", content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "folder" / "file").read_bytes() == content


def test_what_is_no_file_stays(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"Expected a file or nothing there.*folder"):
        write_atomically(tmp_path / "folder", b"one")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


@posix
def test_a_file_that_may_not_be_written_stays(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with pytest.raises(PermissionError, match=f"denied: '{path}'"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[step], fail)
    with pytest.raises(OSError, match=f"No space left on device: '{path}'"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


WRITER = """
import os, sys
from pathlib import Path
from charrnn.support.files import write_atomically

def wait(descriptor):
    print("writes", flush=True)
    sys.stdin.readline()

os.fsync = wait
write_atomically(Path(sys.argv[1]), b"a" * 100_000)
"""


def writer(path):
    """Start a process that is in the middle of writing a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline().strip() == b"writes"
    return process


@posix
def test_what_a_killed_writer_left_is_removed_by_the_next_one_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    foreign = {".charrnn-of-mine", ".file.part", "file"}
    for name in foreign:
        (tmp_path / name).write_bytes(b"old")
    killed, lives = writer(path), writer(path)
    killed.kill()
    killed.communicate()
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == len(foreign) + 2
    write_atomically(tmp_path / "other", b"new")
    # One of the living writer is there still, and it ends well.
    assert len(list(tmp_path.iterdir())) == len(foreign) + 2
    lives.communicate(b"\n")
    assert lives.returncode == 0
    assert {entry.name for entry in tmp_path.iterdir()} == foreign | {"other"}
    assert path.read_bytes() == b"a" * 100_000


@posix
def test_where_there_are_no_locks_a_living_writer_keeps_its_file(tmp_path, monkeypatch):
    (tmp_path / f"{PREFIX}1{SUFFIX}").write_bytes(b"half")
    monkeypatch.setattr("charrnn.support.files.hold", lambda _: None)
    write_atomically(tmp_path / "file", b"new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [f"{PREFIX}1{SUFFIX}", "file"]


@posix
def test_a_temporary_file_that_another_took_for_abandoned_is_made_again(tmp_path, monkeypatch):
    def removed_first(descriptor):
        seen.append(descriptor)
        if len(seen) == 1:
            for path in tmp_path.glob(f"{PREFIX}*"):
                path.unlink()
        return True

    seen = []
    monkeypatch.setattr("charrnn.support.files.hold", removed_first)
    write_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert len(seen) == 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_table_comes_back_as_words(tmp_path):
    path = tmp_path / "table.csv"
    assert read_table(path) == []
    write_table([{"name": "a, b", "value": 1}, {"name": "é", "value": 2.5}], path)
    assert path.read_bytes() == 'name,value\n"a, b",1\né,2.5\n'.encode()
    assert read_table(path) == [{"name": "a, b", "value": "1"}, {"name": "é", "value": "2.5"}]
