import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.fast.dropout import drop


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.5, 0.999])
@pytest.mark.parametrize("shape", [(301, 401), (7, 11, 1301)])
def test_share_and_scale(rate, shape):
    received = drop(tf.ones(shape), rate, keras.random.SeedGenerator(1)).numpy()
    zeros = min(round(256 * rate), 255) / 256
    assert (received == 0).mean() == pytest.approx(
        zeros, abs=5 * np.sqrt(zeros / received.size) + 1e-9
    )
    np.testing.assert_allclose(received[received != 0], 1 / (1 - zeros), rtol=1e-6)


def test_each_call_draws_anew_and_seeds_decide():
    first, again = keras.random.SeedGenerator(1), keras.random.SeedGenerator(1)
    values = tf.ones((50, 50))
    draws = [drop(values, 0.5, first).numpy() for _ in range(2)]
    assert not np.array_equal(*draws)
    np.testing.assert_array_equal(draws, [drop(values, 0.5, again).numpy() for _ in range(2)])


def test_neighbours_are_independent():
    drawn = drop(tf.ones((400, 400)), 0.5, keras.random.SeedGenerator(1)).numpy().ravel() / 2
    for offset in (1, 2, 3, 4, 400):
        both = (drawn[:-offset] * drawn[offset:]).mean()
        assert both == pytest.approx(0.25, abs=0.005)


def test_gradient_passes_where_numbers_do():
    values = tf.constant(np.random.default_rng(0).normal(size=(20, 30)), "float32")
    with tf.GradientTape() as tape:
        tape.watch(values)
        received = drop(values, 0.25, keras.random.SeedGenerator(1))
    gradient = tape.gradient(received, values).numpy()
    np.testing.assert_allclose(gradient, np.where(received.numpy() == 0, 0, 4 / 3), rtol=1e-6)


def test_bfloat16_stays_bfloat16():
    received = drop(tf.ones((9, 5), "bfloat16"), 0.5, keras.random.SeedGenerator(1))
    assert received.dtype == "bfloat16"
    assert set(np.unique(np.float32(received))) == {0.0, 2.0}
