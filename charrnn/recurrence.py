"""The recurrence of a GRU written out: one product before the loop, one for each matrix after it.

Keras' layer multiplies the input inside its loop and leaves the gradient to automatic
differentiation, which multiplies once a time step for each weight matrix. Here the loop keeps only
what must wait for the step before: the state times the recurrent kernel, and backwards the gates'
gradient times its transpose.
"""

from typing import Any

from charrnn.backend import tf

__all__ = ["gru_loop", "gru_scan", "gru_step", "project"]


def project(inputs: Any, kernel: Any, bias: Any = None) -> Any:
    """Return inputs times kernel, plus bias if there is one, for all time steps in one product.

    Args:
        inputs: shape (time, batch, features), in the number format of the product.
        kernel: shape (features, columns).
        bias: shape (columns,).

    Returns:
        Shape (time, batch, columns), dtype of ``inputs``.
    """
    steps, batch = tf.unstack(tf.shape(inputs)[:2])
    rows = tf.matmul(tf.reshape(inputs, (-1, kernel.shape[0])), tf.cast(kernel, inputs.dtype))
    if bias is not None:
        rows = tf.nn.bias_add(rows, tf.cast(bias, inputs.dtype))
    return tf.reshape(rows, (steps, batch, kernel.shape[1]))


def _gates(projected: Any, product: Any, bias: Any, state: Any) -> Any:
    """Return the gates of one time step: update, reset, candidate, and the state's part of it."""
    units = state.shape[-1]
    projected, product = tf.cast(projected, state.dtype), tf.cast(product, state.dtype)
    gates = tf.sigmoid(projected[:, : 2 * units] + product[:, : 2 * units])
    update, reset = gates[:, :units], gates[:, units:]
    recalled = product[:, 2 * units :] + bias
    candidate = tf.tanh(projected[:, 2 * units :] + reset * recalled)
    return update, reset, candidate, recalled


def _slopes(update: Any, reset: Any, candidate: Any, recalled: Any, state: Any) -> list[Any]:
    """Return what the gradient of the new state is multiplied by, backwards.

    In this order: to the update gate, to the reset gate, to the recalled part and to the input part
    of the candidate (all four before their sigmoid or tanh), and straight to the old state.
    """
    to_update = (state - candidate) * update * (1 - update)
    to_input = (1 - update) * (1 - candidate * candidate)
    to_recalled = to_input * reset
    to_reset = to_recalled * recalled * (1 - reset)
    return [to_update, to_reset, to_recalled, to_input, update]


def gru_step(projected: Any, state: Any, kernel: Any, bias: Any) -> Any:
    """Return the state after one time step; arguments as of ``gru_loop``, without time."""
    update, _, candidate, _ = _gates(projected, tf.matmul(state, kernel), bias, state)
    return candidate + update * (state - candidate)


def gru_scan(projected: Any, state: Any, kernel: Any, bias: Any) -> Any:
    """Run a GRU over time without keeping what a gradient needs; arguments as of ``gru_loop``.

    Returns:
        Outputs, shape (time, batch, units), dtype of the state, and the last state.
    """
    steps = tf.shape(projected)[0]
    inputs = tf.TensorArray(projected.dtype, steps).unstack(projected)

    def forward(step: Any, state: Any, outputs: Any) -> Any:
        shape = state.shape
        state = tf.ensure_shape(gru_step(inputs.read(step), state, kernel, bias), shape)
        return step + 1, state, outputs.write(step, state)

    _, last, outputs = tf.while_loop(
        lambda step, *_: step < steps, forward, (0, state, tf.TensorArray(state.dtype, steps))
    )
    return outputs.stack(), last


