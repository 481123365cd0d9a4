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
from tools.translation.links import read_redirects
from tools.translation.merge import merge
from tools.translation.moves import arranged
from tools.translation.pairs import CURRENT, MISSING, STALE, pair, state
from tools.translation.problems import SYNC, accept_command, page_problems


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
    root: Path, language: str, english: dict[str, Notebook], terms: list[Term]
) -> tuple[Figures, list[str]]:
    """Return a language's alternative texts and what is wrong with them."""
    try:
        figures = read_figures(root, language)
    except ValueError as error:
        return {}, [f"{error}; mend it"]
    expected = followed(english, figures)
    if to_be_written(folder(root, language) / FIGURES, expected):
        return expected, [f"{language}/{FIGURES}: not as English has its figures; {SYNC}"]
    return figures, figure_problems(english, figures, language, terms)


def check_page(
    english: Notebook,
    page: Notebook,
    language: str,
    path: Path,
    terms: list[Term],
    redirects: Mapping[str, str],
) -> list[str]:
    """Return what is wrong with a page; without any other problem, that its file is another's.

    Args:
        english: the English page.
        page: the language's page.
        language: its code.
        path: the file of the page.
        terms: the glossary.
        redirects: old name of a page -> new one.
    """
    found = page_problems(english, page, language, path.name, terms, redirects)
    expected = page_bytes(path, merge(english, page, language, redirects)[0])
    if not found and path.read_bytes() != expected:
        return [f"{language}/{path.name}: not written as sync writes it; {SYNC}"]
    return found


def _read_all(root: Path, language: str) -> tuple[dict[str, Notebook], dict[str, str]]:
    """Return the pages of a language by file name, and of those that cannot be read why."""
    pages: dict[str, Notebook] = {}
    unread = {}
    for name in page_names(root, language):
        try:
            pages[name] = read_any_page(folder(root, language) / name)
        except ValueError as error:
            unread[name] = f"{error}; mend it, or delete it and {SYNC}"
    return pages, unread


def check_language(
    root: Path, language: str, english: dict[str, Notebook], *, strict: bool
) -> tuple[list[str], list[str]]:
    """Check all pages of a language.

    Returns:
        Problems, and for each file with something to translate a line with its numbers.
    """
    remarks = []
    terms, redirects = read_glossary(root), read_redirects(root, english)
    ours, unread = _read_all(root, language)
    pages, moves = arranged(english, ours)
    figures, wrong = _figures(root, language, english, terms)
    problems = [*unread.values(), *wrong]
    for (old, new), number in moves.items():
        problems.append(f"{language}/{old}: {number} texts belong to {new} now; {SYNC}")
    moved = {name for names in moves for name in names}
    for name, page in english.items():
        if name not in ours and name not in unread:
            problems.append(f"{language}/{name}: no such file; {SYNC}")
        if name not in pages:
            continue
        place, own = f"{language}/{name}", pages[name]
        if name in moved:  # what remains wrong after the move
            after = merge(page, own, language, redirects)[0]
            problems += page_problems(page, after, language, name, terms, redirects)
        else:
            path = folder(root, language) / name
            problems += check_page(page, own, language, path, terms, redirects)
        by_state = states(page, own, figures.get(Path(name).stem, {}))
        count = Counter(by_state.values())
        if numbers := [f"{count[kind]} {kind}" for kind in (STALE, MISSING) if count[kind]]:
            remarks.append(f"{place}: {', '.join(numbers)} of {count.total()} texts")
        if strict:
            described = alternatives(page)
            for id_, kind in by_state.items():
                if kind != CURRENT:
                    here = f" in {language}/{FIGURES}" if id_ in described else ""
                    then = accept_command(language, name, id_)
                    problems.append(f"{place} ({id_}): {kind}; translate it{here}, then {then}")
    for name in sorted(set(ours) - set(english)):
        if name not in pages:
            problems.append(f"{language}/{name}: English has no such chapter; {SYNC}")
        else:
            problems.append(
                f"{language}/{name}: English has no such chapter; move its words to chapters that "
                f"English has, then delete it, or {SYNC} --drop-orphans"
            )
    return problems, remarks
