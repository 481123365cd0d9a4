"""Files written whole or not at all, tables among them, and their hashes."""

import csv
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = [
    "RECORDS",
    "read_record",
    "read_table",
    "sha256",
    "with_numbers",
    "write_atomically",
    "write_folder_atomically",
    "write_table",
]


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(contents: Mapping[str | os.PathLike[str], bytes]) -> None:
    """Write one or more files so that no reader ever sees a half-written one.

    The bytes go to temporary files in the same folders, which take their names only when all are
    complete; when writing fails, they are removed and previous files stay as they were.

    Args:
        contents: path -> bytes; missing folders above a path are made.

    Raises:
        OSError: a folder cannot be written.
    """
    temporaries: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            target = Path(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            temporaries[target] = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes a private file; a corpus or a weight file is for everybody.
            temporaries[target].chmod(0o644)
        for target, temporary in temporaries.items():
            temporary.replace(target)
    except BaseException:
        for temporary in temporaries.values():
            temporary.unlink(missing_ok=True)
        raise


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
    write_atomically({path: buffer.getvalue().encode("utf-8")})


@contextmanager
def write_folder_atomically(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary folder to fill; it takes the name ``path`` when the block ends well.

    Args:
        path: the folder; one that stands there is replaced only at the end.

    Yields:
        The temporary folder, beside the final one.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield temporary
        temporary.chmod(0o755)
        if target.exists():
            old = temporary.with_name(temporary.name + ".old")
            target.rename(old)
            try:
                temporary.rename(target)
            except BaseException:
                old.rename(target)
                raise
            shutil.rmtree(old)
        else:
            temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
