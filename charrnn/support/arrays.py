"""Named arrays and what they mean <-> one file, whose every byte is covered by a checksum.

The file is in the safetensors format, which other programs read, too. Its metadata has one entry,
``charrnn``: a JSON object with the version of this layout, what kind of thing the file holds, the
checksum, and the description that the writer gave. One file is whole or is not there, whoever else
writes it and whenever the process ends; two files that belong together would not be.
"""

import hashlib
import json
import os
import re
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from charrnn.support.files import write_atomically

__all__ = [
    "FORMAT",
    "Arrays",
    "arrays_in",
    "read_arrays",
    "write_arrays",
]

Arrays = dict[str, npt.NDArray[Any]]

# Of the layout of the metadata. A file of a higher one comes from a later version of the package.
FORMAT = 1
ENTRY = "charrnn"
# The checksum is that of the file with these digits in its place.
BLANK = "0" * 64
# What safetensors raises, or lets through, for arrays that NumPy does not know.
FOREIGN = (SafetensorError, KeyError, ValueError, TypeError, OverflowError)
DIGITS = re.compile("[0-9a-f]{64}")


def write_arrays(
    path: str | os.PathLike[str],
    kind: str,
    arrays: Mapping[str, npt.NDArray[Any]],
    description: Mapping[str, Any],
) -> None:
    """Write one file, whole or not at all.

    Args:
        path: of the file.
        kind: what it holds, in words of the user: "a model". The reader has to ask for the same.
        arrays: by name, of any shapes; types that NumPy itself knows.
        description: anything that JSON holds; NaN and infinities are none of it.

    Raises:
        ValueError: the description is not what JSON holds.
        OSError: the file cannot be written; the one before stays.
    """
    head = {"format": FORMAT, "kind": kind, "sha256": BLANK, "description": description}
    # Sorted and by rows, so that equal arrays give equal files.
    ordered = {name: np.asarray(arrays[name], order="C") for name in sorted(arrays)}
    data = save(ordered, {ENTRY: json.dumps(head, allow_nan=False)})
    digest = hashlib.sha256(data).hexdigest()
    # The first such digits in the file are those of the head: what comes before is fixed.
    write_atomically(path, data.replace(BLANK.encode(), digest.encode(), 1))


def read_arrays(path: str | os.PathLike[str], kind: str) -> tuple[Arrays, dict[str, Any]]:
    """Read a file of ``write_arrays``; nothing of it is believed before its checksum fits.

    Args:
        path: of the file.
        kind: what it is expected to hold.

    Returns:
        The arrays, in the order of their names, and the description.

    Raises:
        ValueError: the file is damaged, of another kind, or of a later version of the package.
        OSError: the file cannot be read.
    """
    data = Path(path).read_bytes()
    head = _head(data)
    if head is None:
        raise ValueError(f"{path}: expected {kind} of charrnn, received a damaged or other file")
    if head["format"] > FORMAT:
        raise ValueError(
            f"{path}: expected format {FORMAT} or an earlier one, received "
            f"{reprlib.repr(head['format'])}, which a later version of charrnn wrote"
        )
    expected = head["sha256"]
    received = hashlib.sha256(data.replace(expected.encode(), BLANK.encode(), 1)).hexdigest()
    if received != expected:
        raise ValueError(
            f"{path}: damaged: expected bytes of SHA-256 {expected}, received {received}"
        )
    if head["kind"] != kind:
        raise ValueError(f"{path}: expected {kind}, received {head['kind']!r:.80}")
    try:
        return arrays_in(data), head["description"]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def arrays_in(data: bytes) -> Arrays:
    """Return the arrays of a file's bytes, in the order of their names.

    Raises:
        ValueError: these are no arrays that NumPy knows.
    """
    try:
        return dict(sorted(load(data).items()))
    except FOREIGN as error:
        raise ValueError(f"expected arrays that NumPy knows: {error!r:.200}") from error


def _head(data: bytes) -> dict[str, Any] | None:
    """Return the entry of a file's metadata, or None if there is none of the right form."""
    length = int.from_bytes(data[:8], "little")
    try:
        head: dict[str, Any] = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][ENTRY])
        json.dumps(head, allow_nan=False)  # Python reads NaN and 1e999, which no JSON has
        types = {name: type(head[name]) for name in ("format", "kind", "sha256", "description")}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    expected = {"format": int, "kind": str, "sha256": str, "description": dict}
    if types != expected or head["format"] < 1 or not DIGITS.fullmatch(head["sha256"]):
        return None
    return head
