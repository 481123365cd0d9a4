"""Pages as their files hold them: the index, hashes, the link to Colab."""

from pathlib import Path

import pytest
import yaml

from tests.helpers.chapters import write_chapter
from tests.helpers.translations import (
    INDEX,
    OTHER,
    TINY,
    cell_of,
    check,
    edited,
    place,
    sync_is_stable,
    table,
)
from tools.chapters.repository import Repository
from tools.stamp import stamp_notebook
from tools.translation.files import page_bytes, read_any_page
from tools.translation.pairs import source_hash
from tools.translations import main


def test_what_translators_are_told_is_no_page(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = check(book, capsys)
    place(book, "TRANSLATING.md").write_text("# How to translate\n", encoding="utf-8")
    assert check(book, capsys) == before
    place(book, "OTHER.md").write_text("# Another page\n", encoding="utf-8")
    assert len(check(book, capsys)) == len(before) + 1


def test_index(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = place(book, "index.md")
    head = f"---\ntranslation:\n  stand_in: {source_hash(INDEX)}\n---\n"
    assert path.read_text(encoding="utf-8") == head + INDEX
    own = "description: 책  # kept\n"
    text = head.replace("---\n", f"---\n{own}", 1) + INDEX.replace("Book", "책")
    path.write_text(text, encoding="utf-8")
    (problem,) = check(book, capsys)
    assert "run python -m tools.translations accept ko index index" in problem
    assert main(["accept", "ko", "index"], book) == 0
    accepted = path.read_text(encoding="utf-8")
    assert accepted.startswith(f"---\n{own}translation:\n  source: ")
    front = yaml.safe_load(accepted.split("---\n")[1])
    assert front == {"description": "책", "translation": {"source": source_hash(INDEX)}}
    assert table(book, capsys)["index"] == (1, 0, 0)
    assert check(book, capsys) == []
    sync_is_stable(book, capsys)

    place(book, "index.md", "en").write_text(f"---\ntitle: x\n---\n{INDEX}", encoding="utf-8")
    assert table(book, capsys)["index"] == (1, 0, 0)
    place(book, "index.md", "en").write_text(INDEX + "More.\n", encoding="utf-8")
    assert table(book, capsys)["index"] == (0, 1, 0)
    sync_is_stable(book, capsys)
    path.write_text(path.read_text(encoding="utf-8").replace("01_", "02_"), encoding="utf-8")
    place(book, "index.md", "en").write_text(INDEX, encoding="utf-8")
    (problem,) = check(book, capsys)
    assert problem.startswith("ko/index.md cell 1 (index): a link leads elsewhere; run")
    assert main(["sync"], book) == 0
    assert path.read_text(encoding="utf-8") == accepted


@pytest.mark.parametrize("digits", ["123456789012", "012345670123", "1234567890e1"])
def test_a_hash_that_yaml_could_read_as_a_number(book: Path, digits: str) -> None:
    page = read_any_page(place(book, "index.md"))
    page.cells[0].metadata["translation"] = {"source": digits}
    place(book, "index.md").write_bytes(page_bytes(Path("index.md"), page))
    assert read_any_page(place(book, "index.md")).cells[0].metadata.translation.source == digits


def test_the_address_of_colab(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book)) as page:
        title = cell_of(page, "title")
        title.source = title.source.replace("Open this chapter in Colab", "Colab에서 열기") + "。"
    sync_is_stable(book, capsys)
    english = read_any_page(place(book, TINY, "en"))
    address = "https://colab.research.google.com/github/{}/notebooks/{}/01_tiny.ipynb"
    moved = Repository("https://github.com/new/home", "x", "1.2.4")
    stamp_notebook(english, f"notebooks/en/{TINY}", moved)
    write_chapter(place(book, "", "en"), english)
    assert main(["sync"], book) == 0
    source = cell_of(read_any_page(place(book)), "title").source
    link = f"[Colab에서 열기]({address.format('new/home/blob/v1.2.4', 'ko')})。"
    assert source.endswith(link)
    assert source.startswith("# Tiny 번역 title")
    assert table(book, capsys)["01_tiny"] == (7, 0, 0)  # a new address makes nothing stale
    assert check(book, capsys) == []
    stand_in = cell_of(read_any_page(place(book, OTHER)), "title").source
    assert "/notebooks/ko/" in stand_in
    assert "/notebooks/en/" not in stand_in
