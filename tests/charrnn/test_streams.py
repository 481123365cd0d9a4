"""The fast model against the plain one, and the state that is carried from batch to batch."""

import numpy as np
import pytest

from charrnn import streams as fast
from charrnn.backend import keras, tf
from charrnn.model import build
from charrnn.streams import build_fast, build_stream
from charrnn.training import next_character_loss
from charrnn.windows import endless_streams

SIZES = {"vocabulary_size": 13, "embedding_size": 6, "units": 8}


def pair(**options):
    """A plain model and a fast one with the same random weights."""
    plain, quick = (make(**{**SIZES, **options}) for make in (build, build_fast))
    random = np.random.default_rng(0)
    plain.set_weights([random.normal(0, 0.6, weight.shape) for weight in plain.weights])
    quick.set_weights(plain.get_weights())
    return plain, quick


def random_ids(batch, time, seed=0):
    return np.random.default_rng(seed).integers(0, 13, (batch, time)).astype("int32")


def results(model, ids, states):
    with tf.GradientTape() as tape:
        logits, last = model(ids[:, :-1], states=states, return_state=True, training=True)
        loss = next_character_loss()(ids[:, 1:], logits)
    gradients = tape.gradient(loss, model.trainable_variables)
    return [logits, *tf.nest.flatten(last), *map(tf.convert_to_tensor, gradients)]


@pytest.mark.parametrize("options", [{}, {"layers": 3}, {"cell": "lstm"}])
@pytest.mark.parametrize("given", [False, True], ids=["from zeros", "from a state"])
def test_a_training_step_is_that_of_the_plain_model(options, given):
    models = pair(**options)
    ids = random_ids(5, 21)
    states = models[0](random_ids(5, 9, seed=1), return_state=True)[1] if given else None
    received = []
    for model in models:
        received.append(results(model, ids, states))
    for right, mine in zip(*received, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-5, atol=1e-6)


def test_dropout_acts_on_outputs_and_keeps_the_expectation():
    keras.utils.set_random_seed(1)
    _, quick = pair(dropout=0.5)
    ids = np.repeat(random_ids(1, 6), 1000, axis=0)  # each row draws its own
    free, drawn = quick(ids[:1]).numpy()[0], quick(ids, training=True).numpy()
    error = drawn.std(axis=0) / np.sqrt(len(ids))  # (time, vocabulary)
    assert error.min() > 1e-3
    assert (abs(drawn.mean(axis=0) - free) < 5 * error).all()


def test_outside_training_it_is_the_plain_model():
    plain, quick = pair(layers=2)
    ids = random_ids(5, 20)
    np.testing.assert_array_equal(quick(ids), plain(ids))


def test_on_a_gpu_it_is_the_plain_model(monkeypatch):
    plain, quick = pair()
    monkeypatch.setattr(fast, "on_gpu", lambda: True)
    monkeypatch.setattr(fast, "project", None)  # not callable
    ids = random_ids(5, 20)
    np.testing.assert_array_equal(quick(ids, training=True), plain(ids, training=True))


def test_with_many_ids_it_is_the_plain_model(monkeypatch):
    plain, quick = pair()
    monkeypatch.setattr(fast, "MOST_FOLDED", SIZES["vocabulary_size"] - 1)
    monkeypatch.setattr(fast, "project", None)  # not callable
    ids = random_ids(5, 20)
    np.testing.assert_array_equal(quick(ids, training=True), plain(ids, training=True))


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_state_is_that_of_all_the_text_before(cell):
    text = random_ids(1, 200)[0]
    model = build_stream(4, **SIZES, layers=2, cell=cell)
    # A rate of 0 leaves the weights as they are.
    model.compile(keras.optimizers.SGD(0.0), next_character_loss(), jit_compile=False)
    model.fit(endless_streams(text, 4, 7), steps_per_epoch=9, shuffle=False, verbose=0)
    rows = np.stack([text[(k * 50 + np.arange(63)) % 200] for k in range(4)])
    _, expected = model(rows, return_state=True)
    for right, mine in zip(tf.nest.flatten(expected), tf.nest.flatten(model.carried), strict=True):
        np.testing.assert_allclose(mine.numpy(), right, atol=1e-5)


def test_fit_lowers_the_loss_and_does_not_train_the_state():
    text = np.tile(np.arange(1, 11, dtype="int32"), 60)
    model = build_stream(4, **SIZES)
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
    assert len(model.trainable_variables) == len(build(**SIZES).trainable_variables)


def test_rows_start_afresh_in_turn():
    text = random_ids(1, 200)[0]
    model = build_stream(4, fresh_every=3, **SIZES)
    model.compile(keras.optimizers.SGD(0.0), next_character_loss(), jit_compile=False)
    model.fit(endless_streams(text, 4, 7), steps_per_epoch=9, shuffle=False, verbose=0)
    for row, mine in enumerate(model.carried[0][0].numpy()):
        # Steps count from 0; the last one at which (step + row) was a multiple of 3.
        begin = max(step for step in range(9) if (step + row) % 3 == 0) * 7
        part = text[(row * 50 + np.arange(begin, 63)) % 200]
        expected = model(part[None], return_state=True)[1][0][0][0]
        np.testing.assert_allclose(mine, expected, atol=1e-5)


def test_a_turn_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="fresh_every: expected at least 1, received 0"):
        build_stream(4, fresh_every=0, **SIZES)
