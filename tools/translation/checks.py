"""What is wrong in a language, in one line each with what to do, and how much is translated."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tools.chapters.notebooks import Notebook
from tools.translation.figures import (
    FIGURES,
    Entry,
    Figures,
    alternatives,
    figure_problems,
    figure_states,
    followed,
    read_figures,
    to_be_written,
)
from tools.translation.files import page_bytes, page_names, read_any_page
from tools.translation.glossary import Term, read_glossary
from tools.translation.languages import folder
from tools.translation.merge import merge
from tools.translation.pairs import CURRENT, STATES, pair, placed_pages, state
from tools.translation.problems import SYNC, page_problems


def states(
    english: Notebook, translated: Notebook | None, figures: Mapping[str, Entry]
) -> dict[str, str]:
    """Return id -> "current", "stale" or "missing" for the texts of a page.

    Args:
        english: the English page.
        translated: the language's page, None if it has none.
        figures: the language's alternative texts of this page, by cell.
    """
    found = pair(english, translated) if translated is not None else {}
    ours = {partner: translated.cells[n] for n, partner in found.items()} if translated else {}
    prose = {
        cell.id: state(cell, ours.get(number))
        for number, cell in enumerate(english.cells)
        if cell.cell_type == "markdown"
    }
    return prose | figure_states(english, figures if translated is not None else {})


def _figures(
    root: Path,
    language: str,
    english: dict[str, Notebook],
    places: dict[str, str],
    terms: list[Term],
) -> tuple[Figures, list[str]]:
    """Return a language's alternative texts and what is wrong with them."""
    try:
        figures = read_figures(root, language)
    except ValueError as error:
        return {}, [f"{error}; mend it"]
    expected = followed(english, figures, places)
    if to_be_written(folder(root, language) / FIGURES, expected):
        return expected, [f"{language}/{FIGURES}: not as English has its figures; {SYNC}"]
    return figures, figure_problems(english, figures, language, terms)


def _what_to_do(page: Notebook, name: str, id_: str, language: str) -> str:
    """Say how a stale or missing text becomes current."""
    where = f" in {language}/{FIGURES}" if id_ in alternatives(page) else ""
    accept = f"translations.py accept {language} {Path(name).stem} {id_}"
    return f"translate it{where}, then run {accept}"


def check_language(
    root: Path, language: str, english: dict[str, Notebook], *, strict: bool
) -> tuple[list[str], list[str]]:
    """Check all pages of a language.

    Returns:
        Problems, and for each file with something to translate a line with its numbers.
    """
    problems, remarks = [], []
    terms = read_glossary(root)
    ours: dict[str, Notebook] = {}
    unread = set()
    for name in page_names(root, language):
        try:
            ours[name] = read_any_page(folder(root, language) / name)
        except ValueError as error:
            unread.add(name)
            problems.append(f"{error}; mend it, or delete it and {SYNC}")
    places = placed_pages(english, ours)
    figures, wrong = _figures(root, language, english, places, terms)
    problems += wrong
    for name, page in english.items():
        old = places.get(name)
        if old is None:
            if name not in unread:
                problems.append(f"{language}/{name}: no such file; {SYNC}")
            continue
        if old != name:
            problems.append(f"{language}/{old}: English calls it {name} now; {SYNC}")
        found = page_problems(page, ours[old], language, old, terms)
        path = folder(root, language) / old
        expected = page_bytes(path, merge(page, ours[old], language)[0])
        if not found and path.read_bytes() != expected:
            found = [f"{language}/{old}: not written as sync writes it; {SYNC}"]
        problems += found
        by_state = states(page, ours[old], figures.get(Path(name).stem, {}))
        count = Counter(by_state.values())
        if numbers := [f"{count[kind]} {kind}" for kind in STATES[1:] if count[kind]]:
            remarks.append(f"{language}/{old}: {', '.join(numbers)} of {count.total()} texts")
        if strict:
            problems += [
                f"{language}/{old} ({id_}): {kind}; {_what_to_do(page, name, id_, language)}"
                for id_, kind in by_state.items()
                if kind != CURRENT
            ]
    for name in sorted(set(ours) - set(places.values())):
        problems.append(
            f"{language}/{name}: English has no such chapter; move its words to chapters that "
            "English has, then delete it"
        )
    return problems, remarks
