"""Layers with the embedding folded in, against the same layers called one after the other."""

import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.fast.folded import FoldedLayers
from charrnn.fast.gru import GRU

IDS, UNITS = 13, 8


def make_layers(depth, dropout=0.0, gru=GRU):
    """An embedding, GRU layers, dropout and a dense layer with random weights."""
    layers = [
        keras.layers.Embedding(IDS, 6),
        [gru(UNITS, return_sequences=True, return_state=True) for _ in range(depth)],
        keras.layers.Dropout(dropout),
        keras.layers.Dense(IDS),
    ]
    one_by_one(layers, random_ids(1, 1), [None] * depth)
    random = np.random.default_rng(0)
    for layer in (layers[0], *layers[1], layers[3]):
        layer.set_weights([random.normal(0, 0.6, weight.shape) for weight in layer.weights])
    return layers


def random_ids(batch, time, seed=0):
    return np.random.default_rng(seed).integers(0, IDS, (batch, time)).astype("int32")


def random_states(batch, depth):
    random = np.random.default_rng(1)
    return [[tf.constant(random.normal(size=(batch, UNITS)), "float32")] for _ in range(depth)]


def one_by_one(layers, ids, states, training=False):
    embedding, recurrent, dropout, dense = layers
    hidden, last = embedding(ids), []
    for layer, state in zip(recurrent, states, strict=True):
        hidden, *state = layer(hidden, initial_state=state, training=training)
        hidden = dropout(hidden, training=training)
        last.append(state)
    return dense(hidden), last


def results(function, layers, *arguments, **options):
    """Logits, states, and the gradients of a sum that weighs each of their numbers."""
    weights = [w.value for layer in (layers[0], *layers[1], layers[3]) for w in layer.weights]
    with tf.GradientTape() as tape:
        values = tf.nest.flatten(function(*arguments, **options))
        total = sum(
            tf.reduce_sum(value * np.random.default_rng(2).normal(size=value.shape))
            for value in values
        )
    return [*values, *map(tf.convert_to_tensor, tape.gradient(total, weights))]


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("training", [False, True])
def test_values_and_gradients_are_those_of_the_layers(depth, training):
    layers, ids, states = make_layers(depth), random_ids(5, 21), random_states(5, depth)
    expected = results(one_by_one, layers, layers, ids, states, training=training)
    folded = results(
        lambda *given, **options: FoldedLayers(*layers)(*given, **options),
        layers,
        ids,
        states,
        training=training,
    )
    for right, mine in zip(expected, folded, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("steps", [1, 4])
def test_layers_of_keras_will_do_outside_training(steps):
    layers, ids = make_layers(2, gru=keras.layers.GRU), random_ids(3, steps)
    states = random_states(3, 2)
    expected, received = one_by_one(layers, ids, states), FoldedLayers(*layers)(ids, states)
    for right, mine in zip(tf.nest.flatten(expected), tf.nest.flatten(received), strict=True):
        np.testing.assert_allclose(mine, right, atol=1e-5)


def test_dropout_follows_every_layer_and_keeps_the_expectation():
    """Each row draws its own; with states that are not dropped, only the logits scatter."""
    keras.utils.set_random_seed(1)
    for depth in (1, 2):
        layers = make_layers(depth, dropout=0.5)
        rows = 1000
        ids, states = np.repeat(random_ids(1, 6), rows, axis=0), random_states(1, depth)
        states = [[tf.repeat(state, rows, axis=0)] for (state,) in states]
        folded = FoldedLayers(*layers)
        drawn, last = folded(ids, states, training=True)
        # The state of the first layer is that without dropout; a layer above reads dropped outputs.
        scatter = [float(tf.math.reduce_std(state, axis=0).numpy().max()) for (state,) in last]
        assert scatter[0] < 1e-5
        assert all(value > 1e-2 for value in scatter[1:])
        if depth == 1:
            free = folded(ids[:1], [[states[0][0][:1]]])[0].numpy()[0]
            error = drawn.numpy().std(axis=0) / np.sqrt(rows)  # (time, vocabulary)
            assert error.min() > 1e-3
            assert (abs(drawn.numpy().mean(axis=0) - free) < 5 * error).all()


def test_the_first_product_is_that_of_the_moment_it_is_made():
    layers, ids, states = make_layers(1), random_ids(2, 3), random_states(2, 1)
    folded = FoldedLayers(*layers)
    before = folded(ids, states)[0]
    layers[0].set_weights([np.zeros((IDS, 6))])
    np.testing.assert_array_equal(folded(ids, states)[0], before)
    assert np.abs(FoldedLayers(*layers)(ids, states)[0] - before).max() > 0.1
