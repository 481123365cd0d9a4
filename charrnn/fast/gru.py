"""The GRU as a Keras layer: the same equations and weights as Keras' own, fast on a processor."""

from typing import Any

from charrnn.backend import keras, tf
from charrnn.fast.dropout import drop
from charrnn.fast.processor import matmul_dtype, on_gpu
from charrnn.fast.recurrence import gru_loop, gru_scan, gru_step, project

__all__ = ["GRU"]


class GRU(keras.layers.GRU):  # type: ignore[misc]
    """``keras.layers.GRU``, fast on a processor.

    Same equations, same weights. In training (``training=True``) the products are in the format of
    ``matmul_dtype()`` unless ``products`` names another; elsewhere, and all sums and the state, in
    float32. On a GPU Keras' own call runs, with cuDNN. Over 100 steps, products in bfloat16 change
    outputs and states, which lie between -1 and 1, by less than 0.05, and each gradient by less
    than 5 % of its norm (``tests/test_gru.py``).

    Attributes:
        kernel_dropout: share of the recurrent kernel's weights that are left out in training,
            others in each call, the same at all time steps of a call; 0 unless it is set. On a GPU
            it does nothing. Source: Wan et al. 2013; for recurrent kernels Merity et al. 2018.
    """

    def __init__(
        self,
        units: int,
        return_sequences: bool = False,
        return_state: bool = False,
        products: str | None = None,
        **options: Any,
    ) -> None:
        """Take the arguments of Keras' layer that do not change the equations.

        Raises:
            TypeError: an option is not one of name, dtype, trainable, or of an initializer.
        """
        allowed = {"name", "dtype", "trainable"}
        allowed |= {f"{part}_initializer" for part in ("kernel", "recurrent", "bias")}
        if wrong := set(options) - allowed:
            raise TypeError(
                f"options: expected some of {sorted(allowed)}, received {sorted(wrong)}"
            )
        super().__init__(
            units, return_sequences=return_sequences, return_state=return_state, **options
        )
        self.products = products
        self.kernel_dropout = 0.0

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        names = ["units", "return_sequences", "return_state"]
        names += ["kernel_initializer", "recurrent_initializer", "bias_initializer"]
        config = super().get_config()
        kept = {name: config[name] for name in names}
        return {**keras.layers.Layer.get_config(self), **kept, "products": self.products}

    def training_dtype(self, training: bool) -> str:
        """Return the number format of the products of a call."""
        return (self.products or matmul_dtype()) if training else "float32"

    def folded_bias(self) -> Any:
        """Return all biases that can be added before the loop, shape (3 * units,).

        That is both biases of the gates, and the input bias of the candidate.
        """
        input_bias, state_bias = self.cell.bias[0], self.cell.bias[1]
        return input_bias + tf.concat(
            [state_bias[: 2 * self.units], tf.zeros(self.units, state_bias.dtype)], axis=0
        )

    def recur(self, projected: Any, state: Any, training: bool = False) -> Any:
        """Run over time from inputs that were multiplied already.

        Args:
            projected: input times input kernel plus ``folded_bias``, shape
                (time, batch, 3 * units), in the number format of the products.
            state: shape (batch, units), float32.
            training: keep what the gradient needs, leave out weights if ``kernel_dropout`` says so;
                else ``projected`` is float32.

        Returns:
            Outputs, shape (time, batch, units), dtype of ``projected``, and the last state.
        """
        kernel, bias = self.cell.recurrent_kernel, self.cell.bias[1][2 * self.units :]
        if training and self.kernel_dropout:
            kernel = drop(kernel, self.kernel_dropout, self.cell.seed_generator)
        if projected.shape[0] == 1:  # no loop: a step of generation
            state = gru_step(projected[0], state, kernel, bias)
            return tf.cast(state, projected.dtype)[None], state
        if not training:
            return gru_scan(projected, state, kernel, bias)
        return gru_loop(projected, state, kernel, bias, projected.dtype.name)

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        """Return outputs, or the last one without ``return_sequences``, and the state if asked for.

        Args:
            sequences: shape (batch, time, features).
            initial_state: shape (batch, units), or a list with it; None for zeros.
            mask: not supported.
            training: multiply in the format of ``matmul_dtype()``.

        Returns:
            Outputs, shape (batch, time, units) or (batch, units); with ``return_state`` a pair of
            them and the state, shape (batch, units).

        Raises:
            ValueError: a mask is given.
        """
        if mask is not None:
            raise ValueError(f"mask: expected None, received shape {mask.shape}")
        if on_gpu():
            return super().call(sequences, initial_state=initial_state, training=training)
        if initial_state is None:
            initial_state = self.get_initial_state(tf.shape(sequences)[0])
        (state,) = tf.nest.flatten(initial_state)
        products = self.training_dtype(training)
        inputs = tf.cast(tf.transpose(sequences, (1, 0, 2)), products)
        projected = project(inputs, self.cell.kernel, self.folded_bias())
        outputs, state = self.recur(projected, tf.cast(state, tf.float32), training)
        outputs = tf.transpose(outputs, (1, 0, 2)) if self.return_sequences else outputs[-1]
        outputs = tf.cast(outputs, self.compute_dtype)
        return (outputs, tf.cast(state, self.compute_dtype)) if self.return_state else outputs
