import os
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn.support.folders import (
    MARKER,
    InUseError,
    files_below,
    folder_for_tensorflow,
    note_written,
    write_folder_atomically,
)

posix = pytest.mark.skipif(os.name != "posix", reason="permissions, links and locks of POSIX")


def write(target, *names, **options):
    with write_folder_atomically(target, **options) as folder:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)


def refused(target, message, **options):
    """Try to write a folder; what stands there stays, and nothing is left beside it."""

    def content():
        return {path: path.is_symlink() or path.is_dir() or path.read_bytes() for path in all_of()}

    def all_of():
        return set(target.parent.rglob("*"))

    before = content()
    with pytest.raises(ValueError, match=message), write_folder_atomically(target, **options):
        pytest.fail("the work began")
    assert content() == before


def test_a_folder_appears_whole_and_replaces_the_old_one(tmp_path):
    target = tmp_path / "above" / "folder"
    for name in ("first", "below/second"):
        with write_folder_atomically(target) as folder:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(name)
            assert not (target / name).exists()
        assert files_below(target) == {name, MARKER}
    assert [entry.name for entry in target.parent.iterdir()] == ["folder"]


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder", "new")
    assert files_below(tmp_path / "folder") == {"new", MARKER}


OTHER = "folder: expected a new or empty folder, or one that this package wrote"


def test_a_folder_of_somebody_else_is_refused_before_the_work(tmp_path):
    target = tmp_path / "folder"
    (target / "below").mkdir(parents=True)
    refused(target, OTHER)
    (target / "below" / "thesis.tex").write_text("years")
    refused(target, OTHER)


def test_a_folder_that_somebody_added_to_is_refused(tmp_path):
    target = tmp_path / "folder"
    write(target, "below/new")
    (target / "below" / "thesis.tex").write_text("years")
    refused(target, OTHER)
    (target / "below" / "thesis.tex").unlink()
    write(target, "other")
    assert files_below(target) == {"other", MARKER}


def test_a_folder_within_can_be_written_anew(tmp_path):
    with write_folder_atomically(tmp_path / "sites") as sites:
        write(sites / "ru", "page")
        write(sites / "ko", "page")
    write(tmp_path / "sites" / "ru", "another")
    write(tmp_path / "sites", "index")
    assert files_below(tmp_path / "sites") == {"index", MARKER}


def test_files_are_noted_before_they_are_written(tmp_path):
    folder = tmp_path / "above" / "folder"
    for names in (["a", "b"], ["b", "c"]):
        note_written(folder, names)
        for name in names:
            (folder / name).write_text(name)
    (folder / "mine").write_text("years")
    with pytest.raises(ValueError, match="mine: expected a new name, or a file that was written"):
        note_written(folder, ["a", "d", "mine"])
    (folder / "d").write_text("years")
    with pytest.raises(ValueError, match="d: expected a new name"):
        note_written(folder, ["d"])
    refused(folder, OTHER)


def test_what_came_during_the_work_stays(tmp_path):
    target = tmp_path / "folder"

    def work():
        with write_folder_atomically(target):
            target.mkdir()
            (target / "thesis.tex").write_text("years")

    with pytest.raises(ValueError, match=OTHER):
        work()
    assert files_below(tmp_path) == {"folder/thesis.tex"}


def test_a_folder_can_be_known_by_its_files(tmp_path):
    def own(files):
        return files == {"model.pb"}

    target = tmp_path / "folder"
    for _ in range(2):
        write(target, "model.pb", own=own)
        assert files_below(target) == {"model.pb"}
    (target / "thesis.tex").write_text("years")
    refused(target, OTHER, own=own)


def test_a_file_is_refused_before_the_work(tmp_path):
    (tmp_path / "folder").write_text("years")
    refused(tmp_path / "folder", "folder: expected a folder or a new name, received a file")


@posix
@pytest.mark.parametrize("to", ["other", "nothing"])
def test_a_link_is_refused_before_the_work(tmp_path, to):
    (tmp_path / "other").mkdir()
    (tmp_path / "folder").symlink_to(to)
    refused(tmp_path / "folder", "folder: expected a folder or a new name, received a link")


@posix
def test_modes_follow_the_umask_and_the_folder_before(tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "folder", "new")
    finally:
        os.umask(before)
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o750
    (tmp_path / "folder").chmod(0o700)
    write(tmp_path / "folder", "new")
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700


def test_a_failing_block_leaves_the_old_folder_and_nothing_else(tmp_path):
    target = tmp_path / "folder"
    write(target, "old")

    def fill_half():
        with write_folder_atomically(target) as folder:
            (folder / "half").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_half()
    assert files_below(tmp_path) == {"folder/old", f"folder/{MARKER}"}


def test_a_failing_rename_puts_the_old_folder_back(tmp_path, monkeypatch):
    rename = Path.rename

    def fail_for_the_new_one(self, target):
        if (self / "new").exists():
            raise OSError("no")
        return rename(self, target)

    target = tmp_path / "folder"
    write(target, "old")
    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)
    with pytest.raises(OSError, match="no"):
        write(target, "new")
    assert files_below(tmp_path) == {"folder/old", f"folder/{MARKER}"}


# Ends in the middle of the block, or, with a second word, between the two renames at the end.
WRITER = """
import sys
from pathlib import Path
from charrnn.support.folders import write_folder_atomically

def wait(*_):
    print("writes", flush=True)
    sys.stdin.readline()

def last_rename(self, target):
    if self.suffix == ".new":
        wait()
    return rename(self, target)

rename = Path.rename
Path.rename = last_rename
with write_folder_atomically(sys.argv[1]) as folder:
    (folder / "killed").write_text("half")
    if len(sys.argv) == 2:
        wait()
"""


def writer(target, *more):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(target), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline().strip() == b"writes"
    return process


@posix
def test_of_two_writers_the_second_is_told_and_the_first_ends_well(tmp_path):
    target = tmp_path / "folder"
    first = writer(target)
    with pytest.raises(InUseError, match=r"folder: .* another process writes it"):
        write(target, "second")
    write(tmp_path / "other", "new")  # beside it, nobody is in the way
    first.communicate(b"\n\n")
    assert first.returncode == 0
    assert files_below(target) == {"killed", MARKER}
    assert {entry.name for entry in tmp_path.iterdir()} == {"folder", "other"}


@posix
@pytest.mark.parametrize("more", [(), ("between",)])
def test_what_a_killed_writer_left_is_cleared_and_the_old_folder_stays(tmp_path, more):
    target = tmp_path / "folder"
    write(target, "old")
    killed = writer(target, *more)
    killed.kill()
    killed.communicate()
    assert target.exists() == (not more)

    def fail():
        with write_folder_atomically(target):
            assert files_below(target) == {"old", MARKER}
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert files_below(tmp_path) == {"folder/old", f"folder/{MARKER}"}


def test_the_current_folder_can_be_named(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder")
    write(".", "new")
    assert files_below(tmp_path) == {"folder/new", f"folder/{MARKER}"}


@posix
@pytest.mark.parametrize("name", ["a[1]", "a\\b", "a*", "a?"])
def test_a_folder_that_tensorflow_could_not_read_again_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="directory: expected a path without"):
        folder_for_tensorflow(tmp_path / name / "model")
    assert folder_for_tensorflow(tmp_path / "a]b{c} d") == tmp_path / "a]b{c} d"
