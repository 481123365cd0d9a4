"""What a translated notebook should hold: code and order of English, prose of the translation."""

import copy
import re
from collections import Counter
from collections.abc import Mapping

from tools.chapters.notebooks import Cell, Notebook
from tools.translation.links import followed_links
from tools.translation.matching import free_name
from tools.translation.pairs import (
    COLAB_ADDRESS,
    CURRENT,
    equal,
    is_prose,
    is_text,
    made_from,
    pair,
    source_hash,
    stands_in,
    state,
)


def _with_colab(english: Cell, source: str, language: str) -> str:
    """Return a source with the address of the link to Colab that English asks for."""
    address = COLAB_ADDRESS.search(english.source) if english.id == "title" else None
    if address is None:
        return source
    own = re.sub(r"/notebooks/[\w-]+/(?=[^/]+$)", f"/notebooks/{language}/", address[0])
    return COLAB_ADDRESS.sub(lambda _: own, source)


def expected_source(english: Cell, cell: Cell, language: str, redirects: Mapping[str, str]) -> str:
    """Return a translated cell's source with the targets of links that English asks for."""
    source = _with_colab(english, cell.source, language)
    current = state(english, cell) == CURRENT
    return followed_links(english.source, source, redirects, current=current)


def _prose_cell(english: Cell, cell: Cell, language: str, redirects: Mapping[str, str]) -> Cell:
    """Return a translated cell's prose under its partner's id and metadata."""
    result = copy.deepcopy(cell)
    result.cell_type, result.id = "markdown", english.id
    result.metadata = copy.deepcopy(english.metadata)
    if "translation" in cell.metadata:
        result.metadata["translation"] = copy.deepcopy(cell.metadata["translation"])
    for key in ("outputs", "execution_count"):
        result.pop(key, None)
    result.source = expected_source(english, cell, language, redirects)
    return result


def stand_in(english: Cell, language: str) -> Cell:
    """Return a cell that holds the English text until somebody translates it."""
    result = copy.deepcopy(english)
    result.metadata["translation"] = {"stand_in": source_hash(english.source)}
    result.source = _with_colab(english, english.source, language)
    return result


def _orphan(cell: Cell, taken: set[str]) -> Cell:
    """Return a cell that has no partner, as Markdown under an id that is nobody else's."""
    result = copy.deepcopy(cell)
    result.cell_type = "markdown"
    for key in ("outputs", "execution_count"):
        result.pop(key, None)
    result.id = free_name(cell.get("id") or "orphan", taken)
    taken.add(result.id)
    return result


def merge(
    english: Notebook,
    translated: Notebook | None,
    language: str,
    redirects: Mapping[str, str],
    *,
    drop_orphans: bool = False,
) -> tuple[Notebook, Counter[str]]:
    """Return what a translated notebook should hold, and what of it differs from what it holds.

    Code, outputs, metadata and order come from English, prose from the translation. Prose without
    an English partner stays, after the cell that it followed.

    Args:
        english: the English page; not changed.
        translated: the language's page, None if it has none; not changed.
        language: its code.
        redirects: old name of a page -> new one.
        drop_orphans: leave out prose whose English text is gone.
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
        elif not is_text(cell):
            did["cells dropped"] += 1
        elif drop_orphans and made_from(cell):
            did["orphans dropped"] += 1
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
            cells.append(_prose_cell(source, cell, language, redirects))
            did["texts with other links"] += cells[-1].source != cell.source
        cells += orphans.get(number, [])
    result = copy.deepcopy(english)
    result.cells = cells
    return result, +did
