"""What is wrong with a translated page, in one line each with what to do."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

from tools.chapters.markdown import plain_words
from tools.chapters.notebooks import Cell, Notebook, where
from tools.translation.glossary import Term, departures
from tools.translation.merge import expected_source, stand_in
from tools.translation.pairs import (
    CURRENT,
    HASH,
    MISSING,
    equal,
    is_prose,
    pair,
    recorded,
    stands_in,
    state,
)
from tools.translation.structure import differences, unclosed

SYNC = "run translations.py sync"
ORPHAN = "English has no such cell: move its words to cells that English has, then delete it"


def shown_marks(english: Cell, source: str) -> list[str]:
    """Say which marks of Markdown a reader of a translated text would see."""
    hint = "put a space beside the mark, or move the mark or the punctuation"
    return [f"{problem}; {hint}" for problem in unclosed(english.source, source)]


def text_problems(english: Cell, source: str, language: str) -> list[str]:
    """Say what of a translated text contradicts its English cell, whatever its words mean."""
    found = differences(english.source, source, language)
    return [f"{one}; make it as in English" for one in found] + shown_marks(english, source)


def _record_problems(english: Cell, cell: Cell, accept: str) -> list[str]:
    """Check what a translated cell records of its origin."""
    record = cell.metadata.get("translation")
    value = recorded(cell)
    if value is None and stands_in(cell, english):
        return []
    if value is None:
        return [f"a translation that is not accepted; if it is done, run {accept}"]
    if list(record) != ["source"] or not HASH.fullmatch(str(value)) or value != str(value):
        return [
            "metadata.translation: expected source and 12 hexadecimal digits, received "
            f"{dict(record)}; compare with English, then run {accept}"
        ]
    return []


def prose_problems(
    english: Cell, cell: Cell, language: str, accept: str, terms: list[Term]
) -> list[str]:
    """Check a translated Markdown cell against its partner and the glossary."""
    problems = []
    own = {key: value for key, value in cell.metadata.items() if key != "translation"}
    if cell.cell_type != "markdown":
        problems.append(f"expected a markdown cell, received {cell.cell_type}; {SYNC}")
    if not equal(own, english.metadata):
        problems.append(f"the metadata differs from English; {SYNC}")
    problems += _record_problems(english, cell, accept)
    if stands_in(cell, english):
        if not equal(cell.get("source"), stand_in(english, language).source):
            problems.append(f"holds an older English text; {SYNC}")
    elif expected_source(english, cell.source, language) != cell.source:
        problems.append(f"the link to Colab leads elsewhere; {SYNC}")
    elif state(english, cell) == CURRENT:
        problems += text_problems(english, cell.source, language)
        texts = plain_words(english.source), plain_words(cell.source)
        problems += departures(*texts, language, terms)
    elif state(english, cell) != MISSING:  # English has moved on, and with it the structure
        problems += shown_marks(english, cell.source)
    return problems


def page_problems(
    english: Notebook, translated: Notebook, language: str, name: str, terms: list[Term]
) -> list[str]:
    """Check a page of a language against English; return a message for each problem."""
    place = f"{language}/{name}"
    accept = f"translations.py accept {language} {Path(name).stem}"
    problems = []
    if translated.nbformat_minor < 5:
        found = f"4.{translated.nbformat_minor}"
        problems.append(f"{place}: expected nbformat 4.5, received {found}; {SYNC}")
    if not equal(translated.metadata, english.metadata):
        problems.append(f"{place}: the notebook's metadata differs from English; {SYNC}")
    partners = pair(english, translated)
    ids = Counter(cell.get("id") for cell in translated.cells)
    problems += [
        f"{place}: {count} cells have the id {id_}; {SYNC}"
        for id_, count in ids.items()
        if id_ and count > 1
    ]
    for number, cell in enumerate(translated.cells):
        here = where(place, translated, cell)
        if number not in partners:
            if stands_in(cell) or not is_prose(cell):
                kind = "stand-in" if is_prose(cell) else "code cell; code is changed in English"
                problems.append(f"{here}: English has no such {kind}; {SYNC}, which drops it")
            else:
                problems.append(f"{here}: {ORPHAN}")
            continue
        source = english.cells[partners[number]]
        if cell.get("id") != source.id:
            problems.append(f"{here}: lost its id {source.id}; {SYNC}")
        if source.cell_type == "markdown":
            own = prose_problems(source, cell, language, f"{accept} {source.id}", terms)
            problems += [f"{here}: {problem}" for problem in own]
        else:
            keys = [key for key in {**source, **cell} if not equal(source.get(key), cell.get(key))]
            if keys := sorted(set(keys) - {"id"}):
                problems.append(
                    f"{here}: differs from English in {', '.join(keys)}; "
                    f"change code in English alone, then {SYNC}"
                )
    problems += [
        f"{place}: lacks the cell {cell.id}; {SYNC}"
        for number, cell in enumerate(english.cells)
        if number not in partners.values()
    ]
    order = [partners[number] for number in sorted(partners)]
    for before, after in pairwise(order):
        if after < before:
            ids_ = english.cells[after].id, english.cells[before].id
            problems.append(f"{place}: {ids_[0]} stands after {ids_[1]}, unlike English; {SYNC}")
    return problems
