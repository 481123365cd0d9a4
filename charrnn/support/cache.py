"""The user's cache folder: files with a note of their hash, and without what killed runs leave.

Beside each file stands a note with its hash, so that a file damaged later is noticed, and with what
the server said about its version.
"""

import json
import re
import shutil
import time
import warnings
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from charrnn.support.files import remove_abandoned, write_atomically

with warnings.catch_warnings():
    # pooch imports tqdm, which warns in a notebook where ipywidgets is missing.
    warnings.filterwarnings("ignore", message="IProgress not found")
    import pooch

__all__ = ["cache_folder", "file_of_page", "keep", "read", "read_note"]

# What earlier versions called what was not complete, after ``tempfile``; other hidden files are the
# user's.
EARLIER_FOLDER = re.compile(r"\.[a-z0-9_]{8}")
EARLIER_FILE = re.compile(r"\..+\.[a-z0-9_]{8}")
OLD = 300  # seconds; a run of an earlier version that lives needs its temporary files for less


def cache_folder() -> Path:
    """Return the folder of the cache, without what killed runs have left there."""
    folder = Path(pooch.os_cache("charrnn"))
    if folder.is_dir():
        remove_abandoned(folder)
        for path in folder.glob(".*"):
            with suppress(OSError):  # another process was faster, or holds it
                name = EARLIER_FOLDER if path.is_dir() else EARLIER_FILE
                if name.fullmatch(path.name) and path.stat().st_mtime < time.time() - OLD:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
    return folder


def file_of_page(url: str) -> Path:
    """Return where the copy of a page stands."""
    return cache_folder() / str(pooch.utils.unique_file_name(url))


def read_note(cached: Path) -> dict[str, Any]:
    """Return what is noted of a file in the cache; nothing if there is no sound note."""
    try:
        note = json.loads(Path(f"{cached}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def read(cached: Path) -> bytes | None:
    """Return a file of the cache, or None if there is none or it is not what was written."""
    try:
        content = cached.read_bytes()
    except OSError:
        return None
    expected = read_note(cached).get("sha256")
    # Files of earlier versions have no note; those that do not change are checked without it.
    return None if expected and expected != sha256(content).hexdigest() else content


def keep(cached: Path, content: bytes, validators: dict[str, str]) -> None:
    """Write a file of the cache and its note; where that fails, warn."""
    note = {"sha256": sha256(content).hexdigest(), "validators": validators}
    try:
        # A file beside the note of another one is fetched again, as a damaged one is.
        write_atomically(cached, content)
        write_atomically(f"{cached}.json", json.dumps(note).encode())
    except OSError as error:
        warnings.warn(f"not kept in the cache: {error}", stacklevel=4)
