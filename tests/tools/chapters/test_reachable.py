"""Where a corpus cannot be had: chapters keep their outputs, cells and solutions are left out."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from charrnn import corpora
from charrnn.support import cache as cache_module
from tests.helpers.chapters import code, tiny_chapter, write_chapter
from tools import execute
from tools.chapters import reachable
from tools.chapters.notebooks import ROOT, read_chapter, solutions
from tools.chapters.reachable import missing_corpus, why_missing

EDITION = "Chapter I\n\nAnother edition.\n\n*** END OF THIS BOOK ***\n"
BOOK = "great-expectations"
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No network, an empty cache, no data folder; gives the folder that would be the cache."""
    cache = tmp_path / "cache"
    monkeypatch.setattr(cache_module.pooch, "os_cache", lambda name: cache)
    monkeypatch.delenv("CHARRNN_DATA", raising=False)
    for name in (BOOK, "great-expectations-system-c"):
        corpus = corpora.CORPORA[name]
        files = tuple(replace(file, url=NOWHERE) for file in corpus.files)
        monkeypatch.setitem(corpora.CORPORA, name, replace(corpus, files=files))
    monkeypatch.setattr(reachable, "_attempt", reachable._attempt.__wrapped__)
    return cache


def chapter(folder: Path, corpus: str = BOOK, *cells: Any, **options: Any) -> Path:
    notebook = tiny_chapter(*cells, **options)
    notebook.cells[3].source += f'\nCORPUS = "{corpus}"'
    assert "parameters" in notebook.cells[3].metadata["tags"]
    return write_chapter(folder, notebook)


# --- the rule


def test_a_corpus_without_a_mirror_may_be_missing(unreachable: Path) -> None:
    why = why_missing(BOOK)
    assert "could not get 1400-0.txt from http://127.0.0.1:9/" in why
    assert "\n" not in why
    assert why_missing("great-expectations-system-c")


