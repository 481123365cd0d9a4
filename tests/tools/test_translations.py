"""The commands, and what English changes in a translation."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

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
    files_of,
    lose_ids,
    move,
    number_of,
    place,
    remove,
    sync_is_stable,
    table,
)
from tools.translation.files import read_any_page
from tools.translation.languages import other_languages
from tools.translation.pairs import source_hash
from tools.translations import main


def test_the_book_is_good(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(book, capsys) == []
    sync_is_stable(book, capsys)


def test_no_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_chapter(tmp_path / "notebooks" / "en", tiny_chapter())
    write_toc(tmp_path, "01_tiny")
    (tmp_path / "notebooks" / "ko").mkdir()
    (tmp_path / "notebooks" / "en" / "language.yml").touch()
    for command in ("check", "sync", "status"):
        assert main([command], tmp_path) == 0
        assert "no language but English" in capsys.readouterr().out
    assert other_languages(tmp_path) == []


def test_a_new_language_is_one_command(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "zh-Hans"], book) == 0
    out = capsys.readouterr().out
    assert [line.split(":")[0] for line in out.splitlines()] == [
        *("zh-Hans/language.yml", "zh-Hans/index.md"),
        *("zh-Hans/01_tiny.ipynb", "zh-Hans/02_other.ipynb"),
    ]
    content = yaml.safe_load(place(book, "language.yml", "zh-Hans").read_text(encoding="utf-8"))
    assert content == {"name": "zh-Hans", "sphinx": "zh_CN"}
    english, page = (
        read_any_page(place(book, TINY, "en")),
        read_any_page(place(book, TINY, "zh-Hans")),
    )
    for source, cell in zip(english.cells, page.cells, strict=True):
        if source.cell_type == "code":
            assert source == cell
        elif source.id != "title":
            assert cell.source == source.source
            assert cell.metadata == {"translation": {"stand_in": source_hash(source.source)}}
    assert other_languages(book) == ["ko", "zh-Hans"]
    assert other_languages(book, ["zh-Hans"]) == ["zh-Hans"]
    sync_is_stable(book, capsys)
    assert check(book, capsys) == []


@pytest.mark.parametrize("name", ["ko", "en", "Korean", "../x", ""])
def test_add_refuses(book: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    before = files_of(book)
    assert main(["add", name], book) == 1
    assert "translations: code: expected" in capsys.readouterr().err
    assert files_of(book) == before


def test_what_is_stored(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    english = cell_of(read_any_page(place(book, TINY, "en")), "first")
    cell = cell_of(read_any_page(place(book)), "first")
    digits = hashlib.sha256(english.source.encode("utf-8")).hexdigest()[:12]
    assert cell.metadata == {"translation": {"source": digits}}
    assert cell.source == "## One 번역 first\n\nA `tensor` of $n$ numbers."
    sync_is_stable(book, capsys)


def test_english_edited(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert table(book, capsys)["01_tiny"] == (7, 0, 0)
    change_english(book, change("first", source="## One\n\nA tensor."), change("shown", source="3"))
    assert [p.split(": ", 1)[1][:19] for p in check(book, capsys)] == ["differs from Englis"]
    assert main(["sync"], book) == 0
    assert check(book, capsys) == []  # stale is no error, whatever the new structure
    assert table(book, capsys)["01_tiny"] == (6, 1, 0)
    strict = check(book, capsys, "--strict")
    assert [p for p in strict if "01_tiny" in p] == [
        "ko/01_tiny.ipynb (first): stale; translate it, then run "
        "python -m tools.translations accept ko 01_tiny first"
    ]
    assert main(["check", "--strict"], book) == 1
    assert "ko/01_tiny.ipynb: 1 stale of 7 texts" in capsys.readouterr().out

    before = files_of(book)
    assert main(["accept", "ko", "1", "first"], book) == 1  # still with the old code and formula
    assert "inline code: has 'tensor', which English lacks" in capsys.readouterr().err
    assert files_of(book) == before
    with edited(place(book)) as page:
        cell_of(page, "first").source = "## 하나\n\n텐서."
    assert main(["accept", "ko", "1", "first"], book) == 0
    assert table(book, capsys)["01_tiny"] == (7, 0, 0)
    assert check(book, capsys) == []


def test_english_added_split_and_moved(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(
        book,
        change("first", source="## One"),
        add(markdown("first-part", "A `tensor` of $n$ numbers."), 6),
        move("third", 2),
    )
    problems = check(book, capsys)
    assert any("lacks the cell first-part" in problem for problem in problems)
    assert any("unlike English" in problem for problem in problems)
    assert main(["sync"], book) == 0
    assert "stand-ins added: 1" in capsys.readouterr().out
    english, page = read_any_page(place(book, TINY, "en")), read_any_page(place(book))
    assert [cell.id for cell in page.cells] == [cell.id for cell in english.cells]
    assert cell_of(page, "third").source == "The *end*. 번역 third"
    assert table(book, capsys)["01_tiny"] == (6, 1, 1)
    assert check(book, capsys) == []
    sync_is_stable(book, capsys)


def test_english_removed_leaves_an_orphan(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, remove("second"), remove("shown"))
    assert main(["sync"], book) == 0
    (problem,) = check(book, capsys)
    assert "(second): English has no such cell: move its words" in problem
    page = read_any_page(place(book))
    assert page.cells[number_of(page, "second") - 1].id == "first"
    assert main(["accept", "ko", "1", "second"], book) == 1
    assert "received 'second'" in capsys.readouterr().err
    assert main(["sync"], book) == 0
    sync_is_stable(book, capsys)
    change_english(book, add(markdown("second", "See [two](02_other.ipynb#two)."), 8))
    assert main(["sync"], book) == 0
    assert check(book, capsys) == []  # and is taken up again
    assert table(book, capsys)["01_tiny"] == (7, 0, 0)
    change_english(book, remove("second"))
    assert main(["sync"], book) == 0
    with edited(place(book)) as page:
        remove("second")(page)
    assert check(book, capsys) == []


def test_a_stand_in_goes_with_its_cell(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, remove("more"), name=OTHER)
    assert any("no such stand-in" in problem for problem in check(book, capsys))
    assert main(["sync"], book) == 0
    assert check(book, capsys) == []


def test_a_stand_in_follows_english(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, change("more", source="Other words."), name=OTHER)
    (problem,) = check(book, capsys)
    assert "(more): " in problem
    assert main(["sync"], book) == 0
    assert "stand-ins renewed: 1" in capsys.readouterr().out
    assert cell_of(read_any_page(place(book, OTHER)), "more").source == "Other words."
    assert check(book, capsys) == []


def test_words_not_yet_accepted_are_safe(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book, OTHER)) as page:
        cell_of(page, "more").source = "낱말."
    change_english(book, change("more", source="Other words."), name=OTHER)
    assert main(["sync"], book) == 0
    assert cell_of(read_any_page(place(book, OTHER)), "more").source == "낱말."
    (problem,) = check(book, capsys)
    assert (
        "not accepted; if it is done, run python -m tools.translations accept ko 02_other more"
        in problem
    )
    assert table(book, capsys)["02_other"] == (0, 0, 6)
    sync_is_stable(book, capsys)


def test_english_must_be_whole(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_toc(book, "01_tiny", "02_other", "03_new")
    for command in ("sync", "check", "status"):
        assert main([command], book) == 1
        assert "03_new.ipynb: in _toc.yml, but no such file" in capsys.readouterr().err


@pytest.mark.parametrize("damage", [lose_ids, change("third", id="second")])
def test_english_must_have_ids(
    book: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Any], None]
) -> None:
    change_english(book, damage)
    before = files_of(book)
    assert main(["sync"], book) == 1
    assert "01_tiny.ipynb: expected an id per cell, received" in capsys.readouterr().err
    assert files_of(book) == before
