"""The GRU written out, against Keras' own in float32 and against plain recurrences in float64."""

import os
from itertools import pairwise

import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.fast import gru, processor, recurrence
from charrnn.fast.gru import GRU, check_dropout, set_kernel_dropout
from charrnn.fast.recurrence import gru_loop, project
from charrnn.sampler import gru_step

BATCH, FEATURES, UNITS = 3, 5, 8


def random(*shape, dtype="float32", seed=0):
    return tf.constant(np.random.default_rng([seed, *shape]).normal(size=shape), dtype)


def pair(matmul_dtype="float32"):
    """Keras' layer and ours with the same weights, biases that are not zero among them."""
    options = {"return_sequences": True, "return_state": True}
    theirs, ours = (
        keras.layers.GRU(UNITS, **options),
        GRU(UNITS, matmul_dtype=matmul_dtype, **options),
    )
    for layer in (theirs, ours):
        layer(tf.zeros((1, 1, FEATURES)))
    theirs.set_weights([0.5 * random(*weight.shape).numpy() for weight in theirs.weights])
    ours.set_weights(theirs.get_weights())
    return theirs, ours


def results(layer, sequences, state, training=True):
    """Outputs, last state, and the gradients of a sum that weighs each of their numbers."""
    with tf.GradientTape() as tape:
        tape.watch([sequences, state])
        outputs, last = layer(sequences, initial_state=state, training=training)
        total = tf.reduce_sum(outputs * random(*outputs.shape, seed=1))
        total += tf.reduce_sum(last * random(*last.shape, seed=2))
    return [outputs, last, *tape.gradient(total, [sequences, state, *layer.trainable_variables])]


@pytest.mark.parametrize("steps", [1, 2, 30])
def test_values_states_and_gradients_are_those_of_keras(steps):
    theirs, ours = pair()
    sequences, state = random(BATCH, steps, FEATURES), random(BATCH, UNITS)
    expected, received = results(theirs, sequences, state), results(ours, sequences, state)
    for right, mine in zip(expected, received, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-5, atol=1e-5)


def test_state_starts_at_zero_and_a_list_is_taken():
    theirs, ours = pair()
    sequences, state = random(BATCH, 4, FEATURES), random(BATCH, UNITS)
    np.testing.assert_allclose(ours(sequences)[0], theirs(sequences)[0], atol=1e-6)
    listed = ours(sequences, initial_state=[state])[0]
    np.testing.assert_array_equal(listed, ours(sequences, initial_state=state)[0])


@pytest.mark.parametrize("options", [{}, {"return_sequences": True}, {"return_state": True}])
def test_returns_what_keras_returns(options):
    theirs, ours = keras.layers.GRU(UNITS, **options), GRU(UNITS, **options)
    sequences = random(BATCH, 4, FEATURES)
    theirs(sequences), ours(sequences)
    ours.set_weights(theirs.get_weights())
    expected, received = theirs(sequences), ours(sequences)
    assert isinstance(received, tuple) == isinstance(expected, tuple | list)
    for right, mine in zip(tf.nest.flatten(expected), tf.nest.flatten(received), strict=True):
        np.testing.assert_allclose(mine, right, atol=1e-6)


def test_one_graph_takes_any_length_and_any_batch():
    _, ours = pair()
    traces = []

    @tf.function(input_signature=[tf.TensorSpec((None, None, FEATURES), tf.float32)])
    def last_state(sequences):
        traces.append(None)
        return ours(sequences, training=True)[1]

    for batch, steps in [(2, 1), (2, 9), (4, 3)]:
        sequences = random(batch, steps, FEATURES)
        np.testing.assert_allclose(last_state(sequences), ours(sequences)[1], atol=1e-6)
    assert len(traces) == 1


def in_float64(steps):
    """Projected inputs, state, recurrent kernel and bias, in float64."""
    sizes = [(steps, BATCH, 3 * UNITS), (BATCH, UNITS), (UNITS, 3 * UNITS), (UNITS,)]
    return [random(*size, dtype="float64") for size in sizes]


