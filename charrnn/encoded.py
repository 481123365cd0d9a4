"""Name, path or address -> ids, in little memory however long the text is.

The text is read twice, in pieces: for its characters, then for its ids. It is never whole in
memory, and its ids are not either where they are many: they are mapped from a file.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from charrnn import corpora
from charrnn.corpora import CorpusError, Pieces
from charrnn.support.files import no_room
from charrnn.vocabulary import Vocabulary, code_points
from charrnn.windows import Ids

__all__ = ["EncodedText", "encode", "read"]

# So many bytes of ids are kept in memory; more of them in a file.
IN_MEMORY = 2**24
CODE_POINTS = 0x110000
PIECE = 2**16  # characters that are looked at together


@dataclass(frozen=True)
class EncodedText:
    """A text as ids.

    Attributes:
        ids: shape (characters,), in the smallest unsigned integers that hold them; not to be
            written to. The file that they are mapped from has no name and ends with them.
        vocabulary: what the ids mean.
        sha256: of the text in UTF-8, by which a model's card knows it.
        symbols: the characters that the text has, each once, in order.
    """

    ids: Ids
    vocabulary: Vocabulary
    sha256: str
    symbols: str

    def __len__(self) -> int:
        return len(self.ids)

    def words(self, position: int, count: int) -> str:
        """Return characters from the first one on, at or after a position, that is no white space.

        Args:
            position: from 0.
            count: how many there are at most; none if only white space follows.
        """
        for first in range(position, len(self), PIECE):
            ids = self.ids[first : first + PIECE]
            if rest := len(self.vocabulary.decode(ids).lstrip()):
                first += len(ids) - rest
                return self.vocabulary.decode(self.ids[first : first + count])
        return ""


def read(
    source: str,
    folder: Path | None = None,
    least: int = 0,
    vocabulary: Vocabulary | None = None,
    prefer_files: bool = True,
    also: str = "",
) -> EncodedText:
    """Read a text.

    Args:
        source: as of ``corpora.load``.
        folder: for temporary files without a name, which a long text is kept in and which end with
            the process, however that ends; None is the system's.
        least: as of ``corpora.load``.
        vocabulary: of the ids; None is the text's own.
        prefer_files: as of ``corpora.load``.
        also: characters that the text's own vocabulary gets, too.

    Raises:
        ValueError: as of ``corpora.load``, or the text changes while it is read.
        OSError: there is no room for a temporary file.
    """
    with corpora.opened(source, prefer_files, folder) as pieces:
        return encode(pieces, source, folder, least, vocabulary, also)


def encode(
    pieces: Pieces,
    name: str,
    folder: Path | None = None,
    least: int = 0,
    vocabulary: Vocabulary | None = None,
    also: str = "",
) -> EncodedText:
    """Encode a text that is given in pieces, twice; see ``read``."""
    beginning, characters, seen = "", 0, np.zeros(CODE_POINTS, bool)
    for piece in pieces():
        if len(beginning) < 1000:
            beginning += piece[:1000]
        characters += len(piece)
        seen[code_points(piece)] = True
    symbols = {chr(point) for point in np.flatnonzero(seen)}
    corpora.check(name, beginning, characters, symbols, least)

    known = vocabulary or Vocabulary(symbols | set(also))
    table = np.zeros(CODE_POINTS, np.min_scalar_type(len(known) - 1))
    table[known.code_points] = np.arange(1, len(known))
    changed = CorpusError(f"{name}: expected a file that stays as it is, received changes")
    digest = sha256()

    def blocks() -> Iterator[Ids]:
        found = 0
        for piece in pieces():
            ids = table[code_points(piece)]
            found += len(ids)
            if vocabulary is None and not ids.all():
                raise changed
            digest.update(piece.encode("utf-8"))
            yield ids
        if found != characters:
            raise changed

    ids = _joined(blocks(), characters * table.itemsize, table.dtype, folder)
    return EncodedText(ids, known, digest.hexdigest(), "".join(sorted(symbols)))


def _joined(blocks: Iterator[Ids], size: int, kind: np.dtype[Any], folder: Path | None) -> Ids:
    """Return blocks of ids, ``size`` bytes in all, as one array, mapped from a file if it is long.

    The file has no name, or one that the system removes when it is closed.
    """
    if size <= IN_MEMORY:
        ids = np.concatenate(list(blocks))
        ids.setflags(write=False)  # as those in a file
        return ids
    try:
        if shutil.disk_usage(folder or tempfile.gettempdir()).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with tempfile.TemporaryFile(dir=folder) as file:
            for block in blocks:
                file.write(block.data)
            file.flush()
            return np.asarray(np.memmap(file, kind, "r"))
    except OSError as error:
        raise no_room(error, size, folder) from error
