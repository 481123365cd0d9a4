"""Links from page to page of the book follow English."""

from pathlib import Path

import pytest

from tests.helpers.translations import (
    cell_of,
    change,
    change_english,
    check,
    place,
    rename,
    sync_is_stable,
    table,
)
from tools.translation.files import read_any_page
from tools.translation.links import REDIRECTS, followed_links, read_redirects
from tools.translations import main

RENAMED = {"04_old": "new"}


def link(*pages: str) -> str:
    return " ".join(f"[x]({page})" for page in pages)


@pytest.mark.parametrize(
    ("english", "source", "expected"),
    [
        # The only page that is strange becomes the only one that is lacking, without a heading.
        (["a.md"], ["b.md"], ["a.md"]),
        (["a.md"], ["b.md#b"], ["a.md"]),
        (["a.md", "c.md"], ["c.md#c", "b.md"], ["c.md#c", "a.md"]),
        (["a.md", "a.md"], ["b.md", "b.md"], ["a.md", "a.md"]),
        (["a.md", "a.md"], ["b.md", "a.md"], ["a.md", "a.md"]),
        # What remains is left to a translator.
        (["a.md", "c.md"], ["b.md", "d.md"], None),
        (["a.md", "c.md"], ["b.md", "b.md"], None),
        (["a.md"], ["b.md", "b.md"], None),
        (["a.md", "a.md"], ["b.md"], None),
        (["a.md", "c.md"], ["c.md", "c.md"], None),
        (["a.md"], [], None),
        ([], ["a.md"], None),
        (["a.md"], ["a.md#b"], None),
        (["a.md"], ["../a/b.md"], None),
        # Old names are known, and a heading keeps its name.
        (["new.ipynb#a"], ["04_old.ipynb#b"], ["new.ipynb#b"]),
        (["new.ipynb", "a.md"], ["04_old.ipynb#b", "b.md"], ["new.ipynb#b", "a.md"]),
        (["04_old.ipynb#a"], ["04_old.ipynb#b"], None),
        (["a.md", "c.md"], ["04_old.ipynb", "d.md"], ["new.ipynb", "d.md"]),
    ],
)
def test_a_current_text(english: list[str], source: list[str], expected: list[str] | None) -> None:
    result = followed_links(link(*english), link(*source), RENAMED, current=True)
    assert result == link(*(source if expected is None else expected))


def test_a_stale_text_follows_old_names_alone() -> None:
    english, source = link("a.md", "new.ipynb"), link("04_old.ipynb#b", "b.md")
    result = followed_links(english, source, RENAMED, current=False)
    assert result == link("new.ipynb#b", "b.md")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", {}),
        ("04_old: new\n", {"04_old": "new"}),
        ("1_a: b\nb: new\n", {"1_a": "new", "b": "new"}),
        ("a: b\nb: a\n", {}),
        ("other: new\n04_old: gone\n", {}),
    ],
)
def test_old_names_are_read(tmp_path: Path, content: str, expected: dict[str, str]) -> None:
    pages: dict[str, None] = {"new.ipynb": None, "other.ipynb": None}
    assert read_redirects(tmp_path, pages) == {}
    (tmp_path / REDIRECTS).write_text(content, encoding="utf-8")
    assert read_redirects(tmp_path, pages) == expected


def test_old_names_that_are_none(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (book / REDIRECTS).write_text("- a\n", encoding="utf-8")
    for command in ("check", "sync"):
        assert main([command], book) == 1
        assert "_redirects.yml: expected old and new names" in capsys.readouterr().err


@pytest.mark.parametrize("more", ["", " More."])
def test_links_follow_a_renamed_chapter(
    book: Path, capsys: pytest.CaptureFixture[str], more: str
) -> None:
    before = table(book, capsys)["01_tiny"]
    rename(book, "02_other", "other")
    change_english(book, change("second", source=f"See [two](other.ipynb#two).{more}"))
    (book / REDIRECTS).write_text("02_other: other\n", encoding="utf-8")
    assert any("(second): a link leads elsewhere; run" in p for p in check(book, capsys))
    assert main(["sync"], book) == 0
    assert "ko/01_tiny.ipynb: texts with other links: 1\n" in capsys.readouterr().out
    second = cell_of(read_any_page(place(book)), "second").source
    assert second == "See [two](other.ipynb#two). 번역 second"
    assert table(book, capsys)["01_tiny"] == (before if not more else (6, 1, 0))
    assert check(book, capsys) == []
    sync_is_stable(book, capsys)


def test_a_link_that_leads_to_another_chapter(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_english(book, change("second", source="See [two](index.md)."))
    assert main(["sync"], book) == 0
    second = cell_of(read_any_page(place(book)), "second").source
    assert second == "See [two](index.md). 번역 second"
    assert table(book, capsys)["01_tiny"] == (7, 0, 0)
    assert check(book, capsys) == []