def test_values_are_those_of_numpy_in_float64():
    projected, state, kernel, bias = in_float64(steps=40)
    outputs, last = gru_loop(projected, state, kernel, bias, "float64")
    wide = np.concatenate([np.zeros(2 * UNITS), bias.numpy()])
    expected = [state.numpy()]
    for inputs in projected.numpy():
        expected.extend(gru_step(inputs, (expected[-1],), kernel.numpy(), wide))
    np.testing.assert_allclose(outputs, expected[1:], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(last, expected[-1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 30])
def test_without_training_values_and_gradients_are_the_same(steps):
    _, ours = pair()
    sequences, state = random(BATCH, steps, FEATURES), random(BATCH, UNITS)
    kept = results(ours, sequences, state)
    free = results(ours, sequences, state, training=False)
    for right, mine in zip(kept, free, strict=True):
        np.testing.assert_allclose(mine, right, atol=1e-5)


def plain_loop(projected, state, kernel, bias):
    """The recurrence without a gradient of its own: the gates written once more, step by step."""
    outputs = []
    for inputs in tf.unstack(projected):
        update, reset, candidate = tf.split(inputs, 3, axis=1)
        by_update, by_reset, recalled = tf.split(state @ kernel, 3, axis=1)
        update, reset = 1 / (1 + tf.exp(-update - by_update)), tf.sigmoid(reset + by_reset)
        state = update * state + (1 - update) * tf.tanh(candidate + reset * (recalled + bias))
        outputs.append(state)
    return tf.stack(outputs), state


@pytest.mark.parametrize("steps", [1, 25])
def test_gradient_is_that_of_automatic_differentiation_in_float64(steps):
    arguments = in_float64(steps)
    gradients = []
    for function in (plain_loop, lambda *given: gru_loop(*given, "float64")):
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            outputs, last = function(*arguments)
            total = tf.reduce_sum(outputs * random(*outputs.shape, dtype="float64", seed=1))
            total += tf.reduce_sum(last**2)
        gradients.append(tape.gradient(total, arguments))
    for right, mine in zip(*gradients, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-9, atol=1e-11)


def test_gradient_agrees_with_finite_differences():
    arguments = in_float64(steps=6)

    def total(*given):
        return float(tf.reduce_sum(gru_loop(*given, "float64")[0] ** 2))

    with tf.GradientTape() as tape:
        tape.watch(arguments)
        value = tf.reduce_sum(gru_loop(*arguments, "float64")[0] ** 2)
    for index, gradient in enumerate(tape.gradient(value, arguments)):
        direction = random(*gradient.shape, dtype="float64", seed=7)
        ahead, behind = list(arguments), list(arguments)
        ahead[index], behind[index] = (arguments[index] + h * direction for h in (1e-5, -1e-5))
        slope = (total(*ahead) - total(*behind)) / 2e-5
        assert slope == pytest.approx(float(tf.reduce_sum(gradient * direction)), rel=1e-6)


def test_one_bfloat16_product_is_as_exact_as_the_format():
    inputs, kernel = random(4, 6, 100), random(100, 30)
    exact = np.einsum(
        "tbf,fc->tbc", *(np.float64(tf.cast(x, "bfloat16")) for x in (inputs, kernel))
    )
    received = project(tf.cast(inputs, "bfloat16"), kernel)
    # Rounded once, to 8 binary digits, after a sum that keeps more of them; a processor without the
    # instructions adds up rounded parts.
    digits = 8 if processor.has_bfloat16_instructions() else 6
    np.testing.assert_allclose(np.float64(received), exact, rtol=2**-digits, atol=1e-4)


@pytest.mark.slow
def test_error_of_bfloat16_is_bounded():
    theirs, ours = pair("bfloat16")
    sequences, state = random(BATCH, 100, FEATURES), random(BATCH, UNITS)
    expected, received = results(theirs, sequences, state), results(ours, sequences, state)
    for right, mine in zip(expected[:2], received[:2], strict=True):
        assert np.abs(mine - right).max() < 0.05  # states lie between -1 and 1
    for right, mine in zip(expected[2:], received[2:], strict=True):
        right, mine = np.ravel(right), np.ravel(mine)
        assert np.linalg.norm(mine - right) < 0.05 * np.linalg.norm(right)


def test_only_training_uses_bfloat16():
    _, ours = pair("bfloat16")
    _, exact = pair("float32")
    sequences = random(BATCH, 5, FEATURES)
    np.testing.assert_array_equal(ours(sequences)[0], exact(sequences)[0])
    assert not np.array_equal(ours(sequences, training=True)[0], exact(sequences)[0])


def test_state_is_float32_in_bfloat16_training():
    _, ours = pair("bfloat16")
    state = ours(random(BATCH, 5, FEATURES), training=True)[1].numpy()
    assert state.dtype == "float32"
    assert not np.array_equal(state, tf.cast(tf.cast(state, "bfloat16"), "float32"))


def test_products_follow_the_processor_and_the_environment(monkeypatch):
    monkeypatch.delenv("CHARRNN_MATMUL_DTYPE", raising=False)
    for has, expected in [(True, "bfloat16"), (False, "float32")]:
        monkeypatch.setattr(processor, "has_bfloat16_instructions", lambda has=has: has)
        assert processor.matmul_dtype() == expected
    monkeypatch.setenv("CHARRNN_MATMUL_DTYPE", "bfloat16")
    assert processor.matmul_dtype() == "bfloat16"
    monkeypatch.setenv("CHARRNN_MATMUL_DTYPE", "float16")
    with pytest.raises(ValueError, match=r"CHARRNN_MATMUL_DTYPE: expected .* received 'float16'"):
        processor.matmul_dtype()
    with pytest.raises(ValueError, match=r"^matmul_dtype: expected .* received 'bf16'"):
        GRU(3, matmul_dtype="bf16")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu avx512_bf16 sse", True), ("fpu avx512f", False), ("asimd bf16", True), (None, False)],
)
def test_processor_is_read_from_its_flags(tmp_path, monkeypatch, flags, expected):
    file = tmp_path / "cpuinfo"
    if flags is not None:
        file.write_text(f"flags\t\t: {flags}\n", encoding="utf-8")
    monkeypatch.setattr(processor, "CPU_INFO", file)
    assert processor.has_bfloat16_instructions() is expected


