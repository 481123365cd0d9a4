"""The state that is carried from batch to batch, and what of a streaming model is saved."""

import subprocess
import sys

import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.checkpoints import RunState
from charrnn.model import CharacterModel
from charrnn.streams import StreamModel, TiedStreamModel
from charrnn.training import next_character_loss
from charrnn.windows import endless_streams

SIZES = {"vocabulary_size": 13, "embedding_size": 6, "units": 8}


def random_ids(batch, time, seed=0):
    return np.random.default_rng(seed).integers(0, 13, (batch, time)).astype("int32")


def compiled(model, learning_rate=0.0):
    # A rate of 0 leaves the weights as they are.
    model.compile(keras.optimizers.SGD(learning_rate), next_character_loss(), jit_compile=False)
    return model


def states(model):
    return [variable.numpy() for variable in tf.nest.flatten(model.carried.states)]


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_state_is_that_of_all_the_text_before(cell):
    text = random_ids(1, 200)[0]
    model = compiled(StreamModel(4, **SIZES, layers=2, cell=cell))
    model.fit(endless_streams(text, 4, 7), steps_per_epoch=9, shuffle=False, verbose=0)
    rows = np.stack([text[(k * 50 + np.arange(63)) % 200] for k in range(4)])
    _, expected = model(rows, return_state=True)
    for right, mine in zip(tf.nest.flatten(expected), states(model), strict=True):
        np.testing.assert_allclose(mine, right, atol=1e-5)


@pytest.mark.slow
def test_fit_lowers_the_loss_and_does_not_train_the_state():
    text = np.tile(np.arange(1, 11, dtype="int32"), 60)
    model = StreamModel(4, **SIZES)
    model.compile(keras.optimizers.Adam(0.02), next_character_loss(), jit_compile=False)
    history = model.fit(
        endless_streams(text, 4, 10),
        validation_data=tf.data.Dataset.from_tensors((text[None, :-1], text[None, 1:])),
        steps_per_epoch=30,
        epochs=4,
        shuffle=False,
        verbose=0,
    ).history
    assert history["loss"][-1] < 0.1 < history["loss"][0]
    assert history["val_loss"][-1] < 0.1
    assert len(model.trainable_variables) == len(CharacterModel(**SIZES).trainable_variables)


def test_rows_start_from_zeros_in_turn():
    text = random_ids(1, 200)[0]
    model = compiled(StreamModel(4, fresh_every=3, **SIZES))
    model.fit(endless_streams(text, 4, 7), steps_per_epoch=9, shuffle=False, verbose=0)
    for row, mine in enumerate(states(model)[0]):
        # Batches count from 0; the last one at which (batch + row) was a multiple of 3.
        begin = max(batch for batch in range(9) if (batch + row) % 3 == 0) * 7
        part = text[(row * 50 + np.arange(begin, 63)) % 200]
        expected = model(part[None], return_state=True)[1][0][0][0]
        np.testing.assert_allclose(mine, expected, atol=1e-5)


def test_only_a_call_that_trains_without_given_states_carries():
    model, ids = StreamModel(2, **SIZES), random_ids(2, 5)
    given = model.initial_states(2)
    model(ids), model(ids, return_state=True), model(ids, states=given, training=True)
    assert int(model.carried.batches) == 0
    assert not any(state.any() for state in states(model))
    model(ids, training=True)
    assert int(model.carried.batches) == 1
    assert all(state.any() for state in states(model))


def test_weights_load_into_a_plain_model_and_at_another_batch_size(tmp_path):
    model, ids = StreamModel(4, 2, **SIZES), random_ids(3, 9)
    model(random_ids(4, 5), training=True)
    model.save_weights(tmp_path / "x.weights.h5")
    for other in (CharacterModel(**SIZES), StreamModel(9, None, **SIZES)):
        other.load_weights(tmp_path / "x.weights.h5")
        np.testing.assert_array_equal(other(ids), model(ids))
        other.set_weights(model.get_weights())
    model.load_weights(tmp_path / "x.weights.h5")


@pytest.mark.slow
def test_a_run_goes_on_with_its_states(tmp_path, monkeypatch):
    monkeypatch.setenv("CHARRNN_FAST", "1")  # kernel dropout needs it

    def new_model():
        keras.utils.set_random_seed(1)
        rates = {"dropout": 0.3, "kernel_dropout": 0.2, "embedding_dropout": 0.1}
        return compiled(TiedStreamModel(4, 3, **rates, **SIZES), 0.5)

    def train(model, first, steps):
        batches = endless_streams(random_ids(1, 300)[0], 4, 7, first)
        model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)

    whole = new_model()
    train(whole, 0, 11)
    part = new_model()
    train(part, 0, 5)
    RunState(part, part.optimizer, tmp_path).save(1)
    again = new_model()
    assert RunState(again, again.optimizer, tmp_path).restore() == 1
    train(again, 5, 6)
    for right, mine in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, right)
    for right, mine in zip(states(whole), states(again), strict=True):
        np.testing.assert_array_equal(mine, right)
    assert int(again.carried.batches) == 11


