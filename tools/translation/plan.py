"""What `sync` does to the files of a language so that it follows English."""

from collections import Counter
from pathlib import Path

from tools.chapters.notebooks import Notebook
from tools.translation.figures import (
    FIGURES,
    figures_bytes,
    followed,
    read_figures,
    to_be_written,
    without_orphans,
)
from tools.translation.files import page_bytes, read_pages
from tools.translation.languages import folder
from tools.translation.links import read_redirects
from tools.translation.merge import merge
from tools.translation.moves import Moves, arranged
from tools.translation.pairs import is_text, made_from

Contents = dict[Path, bytes]


def _gone_pages(
    root: Path,
    language: str,
    gone: dict[str, Notebook | None],
    moves: Moves,
    *,
    drop_orphans: bool,
) -> tuple[Contents, list[Path], list[str]]:
    """Return what to do with the pages that English has no more, as `plan` does.

    Args:
        root: the repository.
        language: code of the language.
        gone: file name -> what is left of the page, None if it has no text.
        moves: how many texts went from file to file.
        drop_orphans: drop the texts that were made from English ones.
    """
    contents: Contents = {}
    removed, lines = [], []
    for name, page in sorted(gone.items()):
        path, did = folder(root, language) / name, Counter[str]()
        did["texts moved away"] = sum(n for (old, _), n in moves.items() if old == name)
        if page is not None and drop_orphans:
            orphans = [cell for cell in page.cells if is_text(cell) and made_from(cell)]
            did["orphans dropped"] = len(orphans)
            page.cells = [cell for cell in page.cells if cell not in orphans]
        if page is None or (did["orphans dropped"] and not any(map(is_text, page.cells))):
            removed.append(path)
        elif +did:
            contents[path] = page_bytes(path, page)
        else:
            continue
        done = [f"{what}: {number}" for what, number in (+did).items()]
        lines.append(f"{language}/{name}: {', '.join(done + ['removed'] * (path in removed))}")
    return contents, removed, lines


def plan(
    root: Path, language: str, english: dict[str, Notebook], *, drop_orphans: bool
) -> tuple[Contents, list[Path], list[str]]:
    """Return what to write, what to remove and what to say so that a language follows English."""
    ours = read_pages(root, language)
    pages, moves = arranged(english, ours)
    redirects = read_redirects(root, english)
    contents: Contents = {}
    lines = []
    for name, page in english.items():
        path = folder(root, language) / name
        own = pages.get(name)
        merged, did = merge(page, own, language, redirects, drop_orphans=drop_orphans)
        content = page_bytes(path, merged)
        if path.exists() and path.read_bytes() == content:
            continue
        contents[path] = content
        done = [f"texts from {old}: {n}" for (old, new), n in moves.items() if new == name]
        done += [f"{what}: {number}" for what, number in did.items()]
        if name not in ours:
            done.insert(0, "made")
        lines.append(f"{language}/{name}: {', '.join(done) or 'order or metadata'}")
    path = folder(root, language) / FIGURES
    figures, orphans = followed(english, read_figures(root, language)), 0
    if drop_orphans:
        figures, orphans = without_orphans(english, figures)
    if to_be_written(path, figures):
        contents[path] = figures_bytes(figures)
        dropped = f", orphans dropped: {orphans}" if orphans else ""
        lines.append(f"{language}/{FIGURES}: follows the figures of English{dropped}")
    gone = {name: pages.get(name) for name in ours if name not in english}
    rest, removed, said = _gone_pages(root, language, gone, moves, drop_orphans=drop_orphans)
    return contents | rest, removed, lines + said  # where texts arrive is written first
