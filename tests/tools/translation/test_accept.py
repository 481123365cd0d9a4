"""What a translator accepts, and what is refused."""

from pathlib import Path

import pytest

from tests.helpers.translations import (
    OTHER,
    cell_of,
    change,
    change_english,
    check,
    edited,
    files_of,
    lose_ids,
    place,
    sync_is_stable,
    table,
)
from tools.translations import main


def test_accept_refuses(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book, OTHER)) as page:
        cell_of(page, "two").source = "## 둘\n\n더 **많이(more)**는"
    before = files_of(book)
    for words, *arguments in (
        ("not closed", "2", "two"),
        ("equals the English text", "2", "more"),
        ("equals the English text", "2", "--all"),
        ("received 'two-code'", "2", "two-code"),
        ("received 'nowhere'", "2", "nowhere"),
        ("expected ids of cells, or --all", "2"),
        ("chapter: expected", "9", "two"),
        ("equals the English text", "index"),
    ):
        assert main(["accept", "ko", *arguments], book) == 1
        assert words in capsys.readouterr().err
    assert main(["accept", "ru", "2", "two"], book) == 1
    assert "language: expected one of ko; received 'ru'" in capsys.readouterr().err
    assert files_of(book) == before
    assert main(["accept", "ko", "2", "more", "--same"], book) == 0
    assert table(book, capsys)["02_other"] == (1, 0, 5)
    with edited(place(book, OTHER)) as page:
        cell_of(page, "two").source = "## 둘"
    assert len(check(book, capsys)) == 1
    sync_is_stable(book, capsys)
    with edited(place(book)) as page:
        lose_ids(page)
    assert main(["accept", "ko", "1", "third"], book) == 1
    assert "run python -m tools.translations sync" in capsys.readouterr().err


def test_accept_of_what_has_no_words(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, change("more", source="$x = 1$, `a`"), name=OTHER)
    assert main(["sync"], book) == 0
    assert main(["accept", "ko", "2", "more"], book) == 0
    assert table(book, capsys)["02_other"] == (1, 0, 5)
