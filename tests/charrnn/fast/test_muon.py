"""Orthogonal steps against the singular value decomposition, and which weights get them."""

import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.fast.muon import Muon, orthogonalize
from charrnn.model import CharacterModel, TiedModel


def matrix_with(singular_values, columns, seed=0):
    random = np.random.default_rng(seed)
    rows = len(singular_values)
    left, _ = np.linalg.qr(random.normal(size=(rows, rows)))
    right, _ = np.linalg.qr(random.normal(size=(columns, rows)))
    return left, np.asarray(singular_values), right.T


@pytest.mark.parametrize("products", ["float32", "bfloat16"])
def test_singular_values_go_near_1_and_vectors_stay(products):
    left, values, right = matrix_with(np.geomspace(1e-2, 5, 40), 120)
    received = orthogonalize(tf.constant((left * values) @ right, "float32"), products)
    inner = left.T @ received.numpy() @ right.T  # diagonal, if the vectors stayed
    diagonal = np.diag(inner)
    assert 0.1 < diagonal.min() < diagonal.max() < 1.9
    assert np.abs(inner - np.diag(diagonal)).max() < (1e-4 if products == "float32" else 0.1)


def test_size_of_the_matrix_does_not_matter():
    left, values, right = matrix_with(np.linspace(1, 2, 10), 30)
    matrix = tf.constant((left * values) @ right, "float32")
    small, large = (orthogonalize(factor * matrix, "float32") for factor in (1e-3, 1e3))
    np.testing.assert_allclose(small, large, atol=2e-3)
    assert not np.any(orthogonalize(tf.zeros((3, 5)), "float32"))


def test_recurrent_kernels_get_orthogonal_steps_and_all_else_adam():
    model = CharacterModel(vocabulary_size=13, embedding_size=16, units=16, layers=2)
    random = np.random.default_rng(0)
    gradients = [
        tf.constant(random.normal(0, 1e-3, variable.shape), "float32")
        for variable in model.trainable_variables
    ]
    before = model.get_weights()
    optimizer = Muon(0.01, scale=0.1, clip_norm=1e9)
    optimizer.build(model.trainable_variables)
    peer = [keras.Variable(weights) for weights in before]
    adam = keras.optimizers.Adam(0.01, beta_2=0.99)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    adam.apply_gradients(zip(gradients, peer, strict=True))
    kernels = 0
    for variable, old, right, gradient in zip(
        model.trainable_variables, before, peer, gradients, strict=True
    ):
        step = variable.numpy() - old
        if variable.name == "recurrent_kernel":
            kernels += 1
            expected = -0.01 * 0.1 * np.sqrt(48) * orthogonalize(1.95 * gradient, "float32")
            np.testing.assert_allclose(step, expected, atol=1e-6)
        else:
            np.testing.assert_allclose(variable, right, atol=1e-6)
    assert kernels == 2


def test_keras_makes_an_equal_optimizer_from_what_it_saved():
    optimizer = Muon(0.02, scale=0.05, clip_norm=0.5, weight_decay=0.3)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is Muon
    assert float(again.learning_rate) == pytest.approx(0.02)
    assert (again.scale, again.rms_rate) == (0.05, 0.05)
    assert (again.clip_norm, again.global_clipnorm) == (0.5, 0.5)
    assert (again.weight_decay, again.adam_weight_decay) == (0.3, 0.3)


def test_a_step_takes_away_a_share_of_all_weights_but_biases():
    model = TiedModel(vocabulary_size=13, embedding_size=8, units=8)
    model.set_weights([np.full_like(weights, 2.0) for weights in model.get_weights()])
    optimizer = Muon(0.1, weight_decay=0.5)
    optimizer.build(model.trainable_variables)
    still = [tf.zeros(variable.shape) for variable in model.trainable_variables]
    optimizer.apply_gradients(zip(still, model.trainable_variables, strict=True))
    for variable in model.trainable_variables:
        expected = 2.0 if variable.name == "bias" else 2.0 * (1 - 0.1 * 0.5)
        np.testing.assert_allclose(variable, expected, rtol=1e-6)
