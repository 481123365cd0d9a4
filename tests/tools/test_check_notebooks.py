from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.helpers.chapters import (
    QUESTIONS,
    changed,
    code,
    markdown,
    standalone_chapter,
    tiny_chapter,
)
from tools import check_notebooks
from tools.chapters.notebooks import chapter_paths, notebook_text, read_chapter

CHAPTERS = chapter_paths()
CHECK = ("check", "assert 1 < 2", "remove-cell")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", check_notebooks.RULES, ids=lambda rule: rule.__name__)
def test_chapters_keep_the_rules(path: Path, rule: Any) -> None:
    messages = rule(path, read_chapter(path))
    assert not messages, "\n".join(messages)


@pytest.mark.parametrize(
    "notebook",
    [
        tiny_chapter(markdown("questions", QUESTIONS), code(*CHECK)),
        standalone_chapter(code(*CHECK)),
    ],
    ids=["tiny", "standalone"],
)
def test_the_tiny_chapters_keep_every_rule(notebook: Any) -> None:
    nbformat.validate(notebook)
    assert check_notebooks.check_notebook(Path("01_tiny.ipynb"), notebook, {}) == []


@pytest.mark.parametrize(
    ("notebook", "words"),
    [
        (changed(execution_count=7), "expected execution count 5"),
        (changed(id="Two_Words"), "lower-case"),
        (tiny_chapter(), "expected 2 questions"),
        (standalone_chapter(code("c", "import pandas")), "imports pandas"),
        (tiny_chapter(code("c", "# @title Write")), "cellView"),
        (tiny_chapter(code("c", "held_out = 1")), "code names held_out"),
        (tiny_chapter(code("c", "def unknown(): pass", "teaches")), "teaches unknown"),
    ],
)
def test_the_rules_of_every_module_are_asked(notebook: Any, words: str) -> None:
    messages = check_notebooks.check_notebook(Path("01_tiny.ipynb"), notebook, {})
    assert any(words in message for message in messages)


def test_check_notebooks_reports_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "01_tiny.ipynb"
    path.write_text(notebook_text(changed(execution_count=7)), encoding="utf-8")
    assert check_notebooks.main([str(path)]) == 1
    assert "01_tiny cell 7 (cell): expected execution count 5" in capsys.readouterr().out
    notebook = tiny_chapter(markdown("questions", QUESTIONS))
    path.write_text(notebook_text(notebook), encoding="utf-8")
    assert check_notebooks.main([str(path)]) == 0


def test_other_texts_are_read_with_all_chapters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "01_tiny.ipynb"
    notebook = tiny_chapter(markdown("questions", QUESTIONS))
    path.write_text(notebook_text(notebook), encoding="utf-8")
    monkeypatch.setattr(check_notebooks, "chapter_paths", lambda: [path])
    monkeypatch.setattr(check_notebooks.term_rules, "other_texts", lambda: ["README.md: words"])
    assert check_notebooks.main([]) == 1
    assert capsys.readouterr().out == "README.md: words\n"
    assert check_notebooks.main([str(path)]) == 0
