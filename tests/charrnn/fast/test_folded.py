"""The fast pass, ids folded into the first product or looked up, against layers one by one."""

import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.fast import folded
from charrnn.fast.folded import look_up, training_layers
from charrnn.model import FoldedModel, new_model

IDS, UNITS = 13, 8
SIZES = {"vocabulary_size": IDS, "embedding_size": 6, "units": UNITS}


@pytest.fixture
def make_pair(monkeypatch, make_model):
    """Return a model of Keras' own layers and one of the fast layers, with the same weights."""

    def make(**hyperparameters):
        monkeypatch.setenv("CHARRNN_FAST", "0")
        plain = make_model(**(SIZES | hyperparameters))
        monkeypatch.setenv("CHARRNN_FAST", "1")
        fast = new_model(SIZES | hyperparameters)
        fast.set_weights(plain.get_weights())
        return plain, fast

    return make


def random_ids(batch, time):
    return np.random.default_rng(0).integers(0, IDS, (batch, time)).astype("int32")


def random_states(batch, depth):
    random = np.random.default_rng(1)
    return [[tf.constant(random.normal(size=(batch, UNITS)), "float32")] for _ in range(depth)]


def results(model, function):
    """Logits, states, and the gradients of a sum that weighs each of their numbers."""
    with tf.GradientTape() as tape:
        values = tf.nest.flatten(function())
        total = sum(
            tf.reduce_sum(value * np.random.default_rng(2).normal(size=value.shape))
            for value in values
        )
    gradients = tape.gradient(total, [weight.value for weight in model.trainable_variables])
    return [*values, *map(tf.convert_to_tensor, gradients)]


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("most", [IDS - 1, IDS])  # looked up, folded
def test_values_and_gradients_are_those_of_the_layers(make_pair, monkeypatch, depth, tied, most):
    monkeypatch.setattr(folded, "MAX_FOLDED", most)
    plain, fast = make_pair(layers=depth, tied=tied)
    ids, states = random_ids(5, 21), random_states(5, depth)
    expected = results(plain, lambda: plain(ids, states, return_state=True, training=True))
    received = results(fast, lambda: training_layers(fast, ids, states))
    for right, mine in zip(expected, received, strict=True):
        # Another order of sums, in float32, through three layers and 21 steps, in which small
        # differences grow.
        np.testing.assert_allclose(mine, right, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("steps", [1, 4])
def test_generation_gives_the_logits_of_the_layers(make_pair, steps, tied):
    plain, fast = make_pair(layers=2, tied=tied)
    ids, states = random_ids(3, steps), random_states(3, 2)
    expected = plain(ids, states, return_state=True)
    for model in (plain, fast):
        received = FoldedModel(model)(ids, states)
        for right, mine in zip(tf.nest.flatten(expected), tf.nest.flatten(received), strict=True):
            np.testing.assert_allclose(mine, right, atol=1e-5)


def test_many_ids_are_looked_up_and_few_are_folded(monkeypatch, make_pair):
    def refuse(*given):
        raise AssertionError("folded")

    monkeypatch.setattr(folded, "fold", refuse)
    ids, states = np.zeros((1, 4), "int32"), random_states(1, 1)
    _, many = make_pair(vocabulary_size=folded.MAX_FOLDED + 1)
    _, few = make_pair(vocabulary_size=folded.MAX_FOLDED)
    training_layers(many, ids, states)
    with pytest.raises(AssertionError, match="folded"):
        training_layers(few, ids, states)


def test_an_id_that_stands_twice_has_both_gradients():
    embeddings = tf.constant(np.arange(8.0).reshape(4, 2), tf.float32)
    ids = tf.constant([[3, 1], [0, 3]])
    with tf.GradientTape() as tape:
        tape.watch(embeddings)
        rows = look_up(embeddings, ids)
        total = tf.reduce_sum(rows * tf.constant([[[1.0, 2], [3, 4]], [[5, 6], [7, 8]]]))
    np.testing.assert_array_equal(rows[0], [[6, 7], [2, 3]])
    expected = [[5, 6], [3, 4], [0, 0], [8, 10]]
    np.testing.assert_array_equal(tape.gradient(total, embeddings), expected)


def test_dropout_follows_every_layer_and_keeps_the_expectation(make_pair):
    """Each row draws its own; with states that are not dropped, only the logits scatter."""
    keras.utils.set_random_seed(1)
    for depth in (1, 2):
        _, model = make_pair(layers=depth, dropout=0.5)
        rows = 1000
        ids, states = np.repeat(random_ids(1, 6), rows, axis=0), random_states(1, depth)
        states = [[tf.repeat(state, rows, axis=0)] for (state,) in states]
        drawn, last = training_layers(model, ids, states)
        # The state of the first layer is that without dropout; a layer above reads dropped outputs.
        scatter = [float(tf.math.reduce_std(state, axis=0).numpy().max()) for (state,) in last]
        assert scatter[0] < 1e-5
        assert all(value > 1e-2 for value in scatter[1:])
        if depth == 1:
            free = model(ids[:1], [[states[0][0][:1]]]).numpy()[0]
            error = drawn.numpy().std(axis=0) / np.sqrt(rows)  # (time, vocabulary)
            assert error.min() > 1e-3
            assert (abs(drawn.numpy().mean(axis=0) - free) < 5 * error).all()


def test_the_first_product_is_that_of_the_moment_it_is_made(make_pair):
    _, model = make_pair()
    ids, states = random_ids(2, 3), random_states(2, 1)
    made = FoldedModel(model)
    before = made(ids, states)[0]
    model.embedding.set_weights([np.zeros((IDS, 6))])
    np.testing.assert_array_equal(made(ids, states)[0], before)
    assert np.abs(FoldedModel(model)(ids, states)[0] - before).max() > 0.1
