"""A GRU and a transformer: that sizes, time and trials are equal, and that all are recorded."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from charrnn import metrics
from charrnn.support.files import read_table
from charrnn.variants.transformer import load_transformer
from experiments import transformer
from experiments.shared import Shakespeare
from experiments.transformer import (
    BEST,
    CHOICES,
    CONTEXT,
    LENGTH,
    LONGER,
    RECORD,
    RUNS,
    SIZES,
    SPEED,
    STORED,
    Trial,
    batches,
    build,
    loss_by_context,
    measure,
)

TINY = {
    "gru": Trial("gru", 16, 1, 0.1, 32, 0.01, "choice"),
    "transformer": Trial("transformer", 32, 1, 0.1, 32, 0.01, "choice"),
}


def key_of(trial):
    return {name: str(value) for name, value in asdict(trial).items()}


@pytest.fixture
def text():
    """Two thousand letters that follow from each other."""
    ids = np.arange(4000, dtype="int32") % 7 % 3 + 1
    return Shakespeare("", range(4), ids, ids[:300], ids, ids[:300])


def test_every_run_is_recorded():
    rows = read_table(RECORD)
    for trial in [*CHOICES, *RUNS, *LONGER]:
        assert sum(key_of(trial).items() <= row.items() for row in rows) == 1, trial
    assert len(rows) == len(CHOICES) + len(RUNS) + len(LONGER)
    assert len(read_table(CONTEXT)) == 2 * LENGTH


def test_the_rate_of_the_runs_is_the_best_of_the_trials():
    for model, rate in BEST.items():
        rows = [
            row for row in read_table(RECORD) if (row["model"], row["part"]) == (model, "choice")
        ]
        assert len(rows) == 3
        assert float(min(rows, key=lambda row: float(row["windows_loss"]))["rate"]) == rate


def test_sizes_are_equal():
    counts = [
        build(Trial(model, *SIZES[model], 1, 0.01, "choice"), 66).count_params() for model in SIZES
    ]
    assert max(counts) < 1.01 * min(counts)


def test_times_are_equal():
    steps = {(row["model"], row["width"]): float(row["milliseconds"]) for row in read_table(SPEED)}
    times = [trial.steps * steps[trial.model, str(trial.width)] for trial in RUNS]
    assert max(times) < 1.15 * min(times)


def test_the_longer_run_has_the_settings_of_those_of_equal_time():
    assert [replace(trial, steps=trial.steps // 4) for trial in LONGER] == [STORED]


def test_losses_at_each_context_are_kept_of_the_runs_of_equal_time_alone(
    text, tmp_path, monkeypatch
):
    monkeypatch.setattr(transformer, "CONTEXT", tmp_path / "context.csv")
    trial = replace(TINY["gru"], part="validation", steps=2)
    measure(trial, text, store=True)
    assert not transformer.CONTEXT.exists()
    monkeypatch.setattr(transformer, "RUNS", [trial])
    measure(trial, text, store=True)
    assert len(read_table(transformer.CONTEXT)) == LENGTH


def test_a_batch_has_as_many_characters_for_both(text):
    shapes = {model: next(batches(trial, text.training))[0].shape for model, trial in TINY.items()}
    assert shapes == {"gru": (32, 64), "transformer": (16, 128)}
    for trial in TINY.values():
        inputs, targets = next(batches(trial, text.training))
        np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])


@pytest.mark.parametrize("model", TINY)
def test_a_run_learns_and_repeats_itself(model, text):
    measured = measure(TINY[model], text, store=False)
    assert measured["windows_loss"] < np.log(3)
    assert measured["passes"] == 32 * 2048 / len(text.beginning)
    assert measure(TINY[model], text, store=False) == measured
    assert measure(replace(TINY[model], seed=2), text, store=False) != measured


@pytest.mark.parametrize("model", TINY)
def test_the_mean_over_the_contexts_is_the_loss_of_windows(model, text):
    built = build(TINY[model], 4)
    losses = loss_by_context(built, text.choice)
    assert len(losses) == LENGTH
    whole = metrics.windows_loss(built, text.choice, LENGTH)
    assert np.mean(losses) == pytest.approx(whole, abs=2e-3)  # bfloat16


def test_a_run_takes_the_place_of_its_earlier_one(tmp_path, monkeypatch):
    monkeypatch.setattr(transformer, "CONTEXT", tmp_path / "context.csv")
    transformer.store_by_context(TINY["gru"], [2.0, 1.5])
    transformer.store_by_context(TINY["transformer"], [2.5])
    transformer.store_by_context(TINY["gru"], [1.25])
    assert [tuple(row.values()) for row in read_table(tmp_path / "context.csv")] == [
        ("transformer", "32", "1", "2.5000"),
        ("gru", "16", "1", "1.2500"),
    ]


def test_the_stored_weights_are_those_of_the_record():
    model, characters = load_transformer()
    shakespeare = Shakespeare.load()
    assert characters == shakespeare.vocabulary.characters
    (row,) = (row for row in read_table(RECORD) if key_of(STORED).items() <= row.items())
    loss = metrics.windows_loss(model, shakespeare.validation, LENGTH, limit=20_000)
    assert loss == pytest.approx(float(row["windows_loss"]), abs=0.03)  # a fifth of the text
