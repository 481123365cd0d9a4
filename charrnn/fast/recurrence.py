"""The recurrence of a GRU written out: one product before the loop, one for each matrix after it.

Keras' layer multiplies the input inside its loop and leaves the gradient to automatic
differentiation, which multiplies once a time step for each weight matrix. Here the loop keeps only
what must wait for the step before: the state times the recurrent kernel, and backwards the gates'
gradient times its transpose.
"""

from typing import Any

from charrnn.backend import tf

__all__ = ["gru_loop", "gru_scan", "project", "state_after"]


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


def _local_derivatives(
    update: Any, reset: Any, candidate: Any, recalled: Any, state: Any
) -> list[Any]:
    """Return the derivatives of the new state, number by number, each of shape (batch, units).

    The new state is ``z h + (1 - z) tanh(x + r a)``, with ``a`` the recalled part. In this order:
    by what the sigmoid of ``z`` takes, by what that of ``r`` takes, by ``a``, by ``x``, and by
    ``h`` where it stands alone.
    """
    by_update = (state - candidate) * update * (1 - update)
    by_input = (1 - update) * (1 - candidate * candidate)
    by_recalled = by_input * reset
    by_reset = by_recalled * recalled * (1 - reset)
    return [by_update, by_reset, by_recalled, by_input, update]


# Compiled together, because twenty operations on small arrays take about as long as the product.
@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _forward_step(projected: Any, product: Any, bias: Any, state: Any) -> Any:
    """Return what a time step of ``gru_loop`` gives: new state, output, derivatives in a row."""
    update, reset, candidate, recalled = _gates(projected, product, bias, state)
    derivatives = _local_derivatives(update, reset, candidate, recalled, state)
    derivatives = tf.concat([tf.cast(each, projected.dtype) for each in derivatives], axis=1)
    state = candidate + update * (state - candidate)
    return state, tf.cast(state, projected.dtype), derivatives


@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _backward_step(d_output: Any, d_state: Any, derivatives: Any) -> Any:
    """Return the gradients of a time step's product, of its input part, and straight to its state.

    Args:
        d_output: gradient of the step's output, shape (batch, units).
        d_state: gradient of its state from the steps after it, shape (batch, units).
        derivatives: of ``_forward_step``.
    """
    d_state += tf.cast(d_output, d_state.dtype)
    scales = tf.split(tf.cast(derivatives, d_state.dtype), 5, axis=1)
    *narrow, d_old = [d_state * scale for scale in scales]
    narrow = [tf.cast(part, d_output.dtype) for part in narrow]
    return tf.concat(narrow[:3], axis=1), narrow[3], d_old


def state_after(projected: Any, state: Any, kernel: Any, bias: Any) -> Any:
    """Return the state after one time step; arguments as of ``gru_loop``, without time."""
    return _next_state(projected, tf.matmul(state, kernel), bias, state)


def _next_state(projected: Any, product: Any, bias: Any, state: Any) -> Any:
    update, _, candidate, _ = _gates(projected, product, bias, state)
    return candidate + update * (state - candidate)


_compiled_next_state = tf.function(_next_state, jit_compile=True)


def gru_scan(
    projected: Any, state: Any, kernel: Any, bias: Any, dtype: str | None = None
) -> tuple[Any, Any]:
    """Run a GRU over time without keeping what a gradient needs; arguments as of ``gru_loop``.

    Args:
        projected: as of ``gru_loop``, in any format.
        state: as of ``gru_loop``.
        kernel: as of ``gru_loop``.
        bias: as of ``gru_loop``.
        dtype: number format of the matrix products; the rest of a step is compiled then. None: that
            of the state, and plain operations alone, which can be exported.

    Returns:
        Outputs, shape (time, batch, units), dtype of the state, and the last state.
    """
    steps = tf.shape(projected)[0]
    inputs = tf.TensorArray(projected.dtype, steps).unstack(projected)
    narrow = tf.cast(kernel, dtype or state.dtype)
    advance = _compiled_next_state if dtype else _next_state

    def forward(step: Any, state: Any, outputs: Any) -> Any:
        product = tf.matmul(tf.cast(state, narrow.dtype), narrow)
        new = tf.ensure_shape(advance(inputs.read(step), product, bias, state), state.shape)
        return step + 1, new, outputs.write(step, new)

    _, last, outputs = tf.while_loop(
        lambda step, *_: step < steps, forward, (0, state, tf.TensorArray(state.dtype, steps))
    )
    return outputs.stack(), last


