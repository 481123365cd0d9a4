"""A tiny book with a translation, for the tests of what follows English."""

import shutil
from pathlib import Path

import pytest

from tests.helpers.chapters import code, markdown, tiny_chapter, write_chapter, write_toc
from tests.helpers.translations import INDEX, TINY, cell_of, place, translate, v4
from tools.translations import main


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of two chapters and an index, with Korean, of which the first chapter is done."""
    root = tmp_path_factory.mktemp("book")
    tiny = tiny_chapter(
        markdown("first", "## One\n\nA `tensor` of $n$ numbers."),
        code("shown", "print(1)"),
        markdown("second", "See [two](02_other.ipynb#two)."),
        markdown("third", "The *end*."),
    )
    cell_of(tiny, "shown").outputs = [v4.new_output("stream", name="stdout", text="1\n")]
    cells = (markdown("two", "## Two\n\nMore."), code("two-code", "2"), markdown("more", "Words."))
    other = tiny_chapter(*cells)
    for cell in other.cells:
        if cell.id in ("title", "objectives", "summary", "exercises"):
            cell.source = cell.source.replace("One idea", "Another idea").replace("half", "third")
    write_chapter(root / "notebooks" / "en", tiny)
    write_chapter(root / "notebooks" / "en", other, "02_other")
    place(root, "index.md", "en").write_text(INDEX, encoding="utf-8")
    write_toc(root, "01_tiny", "02_other")
    assert main(["add", "ko"], root) == 0
    translate(root, TINY)
    return root


@pytest.fixture
def book(original: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(original, tmp_path / "book"))
