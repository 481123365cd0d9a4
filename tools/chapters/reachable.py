"""Which corpora can be had, of those that have one source alone: one rule for tools and tests.

All corpora but tiny Shakespeare come from their address of origin or from the folder
`CHARRNN_DATA`, and that address gives nothing on a machine without internet, and perhaps another
edition later. There a chapter that reads one keeps its committed outputs, and tests that need it
are skipped. Where `CHARRNN_DATA` is set, as in continuous integration, every corpus must be there.
"""

import functools
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from charrnn import corpora
from tools.chapters.notebooks import read_chapter
from tools.chapters.parameters import known_parameters

__all__ = ["missing_corpus", "why_missing"]


def why_missing(name: Any) -> str:
    """Return why a corpus cannot be had, in one line, and "" where it can be or must be.

    A corpus that has a mirror must be there always, and every corpus where `CHARRNN_DATA` is set:
    whoever then loads it gets the error. What is no name of a corpus, such as a path, is not tried.
    """
    if name not in corpora.CORPORA or corpora.CORPORA[name].mirrored:
        return ""
    return "" if os.environ.get("CHARRNN_DATA") else _attempt(name)


def missing_corpus(path: Path, changed: Mapping[str, Any] | None = None) -> str:
    """Return which corpus of a chapter cannot be had, and why; "" where it can be or must be.

    Args:
        path: the chapter; the corpus is the one that its parameter `CORPUS` names.
        changed: the parameters that a run changes.
    """
    parameters = known_parameters(path, read_chapter(path)) | dict(changed or {})
    name = parameters.get("CORPUS")
    why = why_missing(name)
    return f"{name}: {why}" if why else ""


@functools.cache
def _attempt(name: str) -> str:
    with warnings.catch_warnings():
        # The stored outputs belong to the hashed edition; another one is announced by a warning.
        warnings.simplefilter("error", UserWarning)
        try:
            corpora.load(name)
        except (corpora.CorpusError, UserWarning) as error:
            return str(error).splitlines()[0]
    return ""
