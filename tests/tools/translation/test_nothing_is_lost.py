"""Whatever happens to English, no word of a translator is lost."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.chapters import code, markdown
from tests.helpers.translations import (
    OTHER,
    edited,
    files_of,
    number_of,
    place,
    rename,
    translate,
)
from tools.translation.checks import states as states_of
from tools.translation.files import english_pages, read_any_page, read_pages
from tools.translation.moves import arranged
from tools.translations import main


def kept(root: Path) -> str:
    pages = [read_any_page(path) for path in place(root, "").iterdir() if path.suffix != ".yml"]
    return "\n".join(cell.source for page in pages for cell in page.cells)


MOVES = ["move", "carry", "exchange", "rename"]
KINDS = [*MOVES, "add", "remove", "edit", "retype", "write"]


def edits_of(kinds: list[str]) -> st.SearchStrategy[list[tuple[str, int, int, int]]]:
    one = st.tuples(
        st.sampled_from(kinds), st.sampled_from([0, 1]), st.integers(0, 30), st.integers(0, 30)
    )
    return st.lists(one, min_size=1, max_size=6)


EDITS = edits_of(KINDS)


def carry(root: Path, old: str, new: str, one: int, two: int) -> None:
    """Move an English cell to another chapter, unless that has its id."""
    with edited(place(root, old, "en")) as page, edited(place(root, new, "en")) as other:
        cell = page.cells[one % len(page.cells)]
        if len(page.cells) > 1 and cell.id not in [cell.id for cell in other.cells]:
            page.cells.remove(cell)
            other.cells.insert(two % (len(other.cells) + 1), cell)


def exchange(root: Path, one: str, other: str, id_: str) -> None:
    """Swap the cells of one id of two English chapters."""
    with edited(place(root, one, "en")) as page, edited(place(root, other, "en")) as second:
        here, there = number_of(page, id_), number_of(second, id_)
        page.cells[here], second.cells[there] = second.cells[there], page.cells[here]


def random_edit(root: Path, stems: list[str], step: int, edit: tuple[str, int, int, int]) -> str:
    """Change English, or write a translation, which is returned."""
    kind, chapter, one, two = edit
    if kind == "rename":
        rename(root, stems[chapter], f"{step + 10}_new")
        stems[chapter] = f"{step + 10}_new"
        return ""
    name = f"{stems[chapter]}.ipynb"
    if kind == "carry":
        carry(root, name, f"{stems[1 - chapter]}.ipynb", one, two)
        return ""
    if kind == "write":
        if not place(root, name).exists():
            return ""
        with edited(place(root, name)) as page:
            texts = [cell for cell in page.cells if cell.cell_type == "markdown"]
            cell = texts[one % len(texts)]
            cell.source += f"\n\n번역 {step}"
        return f"번역 {step}"
    if kind == "exchange":
        both = [read_any_page(place(root, f"{stem}.ipynb", "en")).cells for stem in stems]
        ids = [cell.id for cell in both[0] if cell.id in [other.id for other in both[1]]]
        if ids:
            exchange(root, name, f"{stems[1 - chapter]}.ipynb", ids[one % len(ids)])
        return ""
    with edited(place(root, name, "en")) as page:
        cell = page.cells[one % len(page.cells)]
        if kind == "add":
            page.cells.insert(two % len(page.cells), markdown(f"added-{step}", f"Added {step}."))
        elif kind == "move":
            page.cells.remove(cell)
            page.cells.insert(two % (len(page.cells) + 1), cell)
        elif kind == "remove" and len(page.cells) > 1:
            page.cells.remove(cell)
        elif kind == "edit":
            cell.source += f"\n# {step}"
        elif kind == "retype" and cell.cell_type == "markdown":
            number = page.cells.index(cell)
            page.cells[number] = code(cell.id, f"retyped = {step}")
    return ""


@settings(max_examples=30)
@given(steps=st.lists(EDITS, min_size=1, max_size=3))
def test_prose_is_never_lost(original: Path, steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(original, Path(folder) / "book"))
        words = [
            cell.source.split("\n")[0]
            for cell in read_any_page(place(root)).cells
            if cell.cell_type == "markdown"
        ]
        assert len(words) == 7
        stems = ["01_tiny", "02_other"]
        for number, edits in enumerate(steps):
            for step, edit in enumerate(edits):
                words.append(random_edit(root, stems, 10 * number + step, edit))
            assert main(["sync"], root) == 0
            text = kept(root)
            assert [word for word in words if word not in text] == []
            before = files_of(root)
            assert main(["sync"], root) == 0
            assert files_of(root) == before


@settings(max_examples=15)
@given(edits=EDITS)
def test_where_check_finds_nothing_sync_does_nothing(original: Path, edits: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(original, Path(folder) / "book"))
        stems = ["01_tiny", "02_other"]
        for step, edit in enumerate(edits):
            random_edit(root, stems, step, edit)
            before = files_of(root)
            passed = main(["check"], root) == 0
            assert main(["sync"], root) == 0
            assert files_of(root) == before or not passed


@pytest.fixture(scope="session")
def translated(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same book with both chapters translated."""
    root = Path(shutil.copytree(original, tmp_path_factory.mktemp("translated") / "book"))
    translate(root, OTHER)
    return root


@settings(max_examples=30)
@given(steps=st.lists(edits_of(MOVES), min_size=1, max_size=2))
def test_whatever_moves_stays_current(translated: Path, steps: list[Any]) -> None:
    def states() -> list[str]:
        english = english_pages(root)
        pages, _ = arranged(english, read_pages(root, "ko"))
        found = [states_of(page, pages.get(name), {}) for name, page in english.items()]
        return sorted(state for page in found for state in page.values())

    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(translated, Path(folder) / "book"))
        stems = ["01_tiny", "02_other"]
        expected = ["current"] * 13 + ["missing"]  # the index
        assert states() == expected
        for number, edits in enumerate(steps):
            for step, edit in enumerate(edits):
                random_edit(root, stems, 10 * number + step, edit)
            assert states() == expected
            assert main(["sync"], root) == 0
            assert states() == expected
            assert main(["check"], root) == 0
            names = {path.stem for path in place(root, "").glob("*.ipynb")}
            assert names == set(stems)
            for name in stems:
                for cell in read_any_page(place(root, f"{name}.ipynb")).cells:
                    assert cell.cell_type == "code" or f"번역 {cell.id}" in cell.source