def gru_loop(projected: Any, state: Any, kernel: Any, bias: Any, dtype: str) -> Any:
    """Run a GRU over time, with a gradient of its own.

    ``h[t] = z * h[t-1] + (1 - z) * tanh(x + r * (h[t-1] K + b))``, the gates ``z`` and ``r``
    sigmoids of their thirds of ``projected[t] + h[t-1] K``.

    Args:
        projected: input times input kernel, shape (time, batch, 3 * units), in the format
            ``dtype``: update gate, reset gate, candidate. Both biases are in it, but for the
            recurrent one of the candidate, which the reset gate multiplies.
        state: shape (batch, units); its dtype, float32 or float64, is that of all sums.
        kernel: recurrent kernel, shape (units, 3 * units), dtype of the state.
        bias: recurrent bias of the candidate, shape (units,), dtype of the state.
        dtype: number format of the matrix products.

    Returns:
        Outputs, shape (time, batch, units), in the format ``dtype``, and the last state.

    Source: Cho et al. 2014, the reset gate after the product as in cuDNN; the gradient is derived
    in the book.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(projected: Any, state: Any, kernel: Any, bias: Any) -> Any:
        narrow = tf.cast(kernel, dtype)  # (units, 3 * units)
        steps = tf.shape(projected)[0]
        inputs = tf.TensorArray(dtype, steps).unstack(projected)
        history = tf.TensorArray(dtype, steps), tf.TensorArray(dtype, steps)

        def forward(step: Any, state: Any, output: Any, outputs: Any, derivatives: Any) -> Any:
            product = tf.matmul(output, narrow)  # (batch, 3 * units)
            shape = state.shape
            state, output, parts = _forward_step(inputs.read(step), product, bias, state)
            state, output = tf.ensure_shape(state, shape), tf.ensure_shape(output, shape)
            derivatives = derivatives.write(step, parts)  # (batch, 5 * units)
            return step + 1, state, output, outputs.write(step, output), derivatives

        first = tf.cast(state, dtype)
        _, last, _, outputs, derivatives = tf.while_loop(
            lambda step, *_: step < steps, forward, (0, state, first, *history)
        )
        outputs = outputs.stack()

        def gradient(d_outputs: Any, d_last: Any) -> Any:
            before = tf.concat(
                [first[None], outputs[:-1]], axis=0
            )  # the state each step began with
            d_gates, d_input, d_state = _backward(d_outputs, d_last, derivatives, narrow, dtype)
            units = state.shape[-1]
            rows = tf.reshape(d_gates, (-1, 3 * units))
            d_kernel = tf.matmul(tf.reshape(before, (-1, units)), rows, transpose_a=True)
            # Sums over rows with a float32 accumulator in every format.
            d_bias = tf.cast(tf.raw_ops.BiasAddGrad(out_backprop=rows), state.dtype)[2 * units :]
            d_projected = tf.concat([d_gates[:, :, : 2 * units], d_input], axis=2)
            return d_projected, d_state, tf.cast(d_kernel, state.dtype), d_bias

        return (outputs, last), gradient

    # Tensors, not variables, whose gradients would be asked for by another way.
    return run(*map(tf.convert_to_tensor, (projected, state, kernel, bias)))


def _backward(d_outputs: Any, d_last: Any, derivatives: Any, kernel: Any, dtype: str) -> Any:
    """Walk back through time.

    Args:
        d_outputs: gradient of the outputs, shape (time, batch, units).
        d_last: gradient of the last state, shape (batch, units).
        derivatives: of ``_local_derivatives``, an array over time of shape (batch, 5 * units).
        kernel: recurrent kernel in the format ``dtype``.
        dtype: number format of the matrix products.

    Returns:
        Gradients of the recurrent products, shape (time, batch, 3 * units), of the candidate's
        input part, shape (time, batch, units), and of the first state, shape (batch, units).
    """
    steps = tf.shape(d_outputs)[0]
    d_outputs = tf.TensorArray(dtype, steps).unstack(d_outputs)
    transposed = tf.transpose(kernel)  # once, or each float32 product would do it again

    def backward(step: Any, d_state: Any, d_gates: Any, d_input: Any) -> Any:
        shape = d_state.shape
        gates, inputs, d_old = _backward_step(d_outputs.read(step), d_state, derivatives.read(step))
        product = tf.matmul(gates, transposed)  # (batch, units)
        d_state = tf.ensure_shape(d_old + tf.cast(product, d_old.dtype), shape)
        return step - 1, d_state, d_gates.write(step, gates), d_input.write(step, inputs)

    arrays = tf.TensorArray(dtype, steps), tf.TensorArray(dtype, steps)
    _, d_state, d_gates, d_input = tf.while_loop(
        lambda step, *_: step >= 0, backward, (steps - 1, d_last, *arrays)
    )
    return d_gates.stack(), d_input.stack(), d_state
