"""A translator's word that texts say what the English ones say now: their hashes are renewed."""

import os
from pathlib import Path

from charrnn.support.files import write_atomically
from tools.chapters.notebooks import Notebook, find_chapters
from tools.translation.figures import FIGURES, Figures, alternatives, figures_bytes, read_figures
from tools.translation.files import INDEX, english_pages, page_bytes, read_any_page
from tools.translation.languages import folder, other_languages
from tools.translation.pairs import source_hash
from tools.translation.problems import text_problems
from tools.translation.structure import has_words


def page_name(chapter: str, english: dict[str, Notebook]) -> str:
    """Return the file that "index", a chapter's number or its name stands for."""
    if chapter in (INDEX, Path(INDEX).stem) and INDEX in english:
        return INDEX
    known = [Path(name) for name in english if name != INDEX]
    (found,) = find_chapters([chapter], known)
    if found.name not in english:
        raise ValueError(f"chapter: expected one of the book, received {chapter!r}")
    return found.name


def _accept_figure(figures: Figures, stem: str, id_: str, english: str, language: str) -> list[str]:
    """Put the English text beside a translated one; return why not, if it cannot be."""
    entry = figures.get(stem, {}).get(id_)
    if entry is None or not entry["text"]:
        what = "a text" if entry is not None else "an entry, or run translations.py sync"
        return [f"{language}/{FIGURES} {stem} {id_}: expected {what}, received none"]
    entry["english"] = english
    return []


def accept(
    root: Path, language: str, chapter: str, ids: list[str], *, every: bool, same: bool
) -> None:
    """Record that texts of a page are translations of the English ones as they stand.

    Args:
        root: the repository.
        language: name of its folder.
        chapter: "index", or a chapter's number or name.
        ids: the cells, those of figures among them; none are needed for the index.
        every: accept all texts of the page.
        same: accept a text, too, that equals the English one.

    Raises:
        ValueError: if a cell cannot be accepted, with a line for each; nothing is written then.
    """
    other_languages(root, [language])
    english = english_pages(root)
    name = page_name(chapter, english)
    sources = {c.id: c.source for c in english[name].cells if c.cell_type == "markdown"}
    known = alternatives(english[name])
    if name == INDEX or every:
        ids = [*ids, *(id_ for id_ in [*sources, *known] if id_ not in ids)]
    if not ids:
        raise ValueError("id: expected ids of cells, or --all; received none")
    path = folder(root, language) / name
    if not path.exists():
        raise ValueError(f"{language}/{name}: no such file; run translations.py sync")
    page = read_any_page(path)
    if not all(cell.get("id") for cell in page.cells) or page.nbformat_minor < 5:
        raise ValueError(f"{language}/{name}: expected ids on all cells; run translations.py sync")
    refused = []
    figures = read_figures(root, language)
    for id_ in ids:
        if id_ in known:
            refused += _accept_figure(figures, Path(name).stem, id_, known[id_], language)
            continue
        cells = [cell for cell in page.cells if cell.id == id_]
        if id_ not in sources or len(cells) != 1 or cells[0].cell_type != "markdown":
            what = "one markdown cell in both languages, or run translations.py sync"
            refused.append(f"{language}/{name} id: expected {what}; received {id_!r}")
            continue
        original = next(cell for cell in english[name].cells if cell.id == id_)
        problems = text_problems(original, cells[0].source, language)
        hash_ = source_hash(original.source)
        if source_hash(cells[0].source) == hash_ and has_words(original.source) and not same:
            problems.append("equals the English text; translate it, or give --same")
        refused += [f"{language}/{name} ({id_}): {problem}" for problem in problems]
        cells[0].metadata["translation"] = {"source": hash_}
    if refused:
        raise ValueError("\n".join(refused))
    contents: dict[str | os.PathLike[str], bytes] = {path: page_bytes(path, page)}
    if any(id_ in known for id_ in ids):
        contents[folder(root, language) / FIGURES] = figures_bytes(figures)
    changed = {place: new for place, new in contents.items() if Path(place).read_bytes() != new}
    if changed:
        write_atomically(changed)
    print(f"{language}/{name}: {len(ids)} accepted")
