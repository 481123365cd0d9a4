"""A translator's word that texts say what the English ones say now: their hashes are renewed."""

from pathlib import Path

from charrnn.support.files import write_atomically
from tools.chapters.notebooks import Cell, Notebook, find_chapters
from tools.translation.figures import FIGURES, Figures, alternatives, figures_bytes, read_figures
from tools.translation.files import INDEX, english_pages, page_bytes, read_any_page
from tools.translation.languages import folder, other_languages
from tools.translation.pairs import source_hash
from tools.translation.problems import SYNC, text_problems
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


def _accept_figure(figures: Figures, stem: str, id_: str, english: str) -> list[str]:
    """Put the English text beside a translated one; return why not, if it cannot be."""
    entry = figures.get(stem, {}).get(id_)
    if entry is None:
        return [f"expected an entry, or {SYNC}, received none"]
    if not entry["text"]:
        return ["expected a text, received none"]
    entry["english"] = english
    return []


def _accept_text(page: Notebook, original: Cell, language: str, *, same: bool) -> list[str]:
    """Record that a text is a translation of the English one; return why not, if it is none."""
    cells = [cell for cell in page.cells if cell.id == original.id]
    if len(cells) != 1 or cells[0].cell_type != "markdown":
        return [f"expected one markdown cell, or {SYNC}; found {len(cells)} cells"]
    source, hash_ = cells[0].source, source_hash(original.source)
    problems = text_problems(original, source, language)
    if source_hash(source) == hash_ and has_words(original.source) and not same:
        problems.append("equals the English text; translate it, or give --same")
    cells[0].metadata["translation"] = {"source": hash_}
    return problems


def _read_whole(path: Path, place: str) -> Notebook:
    """Read a page that can be accepted: its file exists and its cells have ids."""
    if not path.exists():
        raise ValueError(f"{place}: no such file; {SYNC}")
    page = read_any_page(path)
    if not all(cell.get("id") for cell in page.cells) or page.nbformat_minor < 5:
        raise ValueError(f"{place}: expected ids on all cells; {SYNC}")
    return page


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
    texts = {cell.id: cell for cell in english[name].cells if cell.cell_type == "markdown"}
    described = alternatives(english[name])
    if name == INDEX or every:
        ids = list(dict.fromkeys([*ids, *texts, *described]))
    if not ids:
        raise ValueError("id: expected ids of cells, or --all; received none")
    path, place = folder(root, language) / name, f"{language}/{name}"
    page, figures = _read_whole(path, place), read_figures(root, language)
    refused = []
    for id_ in ids:
        if id_ in described:
            found = _accept_figure(figures, path.stem, id_, described[id_])
            refused += [f"{language}/{FIGURES} {path.stem} {id_}: {problem}" for problem in found]
        elif id_ in texts:
            found = _accept_text(page, texts[id_], language, same=same)
            refused += [f"{place} ({id_}): {problem}" for problem in found]
        else:
            refused.append(f"{place} id: expected a text or a figure of it, received {id_!r}")
    if refused:
        raise ValueError("\n".join(refused))
    contents: dict[Path, bytes] = {path: page_bytes(path, page)}
    if described.keys() & ids:
        contents[folder(root, language) / FIGURES] = figures_bytes(figures)
    for file, new in contents.items():
        if file.read_bytes() != new:
            write_atomically(file, new)
    print(f"{place}: {len(ids)} accepted")
