"""Alternative texts of figures in a language: what a reader hears who does not see the picture.

English has them in the metadata of code cells, which translations share. `figures.yml` of a
language holds, for chapter and cell, the English text that a translation was made from and the
translation. It is current while that is the English text now, stale afterwards, missing while it is
empty; a page has the current ones, else the English text.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.chapters.notebooks import Notebook, alternative_text
from tools.translation.glossary import Term, departures
from tools.translation.languages import folder
from tools.translation.matching import Text, free_name, matched
from tools.translation.pairs import CURRENT, MISSING, STALE, source_hash

FIGURES = "figures.yml"
HEADER = """\
# Alternative texts of the figures, by chapter and cell: the English text and its translation.
# `python -m tools.translations sync` adds and orders entries, and keeps no comments but this one.
# Where English has changed, renew the text; `accept LANGUAGE CHAPTER CELL` then records that.
"""
NO_FIGURE = (
    "English has no such figure: move its words, or delete it, or run "
    "python -m tools.translations sync --drop-orphans"
)
Entry = dict[str, str]
Figures = dict[str, dict[str, Entry]]


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, as after a merge: one of the two would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if doubled := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"{doubled[0]} twice, near line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def alternatives(page: Notebook) -> dict[str, str]:
    """Return cell id -> alternative text of the figures of an English page, in their order."""
    return {cell.id: alternative_text(cell) for cell in page.cells if alternative_text(cell)}


def _entries(found: Any) -> Figures:
    """Return the content of a file if it is one; raise ValueError, which says what it is, if not.

    Raises:
        ValueError: the content is of another shape.
    """
    figures: Figures = {}
    for stem, cells in _mapping(found, "the file").items():
        for id_, entry in _mapping(cells, stem).items():
            own = _mapping(entry, f"{stem} {id_}")
            if set(own) != {"english", "text"}:
                raise ValueError(f"{stem} {id_} with the keys {sorted(map(str, own))}")
            values = {key: "" if value is None else value for key, value in own.items()}
            if wrong := [key for key, value in values.items() if not isinstance(value, str)]:
                raise ValueError(f"{stem} {id_} {wrong[0]}: {own[wrong[0]]!r}")
            plain = {key: " ".join(value.split()) for key, value in values.items()}
            figures.setdefault(str(stem), {})[str(id_)] = plain
    return figures


def _mapping(value: Any, what: str) -> dict[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{what}: {value!r}")
    return value


def read_figures(root: Path, language: str) -> Figures:
    """Read chapter -> cell -> {"english", "text"} of a language, {} if it has no such file.

    Raises:
        ValueError: if the file holds something else.
    """
    path = folder(root, language) / FIGURES
    if not path.exists():
        return {}
    try:
        # A SafeLoader with one more check.
        return _entries(yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader))
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"{language}/{FIGURES}: expected chapter, cell, english and text, received {reason}"
        ) from error


def figure_states(page: Notebook, entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return cell id -> "current", "stale" or "missing" for the figures of an English page."""
    found = {}
    for id_, english in alternatives(page).items():
        entry = entries.get(id_, {"english": english, "text": ""})
        same = source_hash(entry["english"]) == source_hash(english)
        found[id_] = MISSING if not entry["text"] else CURRENT if same else STALE
    return found


def describe_figures(page: Notebook, entries: Mapping[str, Entry]) -> None:
    """Put the current translations of alternative texts into a page, in place."""
    states = figure_states(page, entries)
    for cell in page.cells:
        if states.get(cell.id) == CURRENT:
            cell.metadata["mystnb"]["image"]["alt"] = entries[cell.id]["text"]


def followed(english: dict[str, Notebook], ours: Figures) -> Figures:
    """Return what a language's file should hold: the figures that English has, in their order.

    No text is lost: it goes with its figure, as texts go with their cells, and that of a figure
    which English has no more stays. An entry without a text follows English.

    Args:
        english: file name -> page.
        ours: the language's texts.
    """
    alts = {Path(name).stem: alternatives(page) for name, page in english.items()}
    places = [(stem, id_) for stem, cells in ours.items() for id_, e in cells.items() if e["text"]]
    wanted = [
        Text(stem, id_, source_hash(alt)) for stem, own in alts.items() for id_, alt in own.items()
    ]
    offered = [Text(stem, id_, source_hash(ours[stem][id_]["english"])) for stem, id_ in places]
    result: Figures = {
        stem: {id_: {"english": alt, "text": ""} for id_, alt in own.items()}
        for stem, own in alts.items()
    }
    found = matched(wanted, offered)
    for number, partner in found.items():
        stem, id_ = places[number]
        page, name, _ = wanted[partner]
        result[page][str(name)] = ours[stem][id_]
    for stem, id_ in (place for number, place in enumerate(places) if number not in found):
        cells = result.setdefault(stem, {})
        cells[free_name(id_, cells)] = ours[stem][id_]
    return {stem: cells for stem, cells in result.items() if cells}


def without_orphans(english: dict[str, Notebook], ours: Figures) -> tuple[Figures, int]:
    """Return the texts whose figures English has, and how many others there are."""
    alts = {Path(name).stem: alternatives(page) for name, page in english.items()}
    kept = {
        stem: {id_: entry for id_, entry in cells.items() if id_ in alts.get(stem, {})}
        for stem, cells in ours.items()
    }
    gone = sum(map(len, ours.values())) - sum(map(len, kept.values()))
    return {stem: cells for stem, cells in kept.items() if cells}, gone


def figures_bytes(figures: Figures) -> bytes:
    """Return the file that holds these texts."""
    options: dict[str, Any] = {"allow_unicode": True, "sort_keys": False, "width": 100}
    return (HEADER + (yaml.safe_dump(figures, **options) if figures else "")).encode()


def to_be_written(path: Path, figures: Figures) -> bool:
    """Return whether a language's file must be written to hold these texts; no file holds none."""
    if not path.exists():
        return bool(figures)
    return path.read_bytes() != figures_bytes(figures)


def figure_problems(
    english: dict[str, Notebook], ours: Figures, language: str, terms: list[Term]
) -> list[str]:
    """Return a message for each text that is nobody's, is English or departs from the glossary."""
    problems = []
    for stem, cells in ours.items():
        page = english.get(f"{stem}.ipynb")
        known = alternatives(page) if page is not None else {}
        states = figure_states(page, cells) if page is not None else {}
        for id_, entry in cells.items():
            here = f"{language}/{FIGURES} {stem} {id_}"
            if id_ not in known and entry["text"]:
                problems.append(f"{here}: {NO_FIGURE}")
            elif states.get(id_) == CURRENT:
                if source_hash(entry["text"]) == source_hash(known[id_]):
                    problems.append(f"{here}: equals the English text; write it in the language")
                found = departures(known[id_], entry["text"], language, terms)
                problems += [f"{here}: {problem}" for problem in found]
    return problems
