"""What one process holds so that others keep off; it ends with the process, however that ends."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["InUseError", "hold", "locked"]


class InUseError(ValueError):
    """Another process, which still runs, works on the same thing."""


def hold(descriptor: int) -> bool | None:
    """Lock an open file until it is closed.

    Returns:
        False if another one has it; None where the file system knows no locks.
    """
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK) else None
    return True


@contextmanager
def locked(path: str | os.PathLike[str], message: str) -> Iterator[None]:
    """Hold a lock file while the block runs; it is removed at the end.

    Args:
        path: of the lock file. One that a killed process left is taken over.
        message: what is wrong if another process has it.

    Raises:
        InUseError: another process has it.
        OSError: the file cannot be made.
    """
    descriptor = _acquired(Path(path))
    if descriptor is None:
        raise InUseError(message)
    try:
        yield
    finally:
        # First the name, then the lock: whoever waits for the name makes a file of its own.
        with suppress(OSError):
            Path(path).unlink()
        os.close(descriptor)
        if os.name == "nt":  # where an open file keeps its name
            with suppress(OSError):
                Path(path).unlink()


def _acquired(path: Path) -> int | None:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if hold(descriptor) is False:
            os.close(descriptor)
            return None
        # The one before may have removed the name after it was opened here.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)
