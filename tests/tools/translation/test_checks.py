"""What `check` finds, and that `sync` mends what it can."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.chapters import code, markdown, write_toc
from tests.helpers.translations import (
    OTHER,
    TINY,
    add,
    cell_of,
    change,
    change_english,
    check,
    edited,
    files_of,
    lose_ids,
    move,
    place,
    remove,
    sync_is_stable,
    table,
    v4,
)
from tools.translation.files import read_any_page
from tools.translation.pairs import source_hash
from tools.translations import main


def test_a_text_that_departs_from_the_glossary_fails_until_english_moves_on(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "en,ko,avoid,note\nnumber,수,ko: 숫자,\n"
    (book / "notebooks" / "glossary.csv").write_text(rows, encoding="utf-8")
    (problem,) = check(book, capsys)
    assert problem.startswith("ko/01_tiny.ipynb cell 7 (first): glossary: English has 'number'")
    with edited(place(book)) as page:
        cell_of(page, "first").source += "\n수."
        assert "숫자" not in cell_of(page, "second").source
        cell_of(page, "second").source += " 숫자"
    assert check(book, capsys) == []  # English has no number there
    with edited(place(book)) as page:
        cell_of(page, "first").source += " 숫자"
    (problem,) = check(book, capsys)
    assert problem.endswith("(first): glossary: avoid 숫자; 'number' is 수")
    with edited(place(book, TINY, "en")) as page:
        cell_of(page, "first").source += " More."
    assert check(book, capsys) == []  # stale: its words follow another English text
    (book / "notebooks" / "glossary.csv").write_text("en,ko\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["check"], book) == 1
    assert "expected columns" in capsys.readouterr().err


def other_address(page: Any) -> None:
    cell_of(page, "title").source = cell_of(page, "title").source.replace("owner", "old-owner")


def stand_in_of_old(page: Any) -> None:
    text = "Old English."
    record = {"translation": {"stand_in": source_hash(text)}}
    change("third", source=text, metadata=record)(page)


DRIFT = [  # what is done to the translation, words of the message; sync mends all of these
    (change("shown", source="print(2)"), r"\(shown\): differs from English in source"),
    (change("shown", outputs=[]), r"\(shown\): differs from English in outputs"),
    (change("shown", execution_count=9), "differs from English in execution_count"),
    (change("shown", metadata={"tags": ["slow"]}), "differs from English in metadata"),
    (change("shown", id="5b1c6f0a"), r"\(5b1c6f0a\): lost its id shown"),
    (remove("shown"), "lacks the cell shown"),
    (remove("third"), "lacks the cell third"),
    (add(code("new", "3"), 4), r"\(new\): English has no such code cell"),
    (add(markdown("shown", ""), 2), "2 cells have the id shown"),
    (move("third", 2), "third, unlike English"),
    (move("shown", 9), "stands after .*, unlike English"),
    (change("third", id="0a1b2c3d"), r"\(0a1b2c3d\): lost its id third"),
    (lose_ids, r"\(no id\): lost its id third"),
    (lose_ids, "expected nbformat 4.5, received 4.4"),
    (change("third", cell_type="raw"), "expected a markdown cell, received raw"),
    (change("third", cell_type="code", outputs=[], execution_count=None), "received code"),
    (lambda page: page.metadata.update(title="x"), "the notebook's metadata differs"),
    (
        lambda page: cell_of(page, "third").metadata.update(tags=["slow"]),
        r"\(third\): the metadata",
    ),
    (other_address, r"\(title\): a link leads elsewhere"),
    (stand_in_of_old, r"\(third\): a translation that is not accepted|holds an older English"),
]


@pytest.mark.parametrize(("damage", "words"), DRIFT, ids=[words for _, words in DRIFT])
def test_drift_is_noticed_and_mended(
    book: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Any], None], words: str
) -> None:
    good = place(book).read_bytes()
    with edited(place(book)) as page:
        damage(page)
    problems = check(book, capsys)
    (problem,) = {problem for problem in problems if re.search(words, problem)} or {str(problems)}
    assert problem.startswith("ko/01_tiny.ipynb")
    assert "None" not in " ".join(problems)
    assert "run python -m tools.translations sync" in problem
    assert main(["sync"], book) == 0
    assert capsys.readouterr().out.startswith("ko/01_tiny.ipynb: ")
    assert check(book, capsys) == []
    if damage not in (stand_in_of_old, DRIFT[6][0]):  # whose words were taken away
        assert place(book).read_bytes() == good
    sync_is_stable(book, capsys)


def test_a_file_written_by_another_program(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = place(book).read_bytes()
    place(book).write_bytes(good + b"\n\n")
    (problem,) = check(book, capsys)
    assert "not written as sync writes it; run python -m tools.translations sync" in problem
    assert main(["sync"], book) == 0
    assert place(book).read_bytes() == good


def test_text_in_a_raw_cell_is_kept(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book)) as page:
        page.cells.insert(4, v4.new_raw_cell("메모", id="memo"))
    assert main(["sync"], book) == 0
    cell = cell_of(read_any_page(place(book)), "memo")
    assert (cell.cell_type, cell.source) == ("markdown", "메모")
    (problem,) = check(book, capsys)
    assert "(memo): English has no such cell" in problem


def test_missing_and_orphan_files(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_toc(book, "02_other")
    place(book, OTHER).unlink()
    place(book, "notes.md").write_text("글", encoding="utf-8")
    problems = check(book, capsys)
    assert any(
        "ko/02_other.ipynb: no such file; run python -m tools.translations sync" in p
        for p in problems
    )
    assert any("ko/01_tiny.ipynb: English has no such chapter; move" in p for p in problems)
    assert any("ko/notes.md: English has no such chapter" in p for p in problems)
    assert table(book, capsys)["02_other"] == (0, 0, 6)
    before = place(book).read_bytes()
    assert main(["sync"], book) == 0
    assert place(book).read_bytes() == before
    assert len(check(book, capsys)) == 2


@pytest.mark.parametrize("name", [TINY, "index.md"])
def test_a_damaged_file(book: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    place(book, name).write_bytes(b"---\n<<<< \xff [\n---\n")
    (problem,) = check(book, capsys)
    assert f"ko/{name}: expected" in problem
    change_english(book, change("more", source="New."), name=OTHER)
    before = files_of(book)
    assert main(["sync"], book) == 1
    assert f"translations: ko/{name}: expected" in capsys.readouterr().err
    assert files_of(book) == before


@pytest.mark.parametrize(
    "record",
    ["0123", {"source": "XYZ"}, {"source": 123456789012}, {"source": "0" * 12, "by": "me"}],
)
def test_a_malformed_hash(book: Path, capsys: pytest.CaptureFixture[str], record: Any) -> None:
    with edited(place(book)) as page:
        change("third", metadata={"translation": record})(page)
    (problem,) = check(book, capsys)
    assert "(third): " in problem
    assert "run python -m tools.translations accept ko 01_tiny third" in problem
    assert main(["sync"], book) == 0
    assert len(check(book, capsys)) == 1
    assert main(["accept", "ko", "01_tiny", "third"], book) == 0
    assert check(book, capsys) == []


def test_structure_and_marks_are_checked(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book)) as page:
        cell_of(page, "first").source = "### 하나\n\n`tensor` $n$ **텐서(tensor)**는"
    heading, mark = check(book, capsys)
    assert "cell 7 (first): headings: number 1: expected '##', found '###'" in heading
    assert "(first): a literal * shows in" in mark
    change_english(book, change("first", source="Now stale."))
    (problem,) = check(book, capsys)
    assert problem == mark


def test_another_format(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book)) as page:
        page.nbformat = 5
    (problem,) = check(book, capsys)
    assert "expected a Jupyter notebook, received ValueError: nbformat 5" in problem
