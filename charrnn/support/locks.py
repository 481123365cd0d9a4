"""A name that one process at a time may write to."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["hold"]

# What a file system answers that has no locks: work goes on there without one.
NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}


@contextmanager
def hold(path: str | os.PathLike[str], taken: str) -> Iterator[None]:
    """Hold a lock file as long as the block runs; the system ends it with the process, too.

    Args:
        path: of the lock file, which is made, and deleted at the end. One that a killed process has
            left holds nobody up.
        taken: what to say if another process holds it.

    Raises:
        ValueError: another process, or another ``hold`` in this one, holds it.
        OSError: the file cannot be made.
    """
    file = _open_locked(Path(path), taken)
    try:
        yield
    finally:
        # Deleted while it is held; Windows refuses that, so it stays there, empty.
        with suppress(OSError):
            Path(path).unlink()
        os.close(file)


def _open_locked(path: Path, taken: str) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(file)
            if _is_at(file, path):
                return file
        except (BlockingIOError, PermissionError) as error:
            os.close(file)
            raise ValueError(taken) from error
        except BaseException:
            os.close(file)
            raise
        # The holder before has deleted the file between our opening and locking it.
        os.close(file)


def _is_at(file: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), path.stat())
    return False


def _lock(file: int) -> None:
    """Lock an open file, or raise BlockingIOError or (Windows) PermissionError at once."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
