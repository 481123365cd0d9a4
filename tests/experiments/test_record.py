"""A recorded run, its best weights, its going on where it ended; the filling of a table."""

from itertools import pairwise

import numpy as np
import pytest

from charrnn.backend import keras
from charrnn.checkpoints import load_best
from charrnn.streams import StreamModel
from charrnn.support.files import read_record, read_table, with_numbers
from charrnn.training import next_character_loss
from charrnn.windows import endless_streams
from experiments.record import fill_table, recorded_run

TEXT = np.tile(np.arange(1, 11, dtype="int32"), 30)


def run(directory, epochs, losses=(3.0, 1.0, 2.0, 1.5)):
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
        {"text": "ten"},
    )
    return model, history


def test_rows_and_best_weights(tmp_path):
    model, _ = run(tmp_path / "new" / "folder", 2)
    weights = model.get_weights()
    model, history = run(tmp_path / "run", 4)
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert [row["windows_loss"] for row in history] == [3, 1, 2, 1.5]
    assert all(row["seconds"] > 0 for row in history)
    stored = with_numbers(read_table(tmp_path / "run" / "history.csv"))
    assert [row["loss"] for row in stored] == pytest.approx([row["loss"] for row in history])
    load_best(model, tmp_path / "run")
    for right, mine in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, right, atol=1e-6)  # those after two epochs


def test_an_interrupted_run_ends_as_a_whole_one(tmp_path):
    whole, expected = run(tmp_path / "whole", 4)
    run(tmp_path / "parts", 1)
    parts, received = run(tmp_path / "parts", 4, losses=(1.0, 2.0, 1.5))
    for right, mine in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_allclose(mine, right, atol=1e-6)
    assert [row["loss"] for row in received] == pytest.approx([row["loss"] for row in expected])
    assert [row["windows_loss"] for row in received] == [3, 1, 2, 1.5]


def test_each_epoch_reads_on_where_the_last_one_ended(tmp_path):
    model = StreamModel(4, vocabulary_size=11, embedding_size=4, units=8)
    model.compile(keras.optimizers.Adam(0.01), next_character_loss(), jit_compile=False)
    first_steps = []

    def batches(step):
        first_steps.append(step)
        return endless_streams(TEXT, 4, 8, step)

    recorded_run(model, batches, 2, 3, tmp_path, lambda model: {}, {})
    assert first_steps == [0, 2, 4]


def test_a_record_without_validation_text_keeps_no_best(tmp_path):
    keras.utils.set_random_seed(0)
    model = StreamModel(4, vocabulary_size=11, embedding_size=4, units=8)
    model.compile(keras.optimizers.Adam(0.01), next_character_loss(), jit_compile=False)
    batches = endless_streams(TEXT, 4, 8)
    recorded_run(model, lambda step: batches, 2, 1, tmp_path, lambda model: {}, {})
    assert (tmp_path / "history.csv").is_file()
    assert not (tmp_path / "best.safetensors").exists()


# Training loss after each epoch, as system A prints it. Source: the TensorFlow tutorials on text
# generation and on custom training, two runs on GPUs.
SYSTEM_A = [
    [2.7409, 2.0092, 1.7211, 1.5550, 1.4547, 1.3865, 1.3325, 1.2875, 1.2474, 1.2066,
     1.1678, 1.1270, 1.0842, 1.0388, 0.9909, 0.9409, 0.8887, 0.8373, 0.7849, 0.7371],
    [2.7276, 1.9853, 1.7084, 1.5496, 1.4513, 1.3830, 1.3311, 1.2864, 1.2466, 1.2074,
     1.1679, 1.1264, 1.0839, 1.0383, 0.9894, 0.9389, 0.8877, 0.8347, 0.7840, 0.7356],
]  # fmt: skip


def test_the_losses_on_the_whole_text_are_those_of_system_a():
    losses = [row["loss"] for row in read_record("system_a_whole")]
    printed = np.mean(SYSTEM_A, axis=0)
    assert len(losses) == len(printed)
    assert abs(losses - printed).max() < 0.05


def test_the_record_of_overfitting_turns():
    record = read_record("system_a_training")
    assert len(record) == 20
    assert all(later["loss"] < row["loss"] for row, later in pairwise(record))
    best = min(record, key=lambda row: row["windows_loss"])
    assert 5 < best["epoch"] < 12
    assert all(row["stream_loss"] < row["windows_loss"] for row in record[:10])
    assert record[-1]["windows_loss"] > best["windows_loss"] + 0.1


def test_a_loss_that_is_not_finite_leaves_the_folder_as_it_was(tmp_path):
    run(tmp_path, 1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    model = StreamModel(4, 3, vocabulary_size=11, embedding_size=4, units=8)
    model.compile(keras.optimizers.Adam(0.01), next_character_loss(), jit_compile=False)
    batches = endless_streams(TEXT, 4, 8)

    def spoiled(step):
        model.dense.bias.assign(np.full(11, np.nan))
        return batches

    evaluation = {"windows_loss": 0.1}
    with pytest.raises(FloatingPointError, match="received nan in epoch 2"):
        recorded_run(model, spoiled, 2, 2, tmp_path, lambda _: evaluation, {"text": "ten"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_only_missing_rows_are_measured_and_the_order_is_that_of_the_keys(tmp_path):
    path, seen = tmp_path / "table.csv", []

    def measure(key):
        seen.append(key["variant"])
        return {"steps": 2, "loss": 1 / 3}

    fill_table(path, [{"variant": "b"}], measure)
    rows = fill_table(path, [{"variant": "a"}, {"variant": "b"}], measure)
    assert seen == ["b", "a"]
    assert rows == read_table(path)
    measured = {"steps": "2", "loss": "0.3333"}
    assert rows == [{"variant": "a", **measured}, {"variant": "b", **measured}]


def test_what_was_measured_before_an_error_is_kept(tmp_path):
    path = tmp_path / "table.csv"

    def measure(key):
        return {"loss": 1 / float(key["variant"])}

    with pytest.raises(ZeroDivisionError):
        fill_table(path, [{"variant": "2"}, {"variant": "0"}], measure)
    assert read_table(path) == [{"variant": "2", "loss": "0.5000"}]


def test_rows_that_do_not_hold_are_measured_again(tmp_path):
    path = tmp_path / "table.csv"
    for seconds, expected in ((5, "5"), (6, "5"), (7, "7")):
        rows = fill_table(
            path,
            [{"variant": "a"}],
            lambda key, seconds=seconds: {"seconds": seconds},
            lambda row, seconds=seconds: seconds < 7,
        )
        assert rows == [{"variant": "a", "seconds": expected}]


def test_a_table_without_a_path_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fill_table(None, [{"variant": "a"}], lambda key: {"loss": 0.5}) == [
        {"variant": "a", "loss": "0.5000"}
    ]
    assert not list(tmp_path.iterdir())
