import copy
import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.chapters import code, markdown, tiny_chapter, write_chapter, write_toc
from tools.stamp import Repository, stamp_notebook
from tools.translation.files import page_bytes, read_any_page
from tools.translation.languages import other_languages
from tools.translation.pairs import placed_pages, source_hash
from tools.translations import main

v4: Any = nbformat.v4
TINY, OTHER = "01_tiny.ipynb", "02_other.ipynb"
INDEX = "# Book\n\nTwo chapters: [one](01_tiny.ipynb).\n"
TO_DO = "run|delete|as in English|put a space|use it|avoid"
LINE = re.compile(rf"ko/(\S+\.(?:ipynb|md)|index\.md)\b.*: .*({TO_DO})")


def place(root: Path, name: str = TINY, language: str = "ko") -> Path:
    return root / "notebooks" / language / name


@contextmanager
def edited(path: Path) -> Iterator[Any]:
    """Give a notebook to change; it is written without any repair."""
    page = read_any_page(path)
    yield page
    path.write_text(v4.writes(page) + "\n", encoding="utf-8")


def cell_of(page: Any, id_: str) -> Any:
    return next(cell for cell in page.cells if cell.get("id") == id_)


def number_of(page: Any, id_: str) -> int:
    return [cell.get("id") for cell in page.cells].index(id_)


def in_korean(source: str, name: str) -> str:
    """Translate: other words in the first line, the same structure."""
    first, *rest = source.split("\n")
    return "\n".join([f"{first} 번역 {name}", *rest])


