"""Alternative texts of figures in another language: read, kept, checked and shown."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.chapters import code, tiny_chapter, write_chapter
from tools.assembly import write_page
from tools.figure_texts import (
    FILE,
    alternatives,
    describe_figures,
    figure_problems,
    figure_states,
    figures_bytes,
    followed,
    read_figures,
)
from tools.glossary import Term
from tools.languages import SOURCE
from tools.notebooks import chapter_paths, read_notebook
from tools.translations import main

BARS, CURVE = "Three bars of equal height.", "A falling curve."
OWN = {"curve": {"english": CURVE, "text": "내려가는 곡선."}}


def page(**texts: str):
    """Return a chapter with a figure for each id."""
    chapter = tiny_chapter(*(code(id_, "figure") for id_ in texts))
    for cell in chapter.cells:
        if cell.id in texts:
            cell.metadata["mystnb"] = {"image": {"alt": texts[cell.id]}}
    return chapter


def book(root: Path, **texts: str) -> Path:
    """Write a book of one chapter, which a new language has as it is."""
    write_chapter(root / "notebooks" / SOURCE, page(**texts))
    toc = "format: jb-book\nroot: notebooks/en/index\nchapters:\n- file: notebooks/en/01_tiny\n"
    (root / "_toc.yml").write_text(toc, encoding="utf-8")
    return root


def test_states_follow_the_english_text() -> None:
    english = page(bars=BARS, curve=CURVE)
    assert alternatives(english) == {"bars": BARS, "curve": CURVE}
    assert figure_states(english, {}) == {"bars": "missing", "curve": "missing"}
    assert figure_states(english, OWN) == {"bars": "missing", "curve": "current"}
    assert figure_states(page(curve=f"{CURVE} Steeply."), OWN) == {"curve": "stale"}
    assert figure_states(page(), OWN) == {}


def test_a_page_has_current_texts_and_else_the_english_ones() -> None:
    mine = page(bars=BARS, curve=CURVE)
    stale = {"bars": {"english": "Two bars.", "text": "막대 두 개."}}
    describe_figures(mine, OWN | stale)
    assert alternatives(mine) == {"bars": BARS, "curve": "내려가는 곡선."}


def test_texts_are_kept_and_entries_without_one_follow_english() -> None:
    english = {"01_tiny.ipynb": page(bars=BARS, curve=CURVE)}
    empty = {"english": BARS, "text": ""}
    assert followed(english, {}) == {
        "01_tiny": {"bars": empty, "curve": {"english": CURVE, "text": ""}}
    }
    older = {"english": "Two bars.", "text": ""}
    gone = {"english": "A map.", "text": "지도."}
    ours = {"01_tiny": OWN | {"bars": older, "map": gone, "nothing": older}, "02_old": OWN}
    expected = {"01_tiny": {"bars": empty, **OWN, "map": gone}, "02_old": OWN}
    assert followed(english, ours) == expected
    assert list(followed(english, ours)["01_tiny"]) == ["bars", "curve", "map"]
    assert followed(english, expected) == expected
    assert followed({"01_tiny.ipynb": page()}, {"01_tiny": {"bars": empty}}) == {}


def test_the_file_holds_what_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "notebooks" / "ko").mkdir(parents=True)
    assert read_figures(tmp_path, "ko") == {}
    path = tmp_path / "notebooks" / "ko" / FILE
    for figures in ({}, {"01_tiny": OWN}):
        path.write_bytes(figures_bytes(figures))
        assert read_figures(tmp_path, "ko") == figures
    assert "내려가는 곡선." in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "content",
    [
        "- a",
        "01_tiny: a",
        "01_tiny: {curve: a}",
        "01_tiny: {curve: {text: a}}",
        "01_tiny: {curve: {english: a, text: b, note: c}}",
        "01_tiny: {curve: {english: a, text: 1}}",
        "a: [",
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "notebooks" / "ko").mkdir(parents=True)
    (tmp_path / "notebooks" / "ko" / FILE).write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"ko/figures\.yml: expected chapter, cell"):
        read_figures(tmp_path, "ko")


def test_texts_of_nobody_and_other_terms_are_problems() -> None:
    english = {"01_tiny.ipynb": page(curve=CURVE)}
    terms = [Term("curve", {"ko": ("곡선",)}, {"ko": ("커브",)})]
    assert figure_problems(english, {"01_tiny": OWN}, "ko", terms) == []
    for entry, words in (
        ({"map": OWN["curve"]}, "map: English has no such figure"),
        ({"curve": {"english": CURVE, "text": "선."}}, "curve: glossary: English has 'curve'"),
        ({"curve": {"english": CURVE, "text": "커브 곡선."}}, "curve: glossary: avoid 커브"),
    ):
        (problem,) = figure_problems(english, {"01_tiny": entry}, "ko", terms)
        assert words in problem
    (problem,) = figure_problems(english, {"02_old": OWN}, "ko", terms)
    assert problem.startswith("ko/figures.yml 02_old curve: English has no such figure")
    stale = {"curve": {"english": "A line.", "text": "선."}}
    assert figure_problems(english, {"01_tiny": stale}, "ko", terms) == []


def test_the_tool_adds_counts_and_names_them(tmp_path: Path, capsys) -> None:
    book(tmp_path, bars=BARS, curve=CURVE)
    assert main(["add", "ko"], tmp_path) == 0
    path = tmp_path / "notebooks" / "ko" / FILE
    figures = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert figures["01_tiny"]["bars"] == {"english": BARS, "text": ""}
    figures["01_tiny"] |= OWN
    path.write_bytes(figures_bytes(figures))
    capsys.readouterr()
    assert main(["check", "--strict"], tmp_path) == 1
    out = capsys.readouterr().out
    assert "(bars): missing; write it into ko/figures.yml" in out
    assert "(curve)" not in out
    assert main(["status"], tmp_path) == 0
    assert "| 01_tiny |       1 |     0 |" in capsys.readouterr().out
    book(tmp_path, curve=f"{CURVE} Steeply.")
    assert main(["sync"], tmp_path) == 0
    assert read_figures(tmp_path, "ko") == {"01_tiny": OWN}
    capsys.readouterr()
    main(["check", "--strict"], tmp_path)
    assert "(curve): stale; write it into ko/figures.yml" in capsys.readouterr().out


def test_a_book_without_figures_gets_no_file(tmp_path: Path) -> None:
    assert main(["add", "ko"], book(tmp_path)) == 0
    assert not (tmp_path / "notebooks" / "ko" / FILE).exists()


def test_the_site_has_them(tmp_path: Path) -> None:
    root = book(tmp_path / "book", bars=BARS, curve=CURVE)
    assert main(["add", "ko"], root) == 0
    (root / "notebooks" / "ko" / FILE).write_bytes(figures_bytes({"01_tiny": OWN}))
    (path,) = chapter_paths(root)
    for language, text in (("en", CURVE), ("ko", "내려가는 곡선.")):
        target = tmp_path / language
        target.mkdir()
        write_page(path, language, target, root)
        assert alternatives(read_notebook(target / path.name)) == {"bars": BARS, "curve": text}
    shutil.rmtree(root / "notebooks" / "ko")
    write_page(path, "ko", target, root)
    assert alternatives(read_notebook(target / path.name))["curve"] == CURVE