def test_config_makes_an_equal_layer():
    ours = GRU(4, return_state=True, matmul_dtype="float32", kernel_dropout=0.25, name="mine")
    config = ours.get_config()
    assert (config["units"], config["return_state"], config["return_sequences"]) == (4, True, False)
    assert (config["matmul_dtype"], config["kernel_dropout"], config["name"]) == (
        "float32",
        0.25,
        "mine",
    )
    again = keras.layers.deserialize(keras.layers.serialize(ours))
    assert type(again) is GRU
    assert again.get_config() == config


@pytest.mark.parametrize("policy", ["float64", "mixed_float16", "mixed_bfloat16"])
def test_another_dtype_policy_is_refused_by_name(policy):
    with pytest.raises(ValueError, match=f"dtype: expected 'float32', received '{policy}'"):
        GRU(4, dtype=policy)


def test_what_would_change_the_equations_is_refused():
    with pytest.raises(TypeError, match=r"options: expected .*, received \['activation'\]"):
        GRU(4, activation="relu")
    with pytest.raises(ValueError, match="mask: expected None, received shape"):
        GRU(4)(random(2, 3, 5), mask=tf.ones((2, 3), tf.bool))


def test_layers_follow_one_another():
    stack = [GRU(UNITS, return_sequences=True, matmul_dtype="float32") for _ in range(2)]
    theirs = [keras.layers.GRU(UNITS, return_sequences=True) for _ in range(2)]
    values = [random(BATCH, 6, FEATURES)]
    for ours, right in zip(stack, theirs, strict=True):
        ours(values[-1]), right(values[-1])
        right.set_weights(ours.get_weights())
        values.append(ours(values[-1], training=True))
    for layer, (before, after) in zip(theirs, pairwise(values), strict=True):
        np.testing.assert_allclose(after, layer(before), atol=1e-6)


