import os
import subprocess
import sys

import pytest

from charrnn.support import locks
from charrnn.support.locks import InUseError, locked

pytestmark = pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")

HOLDER = """
import sys
from charrnn.support.locks import locked

with locked(sys.argv[1], "in use"):
    print("holds", flush=True)
    sys.stdin.readline()
"""


def holder(path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline().strip() == b"holds"
    return process


def test_the_second_is_refused_and_the_lock_ends_with_its_process(tmp_path):
    path = tmp_path / "lock"
    first = holder(path)
    with pytest.raises(InUseError, match=r"^in use$"), locked(path, "in use"):
        pass
    first.kill()
    first.communicate()
    with locked(path, "in use"):
        assert path.exists()
        with pytest.raises(InUseError, match="in use"), locked(path, "in use"):
            pass
        assert path.exists()
    assert not path.exists()


def test_the_lock_is_removed_when_the_block_fails(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / "lock", "in use"):
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_a_lock_whose_name_was_removed_meanwhile_is_none(tmp_path, monkeypatch):
    def remove_first(descriptor):
        seen.append(descriptor)
        if len(seen) == 1:
            (tmp_path / "lock").unlink()
        return original(descriptor)

    seen, original = [], locks.hold
    monkeypatch.setattr(locks, "hold", remove_first)
    with locked(tmp_path / "lock", "in use"):
        assert (tmp_path / "lock").exists()
    assert len(seen) == 2
