"""What of a run is kept in a chapter, and what comparing two runs leaves out."""

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns  # type: ignore[import-untyped]

from tests.helpers.chapters import code, tiny_chapter
from tools.chapters.notebooks import ROOT, notebook_text
from tools.chapters.output_rules import RULES
from tools.chapters.outputs import CELL_KEYS, INJECTED, NOTEBOOK_KEYS, clean

TINY = Path("01_tiny.ipynb")


def test_clean_leaves_other_metadata() -> None:
    notebook = tiny_chapter()
    notebook.cells[0].metadata["mystnb"] = {"image": {"alt": "x"}}
    before = notebook_text(notebook)
    assert notebook_text(clean(notebook)) == before


def test_clean_removes_what_the_rules_refuse() -> None:
    notebook = tiny_chapter(code("old", "STEPS = 99", INJECTED))
    good = notebook_text(clean(tiny_chapter()))
    notebook.metadata.update({key: {"a": 1} for key in NOTEBOOK_KEYS})
    notebook.cells[4].metadata.update(dict.fromkeys(CELL_KEYS, True) | {"tags": []})
    refused = " ".join(message for rule in RULES for message in rule(TINY, notebook))
    for word in (*NOTEBOOK_KEYS, *CELL_KEYS, "empty tags", "is papermill's"):
        assert word in refused
    assert notebook_text(clean(notebook)) == good


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("12.3 s", " DURATION"),
        ("fit:   4 ms.", "fit: DURATION."),
        ("1.2 \N{MICRO SIGN}s, 7 \N{GREEK SMALL LETTER MU}s", " DURATION, DURATION"),
        ("1,234 s\n5 min", " DURATION\n DURATION"),
        ("3,210 characters/s", " RATE"),
        ("loss 1.72  12.5 steps/s", "loss 1.72 RATE"),
        ("faster \N{MULTIPLICATION SIGN} 3.4", "faster RATIO"),
        ("<f at 0x7f3a5c0d1e50>", "<f at ADDRESS>"),
        # figures that are compared as they stand
        ("4.1744 nats", None),
        ("4,022,850 parameters", None),
        ("64 \N{MULTIPLICATION SIGN} 2.5", None),
        ("units \N{MULTIPLICATION SIGN} 256", None),
        ("(64, 100, 66)", None),
        ("300 steps of 3 s0 and 5 samples", None),
        ("0x1F600", None),
        ("1.4 nats/s", None),
        ("65 symbols, 1980s", None),
    ],
)
def test_nbval_replaces_what_a_run_cannot_repeat(text: str, result: str | None) -> None:
    config = (ROOT / "tests" / "nbval_sanitize.cfg").read_bytes().decode("ascii")
    patterns = get_sanitize_patterns(config)
    assert len(patterns) == config.count("regex: ")
    sanitised = text
    for pattern, replacement in patterns:
        sanitised = re.sub(pattern, replacement, sanitised)
    assert sanitised == (text if result is None else result)
