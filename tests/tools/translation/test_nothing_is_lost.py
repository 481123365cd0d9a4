"""Whatever happens to English, no word of a translator is lost."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.chapters import code, markdown
from tests.helpers.translations import edited, files_of, place, rename
from tools.translation.files import read_any_page
from tools.translations import main


def kept(root: Path) -> str:
    pages = [read_any_page(path) for path in place(root, "").iterdir() if path.suffix != ".yml"]
    return "\n".join(cell.source for page in pages for cell in page.cells)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "move", "edit", "retype", "rename", "write"]),
        st.sampled_from([0, 1]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=6,
)


def random_edit(root: Path, stems: list[str], step: int, edit: tuple[str, int, int, int]) -> str:
    """Change English, or write a translation, which is returned."""
    kind, chapter, one, two = edit
    if kind == "rename":
        rename(root, stems[chapter], f"{step + 10}_new")
        stems[chapter] = f"{step + 10}_new"
        return ""
    name = f"{stems[chapter]}.ipynb"
    if kind == "write":
        if not place(root, name).exists():
            return ""
        with edited(place(root, name)) as page:
            texts = [cell for cell in page.cells if cell.cell_type == "markdown"]
            cell = texts[one % len(texts)]
            cell.source += f"\n\n번역 {step}"
        return f"번역 {step}"
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
