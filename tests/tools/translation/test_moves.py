"""Translations of cells that stand in another chapter now."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.chapters import markdown, tiny_chapter, write_chapter, write_toc
from tests.helpers.translations import (
    OTHER,
    TINY,
    add,
    cell_of,
    change,
    change_english,
    check,
    edited,
    place,
    remove,
    rename,
    sync_is_stable,
    table,
    translate,
)
from tools.translation.files import read_any_page
from tools.translation.matching import Text, matched
from tools.translations import main

NEW = "03_new.ipynb"


def carry(root: Path, id_: str, old: str = TINY, new: str = OTHER) -> None:
    """Move an English cell to the end of another chapter."""
    with edited(place(root, old, "en")) as page, edited(place(root, new, "en")) as other:
        cell = cell_of(page, id_)
        page.cells.remove(cell)
        other.cells.append(cell)


def without(root: Path, stem: str, *kept: str) -> None:
    """Take a chapter out of the English book."""
    place(root, f"{stem}.ipynb", "en").unlink()
    write_toc(root, *kept)


def source_of(root: Path, id_: str, name: str) -> str:
    return str(cell_of(read_any_page(place(root, name)), id_).source)


def test_a_cell_moves(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    carry(book, "third")
    assert table(book, capsys)["01_tiny"] == (6, 0, 0)
    assert table(book, capsys)["02_other"] == (1, 0, 6)
    (problem,) = check(book, capsys)
    assert problem.startswith("ko/01_tiny.ipynb: 1 texts belong to 02_other.ipynb now; run")
    assert main(["sync"], book) == 0
    assert capsys.readouterr().out == (
        "ko/01_tiny.ipynb: order or metadata\nko/02_other.ipynb: texts from 01_tiny.ipynb: 1\n"
    )
    assert source_of(book, "third", OTHER) == "The *end*. 번역 third"
    assert table(book, capsys)["02_other"] == (1, 0, 6)
    assert check(book, capsys) == []
    sync_is_stable(book, capsys)


def test_a_stale_text_moves_by_its_id(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    carry(book, "third")
    change_english(book, change("third", source="Another end."), name=OTHER)
    assert main(["sync"], book) == 0
    assert source_of(book, "third", OTHER) == "The *end*. 번역 third"
    assert table(book, capsys)["02_other"] == (0, 1, 6)
    assert check(book, capsys) == []


def test_a_text_moves_by_its_hash_to_another_id(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    carry(book, "third")
    change_english(book, change("third", id="end"), name=OTHER)
    assert main(["sync"], book) == 0
    assert source_of(book, "end", OTHER) == "The *end*. 번역 third"
    assert check(book, capsys) == []


def test_words_not_yet_accepted_move_too(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book, OTHER)) as page:
        cell_of(page, "more").source = "낱말."
    carry(book, "more", OTHER, TINY)
    change_english(book, change("more", id="words"))
    assert main(["sync"], book) == 0
    assert source_of(book, "words", TINY) == "낱말."
    (problem,) = check(book, capsys)
    assert "(words): a translation that is not accepted" in problem
    sync_is_stable(book, capsys)


def test_no_cell_moves_into_the_index(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = cell_of(read_any_page(place(book, TINY, "en")), "third").source
    place(book, "index.md", "en").write_text(text, encoding="utf-8")
    change_english(book, remove("third"))
    assert main(["sync"], book) == 0
    assert table(book, capsys)["index"] == (0, 0, 1)
    (problem,) = check(book, capsys)
    assert "ko/01_tiny.ipynb cell 10 (third): English has no such cell" in problem


def test_a_stand_in_stays(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    carry(book, "more", OTHER, TINY)
    assert main(["sync"], book) == 0
    out = capsys.readouterr().out
    assert "texts from" not in out
    assert "cells dropped: 1" in out
    assert table(book, capsys)["01_tiny"] == (7, 0, 1)
    assert check(book, capsys) == []


@pytest.mark.parametrize("id_", ["first", "summary"])
def test_two_chapters_swap_a_cell(book: Path, capsys: pytest.CaptureFixture[str], id_: str) -> None:
    change_english(book, add(markdown("first", "Another first."), 6), name=OTHER)
    assert main(["sync"], book) == 0
    translate(book, OTHER)
    ours = [source_of(book, id_, name) for name in (TINY, OTHER)]
    theirs = [cell_of(read_any_page(place(book, name, "en")), id_).source for name in (TINY, OTHER)]
    change_english(book, change(id_, source=theirs[1]))
    change_english(book, change(id_, source=theirs[0]), name=OTHER)
    assert table(book, capsys)["total"] == (14, 0, 1)
    assert main(["sync"], book) == 0
    assert [source_of(book, id_, name) for name in (OTHER, TINY)] == ours
    assert table(book, capsys)["total"] == (14, 0, 1)
    assert check(book, capsys) == []
    sync_is_stable(book, capsys)


def test_a_chapter_is_renamed_and_a_cell_of_it_moves(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rename(book, "01_tiny", "03_new")
    carry(book, "third", NEW)
    change_english(book, change("summary", source="## Summary\n\nOther."), name=NEW)
    assert main(["sync"], book) == 0
    assert table(book, capsys)["03_new"] == (5, 1, 0)  # its summary is stale, and its own
    assert table(book, capsys)["02_other"] == (1, 0, 6)
    assert source_of(book, "summary", NEW).startswith("## Summary 번역 summary")
    assert not place(book).exists()
    assert check(book, capsys) == []


def test_a_chapter_is_split(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_chapter(place(book, "", "en"), tiny_chapter(), "03_new")
    write_toc(book, "01_tiny", "02_other", "03_new")
    change_english(
        book, *(change(id_, source=f"# {id_}") for id_ in ("title", "objectives")), name=NEW
    )
    change_english(
        book, *(change(id_, source=f"## {id_}") for id_ in ("summary", "exercises")), name=NEW
    )
    carry(book, "first", new=NEW)
    carry(book, "third", new=NEW)
    assert main(["sync"], book) == 0
    assert table(book, capsys)["01_tiny"] == (5, 0, 0)
    assert table(book, capsys)["03_new"] == (2, 0, 4)
    assert check(book, capsys) == []


def test_a_chapter_is_merged_into_another(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    translate(book, OTHER)
    for id_ in ("first", "second", "third"):
        carry(book, id_)
    without(book, "01_tiny", "02_other")
    assert main(["sync"], book) == 0
    assert table(book, capsys)["02_other"] == (9, 0, 0)
    left = read_any_page(place(book))  # its title, objectives, summary and exercises
    assert sum(cell.cell_type == "markdown" for cell in left.cells) == 4
    (problem,) = check(book, capsys)
    assert "ko/01_tiny.ipynb: English has no such chapter; move its words" in problem
    sync_is_stable(book, capsys)
    assert main(["sync", "--drop-orphans"], book) == 0
    assert capsys.readouterr().out == "ko/01_tiny.ipynb: orphans dropped: 4, removed\n"
    assert not place(book).exists()
    assert check(book, capsys) == []
    assert table(book, capsys)["02_other"] == (9, 0, 0)


def test_a_copy_gets_the_translation_once(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, add(markdown("copy", "The *end*."), 6), name=OTHER)
    assert main(["sync"], book) == 0
    assert source_of(book, "third", TINY) == "The *end*. 번역 third"
    assert source_of(book, "copy", OTHER) == "The *end*."
    assert check(book, capsys) == []


def test_an_id_that_two_chapters_have_is_no_reason_to_move(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_chapter(place(book, "", "en"), tiny_chapter(markdown("third", "3")), "03_new")
    write_toc(book, "01_tiny", "02_other", "03_new")
    change_english(book, remove("third"))
    change_english(book, add(markdown("third", "2"), 6), name=OTHER)
    assert main(["sync"], book) == 0
    assert source_of(book, "third", TINY) == "The *end*. 번역 third"  # an orphan
    assert sum("(third): English has no such cell" in p for p in check(book, capsys)) == 1


def test_orphans_are_dropped_on_request_alone(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_english(book, remove("second"), remove("third"))
    with edited(place(book)) as page:
        page.cells.append(markdown("note", "메모"))  # was made from no English text
    place(book, "notes.md").write_text("글", encoding="utf-8")
    assert main(["sync"], book) == 0
    assert "dropped" not in capsys.readouterr().out
    problems = check(book, capsys)
    assert sum("English has no such" in problem for problem in problems) == 4
    assert all("sync --drop-orphans" in problem for problem in problems)
    sync_is_stable(book, capsys)
    capsys.readouterr()
    assert main(["sync", "--drop-orphans", "ko"], book) == 0
    assert "orphans dropped: 2" in capsys.readouterr().out
    ids = [cell.id for cell in read_any_page(place(book)).cells]
    assert ("note" in ids, "second" in ids, "third" in ids) == (True, False, False)
    assert place(book, "notes.md").exists()
    assert table(book, capsys)["01_tiny"] == (5, 0, 0)
    with edited(place(book)) as page:
        remove("note")(page)
    place(book, "notes.md").unlink()
    assert check(book, capsys) == []
    sync_is_stable(book, capsys)


@pytest.mark.parametrize(
    ("wanted", "offered", "expected"),
    [
        # By hash, whatever the id and the page; the page of that name first, then the id.
        (["a x 1"], ["b y 1"], {0: 0}),
        (["a x 1", "b y 1"], ["b x 1"], {0: 1}),
        (["a x 1", "b y 1"], ["c y 1"], {0: 1}),
        (["a x 2", "b x 1"], ["a x 1"], {0: 1}),
        # By id in the page of that name, which two texts may have.
        (["a x 1"], ["a x 2", "b x 2"], {0: 0}),
        (["a x 1"], ["b x 2"], {0: 0}),
        (["a x 1"], ["b x 2", "c x 2"], {}),
        (["a x 1", "b x 1"], ["c x 2"], {}),
        (["a x 1", "b x 1"], ["a x 1", "c x 2"], {0: 0}),
        # An id of every chapter, where most of the one page is in the other.
        (["a title 1"], ["b title 2"], {}),
        (["a title 1", "a x 1"], ["b title 2", "b x 1"], {0: 0, 1: 1}),
        (["a title 1", "a x 1", "c y 2", "c z 3"], ["b title 2", "b x 1", "b y 2", "b z 3"],
         {1: 1, 2: 2, 3: 3}),
        (["a title 1", "a x 1", "a y 2", "a z 3"], ["b title 2", "b x 1", "c y 2", "c z 3"],
         {1: 1, 2: 2, 3: 3}),
        # One partner each.
        (["a x 1"], ["a x 1", "a x 1"], {0: 0}),
        (["a x 1", "a y 1"], ["a x 1"], {0: 0}),
        (["a x 1"], ["a x "], {0: 0}),
    ],
)  # fmt: skip
def test_matching(wanted: list[str], offered: list[str], expected: dict[int, int]) -> None:
    def texts(lines: list[str]) -> list[Any]:
        return [Text(*line.split(" ")) for line in lines]

    assert matched(texts(wanted), texts(offered)) == expected
