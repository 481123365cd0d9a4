"""The bytes of a file, of a pipe or of the standard input, in blocks; anything else is named."""

import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, BinaryIO

from charrnn.support.files import no_room, user_path

__all__ = ["BLOCK", "LARGEST", "Blocks", "SourceError", "blocks_of", "opened"]

LARGEST = 2**30  # bytes
BLOCK = 2**20
# So many bytes of a pipe are kept in memory; more of them in a file.
IN_MEMORY = 2**24

# Gives the bytes from the beginning on, each time it is called.
Blocks = Callable[[], Iterator[bytes]]


class SourceError(ValueError):
    """What was named exists and cannot be read as a text."""


def blocks_of(data: bytes) -> Blocks:
    """Return the blocks of what is in memory."""
    return lambda: (data[first : first + BLOCK] for first in range(0, len(data), BLOCK))


@contextmanager
def opened(name: str, folder: Path | None = None) -> Iterator[Blocks]:
    """Open the file or pipe with this path; ``-`` is the standard input.

    Args:
        name: the path.
        folder: for a temporary file that has no name, in which a long pipe is kept; None is the
            system's.

    Yields:
        What gives the bytes, as often as it is called, as long as the context lasts.

    Raises:
        FileNotFoundError: there is nothing of that name.
        SourceError: it is a folder or a device, may not be read, or is too large. What is found
            out only while it is read is raised then.
        OSError: there is no room for the temporary file.
    """
    with _told(name):
        file, once = _open(name)
    with file as source:
        if not once:
            yield lambda: _blocks(source, name)
        else:
            with _kept(source, name, folder) as kept:
                yield lambda: _blocks(kept, name)


def _kept(source: BinaryIO, name: str, folder: Path | None) -> IO[bytes]:
    """Return what can be read once as a temporary file, in memory as long as it is short."""
    where = str(folder) if folder else None
    kept = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=where)  # noqa: SIM115
    read = 0
    try:
        for block in _blocks(source, name, rewind=False):
            read += len(block)
            kept.write(block)
        kept.flush()
    except BaseException as error:
        with suppress(OSError):  # of a full disk, once more
            kept.close()
        if isinstance(error, OSError):
            raise no_room(error, read, folder) from error
        raise
    return kept


def _open(name: str) -> tuple[AbstractContextManager[BinaryIO], bool]:
    """Return the open file, and whether it can be read once only."""
    if name == "-" and (standard_input := getattr(sys.stdin, "buffer", None)):
        return nullcontext(standard_input), True
    path = user_path(name)
    status = path.stat()
    if not name:
        raise FileNotFoundError(name)
    if stat.S_ISDIR(status.st_mode):
        raise SourceError(f"{name}: expected a text file, received a folder; name a file in it")
    # Opening one may do something, and some have no end.
    if stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode):
        raise SourceError(f"{name}: expected a text file or a pipe, received a device")
    if status.st_size > LARGEST:
        raise _too_large(name, f"{status.st_size:,}")
    return path.open("rb"), not stat.S_ISREG(status.st_mode)


def _blocks(file: BinaryIO | IO[bytes], name: str, rewind: bool = True) -> Iterator[bytes]:
    read = 0
    if rewind:
        with _told(name):
            file.seek(0)
    while True:
        with _told(name):
            block = file.read(BLOCK)
        if not block:
            return
        read += len(block)
        if read > LARGEST:
            raise _too_large(name, "more")
        yield block


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell in the user's words why a source cannot be read."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(name) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SourceError(
            f"{name}: expected a file that can be read, received: {reason}"
        ) from error
    except SourceError:
        raise
    except (RuntimeError, ValueError) as error:  # no such home folder; a NUL in the name
        raise FileNotFoundError(name) from error


def _too_large(name: str, size: str) -> SourceError:
    return SourceError(f"{name}: expected at most {LARGEST:,} bytes, received {size}; take a part")
