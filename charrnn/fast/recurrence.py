"""The recurrence of a GRU written out: one product before the loop, one for each matrix after it.

Keras' layer multiplies the input inside its loop and leaves the gradient to automatic
differentiation, which multiplies once a time step for each weight matrix. Here the loop keeps only
what must wait for the step before: the recurrent kernel times the state, and backwards the kernel
times the gates' gradient.

Within the loop a column is a row of the batch, so that the kernel is the left factor of its
products: a library that multiplies packs the right one anew each time, and the state is small. The
units are computed in parts, so that each core can read its share of the kernel alone.
"""

import itertools
from typing import Any

from charrnn.backend import tf
from charrnn.fast import processor

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


def _gates(projected: Any, product: Any, bias: Any, dtype: Any, axis: int) -> Any:
    """Return the gates of one time step: update, reset, candidate, and the state's part of it.

    Args:
        projected: the input's part of the gates' sums; the three thirds lie along ``axis``.
        product: the state's part, from the recurrent kernel, likewise.
        bias: of the candidate, in a shape that can be added to a third.
        dtype: of the results.
        axis: that of the units.
    """
    by_input = tf.split(tf.cast(projected, dtype), 3, axis)
    *by_state, recalled = tf.split(tf.cast(product, dtype), 3, axis)
    update, reset = (tf.sigmoid(x + h) for x, h in zip(by_input[:2], by_state, strict=True))
    recalled += bias
    candidate = tf.tanh(by_input[2] + reset * recalled)
    return update, reset, candidate, recalled


