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


def _local_derivatives(
    update: Any, reset: Any, candidate: Any, recalled: Any, state: Any
) -> list[Any]:
    """Return what the gradient of the new state is multiplied by, backwards.

    In this order: to the update gate, to the reset gate, to the recalled part and to the input part
    of the candidate (all four before their sigmoid or tanh), and straight to the old state.
    """
    to_update = (state - candidate) * update * (1 - update)
    to_input = (1 - update) * (1 - candidate * candidate)
    to_recalled = to_input * reset
    to_reset = to_recalled * recalled * (1 - reset)
    return [to_update, to_reset, to_recalled, to_input, update]


# Compiled together, because twenty operations on small arrays take about as long as the product.
@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _forward_step(projected: Any, product: Any, bias: Any, state: Any) -> Any:
    """Return what a time step of ``gru_loop`` gives: new state, output, slopes side by side."""
    update, reset, candidate, recalled = _gates(projected, product, bias, state)
    slopes = _local_derivatives(update, reset, candidate, recalled, state)
    slopes = tf.concat([tf.cast(slope, projected.dtype) for slope in slopes], axis=1)
    state = candidate + update * (state - candidate)
    return state, tf.cast(state, projected.dtype), slopes


@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _backward_step(to_output: Any, to_state: Any, slopes: Any) -> Any:
    """Return the gradients of a time step's product, of its input part, and straight to its state.

    Args:
        to_output: gradient of the step's output, shape (batch, units).
        to_state: gradient of its state from the steps after it, shape (batch, units).
        slopes: of ``_forward_step``.
    """
    to_state += tf.cast(to_output, to_state.dtype)
    scales = tf.split(tf.cast(slopes, to_state.dtype), 5, axis=1)
    *narrow, to_old = [to_state * scale for scale in scales]
    narrow = [tf.cast(part, to_output.dtype) for part in narrow]
    return tf.concat(narrow[:3], axis=1), narrow[3], to_old


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
            shape = state.shape
            state, output, parts = _forward_step(inputs.read(step), product, bias, state)
            state, output = tf.ensure_shape(state, shape), tf.ensure_shape(output, shape)
            slopes = slopes.write(step, parts)  # (batch, 5 * units)
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
        slopes: of ``_local_derivatives``, an array over time of shape (batch, 5 * units).
        kernel: recurrent kernel in the format ``products``.
        products: number format of the products.

    Returns:
        Gradients of the recurrent products, shape (time, batch, 3 * units), of the candidate's
        input part, shape (time, batch, units), and of the first state, shape (batch, units).
    """
    steps = tf.shape(to_outputs)[0]
    to_outputs = tf.TensorArray(products, steps).unstack(to_outputs)
    transposed = tf.transpose(kernel)  # once, or each float32 product would do it again

    def backward(step: Any, to_state: Any, to_gates: Any, to_input: Any) -> Any:
        shape = to_state.shape
        gates, inputs, to_old = _backward_step(to_outputs.read(step), to_state, slopes.read(step))
        product = tf.matmul(gates, transposed)  # (batch, units)
        to_state = tf.ensure_shape(to_old + tf.cast(product, to_old.dtype), shape)
        return step - 1, to_state, to_gates.write(step, gates), to_input.write(step, inputs)

    arrays = tf.TensorArray(products, steps), tf.TensorArray(products, steps)
    _, to_state, to_gates, to_input = tf.while_loop(
        lambda step, *_: step >= 0, backward, (steps - 1, to_last, *arrays)
    )
    return to_gates.stack(), to_input.stack(), to_state
