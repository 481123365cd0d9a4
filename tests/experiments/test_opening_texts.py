"""The texts that pages open with: what the script counts, draws and cuts."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from charrnn.sampler import Sampler
from charrnn.support.files import read_table
from charrnn.weights import PRETRAINED
from experiments.opening_texts import (
    LANGUAGES,
    RECORD,
    continued,
    cut,
    followers,
    longest_shared_run,
    probabilities,
)
from tools.chapters.notebooks import ROOT, read_chapter

WAYS = ["opening", "model", "n-gram", "n-gram", "real"]


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("abcabd", "ab", {"c": 1, "d": 1}),
        ("aaaa", "aa", {"a": 2}),  # runs may overlap
        ("abc", "c", {}),  # nothing follows the end
        ("abc", "x", {}),
        ("aba", "", {"a": 2, "b": 1}),
    ],
)
def test_followers_are_counted(text, context, expected):
    assert followers(text, context) == Counter(expected)


def test_a_text_goes_on_as_the_counted_one_does():
    # After three characters of the alphabet only one can follow.
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    assert continued(alphabet, "xabc", 10, context=3) == "defghijklm"
    # What was never seen is shortened until it was; z has no follower at all.
    assert set(continued(alphabet, "?", 40, context=3)) <= set(alphabet)


def test_the_longest_shared_run_is_found():
    known = "to be or not to be"
    assert longest_shared_run("I am not to blame", known) == len(" not to b")
    assert longest_shared_run("xyz", known) == 0
    assert longest_shared_run(known, known) == len(known)


@pytest.mark.parametrize(
    ("text", "characters", "lines", "expected"),
    [
        ("One. Two three. Four", 20, 0, "One. Two three."),
        ("No end at all", 6, 0, "No end"),
        ("He said: “Go!” Then", 16, 0, "He said: “Go!”"),
        ("却说。二人", 5, 0, "却说。"),
        ("曰：“去！”又", 6, 0, "曰：“去！”"),
        ("Version 2.0 is", 14, 0, "Version 2.0 is"),
        ("a\nb\nc\nd", 99, 2, "a\nb"),
    ],
)
def test_a_text_ends_with_a_sentence_or_a_line(text, characters, lines, expected):
    assert cut(text, characters, lines) == expected


def test_probabilities_are_those_of_the_model():
    sampler = Sampler.load(PRETRAINED)
    found = probabilities(sampler, "ROMEO:")
    assert len(found) == 5
    # By hand, in float64: the last character after all before it.
    states = sampler.initial_states(1)
    for current in sampler.vocabulary.encode("ROMEO"):
        logits, states = sampler.step(np.array([current]), states)
    weights = np.exp(logits[0].astype("float64"))
    (colon,) = sampler.vocabulary.encode(":")
    assert found[-1] == pytest.approx(weights[colon] / weights.sum(), rel=1e-4)
    assert found[-1] > 0.9


def test_the_record_has_all_texts_of_all_languages():
    rows = read_table(RECORD)
    assert [(row["language"], row["way"].split()[0]) for row in rows] == [
        (language, way) for language in LANGUAGES for way in WAYS
    ]
    folders = {path.parent.name for path in (ROOT / "notebooks").glob("*/language.yml")}
    assert set(LANGUAGES) == folders
    for row in rows:
        opening = row["way"] == "opening"
        assert len(row["tenths"]) == (len(row["text"]) - 1 if opening else 0)
        assert row["text"].startswith(LANGUAGES[row["language"]].prompt) or not opening
    longest = {(row["language"], row["way"]): int(row["shared_run"]) for row in rows}
    for name, language in LANGUAGES.items():
        short, long = (longest[name, f"n-gram {context}"] for context in language.contexts)
        # A long context copies, a model hardly more than a real text does.
        assert long > 2 * max(short, longest[name, "model"], longest[name, "real"])


def test_one_page_quotes_the_record():
    texts = {row["way"]: row["text"] for row in read_table(RECORD) if row["language"] == "en"}
    page = read_chapter(Path(ROOT / "notebooks/en/one_page.ipynb"))
    (cell,) = [cell for cell in page.cells if cell.id == "which"]
    for way, text in texts.items():
        assert (f"```text\n{text}\n```" in cell.source) == (way != "opening")
