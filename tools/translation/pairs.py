"""Which translated cell belongs to which English one, and whether it is current.

A page is a notebook, `index.md` one of a single cell (see `tools.translation.files`). A cell's
`metadata.translation` has one of two keys:

- `source`: the hash of the English source that a translator's text was made from;
- `stand_in`: the hash of the English source that the cell holds as it is, untranslated. It tells a
  stand-in of older English, which `sync` renews, from a translator's text not yet accepted, which
  nobody may overwrite.

A hash is the first 12 hexadecimal digits of the SHA-256 of the source in UTF-8, each paragraph on
one line: where its lines end says nothing to a translator. The address behind the link to Colab is
left out of it, because it changes with the repository, the file name and the language, and so are
the targets of links within the book, because chapters are renamed.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from tools.chapters.notebooks import Cell, Notebook

CURRENT, STALE, MISSING = "current", "stale", "missing"
STATES = (CURRENT, STALE, MISSING)
HASH = re.compile(r"[0-9a-f]{12}")
COLAB_ADDRESS = re.compile(
    r"https://colab\.research\.google\.com/github/[^\s)]+/notebooks/[\w-]+/[\w.-]+\.ipynb"
)
# A link from page to page of the book, whose chapters may be renamed.
BOOK_LINK = re.compile(r"(?<=\]\()[\w-]+\.(?:ipynb|md)(?:#[^\s)]*)?(?=\))")
# Ids that Jupyter, Colab and others draw at random; the book's own are words (CONTRIBUTING.md).
WORDS = re.compile(r"(?!(?=.*[0-9])[0-9a-f-]{8,}$)[a-z0-9-]+")

FENCE_LINE = re.compile(r"\s*(`{3,}|~{3,})\s*(.*)")
# A line that belongs to no paragraph before it, and one that no paragraph goes on from.
APART = re.compile(r"\s*(?:[-*+]\s|\d+[.)]\s|#|>|\||\$\$|</?[a-z]|`{3,}|~{3,})")
ALONE = re.compile(r"\s*(?:#|\||\$\$|</?[a-z]|`{3,}|~{3,})")

EVERYWHERE = {"title", "objectives", "setup", "parameters", "imports", "summary", "exercises"}


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
    text = unwrapped(BOOK_LINK.sub("", COLAB_ADDRESS.sub("", source)))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def recorded(cell: Cell, key: str = "source") -> Any:
    """Return what a cell records under `translation`, None if nothing."""
    translation = cell.metadata.get("translation")
    return translation.get(key) if isinstance(translation, dict) else None


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


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are written alike: 1, 1.0 and true are three things."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def pair(english: Notebook, translated: Notebook) -> dict[int, int]:
    """Find the English partners of a translation's cells.

    By hash, which says what a text was made from; then by id; then, where an id was lost and the
    English has changed since, by place: between two partners whose number of cells without id
    equals the number of English cells without partner. Of several cells with one id, a current
    translation comes before a stale one, and that before a stand-in.

    Returns:
        Number of the translated cell -> number of the English one, both from 0.
    """
    theirs, ours = english.cells, translated.cells
    hashes = [source_hash(cell.source) for cell in theirs]
    found: dict[int, int] = {}
    free = dict.fromkeys(range(len(theirs)))

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

    def same_id(cell: Cell, n: int) -> bool:
        return bool(cell.get("id") == theirs[n].id)

    def same_hash(cell: Cell, n: int) -> bool:
        return bool(recorded(cell) == hashes[n])

    attach(lambda cell, n: same_hash(cell, n) and same_id(cell, n))
    attach(same_hash)
    attach(lambda cell, n: same_id(cell, n) and not stands_in(cell))
    attach(same_id)
    attach(lambda cell, n: recorded(cell, "stand_in") == hashes[n])
    attach(lambda cell, n: cell.cell_type == "code" and cell.source == theirs[n].source)
    return found | _by_place(theirs, ours, found)


def _by_place(theirs: list[Cell], ours: list[Cell], found: dict[int, int]) -> dict[int, int]:
    """Return the partners that only their place gives to translated cells without an id."""
    placed: dict[int, int] = {}
    partners = set(found.values())
    lost: list[int] = []
    previous = -1
    for number in range(len(ours) + 1):
        after = found.get(number) if number < len(ours) else len(theirs)
        if after is not None:
            between = range(previous + 1, after)
            free = [n for n in between if n not in partners and theirs[n].cell_type == "markdown"]
            if len(free) == len(lost):
                placed |= dict(zip(lost, free, strict=True))
            previous, lost = after, []
        elif recorded(ours[number]) and not WORDS.fullmatch(ours[number].get("id", "")):
            lost.append(number)
    return placed


def placed_pages(english: dict[str, Notebook], translated: dict[str, Notebook]) -> dict[str, str]:
    """Find the translated file of each English one, were it renamed, by what stands in it.

    A cell speaks for the one English chapter that has its hash, or else its id; ids that several
    chapters have, or that every chapter must have, say nothing. A file follows the chapter that
    more than half of its cells speak for, unless another file has that name and keeps it.

    Args:
        english: file name -> page.
        translated: the same of one language.

    Returns:
        Name in English -> name of the translated file that belongs there.
    """
    keys = {
        name: {key for cell in page.cells for key in (cell.id, source_hash(cell.source))}
        for name, page in english.items()
    }
    count = Counter(key for found in keys.values() for key in found)
    owner = {key: name for name, found in keys.items() for key in found if count[key] == 1}
    owner = {key: name for key, name in owner.items() if key not in EVERYWHERE}
    moves: dict[str, tuple[int, str]] = {}
    for old, page in translated.items():
        votes: Counter[str] = Counter()
        for cell in page.cells:
            names = [str(recorded(cell)), str(recorded(cell, "stand_in")), cell.get("id")]
            for name in [name for name in names if name in owner][:1]:
                votes[owner[name]] += 1
            votes["nobody's"] += not any(name in count for name in names)
        new, most = max(votes.items(), key=lambda item: item[1], default=("", 0))
        if new in english and new != old and 2 * most > votes.total():
            moves[new] = max(moves.get(new, (0, "")), (most, old))
    result = {new: old for new, (_, old) in moves.items()}
    while kept := [new for new in result if new in translated and new not in result.values()]:
        del result[kept[0]]
    same = {name: name for name in translated if name in english}
    return result | {name: name for name in same if name not in result.values()}