def gru_loop(projected: Any, state: Any, kernel: Any, bias: Any, products: str) -> Any:
    """Run a GRU over time, with a gradient of its own.

    ``h[t] = z * h[t-1] + (1 - z) * tanh(x + r * (h[t-1] K + b))``, the gates ``z`` and ``r``
    sigmoids of their thirds of ``projected[t] + h[t-1] K``.

    Args:
        projected: input times input kernel, shape (time, batch, 3 * units), in the format
            ``products``: update gate, reset gate, candidate. Both biases are in it, but for the
            recurrent one of the candidate, which the reset gate multiplies.
        state: shape (batch, units); its dtype, float32 or float64, is that of all sums.
        kernel: recurrent kernel, shape (units, 3 * units), dtype of the state.
        bias: recurrent bias of the candidate, shape (units,), dtype of the state.
        products: number format of the products.

    Returns:
        Outputs, shape (time, batch, units), in the format ``products``, and the last state.

    Source: Cho et al. 2014, the reset gate after the product as in cuDNN; the gradient is derived
    in the book.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(projected: Any, state: Any, kernel: Any, bias: Any) -> Any:
        narrow = tf.cast(kernel, products)  # (units, 3 * units)
        steps = tf.shape(projected)[0]
        inputs = tf.TensorArray(products, steps).unstack(projected)
        history = tf.TensorArray(products, steps), tf.TensorArray(products, steps)

        def forward(step: Any, state: Any, output: Any, outputs: Any, slopes: Any) -> Any:
            product = tf.matmul(output, narrow)  # (batch, 3 * units)
            update, reset, candidate, recalled = _gates(inputs.read(step), product, bias, state)
            parts = _slopes(update, reset, candidate, recalled, state)
            parts = [tf.cast(part, products) for part in parts]
            state = tf.ensure_shape(candidate + update * (state - candidate), state.shape)
            output = tf.cast(state, products)
            slopes = slopes.write(step, tf.concat(parts, axis=1))  # (batch, 5 * units)
            return step + 1, state, output, outputs.write(step, output), slopes

        first = tf.cast(state, products)
        _, last, _, outputs, slopes = tf.while_loop(
            lambda step, *_: step < steps, forward, (0, state, first, *history)
        )
        outputs = outputs.stack()

        def gradient(to_outputs: Any, to_last: Any) -> Any:
            before = tf.concat(
                [first[None], outputs[:-1]], axis=0
            )  # the state each step began with
            to_gates, to_input, to_state = _backward(to_outputs, to_last, slopes, narrow, products)
            units = state.shape[-1]
            rows = tf.reshape(to_gates, (-1, 3 * units))
            to_kernel = tf.matmul(tf.reshape(before, (-1, units)), rows, transpose_a=True)
            # Sums over rows with a float32 accumulator in every format.
            to_bias = tf.cast(tf.raw_ops.BiasAddGrad(out_backprop=rows), state.dtype)[2 * units :]
            to_projected = tf.concat([to_gates[:, :, : 2 * units], to_input], axis=2)
            return to_projected, to_state, tf.cast(to_kernel, state.dtype), to_bias

        return (outputs, last), gradient

    # Tensors, not variables, whose gradients would be asked for by another way.
    return run(*map(tf.convert_to_tensor, (projected, state, kernel, bias)))


def _backward(to_outputs: Any, to_last: Any, slopes: Any, kernel: Any, products: str) -> Any:
    """Walk back through time.

    Args:
        to_outputs: gradient of the outputs, shape (time, batch, units).
        to_last: gradient of the last state, shape (batch, units).
        slopes: of ``_slopes``, an array over time of shape (batch, 5 * units).
        kernel: recurrent kernel in the format ``products``.
        products: number format of the products.

    Returns:
        Gradients of the recurrent products, shape (time, batch, 3 * units), of the candidate's
        input part, shape (time, batch, units), and of the first state, shape (batch, units).
    """
    steps, batch, units = tf.shape(to_outputs)[0], tf.shape(to_last)[0], kernel.shape[0]
    to_outputs = tf.TensorArray(products, steps).unstack(to_outputs)
    transposed = tf.transpose(kernel)  # once, or each float32 product would do it again

    def backward(step: Any, to_state: Any, to_gates: Any, to_input: Any) -> Any:
        to_state += tf.cast(to_outputs.read(step), to_state.dtype)
        parts = slopes.read(step)
        scales = tf.cast(tf.reshape(parts, (batch, 5, units)), to_state.dtype)
        scaled = to_state[:, None] * scales  # (batch, 5, units)
        narrow = tf.cast(scaled[:, :4], products)
        gates = tf.reshape(narrow[:, :3], (batch, 3 * units))
        product = tf.matmul(gates, transposed)  # (batch, units)
        to_gates, to_input = to_gates.write(step, gates), to_input.write(step, narrow[:, 3])
        return step - 1, scaled[:, 4] + tf.cast(product, to_state.dtype), to_gates, to_input

    arrays = tf.TensorArray(products, steps), tf.TensorArray(products, steps)
    _, to_state, to_gates, to_input = tf.while_loop(
        lambda step, *_: step >= 0, backward, (steps - 1, to_last, *arrays)
    )
    return to_gates.stack(), to_input.stack(), to_state
