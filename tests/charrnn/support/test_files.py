import hashlib
import os
from pathlib import Path

import pytest

from charrnn.support.files import (
    read_table,
    sha256,
    write_atomically,
    write_folder_atomically,
    write_table,
)


def test_sha256_is_hashlibs(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(content)
    assert sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_a_file_is_written_with_the_folders_above_it(tmp_path):
    path = tmp_path / "new" / "folder" / "file"
    write_atomically({path: b"one"})
    write_atomically({path: b"two"})
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_others_may_read_what_was_written(tmp_path):
    write_atomically({tmp_path / "file": b"one"})
    with write_folder_atomically(tmp_path / "folder"):
        pass
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    def fail(*_):
        raise OSError("disk full")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[step], fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically({path: b"new"})
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_folder_appears_whole_and_replaces_the_old_one(tmp_path):
    target = tmp_path / "above" / "folder"
    for name in ("first", "second"):
        with write_folder_atomically(target) as folder:
            (folder / name).write_text(name)
            assert not (target / name).exists()
        assert [entry.name for entry in target.iterdir()] == [name]
    assert [entry.name for entry in target.parent.iterdir()] == ["folder"]


def test_a_failing_block_leaves_the_old_folder_and_nothing_else(tmp_path):
    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").write_text("old")

    def fill_half():
        with write_folder_atomically(target) as folder:
            (folder / "half").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_half()
    assert [entry.name for entry in target.iterdir()] == ["old"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_a_failing_rename_puts_the_old_folder_back(tmp_path, monkeypatch):
    rename = Path.rename

    def fail_for_the_new_one(self, target):
        if (self / "new").exists():
            raise OSError("no")
        return rename(self, target)

    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").write_text("old")
    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)
    with pytest.raises(OSError, match="no"), write_folder_atomically(target) as folder:
        (folder / "new").write_text("new")
    assert [entry.name for entry in target.iterdir()] == ["old"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_of_two_files_both_are_replaced_or_none(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    write_atomically({first: b"old", second: b"old"})
    with pytest.raises(TypeError):
        write_atomically({first: b"new", second: "no bytes"})
    assert first.read_bytes() == second.read_bytes() == b"old"
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_a_table_comes_back_as_words(tmp_path):
    path = tmp_path / "table.csv"
    assert read_table(path) == []
    write_table([{"name": "a, b", "value": 1}, {"name": "é", "value": 2.5}], path)
    assert path.read_bytes() == 'name,value\n"a, b",1\né,2.5\n'.encode()
    assert read_table(path) == [{"name": "a, b", "value": "1"}, {"name": "é", "value": "2.5"}]
