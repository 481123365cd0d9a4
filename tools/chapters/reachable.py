"""Which corpora can be had, of those that have one source alone: one rule for tools and tests.

All corpora but tiny Shakespeare come from their address of origin or from the folder
`CHARRNN_DATA`, and that address gives nothing on a machine without internet, and perhaps another
edition later. There a chapter that reads one keeps its committed outputs, and tests that need it
are skipped. Where `CHARRNN_DATA` is set, as in continuous integration, every corpus must be there.
"""

import ast
import functools
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from charrnn import corpora
from tools.chapters.notebooks import Notebook, read_chapter
from tools.chapters.output_rules import code_cells
from tools.chapters.package_names import parsed
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
        path: the chapter; its corpora are the one that its parameter `CORPUS` names, and those
            that its cells name where they load them.
        changed: the parameters that a run changes.
    """
    notebook = read_chapter(path)
    parameters = known_parameters(path, notebook) | dict(changed or {})
    for name in (parameters.get("CORPUS"), *_loaded(notebook)):
        if why := why_missing(name):
            return f"{name}: {why}"
    return ""


def _loaded(notebook: Notebook) -> list[Any]:
    """Return the names in calls such as `corpora.load("shakespeare")`."""
    return [
        node.args[0].value
        for cell in code_cells(notebook)
        for node in ast.walk(parsed(cell.source))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "load"
        if node.args and isinstance(node.args[0], ast.Constant)
    ]


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
