"""The transformer against one written in NumPy, and against itself read in pieces."""

import math
from itertools import pairwise

import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.support.arrays import write_arrays
from charrnn.variants.transformer import (
    Transformer,
    hide_later,
    load_transformer,
    save_transformer,
)

SIZES = {"vocabulary_size": 11, "length": 12, "width": 8, "heads": 2, "layers": 2}


@pytest.fixture
def model():
    keras.utils.set_random_seed(3)
    model = Transformer(**SIZES)
    # Scales of the norms begin as ones, which would hide that one is left out.
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=each.shape).astype("float32") for each in model.weights])
    return model


@pytest.fixture
def ids():
    return np.random.default_rng(1).integers(0, 11, (3, 12))


def normed(hidden, scale):
    return hidden / np.sqrt((hidden**2).mean(axis=-1, keepdims=True) + 1e-6) * scale


def in_numpy(weights, row, heads):
    """Return the logits of one row of ids, position by position, head by head, in float64."""
    left = [np.asarray(each, "float64") for each in weights]
    embedding, positions = left.pop(0), left.pop(0)
    dense, last = left.pop(), left.pop()
    hidden = embedding[row] + positions[: len(row)]
    for _ in range(len(left) // 6):
        project, join, wide, narrow, before, after = (left.pop(0) for _ in range(6))
        width = hidden.shape[1]
        size = width // heads
        mixed = normed(hidden, before) @ project
        found = np.zeros_like(hidden)
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            q, k, v = (mixed[:, place * width :][:, part] for place in range(3))
            for at in range(len(row)):
                scores = np.array([q[at] @ k[seen] for seen in range(at + 1)]) / math.sqrt(size)
                powers = np.exp(scores - scores.max())
                found[at, part] = powers @ v[: at + 1] / powers.sum()
        hidden = hidden + found @ join
        hidden = hidden + np.maximum(normed(hidden, after) @ wide, 0) @ narrow
    return normed(hidden, last) @ dense


def test_logits_are_those_of_numpy(model, ids):
    expected = [in_numpy(model.get_weights(), row, SIZES["heads"]) for row in ids]
    np.testing.assert_allclose(model(ids), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("cuts", [(0, 12), (0, 1, 12), (0, 5, 6, 7, 12), tuple(range(13))])
def test_a_text_read_in_pieces_gives_the_logits_of_the_whole(model, ids, cuts):
    states, pieces = None, []
    for first, last in pairwise(cuts):
        logits, states = model(ids[:, first:last], states=states, return_state=True)
        pieces.append(logits)
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), model(ids), rtol=1e-4, atol=1e-4)
    assert [[each.shape for each in block] for block in states] == [[(3, 2, 12, 4)] * 2] * 2


def test_a_later_character_changes_nothing_before_it(model, ids):
    changed = ids.copy()
    changed[:, 7] = (changed[:, 7] + 1) % 11
    before, after = model(ids).numpy(), model(changed).numpy()
    np.testing.assert_array_equal(before[:, :7], after[:, :7])
    assert np.abs(before[:, 7:] - after[:, 7:]).max(axis=(0, 2)).min() > 1e-3


def test_later_positions_are_hidden_in_any_dtype():
    for dtype in (tf.float32, tf.bfloat16):
        weights = tf.nn.softmax(hide_later(tf.zeros((1, 1, 2, 4), dtype)))
        np.testing.assert_allclose(
            tf.cast(weights, tf.float32)[0, 0], [[1 / 3, 1 / 3, 1 / 3, 0], [0.25] * 4], atol=2e-3
        )


def test_the_parameters_are_those_of_the_formula():
    model = Transformer(66, 128)
    matrices = 4 * (3 + 1 + 4 + 4) * 128**2
    assert model.count_params() == matrices + (2 * 66 + 128) * 128 + (2 * 4 + 1) * 128 == 820_864


def test_dropout_is_for_training_alone(ids):
    model = Transformer(**SIZES, dropout=0.5)
    assert np.array_equal(model(ids), model(ids))
    assert not np.allclose(model(ids, training=True), model(ids, training=True))


def test_a_gradient_reaches_every_weight(model, ids):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(ids) ** 2)
    for gradient in tape.gradient(loss, model.trainable_variables):
        assert np.abs(tf.convert_to_tensor(gradient)).max() > 0


def test_what_is_saved_comes_back(model, ids, tmp_path):
    path = tmp_path / "my.safetensors"
    save_transformer(model, path, "abcdefghij")
    loaded, characters = load_transformer(path)
    assert characters == "abcdefghij"
    halves = [each.astype("float16").astype("float32") for each in model.get_weights()]
    for expected, received in zip(halves, loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(expected, received)
    assert loaded.get_config() == model.get_config()


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "my.safetensors"
    write_arrays(path, "a model", {}, {})
    with pytest.raises(ValueError, match="expected a transformer, received 'a model'"):
        load_transformer(path)


def test_heads_divide_the_width():
    with pytest.raises(ValueError, match="width: expected a multiple of 3, the heads, received 8"):
        Transformer(**SIZES | {"heads": 3})


def test_a_longer_text_is_refused(model):
    with pytest.raises(ValueError, match="ids: expected at most 12 positions, received 13"):
        model(np.zeros((1, 13), "int32"))
    _, states = model(np.zeros((1, 12), "int32"), return_state=True)
    with pytest.raises(ValueError, match="ids: expected at most 12 positions, received 13"):
        model(np.zeros((1, 1), "int32"), states=states)
