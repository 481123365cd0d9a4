"""Texts whose English cell stands in another chapter now: each is put into the page it belongs to.

A chapter that is renamed, split or merged is the same thing: its cells stand in other chapters.
"""

import copy
from collections import Counter
from pathlib import Path

from tools.chapters.notebooks import Cell, Notebook
from tools.translation.matching import Text, matched
from tools.translation.pairs import is_text, made_from, source_hash

Moves = Counter[tuple[str, str]]  # (old file, new file) -> number of texts


def _with_cells(page: Notebook, cells: list[Cell]) -> Notebook:
    result = copy.copy(page)
    result.cells = cells
    return result


def arranged(
    english: dict[str, Notebook], ours: dict[str, Notebook]
) -> tuple[dict[str, Notebook], Moves]:
    """Return a language's pages, each text in the page where its English partner stands.

    A text that moves stands at the end of its new page; stand-ins, code and texts without a partner
    stay where they are. A chapter that English has no more is left out once it has no text.

    Args:
        english: file name -> page.
        ours: the same of the language; not changed.
    """
    chapters = {name: page for name, page in ours.items() if Path(name).suffix == ".ipynb"}
    wanted = [
        Text(name, cell.id, source_hash(cell.source))
        for name, page in english.items()
        if Path(name).suffix == ".ipynb"  # a page of one cell has that cell and no other
        for cell in page.cells
        if cell.cell_type == "markdown"
    ]
    places = [
        (name, number)
        for name, page in chapters.items()
        for number, cell in enumerate(page.cells)
        if is_text(cell)
    ]
    texts = [(name, chapters[name].cells[number]) for name, number in places]
    offered = [Text(name, cell.get("id"), made_from(cell)) for name, cell in texts]
    moves: Moves = Counter()
    leaving = set()
    arriving: dict[str, list[Cell]] = {}
    for number, partner in matched(wanted, offered).items():
        (old, cell), new = texts[number], wanted[partner].page
        if old != new:
            moves[old, new] += 1
            leaving.add(places[number])
            arriving.setdefault(new, []).append(cell)
    pages = dict(ours)
    for name in chapters.keys() | arriving.keys():
        own = chapters[name].cells if name in chapters else []
        kept = [cell for number, cell in enumerate(own) if (name, number) not in leaving]
        if name in english or any(map(is_text, kept)):
            cells = kept + arriving.get(name, [])
            pages[name] = _with_cells(ours.get(name, english.get(name)), cells)
        else:
            del pages[name]
    return pages, moves
