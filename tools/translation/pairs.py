"""Which translated cell of a page belongs to which English one, and whether it is current.

A page is a notebook, `index.md` one of a single cell (see `tools.translation.files`). A cell's
`metadata.translation` has one of two keys:

- `source`: the hash of the English source that a translator's text was made from;
- `stand_in`: the hash of the English source that the cell holds as it is, untranslated. It tells a
  stand-in of older English, which `sync` renews, from a translator's text not yet accepted, which
  nobody may overwrite.

A hash is the first 12 hexadecimal digits of the SHA-256 of the source in UTF-8, each paragraph on
one line: where its lines end says nothing to a translator. The address behind the link to Colab is
left out of it, because it changes with the repository, the file name and the language, and so are
the targets of links within the book, because chapters are renamed, and what tools write into a page
in its own language.
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from tools.chapters.markdown import authored
from tools.chapters.notebooks import Cell, Notebook
from tools.translation.matching import Text, matched

CURRENT, STALE, MISSING = "current", "stale", "missing"
STATES = (CURRENT, STALE, MISSING)
HASH = re.compile(r"[0-9a-f]{12}")
COLAB_ADDRESS = re.compile(
    r"https://colab\.research\.google\.com/github/[^\s)]+/notebooks/[\w-]+/[\w.-]+\.ipynb"
)
# A link from page to page of the book, whose chapters may be renamed.
BOOK_LINK = re.compile(r"(?<=\]\()[\w-]+\.(?:ipynb|md)(?:#[^\s)]*)?(?=\))")

FENCE_LINE = re.compile(r"\s*(`{3,}|~{3,})\s*(.*)")
# A line that belongs to no paragraph before it, and one that no paragraph goes on from.
APART = re.compile(r"\s*(?:[-*+]\s|\d+[.)]\s|#|>|\||\$\$|</?[a-z]|`{3,}|~{3,})")
ALONE = re.compile(r"\s*(?:#|\||\$\$|</?[a-z]|`{3,}|~{3,})")


def _goes_on(before: str, line: str) -> bool:
    """Return whether a line of Markdown continues the paragraph of the one before."""
    if not before.strip() or ALONE.match(before) or before.endswith(("  ", "\\")):
        return False
    return bool(line.strip()) and not APART.match(line)


def unwrapped(source: str) -> str:
    """Return Markdown with each paragraph on one line; all else stays as it is."""
    lines: list[str] = []
    fence = ""
    for line in source.split("\n"):
        mark = FENCE_LINE.match(line)
        before = lines[-1] if lines else ""
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not mark[2]:
            fence = ""
        elif not fence and _goes_on(before, line):
            lines[-1] = f"{before} {line.strip()}"
            continue
        lines.append(line)
    return "\n".join(lines)


def source_hash(source: str) -> str:
    """Return the hash that a translation made from this English source records."""
    text = unwrapped(BOOK_LINK.sub("", COLAB_ADDRESS.sub("", authored(source))))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def recorded(cell: Cell, key: str = "source") -> Any:
    """Return what a cell records under `translation`, None if nothing."""
    translation = cell.metadata.get("translation")
    return translation.get(key) if isinstance(translation, dict) else None


def made_from(cell: Cell) -> str:
    """Return the hash of the English text that a cell was made from, "" if it records none."""
    return str(recorded(cell) or recorded(cell, "stand_in") or "")


def state(english: Cell, translated: Cell | None) -> str:
    """Return "current", "stale" or "missing" for the translation of a Markdown cell."""
    if translated is None or (source := recorded(translated)) is None:
        return MISSING
    return CURRENT if source == source_hash(english.source) else STALE


def stands_in(cell: Cell, english: Cell | None = None) -> bool:
    """Return whether a cell holds English as `sync` wrote it, nothing that a translator wrote."""
    if recorded(cell) is not None:
        return False
    own = source_hash(cell.source)
    return recorded(cell, "stand_in") == own or (
        english is not None and own == source_hash(english.source)
    )


def is_prose(cell: Cell) -> bool:
    """Return whether a cell of a translation holds prose, even if its type was changed."""
    return bool(cell.cell_type != "code" or "translation" in cell.metadata)


def is_text(cell: Cell) -> bool:
    """Return whether a cell of a translation holds words of a translator."""
    return is_prose(cell) and not stands_in(cell) and bool(cell.source.strip())


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are written alike: 1, 1.0 and true are three things."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def pair(english: Notebook, translated: Notebook) -> dict[int, int]:
    """Find the English partners of a page's cells.

    Texts are matched by what they were made from, then by id, as in `tools.translation.matching`;
    what is left of English then takes stand-ins and code, by id, and code by what it holds.

    Returns:
        Number of the translated cell -> number of the English one, both from 0.
    """
    theirs, ours = english.cells, translated.cells
    prose = [number for number, cell in enumerate(theirs) if cell.cell_type == "markdown"]
    texts = [number for number, cell in enumerate(ours) if is_text(cell)]
    pairs = matched(
        [Text("", theirs[n].id, source_hash(theirs[n].source)) for n in prose],
        [Text("", ours[n].get("id"), made_from(ours[n])) for n in texts],
    )
    found = {texts[number]: prose[partner] for number, partner in pairs.items()}
    free = dict.fromkeys(n for n in range(len(theirs)) if n not in found.values())

    def fits(cell: Cell, partner: Cell) -> bool:
        if partner.cell_type == "markdown":
            return is_prose(cell)
        return bool(cell.cell_type == partner.cell_type)

    def attach(same: Callable[[Cell, int], bool]) -> None:
        for number, cell in enumerate(ours):
            if number not in found:
                matches = (n for n in free if fits(cell, theirs[n]) and same(cell, n))
                if (partner := next(matches, None)) is not None:
                    found[number] = partner
                    del free[partner]

    attach(lambda cell, n: bool(cell.get("id") == theirs[n].id))
    attach(lambda cell, n: cell.cell_type == "code" and cell.source == theirs[n].source)
    return found
