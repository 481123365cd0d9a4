"""A recorded run: its rows, its best weights, and that it goes on where it ended."""

import numpy as np
import pytest

from charrnn.backend import keras
from charrnn.checkpoints import read_history
from charrnn.fast import build_stream
from charrnn.training import next_character_loss
from charrnn.windows import circular_batches
from tools.recorded_run import recorded_run

TEXT = np.tile(np.arange(1, 11, dtype="int32"), 30)


def run(directory, epochs, losses=(3.0, 1.0, 2.0, 4.0)):
    """Return model and record of a run whose losses on held-out text are made up."""
    keras.utils.set_random_seed(0)
    model = build_stream(4, 3, vocabulary_size=11, embedding_size=4, units=8)
    model.compile(keras.optimizers.Adam(0.01), next_character_loss(), jit_compile=False)
    left = iter(losses)
    history = recorded_run(
        model,
        lambda step: circular_batches(TEXT, 4, 8, step),
        5,
        epochs,
        directory,
        lambda model: {"windows_loss": next(left)},
    )
    return model, history


def test_rows_and_best_weights(tmp_path):
    model, _ = run(tmp_path / "new" / "folder", 2)
    weights = model.get_weights()
    model, history = run(tmp_path / "run", 4)
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert [row["windows_loss"] for row in history] == [3, 1, 2, 4]
    assert all(row["seconds"] > 0 for row in history)
    stored = read_history(tmp_path / "run" / "history.csv")
    assert [row["loss"] for row in stored] == pytest.approx([row["loss"] for row in history])
    model.load_weights(tmp_path / "run" / "best.weights.h5")
    for right, mine in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, right, atol=1e-6)  # those after two epochs


def test_an_interrupted_run_ends_as_a_whole_one(tmp_path):
    whole, expected = run(tmp_path / "whole", 4)
    run(tmp_path / "parts", 1)
    parts, received = run(tmp_path / "parts", 4, losses=(1.0, 2.0, 4.0))
    for right, mine in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_allclose(mine, right, atol=1e-6)
    assert [row["loss"] for row in received] == pytest.approx([row["loss"] for row in expected])
    assert [row["windows_loss"] for row in received] == [3, 1, 2, 4]


def test_a_record_without_held_out_text_keeps_no_best(tmp_path):
    keras.utils.set_random_seed(0)
    model = build_stream(4, vocabulary_size=11, embedding_size=4, units=8)
    model.compile(keras.optimizers.Adam(0.01), next_character_loss(), jit_compile=False)
    batches = circular_batches(TEXT, 4, 8)
    recorded_run(model, lambda step: batches, 2, 1, tmp_path, lambda model: {})
    assert (tmp_path / "history.csv").is_file()
    assert not (tmp_path / "best.weights.h5").exists()
