"""Folders written whole or not at all; what somebody else put into one is never removed."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from charrnn.support.files import user_path, write_atomically
from charrnn.support.locks import InUseError, locked

__all__ = [
    "MARKER",
    "InUseError",
    "files_below",
    "folder_for_tensorflow",
    "note_written",
    "write_folder_atomically",
]

# A file in a written folder that lists all others, so that what was added later is noticed.
MARKER = ".written-by-charrnn"


def folder_for_tensorflow(path: str | os.PathLike[str], name: str = "directory") -> Path:
    """Return a folder as a user names it, ``~`` expanded, where TensorFlow is to save something.

    Args:
        path: of the folder.
        name: of the argument, for the message.

    Raises:
        ValueError: TensorFlow could write there, but not read again what it wrote.
    """
    folder = user_path(path, name)
    # When it restores, it takes the path for a pattern of paths.
    if odd := sorted(set("*?[\\") & set(folder.absolute().as_posix())):
        raise ValueError(
            f"{name}: expected a path without {' '.join(odd)}, which TensorFlow could not read "
            f"again, received {os.fspath(path)!r}"
        )
    return folder


def files_below(folder: Path) -> set[str]:
    """Return the paths of all files and links below a folder, relative to it, with slashes."""
    return {
        (Path(above) / name).relative_to(folder).as_posix()
        for above, folders, files in os.walk(folder)
        for name in [*files, *(each for each in folders if (Path(above) / each).is_symlink())]
    }


@contextmanager
def write_folder_atomically(
    path: str | os.PathLike[str], own: Callable[[set[str]], bool] | None = None
) -> Iterator[Path]:
    """Give a temporary folder to fill; it takes the name ``path`` when the block ends well.

    Before the block runs, what stands there is looked at: only an empty folder, or one that was
    written here, is replaced at the end.

    Args:
        path: the folder; missing ones above it are made.
        own: files of a folder -> whether it was written here. Without it, the folder gets a file
            that lists the others, and one that has none, or has more than is listed, is refused.

    Yields:
        The temporary folder, beside the final one.

    Raises:
        ValueError: something else stands there; as InUseError, another process writes it.
        OSError: it cannot be written.
    """
    target = user_path(path)
    if target.name in ("", ".."):
        target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    new, old, lock = (target.parent / f".charrnn-{key}.{end}" for end in ("new", "old", "lock"))
    with locked(lock, f"{path}: expected to be the only writer, but another process writes it"):
        # What a killed process left: the folder itself, if it ended between two renames.
        if old.exists() and not os.path.lexists(target):
            old.rename(target)
        for leftover in (new, old):
            if leftover.exists():
                shutil.rmtree(leftover)
        _check(target, own, path)
        new.mkdir()
        try:
            yield new
            if own is None:
                lines = sorted(files_below(new))
                (new / MARKER).write_text("\n".join([*lines, ""]), "utf-8", "surrogateescape")
            # Again, for what came during the work.
            if _check(target, own, path):
                new.chmod(target.stat().st_mode & 0o7777)
                target.rename(old)
            try:
                new.rename(target)
            except BaseException:
                if old.exists():
                    old.rename(target)
                raise
            shutil.rmtree(old, ignore_errors=True)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise


def _check(
    target: Path, own: Callable[[set[str]], bool] | None, given: str | os.PathLike[str]
) -> bool:
    """Return whether there is a folder to replace; raise ValueError if it is not ours."""
    if not os.path.lexists(target):
        return False
    if target.is_symlink() or not target.is_dir():
        what = "a link" if target.is_symlink() else "a file"
        raise ValueError(f"{given}: expected a folder or a new name, received {what}")
    files = files_below(target)
    if any(target.iterdir()) and not (own(files) if own else files and not _unlisted(target)):
        raise ValueError(
            f"{given}: expected a new or empty folder, or one that this package wrote and nobody "
            "added to; received another one, which stays: remove it yourself, or choose a new name"
        )
    return True


def note_written(path: str | os.PathLike[str], names: Iterable[str]) -> None:
    """Note in a folder that files of it are written here, before they are.

    Args:
        path: the folder; made where it is missing.
        names: of the files. One that is there already has to be noted.

    Raises:
        ValueError: somebody else wrote one of the files.
        OSError: the folder cannot be written.
    """
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    marker, wanted = folder / MARKER, set(names)
    noted = _lines(marker) if marker.is_file() else set()
    for name in sorted(wanted - noted):
        if os.path.lexists(folder / name):
            raise ValueError(
                f"{folder / name}: expected a new name, or a file that was written here; received "
                "another one, which is left as it is"
            )
    write_atomically(marker, "\n".join([*sorted(noted | wanted), ""]).encode())


def _unlisted(folder: Path) -> set[str]:
    """Return the files of a folder that no marker lists, those of folders within it among them."""
    files = files_below(folder)
    listed = {
        (Path(marker).parent / name).as_posix()
        for marker in files
        if Path(marker).name == MARKER
        for name in {MARKER, *_lines(folder / marker)}
    }
    return files - listed


def _lines(marker: Path) -> set[str]:
    return set(marker.read_text("utf-8", "surrogateescape").splitlines())
