"""Alternative texts of figures in a language: what a reader hears who does not see the picture.

English has them in the metadata of code cells, which translations share. `figures.yml` of a
language holds, for chapter and cell, the English text that a translation was made from and the
translation. It is current while that is the English text now, stale afterwards, missing while it is
empty; a page has the current ones, else the English text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tools.glossary import Term, departures
from tools.notebooks import Cell, Notebook
from tools.translation_files import folder
from tools.translation_pairs import CURRENT, MISSING, STALE

FILE = "figures.yml"
HEADER = """\
# Alternative texts of the figures, by chapter and cell: the English text and its translation.
# `translations.py sync` adds what is missing; where English has changed, write both lines anew.
"""
Figures = dict[str, dict[str, dict[str, str]]]


def alternative(cell: Cell) -> str:
    """Return the alternative text of a code cell's figure, "" if it has none."""
    image = cell.metadata.get("mystnb", {}).get("image", {})
    return str(image.get("alt", "")) if cell.cell_type == "code" else ""


def alternatives(page: Notebook) -> dict[str, str]:
    """Return cell id -> alternative text of the figures of an English page, in their order."""
    return {cell.id: alternative(cell) for cell in page.cells if alternative(cell)}


def read_figures(root: Path, language: str) -> Figures:
    """Read chapter -> cell -> {"english", "text"} of a language, {} if it has no such file.

    Raises:
        ValueError: if the file holds something else.
    """
    path = folder(root, language) / FILE
    if not path.exists():
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for cells in found.values():
            for entry in cells.values():
                if set(entry) != {"english", "text"}:
                    raise ValueError(f"an entry with {sorted(entry)}")
                if not all(isinstance(value, str) for value in entry.values()):
                    raise ValueError("an entry that is no text")
    except (yaml.YAMLError, ValueError, AttributeError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"{language}/{FILE}: expected chapter, cell, english and text, received {reason}"
        ) from error
    return dict(found)


def figure_states(page: Notebook, entries: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return cell id -> "current", "stale" or "missing" for the figures of an English page."""
    found = {}
    for id_, english in alternatives(page).items():
        entry = entries.get(id_, {"english": english, "text": ""})
        if not entry["text"].strip():
            found[id_] = MISSING
        else:
            found[id_] = CURRENT if entry["english"] == english else STALE
    return found


def describe_figures(page: Notebook, entries: dict[str, dict[str, str]]) -> None:
    """Put the current translations of alternative texts into a page, in place."""
    states = figure_states(page, entries)
    for cell in page.cells:
        if states.get(cell.id) == CURRENT:
            cell.metadata["mystnb"]["image"]["alt"] = entries[cell.id]["text"]


def followed(english: dict[str, Notebook], ours: Figures) -> Figures:
    """Return what a language's file should hold: the figures that English has, in their order.

    A text is kept as it is, and so is that of a figure that English has no more; an entry without
    a text follows English.
    """
    result: Figures = {}
    for name, page in english.items():
        old = ours.get(Path(name).stem, {})
        cells = {
            id_: old[id_] if old.get(id_, {}).get("text") else {"english": text, "text": ""}
            for id_, text in alternatives(page).items()
        }
        cells |= {id_: entry for id_, entry in old.items() if id_ not in cells and entry["text"]}
        if cells:
            result[Path(name).stem] = cells
    for stem, cells in ours.items():
        if f"{stem}.ipynb" not in english and (
            left := {id_: entry for id_, entry in cells.items() if entry["text"]}
        ):
            result[stem] = left
    return result


def figures_bytes(figures: Figures) -> bytes:
    """Return the file that holds these texts."""
    options: dict[str, Any] = {"allow_unicode": True, "sort_keys": False, "width": 100}
    return (HEADER + (yaml.safe_dump(figures, **options) if figures else "")).encode()


def figure_problems(
    english: dict[str, Notebook], ours: Figures, language: str, terms: list[Term]
) -> list[str]:
    """Return a message for each text that is nobody's or departs from the glossary."""
    problems = []
    for stem, cells in ours.items():
        page = english.get(f"{stem}.ipynb")
        known = alternatives(page) if page is not None else {}
        for id_, entry in cells.items():
            here = f"{language}/{FILE} {stem} {id_}"
            if id_ not in known:
                problems.append(f"{here}: English has no such figure: move its words, or delete it")
            elif entry["text"].strip() and entry["english"] == known[id_]:
                found = departures(known[id_], entry["text"], language, terms)
                problems += [f"{here}: {problem}" for problem in found]
    return problems
