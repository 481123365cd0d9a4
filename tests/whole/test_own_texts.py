"""Chapters on texts of a reader: they run to their end, or say in one line what is missing.

The cells run in this process. Models are small and steps few: what a text can break does not depend
on them.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tools.chapters.notebooks import ROOT, chapter_paths, find_chapters, read_chapter, tags
from tools.solutions import run_code

pytestmark = pytest.mark.slow

random = np.random.default_rng(0)
WORDS = "the quick brown fox jumps over a lazy dog and vex my waltz nymph quartz judge sphinx"
HAN = [chr(0x4E00 + place) for place in range(8000)]


def drawn(signs: list[str], count: int, end: str = "") -> str:
    return end.join(random.choice(signs, count))


TEXTS = {
    "200 characters": drawn(WORDS.split(), 200, " ")[:200],
    "one symbol": "a" * 3000,
    "two symbols": drawn(["a", "b"], 20_000),
    "28 symbols": "\n".join(drawn(WORDS.split(), 8, " ") for _ in range(500)),
    "600 symbols": drawn(HAN[:600], 20_000),
    "8,000 symbols": "".join(HAN) + drawn(HAN[:50], 20_000),
    "one line": drawn(WORDS.split(), 5000, " "),
    "DNA": drawn(["A", "C", "G", "T"], 18_000),
    "simplified Chinese": (ROOT / "charrnn" / "samples" / "zh-Hans.txt").read_text("utf-8"),
}
# What a chapter says of a text, before it trains; the others run.
REFUSED = {
    (
        "windows",
        "200 characters",
    ): "expected at least 5,020 characters, 20 of them for validation, received 200",
    ("windows", "one symbol"): "expected at least 5,300 characters",
    ("windows", "simplified Chinese"): "expected at least 5,317 characters",
    ("training", "200 characters"): "expected at least 20,020 characters",
    ("training", "one symbol"): "expected at least 20,300 characters",
    (
        "training",
        "two symbols",
    ): "expected at least 22,000 characters, 2,000 of them for validation",
    ("training", "simplified Chinese"): "expected at least 20,317 characters",
    ("custom_training", "200 characters"): "expected at least 2,069 characters",
    ("custom_training", "one symbol"): "expected at least two different characters",
}
# Chapters whose cells train or generate for seconds run on the texts that differ most for them.
RUNS = {
    "vectorization": list(TEXTS),
    "windows": ["two symbols", "28 symbols", "600 symbols", "8,000 symbols", "one line", "DNA"],
    "counting": ["two symbols", "28 symbols", "one line"],
    "training": ["8,000 symbols", "one line"],
    "custom_training": ["simplified Chinese"],
    "any_script": ["one symbol", "8,000 symbols"],
}
CASES = [(chapter, name) for chapter, names in RUNS.items() for name in names]
# Numbers of steps and units in cells, each with a small one in its place.
SMALLER = {
    "training": ('"quick": (512, 32, 64, 0.01, 100, 6)', '"quick": (8, 32, 64, 0.01, 30, 3)'),
    "custom_training": ('"quick": (128, 250)', '"quick": (16, 30)'),
}


@pytest.fixture(autouse=True)
def no_figures() -> Iterator[None]:
    yield
    plt.close("all")


def failure(chapter: str, name: str, path: Path) -> str:
    """Run a chapter on a text; return the end of the first failing cell's traceback, or ""."""
    path.write_text(TEXTS[name], encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": "__main__", "display": lambda *_: None}
    changes: dict[str, Any] = {"CORPUS": str(path), "VALIDATION": len(TEXTS[name]) // 10}
    try:
        return run_cells(chapter, namespace, changes)
    finally:
        for value in namespace.values():
            if isinstance(value, TemporaryDirectory):
                value.cleanup()  # else it complains when it is collected, in another test


def run_cells(chapter: str, namespace: dict[str, Any], changes: dict[str, Any]) -> str:
    (path,) = find_chapters([chapter], chapter_paths())
    cells = [cell for cell in read_chapter(path).cells if cell.cell_type == "code"]
    old, new = SMALLER.get(chapter, ("", ""))
    assert not old or sum(old in cell.source for cell in cells) == 1
    for cell in cells:
        if cell.id == "setup":
            continue
        source = cell.source.replace(old, new) if old else cell.source
        if found := run_code(source, f"{path.stem} {cell.id}", namespace):
            return found
        if "parameters" in tags(cell):
            namespace.update({key: changes[key] for key in changes.keys() & namespace.keys()})
        plt.close("all")
    return ""


@pytest.mark.parametrize(("chapter", "name"), CASES)
def test_a_chapter_runs_on_a_text_of_a_reader(chapter: str, name: str, tmp_path: Path) -> None:
    assert failure(chapter, name, tmp_path / "my.txt") == ""


@pytest.mark.parametrize(("chapter", "name"), REFUSED)
def test_a_chapter_says_what_a_text_lacks(chapter: str, name: str, tmp_path: Path) -> None:
    last = failure(chapter, name, tmp_path / "my.txt").splitlines()[-1]
    _, _, message = last.partition("CorpusError: text: ")
    assert message.startswith(REFUSED[chapter, name]), last
