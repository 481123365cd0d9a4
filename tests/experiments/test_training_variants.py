"""The variants of the training chapter: their batches, their states, and that all are recorded."""

import numpy as np
import pytest

from charrnn.recipes import Recipe
from charrnn.support.files import read_table
from experiments.training_variants import ALL, KEYS, RECORD, batches, trial

TEXT = np.arange(10_000, dtype="int32")  # an id is its position


def key(batches):
    return next(each for each in KEYS if each["batches"] == batches)


def two_batches(order):
    return [x.numpy() for x, _ in batches(key(order), TEXT, trial(key(order))).take(2)]


def test_the_record_has_all_runs():
    rows = read_table(RECORD)
    for each, row in zip(KEYS, rows, strict=True):
        assert each.items() <= row.items()


def test_every_pair_of_changes_is_tried_in_the_short_time():
    short = [(each["optimizer"], each["batches"]) for each in KEYS if each["seconds"] == "60"]
    assert short == ALL
    assert len(set(short)) == 4


def test_streams_go_on_and_shuffled_windows_do_not():
    first, second = two_batches("streams")
    np.testing.assert_array_equal(second[:, 0], (first[:, -1] + 1) % len(TEXT))
    first, second = two_batches("shuffled")
    assert not np.any(second[:, 0] == first[:, -1] + 1)
    assert not np.any(first[:, 0] % first.shape[1])


@pytest.mark.parametrize(("order", "fresh_every"), [("shuffled", 1), ("streams", 2)])
def test_shuffled_windows_begin_with_zeros(order, fresh_every):
    assert trial(key(order)).fresh_every == fresh_every
    assert trial(key(order)).learning_rate == Recipe().learning_rate
