"""What is wrong with a translated page, in one line each with what to do."""

from collections import Counter
from collections.abc import Mapping
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

SYNC = "run python -m tools.translations sync"


def accept_command(language: str, name: str, id_: str) -> str:
    """Return what a translator runs when a text of a page follows the English one."""
    return f"run python -m tools.translations accept {language} {Path(name).stem} {id_}"


def shown_marks(english: Cell, source: str) -> list[str]:
    """Return which marks of Markdown a reader of a translated text would see."""
    hint = "put a space beside the mark, or move the mark or the punctuation"
    return [f"{problem}; {hint}" for problem in unclosed(english.source, source)]


def text_problems(english: Cell, source: str, language: str) -> list[str]:
    """Return what of a translated text contradicts its English cell, whatever its words mean."""
    found = differences(english.source, source, language)
    return [f"{one}; make it as in English" for one in found] + shown_marks(english, source)


def _record_problems(english: Cell, cell: Cell, accept: str) -> list[str]:
    """Return what is wrong with a translated cell's record of its origin."""
    record = cell.metadata.get("translation")
    value = recorded(cell)
    if value is None and stands_in(cell, english):
        return []
    if value is None:
        return [f"a translation that is not accepted; if it is done, {accept}"]
    if list(record) != ["source"] or not HASH.fullmatch(str(value)) or value != str(value):
        return [
            "metadata.translation: expected source and 12 hexadecimal digits, received "
            f"{dict(record)}; compare with English, then {accept}"
        ]
    return []


def _prose_problems(
    english: Cell,
    cell: Cell,
    language: str,
    accept: str,
    terms: list[Term],
    redirects: Mapping[str, str],
) -> list[str]:
    """Return what is wrong with a translated Markdown cell beside its partner."""
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
    elif expected_source(english, cell, language, redirects) != cell.source:
        problems.append(f"a link leads elsewhere; {SYNC}")
    elif state(english, cell) == CURRENT:
        problems += text_problems(english, cell.source, language)
        texts = plain_words(english.source), plain_words(cell.source)
        problems += departures(*texts, language, terms)
    elif state(english, cell) != MISSING:  # English has moved on, and with it the structure
        problems += shown_marks(english, cell.source)
    return problems


def _code_problems(english: Cell, cell: Cell) -> list[str]:
    """Return what is wrong with a code cell beside its partner, which it must equal."""
    keys = {*english, *cell} - {"id"}
    differing = sorted(key for key in keys if not equal(english.get(key), cell.get(key)))
    if not differing:
        return []
    what = f"differs from English in {', '.join(differing)}"
    return [f"{what}; change code in English alone, then {SYNC}"]


def _no_partner(cell: Cell) -> str:
    """Return what to do with a cell that English lacks."""
    if not is_prose(cell):
        return f"English has no such code cell; code is changed in English; {SYNC}, which drops it"
    if stands_in(cell):
        return f"English has no such stand-in; {SYNC}, which drops it"
    return (
        "English has no such cell: move its words to cells that English has, then delete it, or "
        f"{SYNC} --drop-orphans"
    )


def page_problems(
    english: Notebook,
    translated: Notebook,
    language: str,
    name: str,
    terms: list[Term],
    redirects: Mapping[str, str],
) -> list[str]:
    """Check a page of a language against English; return a message for each problem."""
    place = f"{language}/{name}"
    partners = pair(english, translated)
    whole, cells = [], []
    if translated.nbformat_minor < 5:
        whole.append(f"expected nbformat 4.5, received 4.{translated.nbformat_minor}")
    if not equal(translated.metadata, english.metadata):
        whole.append("the notebook's metadata differs from English")
    ids = Counter(cell.get("id") for cell in translated.cells)
    whole += [f"{n} cells have the id {id_}" for id_, n in ids.items() if id_ and n > 1]
    for number, cell in enumerate(translated.cells):
        if number not in partners:
            found = [_no_partner(cell)]
        else:
            source = english.cells[partners[number]]
            found = [f"lost its id {source.id}; {SYNC}"] if cell.get("id") != source.id else []
            if source.cell_type == "markdown":
                accept = accept_command(language, name, source.id)
                found += _prose_problems(source, cell, language, accept, terms, redirects)
            else:
                found += _code_problems(source, cell)
        cells += [f"{where(place, translated, cell)}: {problem}" for problem in found]
    order = [english.cells[partners[number]].id for number in sorted(partners)]
    lacking = [cell.id for cell in english.cells if cell.id not in order]
    ranks = {cell.id: number for number, cell in enumerate(english.cells)}
    last = [f"lacks the cell {id_}" for id_ in lacking]
    for before, after in pairwise(order):
        if ranks[after] < ranks[before]:
            last.append(f"{after} stands after {before}, unlike English")
    return [
        *(f"{place}: {problem}; {SYNC}" for problem in whole),
        *cells,
        *(f"{place}: {problem}; {SYNC}" for problem in last),
    ]
