"""The chapters' parameters cells: what they assign, and which values a run changes."""

import ast
from pathlib import Path
from typing import Any

from charrnn.corpora import CORPORA, load
from tools.chapters.notebooks import Notebook, tags

PATHS = ("CORPUS", "DIRECTORY", "WEIGHTS")  # parameters that name files
_NAMES = {"true": True, "false": False, "null": None}


def literal(text: str) -> Any:
    """Return the value of a Python or JSON literal; other text is a string."""
    if text in _NAMES:
        return _NAMES[text]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def given_value(name: str, text: str) -> Any:
    """Return the value of a parameter given on the command line.

    A chapter runs in its own folder, so a path is made absolute from where it was typed. What
    stands for one is a text, whatever it looks like: a file may be called ``7`` or ``null``.

    Raises:
        ValueError: a path begins with a home folder that there is not.
    """
    value = literal(text)
    if name not in PATHS:
        return value
    value = value if isinstance(value, str) else text
    if not value or value in CORPORA or "://" in value:
        return value
    try:
        return str(Path(value).expanduser().absolute())
    except RuntimeError as error:
        raise ValueError(f"{name}: expected a path, received {text!r}: {error}") from error


def check_corpus(value: str) -> None:
    """Read a corpus that is none of the package's, before chapters run on it.

    Raises:
        ValueError: it is no text. A pipe is none either: a chapter would find it empty.
    """
    if value and value not in CORPORA:
        path = Path(value)
        if "://" not in value and path.exists() and not (path.is_file() or path.is_dir()):
            raise ValueError(f"CORPUS: expected the path of a file, received {value!r}")
        load(value)


def known_parameters(path: Path, notebook: Notebook) -> dict[str, Any]:
    """Return the names and values that the parameters cells assign.

    Raises:
        ValueError: if a cell tagged `parameters` holds anything but `NAME = literal`.
    """
    known: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "parameters" in tags(cell):
            try:
                for statement in ast.parse(cell.source).body:
                    known.update([_assignment(statement)])
            except (SyntaxError, ValueError) as error:
                raise ValueError(
                    f"{path.stem} ({cell.id}): expected lines of NAME = literal, received {error}"
                ) from error
    return known


def _assignment(statement: ast.stmt) -> tuple[str, Any]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        (target,) = statement.targets
        if isinstance(target, ast.Name):
            return target.id, ast.literal_eval(statement.value)
    raise ValueError(ast.unparse(statement))


def chapter_parameters(
    known: dict[Path, dict[str, Any]], wanted: dict[str, Any], *, changes_allowed: bool
) -> dict[Path, dict[str, Any]]:
    """Return what to inject into each chapter: the wanted values that it has and that differ.

    With nothing to inject papermill adds no cell, and the execution counts stay 1…n.

    Args:
        known: per chapter, the names and values of its parameters cells.
        wanted: the values of this run; `PROFILE` alone may be unknown to all chapters.
        changes_allowed: whether a value may differ from the chapter's own.

    Raises:
        ValueError: if no chapter has the name, a value is of another kind than the chapter's, or
            a value differs where that is not allowed.
    """
    names = sorted({name for values in known.values() for name in values})
    for name in wanted:
        if name not in names and (name != "PROFILE" or wanted[name] != "quick"):
            raise ValueError(
                f"parameter: expected one of {', '.join(names) or 'none'}, received {name!r}"
            )
    jobs: dict[Path, dict[str, Any]] = {}
    for path, values in known.items():
        jobs[path] = {}
        for name in wanted.keys() & values.keys():
            old, new = values[name], wanted[name]
            if not _same_kind(old, new):
                raise ValueError(
                    f"{name}: expected a value of the kind of {old!r}, received {new!r}"
                )
            if new != old:
                jobs[path][name] = new
        if jobs[path] and not changes_allowed:
            raise ValueError(
                f"{path.stem}: expected the chapter's own parameters, because the outputs are "
                f"stored beside them; received {jobs[path]}"
            )
    return jobs


def _same_kind(old: Any, new: Any) -> bool:
    """Return whether a new value can stand for the old one; any can stand for None."""
    if old is None or (type(old) is float and type(new) is int):
        return True
    return type(old) is type(new)
