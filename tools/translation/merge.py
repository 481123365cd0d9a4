"""What a translated notebook should hold: code and order of English, prose of the translation."""

import copy
import re
from collections import Counter

from tools.chapters.notebooks import Cell, Notebook
from tools.translation.pairs import (
    COLAB_ADDRESS,
    equal,
    is_prose,
    pair,
    source_hash,
    stands_in,
)


def expected_source(english: Cell, source: str, language: str) -> str:
    """Return a translated source with the address of the link to Colab that English asks for."""
    address = COLAB_ADDRESS.search(english.source) if english.id == "title" else None
    if address is None:
        return source
    own = re.sub(r"/notebooks/[\w-]+/(?=[^/]+$)", f"/notebooks/{language}/", address[0])
    return COLAB_ADDRESS.sub(lambda _: own, source)


def _prose_cell(english: Cell, cell: Cell, language: str) -> Cell:
    """Return a translated cell's prose under its partner's id and metadata."""
    result = copy.deepcopy(cell)
    result.cell_type, result.id = "markdown", english.id
    result.metadata = copy.deepcopy(english.metadata)
    if "translation" in cell.metadata:
        result.metadata["translation"] = copy.deepcopy(cell.metadata["translation"])
    for key in ("outputs", "execution_count"):
        result.pop(key, None)
    result.source = expected_source(english, cell.source, language)
    return result


def stand_in(english: Cell, language: str) -> Cell:
    """Return a cell that holds the English text until somebody translates it."""
    result = copy.deepcopy(english)
    result.metadata["translation"] = {"stand_in": source_hash(english.source)}
    result.source = expected_source(english, english.source, language)
    return result


def _orphan(cell: Cell, taken: set[str]) -> Cell:
    """Return a cell that has no partner, as Markdown under an id that is nobody else's."""
    result = copy.deepcopy(cell)
    result.cell_type = "markdown"
    for key in ("outputs", "execution_count"):
        result.pop(key, None)
    name = cell.get("id") or "orphan"
    names = [name, f"{name[:50]}-orphan", *(f"{name[:50]}-orphan-{n}" for n in range(2, 1000))]
    result.id = next(name for name in names if name not in taken)
    taken.add(result.id)
    return result


def merge(
    english: Notebook, translated: Notebook | None, language: str
) -> tuple[Notebook, Counter[str]]:
    """Return what a translated notebook should hold, and what of it differs from what it holds.

    Code, outputs, metadata and order come from English, prose from the translation. Prose without
    an English partner stays, after the cell that it followed. Neither argument is changed.
    """
    ours = translated.cells if translated is not None else []
    found = pair(english, translated) if translated is not None else {}
    partners = {partner: ours[number] for number, partner in found.items()}
    did: Counter[str] = Counter()
    orphans: dict[int, list[Cell]] = {}
    taken = {cell.id for cell in english.cells}
    last = -1
    for number, cell in enumerate(ours):
        if number in found:
            last = found[number]
            renamed = cell.get("id") != english.cells[last].id
            did["ids given again"] += renamed and is_prose(cell)
        elif not is_prose(cell) or stands_in(cell) or not cell.source.strip():
            did["cells dropped"] += 1
        else:
            orphans.setdefault(last, []).append(_orphan(cell, taken))
            did["cells kept that English lacks (see check)"] += 1
    cells = [*orphans.get(-1, [])]
    for number, source in enumerate(english.cells):
        cell = partners.get(number)
        if source.cell_type != "markdown":
            cells.append(copy.deepcopy(source))
            did["code cells copied"] += cell is None or not equal(cell, source)
        elif cell is None or stands_in(cell, source):
            cells.append(stand_in(source, language))
            did["stand-ins added"] += cell is None
            did["stand-ins renewed"] += cell is not None and not equal(cell, cells[-1])
        else:
            cells.append(_prose_cell(source, cell, language))
            did["links to Colab written"] += cells[-1].source != cell.source
        cells += orphans.get(number, [])
    result = copy.deepcopy(english)
    result.cells = cells
    return result, +did
