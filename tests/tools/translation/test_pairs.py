"""Which translated cell belongs to which English one, when cells and chapters change."""

import copy
import re
from pathlib import Path

import pytest

from tests.helpers.chapters import markdown
from tests.helpers.translations import (
    INDEX,
    OTHER,
    TINY,
    add,
    cell_of,
    change,
    change_english,
    check,
    edited,
    lose_ids,
    number_of,
    place,
    rename,
    sync_is_stable,
    table,
    translate,
)
from tools.translation.files import read_any_page
from tools.translation.pairs import source_hash
from tools.translations import main


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a b\nc", "a\nb c"),
        ("- a b\n  c\n- d", "- a\n  b c\n- d"),
        ("a\n*b* c", "a *b* c"),
        ("a\n$b$ c", "a $b$ c"),
        ("# T\n\na b", "# T\n\na\nb"),
    ],
)
def test_where_a_line_ends_says_nothing(one: str, other: str) -> None:
    assert source_hash(one) == source_hash(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a b", "a\n\nb"),
        ("a b", "ab"),
        ("a  \nb", "a   b"),
        ("a\\\nb", "a\\ b"),
        ("a\n- b", "a - b"),
        ("- a\n- b", "- a\n  - b"),
        ("# a\nb", "# a b"),
        ("a\n# b", "a # b"),
        ("| a |\n|---|\n| b |", "| a | |---| | b |"),
        ("```\na\n  b\n```", "```\na\nb\n```"),
        ("```\na\n```\nb", "```\na\n``` b"),
        ("````\n```\na\nb\n````", "````\n```\na b\n````"),
        ("<details>\na", "<details> a"),
        ("a\n$$b$$", "a $$b$$"),
        ("a\n1. b", "a 1. b"),
    ],
)
def test_what_changes_the_structure_changes_the_hash(one: str, other: str) -> None:
    assert source_hash(one) != source_hash(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("See [a](04_training.ipynb).", "See [a](training.ipynb)."),
        ("See [a](training.ipynb#loss).", "See [a](windows.ipynb)."),
        ("[a](index.md) [b](a.ipynb)", "[a](a.ipynb) [b](index.md#b)"),
    ],
)
def test_where_a_link_within_the_book_leads_says_nothing(one: str, other: str) -> None:
    assert source_hash(one) == source_hash(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[a](a.ipynb)", "[b](a.ipynb)"),
        ("[a](a.ipynb)", "a"),
        ("[a](https://x.org/a.md)", "[a](https://x.org/b.md)"),
        ("[a](../../guides/a.md)", "[a](../../guides/b.md)"),
        ("[a](a.png)", "[a](b.png)"),
        ("![a](a.png)", "![a](b.png)"),
        ("`a.ipynb`", "`b.ipynb`"),
    ],
)
def test_other_links_say_something(one: str, other: str) -> None:
    assert source_hash(one) != source_hash(other)


def test_wrapping_english_makes_nothing_stale(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place(book, "index.md", "en").write_text(INDEX.replace("Two ", "Two\n"), encoding="utf-8")
    with edited(place(book, TINY, "en")) as page:
        first = cell_of(page, "first")
        first.source = first.source.replace("of $n$", "of\n$n$")
    with edited(place(book, OTHER, "en")) as page:
        more = cell_of(page, "more")
        more.source = "Words\nof two lines."
    assert main(["sync"], book) == 0
    with edited(place(book, OTHER, "en")) as page:
        cell_of(page, "more").source = "Words of\ntwo lines."
    assert main(["sync"], book) == 0
    assert cell_of(read_any_page(place(book, OTHER)), "more").source == "Words of\ntwo lines."
    capsys.readouterr()
    assert check(book, capsys) == []
    main(["status"], book)
    assert re.search(r"01_tiny +\| +\d+ \| +0 \| +0 \|", capsys.readouterr().out)


def test_a_split_translation(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book)) as page:  # as Jupyter splits: the metadata goes to both
        part = copy.deepcopy(cell_of(page, "first"))
        part.id, part.source = "1f2e3d4c", "둘째 부분"
        page.cells.insert(number_of(page, "first") + 1, part)
    (problem,) = check(book, capsys)
    assert "(1f2e3d4c): English has no such cell: move its words" in problem
    sync_is_stable(book, capsys)


