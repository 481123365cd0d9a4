from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.helpers.chapters import changed, tiny_chapter
from tools import check_notebooks
from tools.chapters.notebooks import chapter_paths, notebook_text, read_chapter

CHAPTERS = chapter_paths()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", check_notebooks.RULES, ids=lambda rule: rule.__name__)
def test_chapters_keep_the_rules(path: Path, rule: Any) -> None:
    messages = rule(path, read_chapter(path))
    assert not messages, "\n".join(messages)


def test_the_tiny_chapter_keeps_every_rule() -> None:
    notebook = tiny_chapter()
    nbformat.validate(notebook)
    assert check_notebooks.check_notebook(Path("01_tiny.ipynb"), notebook, {}) == []


def test_check_notebooks_reports_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "01_tiny.ipynb"
    path.write_text(notebook_text(changed(execution_count=7)), encoding="utf-8")
    assert check_notebooks.main([str(path)]) == 1
    assert "01_tiny cell 7 (cell): expected execution count 5" in capsys.readouterr().out
    path.write_text(notebook_text(tiny_chapter()), encoding="utf-8")
    assert check_notebooks.main([str(path)]) == 0