def _local_derivatives(
    update: Any, reset: Any, candidate: Any, recalled: Any, state: Any
) -> list[Any]:
    """Return the derivatives of the new state, number by number, each of its shape.

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
# Which units is known when it is compiled, so that picking them costs no copy.
@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _forward_step(projected: Any, product: Any, bias: Any, state: Any, first: int) -> Any:
    """Return what a time step of ``gru_loop`` gives for some units: state, output, derivatives.

    Args:
        projected: of all units, shape (3 * all units, batch).
        product: recurrent kernel times state, shape (3 * units, batch).
        bias: shape (units,).
        state: shape (units, batch).
        first: number of the first of these units.

    Returns:
        Shapes (units, batch) twice, and (5 * units, batch).
    """
    thirds = tf.split(projected, 3)
    projected = tf.concat([third[first : first + state.shape[0]] for third in thirds], axis=0)
    update, reset, candidate, recalled = _gates(projected, product, bias[:, None], state.dtype, 0)
    derivatives = _local_derivatives(update, reset, candidate, recalled, state)
    derivatives = tf.concat([tf.cast(each, projected.dtype) for each in derivatives], axis=0)
    state = candidate + update * (state - candidate)
    return state, tf.cast(state, projected.dtype), derivatives


@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _backward_step(d_output: Any, d_state: Any, derivatives: Any, first: int) -> Any:
    """Return the gradients of what a time step had for some units.

    Args:
        d_output: gradient of the step's output, of all units, shape (all units, batch).
        d_state: gradient of its state from the steps after it, shape (units, batch).
        derivatives: of ``_forward_step``.
        first: number of the first of these units.

    Returns:
        Of the sums of update and reset gate, of the candidate's recurrent and its input part, all
        in the format of ``d_output``, and straight to the state; each of shape (units, batch).
    """
    d_state += tf.cast(d_output[first : first + d_state.shape[0]], d_state.dtype)
    scales = tf.split(tf.cast(derivatives, d_state.dtype), 5)
    *narrow, d_old = [d_state * scale for scale in scales]
    return *(tf.cast(part, d_output.dtype) for part in narrow), d_old


def state_after(projected: Any, state: Any, kernel: Any, bias: Any) -> Any:
    """Return the state after one time step; arguments as of ``gru_loop``, without time."""
    return _next_state(projected, tf.matmul(state, kernel), bias, state)


def _next_state(projected: Any, product: Any, bias: Any, state: Any) -> Any:
    update, _, candidate, _ = _gates(projected, product, bias, state.dtype, 1)
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
    units = kernel.shape[0]
    sizes = processor.shares(units)
    firsts = _firsts(sizes)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(projected: Any, state: Any, kernel: Any, bias: Any) -> Any:
        steps = tf.shape(projected)[0]
        narrow = tf.cast(kernel, dtype)  # (units, 3 * units)
        by_gate = tf.split(tf.reshape(tf.transpose(narrow), (3, units, units)), sizes, axis=1)
        matrices = [tf.reshape(part, (-1, units)) for part in by_gate]
        biases = tf.split(bias, sizes)
        inputs = tf.TensorArray(dtype, steps).unstack(_swapped(projected))

        def forward(step: Any, states: Any, output: Any, outputs: Any, derivatives: Any) -> Any:
            now = inputs.read(step)
            stepped = [
                _forward_step(now, tf.matmul(matrix, output), *rest)
                for matrix, *rest in zip(matrices, biases, states, firsts, strict=True)
            ]
            after, narrow_after, slopes = zip(*stepped, strict=True)
            output = tf.ensure_shape(tf.concat(narrow_after, axis=0), output.shape)
            derivatives = [x.write(step, y) for x, y in zip(derivatives, slopes, strict=True)]
            return step + 1, _like(states, after), output, outputs.write(step, output), derivatives

        first = tf.transpose(state)
        outputs, *derivatives = [tf.TensorArray(dtype, steps) for _ in (0, *sizes)]
        _, last, _, outputs, derivatives = tf.while_loop(
            lambda step, *_: step < steps,
            forward,
            (0, tf.split(first, sizes), tf.cast(first, dtype), outputs, derivatives),
        )
        outputs = _swapped(outputs.stack())

        def gradient(d_outputs: Any, d_last: Any) -> Any:
            # The state each step began with.
            before = tf.concat([tf.cast(state, dtype)[None], outputs[:-1]], axis=0)
            d_last = tf.ensure_shape(d_last, state.shape)
            d_product, d_projected, d_state = _backward(
                d_outputs, d_last, derivatives, tf.split(narrow, sizes)
            )
            rows = tf.reshape(d_product, (-1, 3 * units))
            d_kernel = tf.matmul(tf.reshape(before, (-1, units)), rows, transpose_a=True)
            # Sums over rows with a float32 accumulator in every format.
            d_bias = tf.cast(tf.raw_ops.BiasAddGrad(out_backprop=rows), state.dtype)[2 * units :]
            return d_projected, d_state, tf.cast(d_kernel, state.dtype), d_bias

        return (outputs, tf.transpose(tf.concat(last, axis=0))), gradient

    # Tensors, not variables, whose gradients would be asked for by another way.
    return run(*map(tf.convert_to_tensor, (projected, state, kernel, bias)))


def _swapped(matrices: Any) -> Any:
    """Return an array over time of matrices, each transposed."""
    return tf.transpose(matrices, (0, 2, 1))


def _firsts(sizes: list[int]) -> list[int]:
    """Return the number of the first unit of each part."""
    return list(itertools.accumulate([0, *sizes[:-1]]))


def _like(before: list[Any], after: Any) -> list[Any]:
    """Return tensors that are known to have the shapes of others, as a loop needs it.

    Where the batch is unknown but the state has one row, broadcasting would lose that.
    """
    return [tf.ensure_shape(x, y.shape) for x, y in zip(after, before, strict=True)]


def _backward(d_outputs: Any, d_last: Any, derivatives: list[Any], kernels: list[Any]) -> Any:
    """Walk back through time.

    Args:
        d_outputs: gradient of the outputs, shape (time, batch, units).
        d_last: gradient of the last state, shape (batch, units).
        derivatives: for each part of the units those of ``_local_derivatives``, an array over time
            of shape (5 * units, batch).
        kernels: for each part of the units its rows of the recurrent kernel, in the format of the
            matrix products.

    Returns:
        Gradients of the recurrent products and of ``projected``, both of shape (time, batch,
        3 * units), and of the first state, shape (batch, units).
    """
    steps, dtype = tf.shape(d_outputs)[0], kernels[0].dtype
    sizes = [kernel.shape[0] for kernel in kernels]
    firsts = _firsts(sizes)
    d_outputs = tf.TensorArray(dtype, steps).unstack(_swapped(d_outputs))

    def backward(step: Any, d_states: Any, d_products: Any, d_projected: Any) -> Any:
        now = d_outputs.read(step)
        stepped = [
            _backward_step(now, d_state, slopes.read(step), first)
            for d_state, slopes, first in zip(d_states, derivatives, firsts, strict=True)
        ]
        update, reset, recalled, by_input, straight = zip(*stepped, strict=True)
        d_product = tf.concat([*update, *reset, *recalled], axis=0)  # (3 * units, batch)
        by_product = [tf.cast(tf.matmul(kernel, d_product), d_last.dtype) for kernel in kernels]
        before = [x + y for x, y in zip(straight, by_product, strict=True)]
        d_products = d_products.write(step, d_product)
        d_projected = d_projected.write(step, tf.concat([*update, *reset, *by_input], axis=0))
        return step - 1, _like(d_states, before), d_products, d_projected

    arrays = tf.TensorArray(dtype, steps), tf.TensorArray(dtype, steps)
    _, d_states, d_products, d_projected = tf.while_loop(
        lambda step, *_: step >= 0,
        backward,
        (steps - 1, tf.split(tf.transpose(d_last), sizes), *arrays),
    )
    d_state = tf.transpose(tf.concat(d_states, axis=0))
    return _swapped(d_products.stack()), _swapped(d_projected.stack()), d_state
