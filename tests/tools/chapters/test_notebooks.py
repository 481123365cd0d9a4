import json
import re
from pathlib import Path

import pytest

from tests.helpers.chapters import QUESTIONS, markdown, standalone_chapter, tiny_chapter
from tools.chapters.notebooks import (
    ROOT,
    chapter_paths,
    find_chapters,
    is_standalone,
    notebook_text,
    questions,
    read_chapter,
    solutions,
)

CHAPTERS = chapter_paths()
NUMBERED = ["01_vectorization", "02_windows", "10_another_book"]
PLAIN = ["vectorization", "windows", "another-book"]


def test_toc_names_the_chapters_of_the_folder() -> None:
    assert len(CHAPTERS) >= 7
    assert sorted((ROOT / "notebooks" / "en").glob("*.ipynb")) == sorted(CHAPTERS)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapters_are_written_as_nbformat_writes(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == notebook_text(read_chapter(path))


@pytest.mark.parametrize("stems", [NUMBERED, PLAIN], ids=["numbered", "plain"])
def test_a_chapter_is_found_by_its_place_its_name_and_its_path(
    stems: list[str], tmp_path: Path
) -> None:
    first, second, third = known = [tmp_path / f"{stem}.ipynb" for stem in stems]
    other = tmp_path / "other.ipynb"
    for path in (*known, other):
        path.touch()
    assert find_chapters([], known) == known
    assert find_chapters(["3", stems[0]], known) == [first, third]
    assert find_chapters(["02"], known) == [second]
    assert find_chapters([third.name, str(second)], known) == [second, third]
    assert find_chapters(["2", stems[1], str(second)], known) == [second]
    assert find_chapters([str(other), "2"], known) == [second, other]
    for name in ("0", "4", "-1", "10", "none", str(tmp_path / "none.ipynb"), str(tmp_path)):
        expected = f"a path, a number from 1 to 3, or one of {', '.join(stems)}; received {name!r}"
        with pytest.raises(ValueError, match=re.escape(expected)):
            find_chapters([name], known)


def test_a_path_is_found_from_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "windows.ipynb").touch()
    monkeypatch.chdir(tmp_path)
    assert find_chapters(["./windows.ipynb"], []) == [tmp_path / "windows.ipynb"]


def test_a_name_goes_before_a_number() -> None:
    known = [Path("/book/2.ipynb"), Path("/book/b.ipynb")]
    assert find_chapters(["2"], known) == [known[0]]


def test_a_notebook_without_ids_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.ipynb"
    content = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=r"expected nbformat 4\.5, received 4\.4"):
        read_chapter(path)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="expected a Jupyter notebook"):
        read_chapter(path)


def test_solutions_are_found() -> None:
    found, rest = solutions(tiny_chapter())
    assert [s.exercise for s in found] == ["1. Double it.", "2. Double a half."]
    assert [s.code for s in found] == [
        "assert double(STEPS) == 6\n",
        "half = 0.5\nassert double(half) == 1\n",
    ]
    assert rest == ""


def test_questions_come_before_the_exercises_and_are_no_solutions() -> None:
    asked = tiny_chapter(markdown("questions", QUESTIONS))
    assert [block.splitlines()[3] for block in questions(asked)] == [
        "Three, not two.",
        "One and a half.",
    ]
    assert solutions(asked) == solutions(tiny_chapter())
    assert questions(tiny_chapter()) == []
    assert len(questions(standalone_chapter())) == 2


def test_only_true_marks_a_chapter_that_stands_alone() -> None:
    notebook = standalone_chapter()
    assert is_standalone(notebook)
    for other in (False, "true", 1):
        notebook.metadata["standalone"] = other
        assert not is_standalone(notebook)
    assert not is_standalone(tiny_chapter())
