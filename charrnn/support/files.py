"""Files written whole or not at all, tables among them, and their hashes."""

import csv
import errno
import hashlib
import io
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from charrnn.support.locks import hold

__all__ = [
    "PREFIX",
    "RECORDS",
    "check_room",
    "no_room",
    "read_record",
    "read_table",
    "remove_abandoned",
    "sha256",
    "user_path",
    "with_numbers",
    "write_atomically",
    "write_table",
]


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def user_path(path: str | os.PathLike[str], name: str = "path") -> Path:
    """Return a path as a user types it, ``~`` at its beginning expanded; ``./~x`` is a file ``~x``.

    Raises:
        ValueError: there is no such user, or a character that no path has.
    """
    try:
        if "\0" in os.fspath(path):
            raise ValueError("a NUL is no character of a path")
        given = Path(path)
        # Path drops the dot, and the next one who expands would take the file for a home folder.
        if str(given).startswith("~") and not os.fspath(path).startswith("~"):
            return given.absolute()
        return given.expanduser()
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"{name}: expected a path, received {os.fspath(path)!r}: {error}"
        ) from None


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file so that no reader ever sees a half-written one.

    The bytes go to a temporary file in the same folder, which takes the name only when it is
    complete; when writing fails, it is removed and the previous file stays as it was. Of several
    writers of one name the last one wins. A new file has the mode that ``open`` would give, a
    replaced one keeps its own. Temporary files that killed processes left there are removed.

    Args:
        path: of the file; missing folders above it are made, and a link stays one.
        content: its bytes.

    Raises:
        OSError: it cannot be written, or something that is no file has the name.
    """
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = _mode(target)
        remove_abandoned(target.parent)
        descriptor, temporary = _new_temporary(target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                if mode is not None and hasattr(os, "fchmod"):
                    os.fchmod(descriptor, mode)
                file.write(content)
                file.flush()
                os.fsync(descriptor)
                if os.name != "nt":  # replaced under its lock, but Windows moves no open file
                    temporary.replace(target)
            if os.name == "nt":
                temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        if error.errno is not None:  # in the words of the caller, who knows no temporary file
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
        raise


def check_room(path: str | os.PathLike[str], size: int) -> None:
    """Raise OSError unless so many bytes can be written beside a file now; nothing stays."""
    target = Path(os.path.realpath(path))
    try:
        _mode(target)
        descriptor, temporary = _new_temporary(target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for first in range(0, size, 2**20):
                    file.write(bytes(min(size - first, 2**20)))
                file.flush()
                os.fsync(descriptor)
        finally:
            temporary.unlink()
    except OSError as error:
        raise no_room(error, size, path) from error


def no_room(error: OSError, size: int, path: str | os.PathLike[str] | None) -> OSError:
    """Return an error of writing that says how many bytes were tried, and where.

    Args:
        error: as it was raised.
        size: bytes.
        path: of the file, or of the folder of a temporary one; None is the system's.
    """
    where = os.fspath(path or tempfile.gettempdir())
    return OSError(error.errno, f"{error.strerror}, tried {size:,} bytes", where)


def _mode(target: Path) -> int | None:
    """Return the permissions of the file that is to be replaced; None if there is none."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EEXIST, "Expected a file or nothing there, received another thing")
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return stat.S_IMODE(status.st_mode)


# Names of the files that are not complete; their writer holds a lock on them.
PREFIX, SUFFIX = ".charrnn-", ".part"


def _new_temporary(folder: Path) -> tuple[int, Path]:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        path = folder / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        # Unlike tempfile's, with the mode that the umask asks for.
        descriptor = os.open(path, flags, 0o666)
        # Another process may have taken it for an abandoned one before it was locked.
        if hold(descriptor) is not False and path.exists():
            return descriptor, path
        os.close(descriptor)
        path.unlink(missing_ok=True)


def remove_abandoned(folder: Path) -> None:
    """Remove temporary files whose writer no longer lives."""
    for path in folder.glob(f"{PREFIX}*{SUFFIX}"):
        with suppress(OSError):  # of another user, or gone
            if os.name == "nt":  # removes no open file; a closed one may be about to be renamed
                if time.time() - path.stat().st_mtime > 3600:
                    path.unlink()
                continue
            descriptor = os.open(path, os.O_RDWR)
            try:
                if hold(descriptor):
                    path.unlink()
            finally:
                os.close(descriptor)


# Tables that the scripts in ``experiments`` wrote and the chapters show.
RECORDS = Path(__file__).resolve().parents[1] / "records"


def read_record(name: str) -> list[dict[str, Any]]:
    """Return the rows of a record of the package, numbers as numbers.

    Args:
        name: of the script that wrote it, and of the part if it wrote several: "system_a_whole".

    Raises:
        ValueError: there is no such record.
    """
    if not (path := RECORDS / f"{name}.csv").is_file():
        known = sorted(file.stem for file in RECORDS.glob("*.csv"))
        raise ValueError(f"name: expected one of {', '.join(known)}; received {name!r}")
    return with_numbers(read_table(path))


def with_numbers(rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the rows of a table with whole numbers as int, other numbers as float."""

    def value(text: str) -> int | float | str:
        for kind in (int, float):
            with suppress(ValueError):
                return kind(text)
        return text

    return [{name: value(text) for name, text in row.items()} for row in rows]


def read_table(path: str | os.PathLike[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV file as text; none if there is no file."""
    if not Path(path).is_file():
        return []
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_table(rows: Sequence[Mapping[str, object]], path: str | os.PathLike[str]) -> None:
    """Write at least one row as CSV, the keys of the first as its columns."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, buffer.getvalue().encode("utf-8"))