def test_embedding_dropout_leaves_out_numbers_at_each_place_in_training(monkeypatch):
    """One step from zeros: the state's mean over many rows is nearly that without, its rows are
    not; a linear GRU is far from what it is, so weights are small."""
    monkeypatch.setenv("CHARRNN_FAST", "1")
    keras.utils.set_random_seed(1)
    rows = 2000
    model = TiedStreamModel(rows, 1, embedding_dropout=0.5, **SIZES)
    ids = np.full((rows, 1), 3, "int32")
    free = model.recurrent[0](model.embedding(ids[:1]))[0].numpy()[0, 0]
    model(ids, training=True)
    state = model.carried.states[0][0].numpy()  # (rows, units)
    error = state.std(axis=0) / np.sqrt(rows)
    assert error.min() > 0
    assert (abs(state.mean(axis=0) - free) < 5 * error + 1e-4).all()
    assert len(np.unique(state.round(6), axis=0)) == 2 ** SIZES["embedding_size"]
    assert np.ptp(model(ids).numpy(), axis=0).max() < 1e-6


def test_embedding_dropout_is_refused_where_it_would_do_nothing(monkeypatch):
    monkeypatch.setenv("CHARRNN_FAST", "0")
    with pytest.raises(ValueError, match="embedding_dropout: expected 0 for GRU of Keras"):
        TiedStreamModel(4, embedding_dropout=0.5, **SIZES)


def test_a_run_of_another_batch_size_is_refused(tmp_path):
    models = [compiled(StreamModel(rows, **SIZES)) for rows in (4, 5)]
    RunState(models[0], models[0].optimizer, tmp_path).save(1)
    with pytest.raises(ValueError, match="a run whose carried has variables of shapes"):
        RunState(models[1], models[1].optimizer, tmp_path).restore()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "training"),
    [
        (StreamModel, {"dropout": 0.5}),
        (TiedStreamModel, {"kernel_dropout": 0.25, "embedding_dropout": 0.5}),
    ],
)
def test_keras_saves_and_clones_a_whole_model(tmp_path, kind, training, monkeypatch):
    monkeypatch.setenv("CHARRNN_FAST", "1")  # kernel dropout needs it
    model, ids = kind(4, 2, **SIZES, **training), random_ids(3, 9)
    model.compile(keras.optimizers.Adam(0.02), next_character_loss(), jit_compile=False)
    whole = keras.callbacks.ModelCheckpoint(tmp_path / "x.keras")
    batches = endless_streams(random_ids(1, 200)[0], 4, 7)
    model.fit(batches, steps_per_epoch=3, callbacks=[whole], shuffle=False, verbose=0)
    again = keras.models.load_model(tmp_path / "x.keras")
    assert type(again) is kind
    assert again.get_config() == model.get_config()
    assert again.recurrent[0].kernel_dropout == training.get("kernel_dropout", 0.0)
    if kind is TiedStreamModel:
        assert again.embedding_dropout == 0.5
    assert int(again.optimizer.iterations) == 3
    np.testing.assert_array_equal(again(ids), model(ids))
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone(ids), model(ids))


# Logical devices exist from the first use of TensorFlow on: a process of its own.
REPLICAS = """
import sys
import numpy as np
from charrnn.backend import keras, tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from charrnn.streams import StreamModel, TiedStreamModel
from charrnn.training import SelfTrainedModel, next_character_loss

rows = np.random.default_rng(0).integers(0, 13, (4, 22)).astype("int32")
parts = [(rows[:, k : k + 7], rows[:, k + 1 : k + 8]) for k in (0, 7, 14)]

def batches():
    # Endless: at the end of a finite one Keras counts a batch that never came.
    spec = tf.TensorSpec((4, 7), "int32")
    whole = tf.data.Dataset.from_generator(lambda: iter(parts), output_signature=(spec, spec))
    return whole.repeat()

def run(make):
    keras.utils.set_random_seed(1)
    model = make(vocabulary_size=13, embedding_size=6, units=8)
    # Replicas on a processor may wait for ever for each other's slices of its gradient.
    model.embedding.trainable = False
    model.compile(keras.optimizers.SGD(0.5), next_character_loss(), jit_compile=False)
    options = {"epochs": 2, "steps_per_epoch": 3, "shuffle": False, "verbose": 0}
    losses = model.fit(batches(), **options).history["loss"]
    return losses + [weights.sum() for weights in model.get_weights()]

for make in (lambda **sizes: StreamModel(4, 3, **sizes), SelfTrainedModel):
    one = run(make)
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        two = run(make)
    np.testing.assert_allclose(two, one, rtol=1e-4, atol=1e-5)
    print("equal")
"""


@pytest.mark.slow
def test_two_replicas_report_and_do_what_one_does():
    command = [sys.executable, "-c", REPLICAS]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert result.stdout.split() == ["equal", "equal"], result.stderr[-3000:]


@pytest.mark.parametrize("value", [0, -1, 2.0, True])
def test_a_batch_size_that_cannot_be_is_refused(value):
    with pytest.raises(ValueError, match=rf"batch_size: expected .*, received {value!r}"):
        StreamModel(value, **SIZES)


def test_a_turn_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="fresh_every: expected at least 1, received 0"):
        StreamModel(4, fresh_every=0, **SIZES)
