"""A recorded run: its rows, its best weights, and that it goes on where it ended."""

from itertools import pairwise

import numpy as np
import pytest

from charrnn.backend import keras
from charrnn.checkpoints import read_history
from charrnn.streams import StreamModel
from charrnn.training import next_character_loss
from charrnn.windows import endless_streams
from experiments.recorded_run import recorded_run
from experiments.system_a import FILES, RECORDS

TEXT = np.tile(np.arange(1, 11, dtype="int32"), 30)


def run(directory, epochs, losses=(3.0, 1.0, 2.0, 4.0)):
    """Return model and record of a run whose losses on validation text are made up."""
    keras.utils.set_random_seed(0)
    model = StreamModel(4, 3, vocabulary_size=11, embedding_size=4, units=8)
    model.compile(keras.optimizers.Adam(0.01), next_character_loss(), jit_compile=False)
    left = iter(losses)
    history = recorded_run(
        model,
        lambda step: endless_streams(TEXT, 4, 8, step),
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


def test_a_record_without_validation_text_keeps_no_best(tmp_path):
    keras.utils.set_random_seed(0)
    model = StreamModel(4, vocabulary_size=11, embedding_size=4, units=8)
    model.compile(keras.optimizers.Adam(0.01), next_character_loss(), jit_compile=False)
    batches = endless_streams(TEXT, 4, 8)
    recorded_run(model, lambda step: batches, 2, 1, tmp_path, lambda model: {})
    assert (tmp_path / "history.csv").is_file()
    assert not (tmp_path / "best.weights.h5").exists()


# Training loss after each epoch, as system A prints it. Source: the TensorFlow tutorials on text
# generation and on custom training, two runs on GPUs.
SYSTEM_A = [
    [2.7409, 2.0092, 1.7211, 1.5550, 1.4547, 1.3865, 1.3325, 1.2875, 1.2474, 1.2066,
     1.1678, 1.1270, 1.0842, 1.0388, 0.9909, 0.9409, 0.8887, 0.8373, 0.7849, 0.7371],
    [2.7276, 1.9853, 1.7084, 1.5496, 1.4513, 1.3830, 1.3311, 1.2864, 1.2466, 1.2074,
     1.1679, 1.1264, 1.0839, 1.0383, 0.9894, 0.9389, 0.8877, 0.8347, 0.7840, 0.7356],
]  # fmt: skip


def test_the_losses_on_the_whole_text_are_those_of_system_a():
    losses = [row["loss"] for row in read_history(RECORDS / FILES["whole"])]
    printed = np.mean(SYSTEM_A, axis=0)
    assert len(losses) == len(printed)
    assert abs(losses - printed).max() < 0.05


def test_the_record_of_overfitting_turns():
    record = read_history(RECORDS / FILES["training"])
    assert len(record) == 20
    assert all(later["loss"] < row["loss"] for row, later in pairwise(record))
    best = min(record, key=lambda row: row["windows_loss"])
    assert 5 < best["epoch"] < 12
    assert all(row["stream_loss"] < row["windows_loss"] for row in record[:10])
    assert record[-1]["windows_loss"] > best["windows_loss"] + 0.1