def test_kernel_dropout_leaves_out_weights_in_training():
    ours = GRU(400, matmul_dtype="float32")
    ours(tf.zeros((1, 1, FEATURES)))
    ours.cell.recurrent_kernel.assign(tf.ones((400, 1200)) / 400)
    set_kernel_dropout([ours], 0.25)
    state, sequences = tf.ones((1, 400)), tf.zeros((1, 1, FEATURES))
    products = []

    def noted(projected, state, kernel, bias):
        products.append(tf.convert_to_tensor(kernel).numpy())
        return state

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gru, "state_after", noted)
        for training in (False, True, True):
            ours(sequences, initial_state=state, training=training)
    plain, first, second = products
    np.testing.assert_allclose(plain, 1 / 400)
    assert set(np.unique(first.round(6))) == {0, np.float32(1 / 300).round(6)}
    assert (first == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert not np.array_equal(first, second)


def test_kernel_dropout_is_refused_where_it_would_do_nothing():
    keras_gru = keras.layers.GRU(4)
    set_kernel_dropout([keras_gru], 0.0)
    assert check_dropout("any", 0.25, [GRU(4)]) == 0.25
    with pytest.raises(ValueError, match=r"kernel_dropout: expected 0 for GRU .*, received 0.25"):
        set_kernel_dropout([GRU(4), keras_gru], 0.25)
    with pytest.raises(ValueError, match=r"kernel_dropout: expected at least 0 and below 1"):
        set_kernel_dropout([GRU(4)], 1.0)


@pytest.mark.parametrize(("dtype", "error"), [("float32", 1e-5), ("bfloat16", 0.05)])
def test_units_in_parts_give_the_same_outputs_state_and_gradients(monkeypatch, dtype, error):
    """In a graph, as in training, and in the first call without one."""
    ours = GRU(6, return_sequences=True, return_state=True, matmul_dtype=dtype)
    sequences, begin = random(BATCH, 7, 3), random(BATCH, 6, seed=3)
    ours(sequences)
    ours.set_weights([0.5 * random(*weight.shape).numpy() for weight in ours.weights])
    scales = random(BATCH, 7, 6, seed=1), random(BATCH, 6, seed=2)
    asked, stepped, forward_step = [], [], recurrence._forward_step

    def gradients(sequences, begin):
        with tf.GradientTape() as tape:
            tape.watch([sequences, begin])
            outputs, last = ours(sequences, initial_state=begin, training=True)
            total = tf.reduce_sum(outputs * scales[0]) + tf.reduce_sum(last * scales[1])
        found = tape.gradient(total, [sequences, begin, *ours.trainable_variables])
        return [outputs, last, *found]

    def noted(*arguments):
        stepped.append(arguments[3].shape[0])
        return forward_step(*arguments)

    monkeypatch.setattr(recurrence, "_forward_step", noted)

    def received(parts, call):
        monkeypatch.setattr(processor, "shares", lambda units: asked.append(units) or parts)
        return call(sequences, begin)

    whole = received([6], gradients)
    stepped.clear()
    for call in (gradients, tf.function(gradients)):
        for right, mine in zip(whole, received([3, 1, 2], call), strict=True):
            np.testing.assert_allclose(mine, right, rtol=error, atol=error)
    # Each time step without a graph, once with it.
    assert stepped == 7 * [3, 1, 2] + [3, 1, 2]
    assert asked == [6, 6, 6]


def test_a_graph_for_any_batch_has_the_gradient_of_one_row():
    _, ours = pair()

    @tf.function(input_signature=[tf.TensorSpec((None, None, FEATURES), tf.float32)])
    def gradient(sequences):
        with tf.GradientTape() as tape:
            tape.watch(sequences)
            state = tf.zeros((1, UNITS))
            total = tf.reduce_sum(ours(sequences, initial_state=state, training=True)[0])
        return tape.gradient(total, sequences)

    sequences = random(1, 4, FEATURES)
    with tf.GradientTape() as tape:
        tape.watch(sequences)
        total = tf.reduce_sum(ours(sequences, training=True)[0])
    np.testing.assert_allclose(gradient(sequences), tape.gradient(total, sequences), atol=1e-6)


@pytest.mark.parametrize(
    ("cores", "units", "expected"),
    [
        (1, 640, [640]),
        (2, 640, [320, 320]),
        (2, 255, [255]),
        (4, 400, [134, 133, 133]),
        (64, 1024, [256, 256, 256, 256]),
        (4, 1, [1]),
    ],
)
def test_each_core_takes_units_but_not_too_few(monkeypatch, cores, units, expected):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(cores)), raising=False)
    assert processor.shares(units) == expected