def translate(root: Path, name: str, *ids: str) -> None:
    """Translate the named texts of a chapter, or all, and accept them."""
    with edited(place(root, name)) as page:
        for cell in page.cells:
            if cell.cell_type == "markdown" and (cell.id in ids or not ids):
                cell.source = in_korean(cell.source, cell.id)
    assert main(["accept", "ko", name[:-6], *(ids or ["--all"])], root) == 0


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of two chapters and an index, with Korean, of which the first chapter is done."""
    root = tmp_path_factory.mktemp("book")
    tiny = tiny_chapter(
        markdown("first", "## One\n\nA `tensor` of $n$ numbers."),
        code("shown", "print(1)"),
        markdown("second", "See [two](02_other.ipynb#two)."),
        markdown("third", "The *end*."),
    )
    cell_of(tiny, "shown").outputs = [v4.new_output("stream", name="stdout", text="1\n")]
    cells = (markdown("two", "## Two\n\nMore."), code("two-code", "2"), markdown("more", "Words."))
    other = tiny_chapter(*cells)
    for cell in other.cells:
        if cell.id in ("title", "objectives", "summary", "exercises"):
            cell.source = cell.source.replace("One idea", "Another idea").replace("half", "third")
    write_chapter(root / "notebooks" / "en", tiny)
    write_chapter(root / "notebooks" / "en", other, "02_other")
    place(root, "index.md", "en").write_text(INDEX, encoding="utf-8")
    write_toc(root, "01_tiny", "02_other")
    assert main(["add", "ko"], root) == 0
    translate(root, TINY)
    return root


@pytest.fixture
def book(original: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(original, tmp_path / "book"))


def test_the_book_is_good(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(book, capsys) == []
    sync_is_stable(book, capsys)


def check(root: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    """Return the problems that `check` prints, each of which must say where and what to do."""
    capsys.readouterr()
    status = main(["check", *options], root)
    out = capsys.readouterr().out
    problems = [line for line in out.splitlines() if not re.search(r"of \d+ texts$", line)]
    assert status == min(1, len(problems))
    for problem in problems:
        assert LINE.match(problem), problem
    return problems


def test_a_text_that_departs_from_the_glossary_fails_until_english_moves_on(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "en,ko,avoid,note\nnumber,수,ko: 숫자,\n"
    (book / "notebooks" / "glossary.csv").write_text(rows, encoding="utf-8")
    (problem,) = check(book, capsys)
    assert problem.startswith("ko/01_tiny.ipynb cell 7 (first): glossary: English has 'number'")
    with edited(place(book)) as page:
        first, second = cell_of(page, "first"), cell_of(page, "second")
        first.source += "\n수."
        assert "숫자" not in second.source
        second.source += " 숫자"
    (problem,) = check(book, capsys)
    assert problem.endswith("(second): glossary: avoid 숫자; 'number' is 수")
    with edited(place(book, TINY, "en")) as page:
        cell_of(page, "second").source += " More."
    assert check(book, capsys) == []  # stale: its words follow another English text
    (book / "notebooks" / "glossary.csv").write_text("en,ko\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["check"], book) == 1
    assert "expected columns" in capsys.readouterr().err


def files_of(root: Path) -> dict[Path, tuple[bytes, int]]:
    paths = [path for path in root.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


def sync_is_stable(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_of(root)
    capsys.readouterr()
    assert main(["sync"], root) == 0
    assert capsys.readouterr().out == "nothing to do\n"
    assert files_of(root) == before


def table(root: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[int, ...]]:
    """Return the rows of `status` by their names."""
    capsys.readouterr()
    assert main(["status"], root) == 0
    rows = [line.strip("|").split("|") for line in capsys.readouterr().out.splitlines() if line]
    assert len({sum(map(len, row)) for row in rows}) == 1  # aligned
    return {row[0].strip(): tuple(map(int, row[1:])) for row in rows[2:]}


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


def lose_ids(page: Any) -> None:
    page.nbformat_minor = 4
    for cell in page.cells:
        del cell["id"]


def change(id_: str, **values: Any) -> Callable[[Any], None]:
    return lambda page: cell_of(page, id_).update(nbformat.from_dict(values))  # type: ignore[no-untyped-call]


def remove(id_: str) -> Callable[[Any], None]:
    return lambda page: page.cells.pop(number_of(page, id_))


def move(id_: str, to: int) -> Callable[[Any], None]:
    return lambda page: page.cells.insert(to, page.cells.pop(number_of(page, id_)))


def add(cell: Any, to: int) -> Callable[[Any], None]:
    return lambda page: page.cells.insert(to, copy.deepcopy(cell))


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
    (other_address, r"\(title\): the link to Colab leads elsewhere"),
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


def change_english(root: Path, *edits: Callable[[Any], None], name: str = TINY) -> None:
    with edited(place(root, name, "en")) as page:
        for edit in edits:
            edit(page)


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


def test_a_lost_id_of_a_stale_text(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, change("second", source="Changed."), change("third", source="New end."))
    with edited(place(book)) as page:
        cell_of(page, "third").id = "a1b2c3d4"
        cell_of(page, "second").id = "b9b2c3d4"
    assert any("lost its id second" in problem for problem in check(book, capsys))
    assert main(["sync"], book) == 0
    page = read_any_page(place(book))
    assert cell_of(page, "second").source.endswith("번역 second")
    assert cell_of(page, "third").source.endswith("번역 third")
    assert table(book, capsys)["01_tiny"] == (5, 2, 0)


def test_an_english_cell_with_another_id(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, change("third", id="end"))
    assert any("(third): lost its id end" in problem for problem in check(book, capsys))
    assert main(["sync"], book) == 0
    assert "번역 third" in cell_of(read_any_page(place(book)), "end").source
    assert table(book, capsys)["01_tiny"] == (7, 0, 0)


def test_a_lost_id_beside_a_stand_in(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    translate(book, OTHER, "more")
    change_english(book, change("more", source="Other words."), name=OTHER)
    with edited(place(book, OTHER)) as page:
        lose_ids(page)
    assert main(["sync"], book) == 0
    assert "번역 more" in cell_of(read_any_page(place(book, OTHER)), "more").source
    assert table(book, capsys)["02_other"] == (0, 1, 5)
    assert check(book, capsys) == []


def test_a_place_that_fits_two_cells(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_english(book, change("second", source="Changed."), change("third", source="New end."))
    with edited(place(book)) as page:
        remove("second")(page)
        cell_of(page, "third").id = "a1b2c3d4"
    assert main(["sync"], book) == 0
    (problem,) = check(book, capsys)
    assert "(a1b2c3d4): English has no such cell" in problem
    assert table(book, capsys)["01_tiny"] == (5, 0, 2)


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


def test_text_in_a_raw_cell_is_kept(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book)) as page:
        page.cells.insert(4, v4.new_raw_cell("메모", id="memo"))
    assert main(["sync"], book) == 0
    cell = cell_of(read_any_page(place(book)), "memo")
    assert (cell.cell_type, cell.source) == ("markdown", "메모")
    (problem,) = check(book, capsys)
    assert "(memo): English has no such cell" in problem


def test_half_a_chapter_is_no_chapter() -> None:
    def page(*ids: str) -> Any:
        return v4.new_notebook(cells=[markdown(id_, id_) for id_ in ids])

    english = {"1.ipynb": page("a", "b"), "2.ipynb": page("c")}
    assert placed_pages(english, {"0.ipynb": page("a", "b", "c", "d")}) == {}
    assert placed_pages(english, {"0.ipynb": page("a", "b", "c")}) == {"1.ipynb": "0.ipynb"}
    two = {"0.ipynb": page("a"), "9.ipynb": page("a", "b")}
    assert placed_pages(english, two) == {"1.ipynb": "9.ipynb"}
    taken = {"1.ipynb": page("b"), "9.ipynb": page("a", "b")}
    assert placed_pages(english, taken) == {"1.ipynb": "1.ipynb"}


def rename(root: Path, old: str, new: str) -> None:
    place(root, f"{old}.ipynb", "en").rename(place(root, f"{new}.ipynb", "en"))
    text = (root / "_toc.yml").read_text(encoding="utf-8")
    (root / "_toc.yml").write_text(text.replace(f"en/{old}\n", f"en/{new}\n"), encoding="utf-8")
    with edited(place(root, f"{new}.ipynb", "en")) as page:
        address = f"notebooks/en/{new}.ipynb"
        stamp_notebook(page, address, Repository("https://github.com/owner/name", "main"))


@pytest.mark.parametrize("old", ["01_tiny", "02_other"])
def test_a_renamed_chapter(book: Path, capsys: pytest.CaptureFixture[str], old: str) -> None:
    before = table(book, capsys)[old]
    rename(book, old, "03_new")
    problems = check(book, capsys)
    assert any(f"ko/{old}.ipynb: English calls it 03_new.ipynb now" in p for p in problems)
    assert main(["sync"], book) == 0
    assert f"ko/03_new.ipynb: renamed from {old}.ipynb" in capsys.readouterr().out
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
    assert "ko/index.md cell 1 (index): links: lacks 'notebooks/*/01_tiny.ipynb'" in problem


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
    stamp_notebook(english, f"notebooks/en/{TINY}", Repository("https://github.com/new/home", "x"))
    write_chapter(place(book, "", "en"), english)
    assert main(["sync"], book) == 0
    source = cell_of(read_any_page(place(book)), "title").source
    link = f"[Colab에서 열기]({address.format('new/home/blob/x', 'ko')})。"
    assert source.endswith(link)
    assert source.startswith("# Tiny 번역 title")
    assert table(book, capsys)["01_tiny"] == (7, 0, 0)  # a new address makes nothing stale
    assert check(book, capsys) == []
    stand_in = cell_of(read_any_page(place(book, OTHER)), "title").source
    assert "/notebooks/ko/" in stand_in
    assert "/notebooks/en/" not in stand_in


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


def test_another_format(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with edited(place(book)) as page:
        page.nbformat = 5
    (problem,) = check(book, capsys)
    assert "expected a Jupyter notebook, received ValueError: nbformat 5" in problem


def kept(root: Path) -> str:
    pages = [read_any_page(path) for path in place(root, "").iterdir() if path.suffix != ".yml"]
    return "\n".join(cell.source for page in pages for cell in page.cells)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "move", "edit", "retype", "rename", "write"]),
        st.sampled_from([0, 1]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=6,
)


def random_edit(root: Path, stems: list[str], step: int, edit: tuple[str, int, int, int]) -> str:
    """Change English, or write a translation, which is returned."""
    kind, chapter, one, two = edit
    if kind == "rename":
        rename(root, stems[chapter], f"{step + 10}_new")
        stems[chapter] = f"{step + 10}_new"
        return ""
    name = f"{stems[chapter]}.ipynb"
    if kind == "write":
        if not place(root, name).exists():
            return ""
        with edited(place(root, name)) as page:
            texts = [cell for cell in page.cells if cell.cell_type == "markdown"]
            cell = texts[one % len(texts)]
            cell.source += f"\n\n번역 {step}"
        return f"번역 {step}"
    with edited(place(root, name, "en")) as page:
        cell = page.cells[one % len(page.cells)]
        if kind == "add":
            page.cells.insert(two % len(page.cells), markdown(f"added-{step}", f"Added {step}."))
        elif kind == "move":
            page.cells.remove(cell)
            page.cells.insert(two % (len(page.cells) + 1), cell)
        elif kind == "remove" and len(page.cells) > 1:
            page.cells.remove(cell)
        elif kind == "edit":
            cell.source += f"\n# {step}"
        elif kind == "retype" and cell.cell_type == "markdown":
            number = page.cells.index(cell)
            page.cells[number] = code(cell.id, f"retyped = {step}")
    return ""


@settings(max_examples=30)
@given(steps=st.lists(EDITS, min_size=1, max_size=3))
def test_prose_is_never_lost(original: Path, steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(original, Path(folder) / "book"))
        words = [
            cell.source.split("\n")[0]
            for cell in read_any_page(place(root)).cells
            if cell.cell_type == "markdown"
        ]
        assert len(words) == 7
        stems = ["01_tiny", "02_other"]
        for number, edits in enumerate(steps):
            for step, edit in enumerate(edits):
                words.append(random_edit(root, stems, 10 * number + step, edit))
            assert main(["sync"], root) == 0
            text = kept(root)
            assert [word for word in words if word not in text] == []
            before = files_of(root)
            assert main(["sync"], root) == 0
            assert files_of(root) == before


@settings(max_examples=15)
@given(edits=EDITS)
def test_where_check_finds_nothing_sync_does_nothing(original: Path, edits: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(original, Path(folder) / "book"))
        stems = ["01_tiny", "02_other"]
        for step, edit in enumerate(edits):
            random_edit(root, stems, step, edit)
            before = files_of(root)
            passed = main(["check"], root) == 0
            assert main(["sync"], root) == 0
            assert files_of(root) == before or not passed
