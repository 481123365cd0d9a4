"""The optimizer of the quick recipe: orthogonal steps for the recurrent kernels, Adam for the rest.

A step along the gradient moves a matrix mostly along a few directions. Muon replaces the averaged
gradient by the nearest matrix that moves all directions by the same amount; a network learns more
from a step, and on two cores a step of it costs a fifth more than one of Adam.
"""

from typing import Any

from charrnn.backend import keras, tf
from charrnn.fast.processor import matmul_dtype

__all__ = ["Muon", "orthogonalize"]

# Polynomials a x + b x^3 + c x^5 that, one after the other, take singular values towards 1. Source:
# the first three of Amsel et al. 2025, "The Polar Express".
POLYNOMIALS = [
    (8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
]


def orthogonalize(matrix: Any, dtype: str) -> Any:
    """Return a matrix with the same singular vectors and singular values near 1.

    Args:
        matrix: shape (rows, columns), with at most as many rows as columns.
        dtype: number format of the products, "bfloat16" or "float32".

    Returns:
        Shape and dtype of ``matrix``. Singular values that were above a thousandth of the norm lie
        between 0.1 and 1.9; a closer result would take more products.
    """
    narrow = tf.cast(matrix / (tf.norm(matrix) * 1.01 + 1e-7), dtype)
    for a, b, c in POLYNOMIALS:
        squared = tf.matmul(narrow, narrow, transpose_b=True)  # (rows, rows)
        narrow = a * narrow + tf.matmul(b * squared + c * tf.matmul(squared, squared), narrow)
    return tf.cast(narrow, matrix.dtype)


@keras.saving.register_keras_serializable("charrnn")
class Muon(keras.optimizers.Muon):  # type: ignore[misc]
    """Keras' Muon for recurrent kernels alone, and with less arithmetic.

    Source: Jordan et al. 2024, "Muon"; the scale of a step as in Liu et al. 2025.
    """

    def __init__(
        self,
        learning_rate: Any,
        scale: float = 0.09,
        clip_norm: float = 1.0,
        weight_decay: float = 0.0,
    ) -> None:
        """Take what the trials of ``experiments.recipes`` vary.

        Args:
            learning_rate: of Adam, a number or a schedule.
            scale: root mean square of the step of a recurrent kernel, at a learning rate of 1.
            clip_norm: largest norm of all gradients together.
            weight_decay: share of each weight, biases excepted, that a step takes away at a
                learning rate of 1. Source: Loshchilov and Hutter 2019.
        """
        super().__init__(
            learning_rate,
            adam_beta_2=0.99,
            adam_weight_decay=weight_decay or None,
            weight_decay=weight_decay or None,
            global_clipnorm=clip_norm,
            exclude_layers=[r"^(?!.*recurrent_kernel)"],
            rms_rate=scale,
        )
        self.exclude_from_weight_decay(var_names=["bias"])
        self.scale, self.clip_norm = scale, clip_norm

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer."""
        rate = super().get_config()["learning_rate"]
        own = {"scale": self.scale, "clip_norm": self.clip_norm}
        return {"learning_rate": rate, **own, "weight_decay": self.weight_decay or 0.0}

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Return what Keras' iteration returns, by fewer and better steps; called by Keras."""
        return orthogonalize(x, matmul_dtype())
