"""Alternative texts of figures in another language: read, kept, checked and shown."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.helpers.chapters import code, tiny_chapter, write_chapter, write_toc
from tools.chapters.notebooks import chapter_paths, read_chapter
from tools.site.assembly import write_page
from tools.translation.figures import (
    FIGURES,
    alternatives,
    describe_figures,
    figure_problems,
    figure_states,
    figures_bytes,
    followed,
    read_figures,
)
from tools.translation.glossary import Term
from tools.translation.languages import SOURCE
from tools.translation.problems import SYNC
from tools.translations import main

TINY = "01_tiny.ipynb"
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
    write_toc(root, "01_tiny")
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
    english = {TINY: page(bars=BARS, curve=CURVE)}
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
    assert followed({TINY: page()}, {"01_tiny": {"bars": empty}}) == {}


def test_texts_go_with_a_renamed_chapter_and_a_renamed_cell() -> None:
    ours = {"01_tiny": OWN}
    renamed = {"02_small.ipynb": page(curve=CURVE)}
    assert followed(renamed, ours) == {"02_small": OWN}
    cell = {TINY: page(bars=BARS, fall=CURVE)}
    assert followed(cell, ours)["01_tiny"]["fall"] == OWN["curve"]
    assert set(followed(cell, ours)["01_tiny"]) == {"bars", "fall"}
    other = {TINY: page(fall=f"{CURVE} Steeply.")}  # nobody knows that it is the same figure
    assert set(followed(other, ours)["01_tiny"]) == {"fall", "curve"}


def test_texts_go_with_figures_that_move_to_another_chapter() -> None:
    other = "02_other.ipynb"
    bars = {"bars": {"english": BARS, "text": "막대 세 개."}}
    ours = {"01_tiny": bars | OWN}
    assert followed({TINY: page(bars=BARS), other: page(curve=CURVE)}, ours) == {
        "01_tiny": bars,
        "02_other": OWN,
    }
    stale = page(curve=f"{CURVE} Steeply.")  # the id alone says which it is
    assert followed({TINY: page(bars=BARS), other: stale}, ours)["02_other"] == OWN
    two = {TINY: page(bars=BARS), other: stale, "03_more.ipynb": stale}  # and here it does not
    assert followed(two, ours)["01_tiny"] == bars | OWN
    swapped = {TINY: page(bars=CURVE), other: page(bars=BARS)}
    both = {"01_tiny": bars, "02_other": {"bars": OWN["curve"]}}
    assert followed(swapped, both) == {"01_tiny": both["02_other"], "02_other": bars}


def test_no_text_of_a_figure_is_lost_to_another_of_that_id() -> None:
    other = "02_other.ipynb"
    gone = {"english": "A map.", "text": "지도."}
    ours = {"01_tiny": {"curve": gone}, "02_other": OWN}
    result = followed({TINY: page(curve=CURVE), other: page()}, ours)
    assert result == {"01_tiny": {"curve": OWN["curve"], "curve-orphan": gone}}
    assert followed({TINY: page(curve=CURVE), other: page()}, result) == result


def test_status_follows_a_figure_to_another_chapter(tmp_path: Path, capsys) -> None:
    english = tmp_path / "notebooks" / SOURCE
    write_chapter(english, page(), "02_other")
    book(tmp_path, curve=CURVE)
    write_toc(tmp_path, "01_tiny", "02_other")
    assert main(["add", "ko"], tmp_path) == 0
    (tmp_path / "notebooks" / "ko" / FIGURES).write_bytes(figures_bytes({"01_tiny": OWN}))
    write_chapter(english, page())
    write_chapter(english, page(curve=CURVE), "02_other")
    for _ in range(2):  # before and after sync
        capsys.readouterr()
        assert main(["status"], tmp_path) == 0
        assert "| 02_other |       1 |     0 |" in capsys.readouterr().out
        assert main(["sync"], tmp_path) == 0
    assert main(["check"], tmp_path) == 0


def test_orphans_are_dropped_on_request_alone(tmp_path: Path, capsys) -> None:
    book(tmp_path, curve=CURVE)
    assert main(["add", "ko"], tmp_path) == 0
    path = tmp_path / "notebooks" / "ko" / FIGURES
    gone = {"english": "A map.", "text": "지도."}
    old = {"curve": {"english": "A line.", "text": "선."}}
    path.write_bytes(figures_bytes({"01_tiny": OWN | {"map": gone}, "02_old": old}))
    before = path.read_bytes()
    assert main(["sync"], tmp_path) == 0
    assert path.read_bytes() == before
    capsys.readouterr()
    assert main(["sync", "ko", "--drop-orphans"], tmp_path) == 0
    assert capsys.readouterr().out == (
        "ko/figures.yml: follows the figures of English, orphans dropped: 2\n"
    )
    assert read_figures(tmp_path, "ko") == {"01_tiny": OWN}


def test_the_file_holds_what_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "notebooks" / "ko").mkdir(parents=True)
    assert read_figures(tmp_path, "ko") == {}
    path = tmp_path / "notebooks" / "ko" / FIGURES
    for figures in ({}, {"01_tiny": OWN}):
        path.write_bytes(figures_bytes(figures))
        assert read_figures(tmp_path, "ko") == figures
    assert "내려가는 곡선." in path.read_text(encoding="utf-8")


def test_what_a_person_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "notebooks" / "ko").mkdir(parents=True)
    path = tmp_path / "notebooks" / "ko" / FIGURES
    path.write_text(
        "01_tiny:\n  bars:\n    english: >\n      Three bars\n      of equal height.\n"
        "    text: |\n      막대\n      세 개.\n  curve: {english: a, text: }\n02_other:\n",
        encoding="utf-8",
    )
    figures = read_figures(tmp_path, "ko")
    bars = {"english": BARS, "text": "막대 세 개."}
    assert figures == {"01_tiny": {"bars": bars, "curve": {"english": "a", "text": ""}}}
    assert figure_states(page(bars=BARS), figures["01_tiny"]) == {"bars": "current"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("- a", r"the file: \['a'\]"),
        ("01_tiny: a", "01_tiny: 'a'"),
        ("01_tiny: {curve: a}", "01_tiny curve: 'a'"),
        ("01_tiny: {curve: {text: a}}", r"01_tiny curve with the keys \['text'\]"),
        ("01_tiny: {curve: {english: a, text: b, note: c}}", "'note'"),
        ("01_tiny: {curve: {english: a, text: 1}}", "01_tiny curve text: 1"),
        ("01_tiny: {}\n01_tiny: {}", "01_tiny twice"),
        (
            "01_tiny:\n  a: {english: b, text: c}\n  a: {english: b, text: c}",
            "a twice, near line 2",
        ),
        ("a: [", "expected"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "notebooks" / "ko").mkdir(parents=True)
    (tmp_path / "notebooks" / "ko" / FIGURES).write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"ko/figures\.yml: expected chapter, cell.*{words}"):
        read_figures(tmp_path, "ko")


def test_texts_of_nobody_and_other_terms_are_problems() -> None:
    english = {TINY: page(curve=CURVE)}
    terms = [Term(("curve",), {"ko": ("곡선",)}, {"ko": ("커브",)})]
    assert figure_problems(english, {"01_tiny": OWN}, "ko", terms) == []
    for entry, words in (
        ({"map": OWN["curve"]}, "map: English has no such figure"),
        ({"curve": {"english": CURVE, "text": "선."}}, "curve: glossary: English has 'curve'"),
        ({"curve": {"english": CURVE, "text": "커브 곡선."}}, "curve: glossary: avoid 커브"),
        ({"curve": {"english": CURVE, "text": CURVE}}, "curve: equals the English text"),
    ):
        problem, *_ = figure_problems(english, {"01_tiny": entry}, "ko", terms)
        assert words in problem
    (problem,) = figure_problems(english, {"02_old": OWN}, "ko", terms)
    assert problem.startswith("ko/figures.yml 02_old curve: English has no such figure")
    stale = {"curve": {"english": "A line.", "text": "선."}}
    assert figure_problems(english, {"01_tiny": stale}, "ko", terms) == []


def test_dollars_in_a_text_are_no_formula() -> None:
    english = {TINY: page(curve="From $5 a curve falls to $6.")}
    terms = [Term(("curve",), {"ko": ("곡선",)}, {})]
    entry = {"english": "From $5 a curve falls to $6.", "text": "$5에서 $6로."}
    (problem,) = figure_problems(english, {"01_tiny": {"curve": entry}}, "ko", terms)
    assert "'curve'" in problem


def test_the_tool_adds_counts_and_names_them(tmp_path: Path, capsys) -> None:
    book(tmp_path, bars=BARS, curve=CURVE)
    assert main(["add", "ko"], tmp_path) == 0
    path = tmp_path / "notebooks" / "ko" / FIGURES
    figures = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert figures["01_tiny"]["bars"] == {"english": BARS, "text": ""}
    figures["01_tiny"] |= OWN
    path.write_bytes(figures_bytes(figures))
    capsys.readouterr()
    assert main(["check", "--strict"], tmp_path) == 1
    out = capsys.readouterr().out
    assert "(bars): missing; translate it in ko/figures.yml, then run" in out
    assert "(curve)" not in out
    assert "run python -m tools.translations sync" not in out
    assert main(["status"], tmp_path) == 0
    assert "| 01_tiny |       1 |     0 |" in capsys.readouterr().out
    book(tmp_path, curve=f"{CURVE} Steeply.")
    assert main(["sync"], tmp_path) == 0
    assert read_figures(tmp_path, "ko") == {"01_tiny": OWN}
    capsys.readouterr()
    main(["check", "--strict"], tmp_path)
    assert "(curve): stale; translate it in ko/figures.yml" in capsys.readouterr().out
    assert main(["accept", "ko", "01", "curve"], tmp_path) == 0
    assert read_figures(tmp_path, "ko")["01_tiny"]["curve"]["english"] == f"{CURVE} Steeply."
    capsys.readouterr()
    main(["check", "--strict"], tmp_path)
    assert "(curve)" not in capsys.readouterr().out


def test_accepting_all_of_a_chapter_accepts_its_figures(tmp_path: Path) -> None:
    book(tmp_path, curve=CURVE)
    assert main(["add", "ko"], tmp_path) == 0
    path = tmp_path / "notebooks" / "ko" / FIGURES
    stale = {"english": "A line.", "text": "내려가는 곡선."}
    path.write_bytes(figures_bytes({"01_tiny": {"curve": stale}}))
    assert main(["accept", "ko", "1", "--all", "--same"], tmp_path) == 0
    assert read_figures(tmp_path, "ko") == {"01_tiny": OWN}


def test_accept_takes_no_figure_without_a_text(tmp_path: Path, capsys) -> None:
    book(tmp_path, bars=BARS)
    assert main(["add", "ko"], tmp_path) == 0
    path = tmp_path / "notebooks" / "ko" / FIGURES
    before = path.read_bytes()
    assert main(["accept", "ko", "01", "bars"], tmp_path) == 1
    assert "ko/figures.yml 01_tiny bars: expected a text" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", f"ko/figures.yml: not as English has its figures; {SYNC}"),
        (figures_bytes({"01_tiny": OWN}), "not as English has its figures"),
        (b"01_tiny: a", "expected chapter, cell, english and text, received 01_tiny: 'a'; mend it"),
    ],
)
def test_check_tells_of_a_file_that_sync_has_not_seen(tmp_path, capsys, content, words) -> None:
    book(tmp_path, bars=BARS, curve=CURVE)
    assert main(["add", "ko"], tmp_path) == 0
    assert main(["check"], tmp_path) == 0
    (tmp_path / "notebooks" / "ko" / FIGURES).write_bytes(content)
    capsys.readouterr()
    assert main(["check"], tmp_path) == 1
    out = capsys.readouterr().out
    assert words in out
    assert re.search(r"missing of \d+ texts", out)  # and goes on


def test_a_text_of_a_page_that_is_missing_is_missing(tmp_path: Path, capsys) -> None:
    book(tmp_path, curve=CURVE)
    assert main(["add", "ko"], tmp_path) == 0
    (tmp_path / "notebooks" / "ko" / FIGURES).write_bytes(figures_bytes({"01_tiny": OWN}))
    (tmp_path / "notebooks" / "ko" / TINY).unlink()
    capsys.readouterr()
    assert main(["status"], tmp_path) == 0
    assert re.search(r"\| 01_tiny \| +0 \| +0 \|", capsys.readouterr().out)


def test_a_book_without_figures_gets_no_file(tmp_path: Path) -> None:
    assert main(["add", "ko"], book(tmp_path)) == 0
    assert not (tmp_path / "notebooks" / "ko" / FIGURES).exists()


def test_the_site_has_them(tmp_path: Path) -> None:
    root = book(tmp_path / "book", bars=BARS, curve=CURVE)
    assert main(["add", "ko"], root) == 0
    (root / "notebooks" / "ko" / FIGURES).write_bytes(figures_bytes({"01_tiny": OWN}))
    (path,) = chapter_paths(root)
    for language, text in (("en", CURVE), ("ko", "내려가는 곡선.")):
        target = tmp_path / language
        target.mkdir()
        write_page(path, language, target, root, read_figures(root, language))
        assert alternatives(read_chapter(target / path.name)) == {"bars": BARS, "curve": text}
    shutil.rmtree(root / "notebooks" / "ko")
    write_page(path, "ko", target, root, read_figures(root, "ko"))
    assert alternatives(read_chapter(target / path.name))["curve"] == CURVE
