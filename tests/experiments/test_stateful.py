"""The variants of the experiment on orders of windows: which window follows which in a row."""

from itertools import pairwise

import numpy as np
import pytest

from charrnn.metrics import cross_entropy
from charrnn.streams import StreamModel
from charrnn.support.files import read_table
from charrnn.vocabulary import Vocabulary
from experiments import stateful
from experiments.shared import Shakespeare
from experiments.stateful import (
    CHARACTERS,
    KEYS,
    LENGTHS,
    RECORD,
    SEEDS,
    VARIANTS,
    batches,
    first_losses,
    key_of,
    measure,
)

TEXT = np.arange(1000, dtype="int32")  # an id is its position


def rows_of(variant, count=3):
    return [inputs.numpy() for inputs, _ in batches(variant, TEXT, 4, 10, seed=1).take(count)]


def test_streams_go_on_in_the_text():
    for before, after in pairwise(rows_of("streams, carried")):
        np.testing.assert_array_equal(after[:, 0], (before[:, -1] + 1) % 1000)


def test_in_order_goes_on_a_batch_further():
    first, second, _ = rows_of("in order, carried")
    np.testing.assert_array_equal(first.ravel(), TEXT[:40])
    np.testing.assert_array_equal(second.ravel(), TEXT[40:80])


def test_shuffled_windows_do_not_follow_one_another():
    first, second, _ = rows_of("shuffled, zero")
    np.testing.assert_array_equal(first % 10, np.tile(np.arange(10), (4, 1)))
    assert not np.any(second[:, 0] == first[:, -1] + 1)


def test_first_losses_look_at_the_beginning_of_windows():
    model = StreamModel(2, vocabulary_size=9, embedding_size=4, units=8)
    ids = np.random.default_rng(0).integers(0, 9, 31).astype("int32")
    zero, carried = first_losses(model, ids, length=10)
    after = model(ids[None, :-1])[0].numpy()  # the state carried from the text's beginning
    wanted = ids[1:]
    # Windows begin at 10 and 20; the state comes from the window before alone.
    second = model(ids[None, 10:20], return_state=True)[1]
    third = model(ids[None, 20:24], states=second)[0].numpy()
    expected = [cross_entropy(after[10:14], wanted[10:14]), cross_entropy(third, wanted[20:24])]
    assert carried == pytest.approx(np.mean(expected), abs=1e-5)
    alone = [cross_entropy(model(ids[None, s : s + 4])[0], wanted[s : s + 4]) for s in (10, 20)]
    assert zero == pytest.approx(np.mean(alone), abs=1e-5)


@pytest.mark.parametrize("variant", ["shuffled, zero", "streams, anew", "streams, carried"])
def test_a_variant_begins_windows_with_zeros_always_in_turns_or_never(variant, monkeypatch):
    made = []

    def new_model(*arguments, **sizes):
        made.append(StreamModel(*arguments, **sizes))
        return made[-1]

    monkeypatch.setattr(stateful, "StreamModel", new_model)
    monkeypatch.setattr(stateful, "SIZES", {"embedding_size": 4, "units": 8})
    vocabulary = Vocabulary("abcdefgh")
    ids = np.random.default_rng(0).integers(1, 9, 400).astype("int32")
    text = Shakespeare("", vocabulary, ids, ids, ids, ids)
    measured = measure(key_of(8, 1, variant) | {"rows": "3"}, 2, text)
    (model,) = made
    assert measured["steps"] == int(model.carried.batches) == 2
    expected = {"zero": 1, "anew": 2, "carried": None}
    assert model.carried.fresh_every == expected[variant.split(", ")[1]]


def test_the_record_has_all_runs():
    rows = read_table(RECORD)
    assert [{name: row[name] for name in KEYS[0]} for row in rows] == KEYS
    assert len(rows) == len(VARIANTS) * len(LENGTHS) * len(SEEDS)
    assert all(int(row["rows"]) * int(row["length"]) == CHARACTERS for row in rows)
    assert {row["steps"] for row in rows} == {"400"}