def test_an_id_used_twice(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book)) as page:
        page.cells.insert(0, markdown("first", "덧붙임"))
    assert any("2 cells have the id first" in problem for problem in check(book, capsys))
    assert main(["sync"], book) == 0
    page = read_any_page(place(book))
    assert page.cells[0].id == "first-orphan"
    assert "번역 first" in cell_of(page, "first").source
    (problem,) = check(book, capsys)
    assert "(first-orphan): English has no such cell" in problem


def test_a_stale_text_without_its_id_is_kept(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_english(book, change("second", source="Changed."))
    with edited(place(book)) as page:
        lose_ids(page)
    assert main(["sync"], book) == 0
    page = read_any_page(place(book))
    assert cell_of(page, "orphan").source.endswith("번역 second")
    assert cell_of(page, "second").source == "Changed."  # its place says nothing
    assert table(book, capsys)["01_tiny"] == (6, 0, 1)
    (problem,) = check(book, capsys)
    assert "(orphan): English has no such cell" in problem


def test_an_english_cell_with_another_id(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, change("third", id="end"))
    assert any("(third): lost its id end" in problem for problem in check(book, capsys))
    assert main(["sync"], book) == 0
    assert "번역 third" in cell_of(read_any_page(place(book)), "end").source
    assert table(book, capsys)["01_tiny"] == (7, 0, 0)


def test_a_new_cell_in_an_old_place(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, change("third", id="fourth", source="Another matter."))
    assert main(["sync"], book) == 0
    (problem,) = check(book, capsys)
    assert "(third): English has no such cell" in problem
    assert table(book, capsys)["01_tiny"] == (6, 0, 1)


def test_two_cells_of_the_same_text(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, add(markdown("before", "Words."), 2), name=OTHER)
    assert main(["sync"], book) == 0
    translate(book, OTHER, "more")
    assert main(["sync"], book) == 0
    page = read_any_page(place(book, OTHER))
    assert (cell_of(page, "before").source, cell_of(page, "more").source) == (
        "Words.",
        "Words. 번역 more",
    )
    assert check(book, capsys) == []


def test_a_stand_in_gives_way(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book, OTHER)) as page:
        page.cells.append(markdown("more", "낱말."))
    assert main(["sync"], book) == 0
    (problem,) = check(book, capsys)
    assert "(more): a translation that is not accepted" in problem


@pytest.mark.parametrize("old", ["01_tiny", "02_other"])
def test_a_renamed_chapter(book: Path, capsys: pytest.CaptureFixture[str], old: str) -> None:
    before = table(book, capsys)[old]
    rename(book, old, "03_new")
    assert table(book, capsys)["03_new"] == before
    problems = check(book, capsys)
    assert any("ko/03_new.ipynb: no such file; run" in problem for problem in problems)
    assert any(f"ko/{old}.ipynb: English has no such chapter; run" in p for p in problems)
    moved = f"ko/{old}.ipynb: 7 texts belong to 03_new.ipynb now; run"
    assert any(moved in problem for problem in problems) == bool(before[0])
    assert main(["sync"], book) == 0
    out = capsys.readouterr().out
    assert "ko/03_new.ipynb: made" in out
    assert re.search(rf"ko/{old}\.ipynb: .*removed", out)
    assert not place(book, f"{old}.ipynb").exists()
    assert table(book, capsys)["03_new"] == before
    assert (
        "/notebooks/ko/03_new.ipynb)" in read_any_page(place(book, "03_new.ipynb")).cells[0].source
    )
    assert check(book, capsys) == []
    sync_is_stable(book, capsys)


def test_chapters_that_swap_their_names(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rename(book, "01_tiny", "03_x")
    rename(book, "02_other", "01_tiny")
    rename(book, "03_x", "02_other")
    assert main(["sync"], book) == 0
    assert table(book, capsys)["02_other"] == (7, 0, 0)
    assert table(book, capsys)["01_tiny"] == (0, 0, 6)
    assert check(book, capsys) == []