def test_where_data_are_set_nothing_may_be_missing(
    unreachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARRNN_DATA", str(unreachable))
    assert why_missing(BOOK) == ""
    with pytest.raises(corpora.CorpusError):
        corpora.load(BOOK)


def test_shakespeare_is_never_missing(unreachable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "load", lambda name: pytest.fail("tried"))
    for name in ("shakespeare", "a/path.txt", "https://example.org/", "", None, 3):
        assert why_missing(name) == ""


def test_another_edition_is_not_the_one_of_the_outputs(unreachable: Path) -> None:
    unreachable.mkdir()
    (unreachable / "1400-0.txt").write_text(EDITION, encoding="utf-8")
    assert "another edition" in why_missing(BOOK)


def test_what_can_be_had_is_not_missing(unreachable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "load", lambda name: "a text")
    assert why_missing(BOOK) == ""


def test_the_corpus_of_a_chapter_is_its_parameter(unreachable: Path, tmp_path: Path) -> None:
    path = chapter(tmp_path)
    assert missing_corpus(path).startswith(f"{BOOK}: could not get")
    assert missing_corpus(path, {"STEPS": 4}).startswith(f"{BOOK}: ")
    assert missing_corpus(path, {"CORPUS": "shakespeare"}) == ""
    assert missing_corpus(write_chapter(tmp_path, tiny_chapter(), "02_none")) == ""


def test_a_corpus_that_a_cell_names_is_one_of_a_chapter(unreachable: Path, tmp_path: Path) -> None:
    for name, expected in [(BOOK, f"{BOOK}: could not get"), ("shakespeare", "")]:
        cell = code("load", f'text = corpora.load("{name}", least=3)\nfile = load(name)')
        path = chapter(tmp_path, "shakespeare", cell)
        assert missing_corpus(path)[: len(expected) or None] == expected


# --- tools.execute


def test_a_kept_chapter_is_copied_and_named(
    unreachable: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = chapter(tmp_path, BOOK, code("fail", "raise RuntimeError('was run')"))
    out = tmp_path / "out"
    argv = [str(path), "--output", str(out), "--keep-unreachable"]
    assert execute.main(argv) == 0
    assert (out / path.name).read_bytes() == path.read_bytes()
    line, last = capsys.readouterr().out.splitlines()
    assert line.startswith("01_tiny")
    assert f"keeps its committed outputs: {BOOK}: could not get" in line
    assert last.startswith("1 chapters in")


def test_other_chapters_run_under_the_same_option(unreachable: Path, tmp_path: Path) -> None:
    path = chapter(tmp_path, "shakespeare", code("show", "print(STEPS)"), executed=False)
    out = tmp_path / "out"
    assert execute.main([str(path), "--output", str(out), "--keep-unreachable"]) == 0
    (cell,) = [cell for cell in read_chapter(out / path.name).cells if cell.id == "show"]
    assert cell.outputs[0].text == "3\n"


@pytest.mark.parametrize("required", [False, True])
def test_a_missing_corpus_is_an_error(
    unreachable: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    required: bool,
) -> None:
    """Without the option always; with it where CHARRNN_DATA is set."""
    if required:
        monkeypatch.setenv("CHARRNN_DATA", str(tmp_path / "data"))
    path = chapter(tmp_path, BOOK, code("fail", "raise RuntimeError('was run')"))
    argv = [str(path), "--output", str(tmp_path / "out"), *["--keep-unreachable"] * required]
    assert execute.main(argv) == 1
    assert "RuntimeError: was run" in capsys.readouterr().err


def test_outputs_are_not_stored_in_place_of_a_kept_chapter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A chapter of its own: were the option let through, all chapters of the book would be run.
    path = write_chapter(tmp_path, tiny_chapter())
    with pytest.raises(SystemExit, match="2"):
        execute.main(["--in-place", "--keep-unreachable", str(path)])
    assert "--keep-unreachable: not allowed with --in-place" in capsys.readouterr().err


def test_make_book_keeps_and_make_outputs_does_not() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert makefile.count("--keep-unreachable") == 1
    recipe = makefile[makefile.index("\nbook:") : makefile.index("\ntest:")]
    assert "--keep-unreachable" in recipe


# --- nbval and the solutions, in processes of their own


def command(*words: object, folder: Path, data: Path | None) -> "subprocess.CompletedProcess[str]":
    """Run Python without a network and with an empty cache."""
    nowhere = dict.fromkeys(["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"], NOWHERE)
    environment = {**os.environ, **nowhere, "XDG_CACHE_HOME": str(folder / "cache")}
    environment |= {"no_proxy": "", "NO_PROXY": "", "CHARRNN_DATA": str(data or "")}
    line = [sys.executable, *map(str, words)]
    return subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("required", [False, True])
def test_nbval_skips_the_cells_with_the_reason(tmp_path: Path, required: bool) -> None:
    folder = tmp_path / "notebooks" / "en"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "conftest.py", folder.parent)
    chapter(folder, BOOK, code("fail", "raise RuntimeError('was run')"))
    write_chapter(folder, tiny_chapter(), "02_good")
    options = ["-q", "-rs", "--nbval", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml"]
    data = tmp_path if required else None
    result = command("-m", "pytest", *options, folder, folder=tmp_path, data=data)
    if required:
        assert result.returncode == 1
        assert "was run" in result.stdout
    else:
        assert result.returncode == 0, result.stdout + result.stderr
        assert "6 passed, 7 skipped" in result.stdout
        assert f"{BOOK}: could not get 1400-0.txt" in result.stdout


@pytest.mark.parametrize("required", [False, True])
def test_solutions_are_left_out_with_the_reason(tmp_path: Path, required: bool) -> None:
    path = chapter(tmp_path, BOOK, code("fail", "raise RuntimeError('was run')"))
    assert solutions(read_chapter(path))[0]
    data = tmp_path if required else None
    result = command("-m", "tools.solutions", path, folder=tmp_path, data=data)
    if required:
        assert result.returncode == 1
        assert "was run" in result.stderr
    else:
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.startswith(f"01_tiny left out: {BOOK}: could not get 1400-0.txt")
