"""The GRU as a Keras layer: the same equations and weights as Keras' own, fast on a processor."""

from collections.abc import Iterable
from typing import Any

from charrnn.backend import keras, tf
from charrnn.fast import processor
from charrnn.fast.dropout import drop
from charrnn.fast.recurrence import gru_loop, gru_scan, project, state_after

__all__ = ["GRU", "check_dropout", "folded_bias", "recur", "set_kernel_dropout"]


@keras.saving.register_keras_serializable("charrnn")
class GRU(keras.layers.GRU):  # type: ignore[misc]
    """``keras.layers.GRU`` in float32, fast on a processor.

    Same equations, same weights. In training (``training=True``) matrix products are in the format
    of ``matmul_dtype``; elsewhere, and all sums and the state, in float32. Over 100 steps, products
    in bfloat16 change outputs and states, which lie between -1 and 1, by less than 0.05, and each
    gradient by less than 5 % of its norm (``tests/charrnn/fast/test_gru.py``).

    Attributes:
        matmul_dtype: "bfloat16" or "float32"; None for that of ``processor.matmul_dtype()``.
        kernel_dropout: share of the recurrent kernel's weights that are left out in training,
            others in each call, the same at all time steps of a call. Source: Wan et al. 2013; for
            recurrent kernels Merity et al. 2018.
    """

    def __init__(
        self,
        units: int,
        return_sequences: bool = False,
        return_state: bool = False,
        matmul_dtype: str | None = None,
        kernel_dropout: float = 0.0,
        **options: Any,
    ) -> None:
        """Take the arguments of Keras' layer that do not change the equations.

        Raises:
            TypeError: an option is not one of name, dtype, trainable.
            ValueError: a dtype policy other than float32, which ``keras.layers.GRU`` takes, or
                another ``matmul_dtype``.
        """
        if wrong := set(options) - {"name", "dtype", "trainable"}:
            raise TypeError(f"options: expected name, dtype or trainable, received {sorted(wrong)}")
        super().__init__(
            units, return_sequences=return_sequences, return_state=return_state, **options
        )
        if self.dtype_policy.name != "float32":
            raise ValueError(
                f"dtype: expected 'float32', received {self.dtype_policy.name!r}; "
                "keras.layers.GRU takes other policies"
            )
        if matmul_dtype is not None:
            processor.check_matmul_dtype(matmul_dtype, "matmul_dtype")
        self.matmul_dtype = matmul_dtype
        self.kernel_dropout = check_dropout("kernel_dropout", kernel_dropout, [])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        names = ["units", "return_sequences", "return_state", "matmul_dtype", "kernel_dropout"]
        own = {name: getattr(self, name) for name in names}
        return {**keras.layers.Layer.get_config(self), **own}

    def training_dtype(self) -> str:
        """Return the number format of the matrix products in training."""
        return self.matmul_dtype or processor.matmul_dtype()

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        """Return outputs, or the last one without ``return_sequences``, and the state if asked for.

        Args:
            sequences: shape (batch, time, features).
            initial_state: shape (batch, units), or a list with it; None for zeros.
            mask: not supported.
            training: multiply in the format of ``training_dtype()``.

        Returns:
            Outputs, shape (batch, time, units) or (batch, units); with ``return_state`` a pair of
            them and the state, shape (batch, units).

        Raises:
            ValueError: a mask is given.
        """
        if mask is not None:
            raise ValueError(f"mask: expected None, received shape {mask.shape}")
        if initial_state is None:
            initial_state = self.get_initial_state(tf.shape(sequences)[0])
        (state,) = tf.nest.flatten(initial_state)
        dtype = self.training_dtype() if training else "float32"
        inputs = tf.cast(tf.transpose(sequences, (1, 0, 2)), dtype)
        projected = project(inputs, self.cell.kernel, folded_bias(self))
        outputs, state = recur(self, projected, state, training)
        outputs = tf.transpose(outputs, (1, 0, 2)) if self.return_sequences else outputs[-1]
        outputs = tf.cast(outputs, self.compute_dtype)
        return (outputs, state) if self.return_state else outputs


def folded_bias(layer: Any) -> Any:
    """Return all biases of a GRU that can be added before the loop, shape (3 * units,).

    That is both biases of the gates, and the input bias of the candidate.
    """
    input_bias, state_bias = layer.cell.bias[0], layer.cell.bias[1]
    gates = state_bias[: 2 * layer.units]
    return input_bias + tf.concat([gates, tf.zeros(layer.units, gates.dtype)], axis=0)


def recur(
    layer: Any, projected: Any, state: Any, training: bool = False, dtype: str | None = None
) -> Any:
    """Run a GRU layer over time from inputs that were multiplied already.

    Args:
        layer: a ``GRU``; outside training a ``keras.layers.GRU`` will do.
        projected: input times input kernel plus ``folded_bias``, shape (time, batch, 3 * units), in
            the number format of the products.
        state: shape (batch, units), float32.
        training: keep what the gradient needs, leave out weights if ``kernel_dropout`` says so;
            else ``projected`` is float32.
        dtype: outside training, as of ``recurrence.gru_scan``.

    Returns:
        Outputs, shape (time, batch, units), dtype of ``projected``, and the last state.
    """
    kernel, bias = layer.cell.recurrent_kernel, layer.cell.bias[1][2 * layer.units :]
    if training and layer.kernel_dropout:
        kernel = drop(kernel, layer.kernel_dropout, layer.cell.seed_generator)
    if projected.shape[0] == 1:  # no loop: a step of generation
        state = state_after(projected[0], state, kernel, bias)
        return tf.cast(state, projected.dtype)[None], state
    if not training:
        return gru_scan(projected, state, kernel, bias, dtype)
    return gru_loop(projected, state, kernel, bias, projected.dtype.name)


def set_kernel_dropout(layers: Iterable[Any], rate: float) -> None:
    """Set the ``kernel_dropout`` of recurrent layers; errors as of ``check_dropout``."""
    for layer in layers:
        check_dropout("kernel_dropout", rate, [layer])
        if isinstance(layer, GRU):
            layer.kernel_dropout = rate


def check_dropout(name: str, rate: float, layers: Iterable[Any]) -> float:
    """Return a rate of dropout that only the fast layers have.

    Raises:
        ValueError: a rate that cannot be, or one above 0 for a layer of Keras, which has none: with
            an LSTM, on a GPU, or with ``CHARRNN_FAST=0`` it would do nothing.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"{name}: expected at least 0 and below 1, received {rate!r}")
    for layer in layers:
        if rate and not isinstance(layer, GRU):
            raise ValueError(
                f"{name}: expected 0 for {type(layer).__name__} of Keras, which has none, "
                f"received {rate!r}"
            )
    return rate
