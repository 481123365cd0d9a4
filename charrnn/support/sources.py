"""The bytes of a file, of a pipe or of the standard input; anything else is named."""

import stat
import sys
from typing import BinaryIO

from charrnn.support.files import user_path

__all__ = ["LARGEST", "SourceError", "read_source"]

LARGEST = 2**30  # bytes; the ids of a text take several times as much memory
_PIECE = 2**20


class SourceError(ValueError):
    """What was named exists and cannot be read as a text."""


def read_source(name: str) -> bytes:
    """Return the bytes of the file or pipe with this path; ``-`` is the standard input.

    Raises:
        FileNotFoundError: there is nothing of that name.
        SourceError: it is a folder or a device, may not be read, or is too large.
    """
    try:
        if name == "-" and (standard_input := getattr(sys.stdin, "buffer", None)):
            return _read(standard_input, name)
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
        with path.open("rb") as file:
            return _read(file, name)
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


def _read(file: BinaryIO, name: str) -> bytes:
    data = bytearray()
    while piece := file.read(_PIECE):
        data += piece
        if len(data) > LARGEST:
            raise _too_large(name, "more")
    return bytes(data)


def _too_large(name: str, size: str) -> SourceError:
    return SourceError(f"{name}: expected at most {LARGEST:,} bytes, received {size}; take a part")
