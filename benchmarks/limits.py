"""The machine's limits: matrix products of the recurrence, memory bandwidth.

Training cannot be faster than its products. Generating one text reads all weights for each
character.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks.contender import (
    Sizes,
    arguments,
    flop_per_character,
    median_seconds,
    report,
    step_seconds,
)

PRODUCTS = 100  # in one call, so that calling it costs nothing


def product_rate(sizes: Sizes, products: str, quick: bool) -> float:
    """Return the rate of the products of a batch with the recurrent kernel, in operations/s.

    Args:
        sizes: the product is (batch, units) with (units, 3 * units).
        products: number format.
        quick: a single timed call.
    """
    random = np.random.default_rng(0)
    units = sizes.units
    # Variance 1 / units keeps the numbers as large as they are.
    kernel = random.normal(0, units**-0.5, (units, 3 * units))
    kernel = tf.cast(kernel, products)
    state = tf.cast(random.normal(0, 1, (sizes.batch, units)), products)

    @tf.function
    def run(state: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        for _ in tf.range(PRODUCTS):
            # Each product needs the one before, as in the recurrence.
            state = tf.matmul(state, kernel)[:, :units]
        return state

    seconds = step_seconds(lambda: run(state, kernel).numpy(), quick, seconds=3.0)
    return PRODUCTS * 2 * sizes.batch * units * 3 * units / seconds


def bandwidth(sizes: Sizes, quick: bool) -> float:
    """Return how fast a matrix of the recurrent kernel's size is read, in bytes/s.

    At system A's sizes it has 12.6 MB, so a large cache may hold it, in generation as here. It is
    read by a product with a vector, from either side: the faster one counts.
    """
    random = np.random.default_rng(0)
    kernel = random.normal(0, 1, (sizes.units, 3 * sizes.units)).astype("float32")
    left, right = kernel[:, 0].copy(), kernel[0].copy()
    repetitions = 3 if quick else 300
    ways = (lambda: left @ kernel, lambda: kernel @ right)
    return float(kernel.nbytes / min(median_seconds(way, repetitions) for way in ways))


def weight_bytes(sizes: Sizes) -> int:
    """Return the bytes of float32 weights that one character needs.

    The embedding is folded into the input projection: one row of it, the recurrent kernel, and the
    dense layer's.
    """
    gates = 3 * sizes.units
    return 4 * (gates + sizes.units * gates + sizes.units * sizes.vocabulary)


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__))
    sizes, quick = given.sizes, given.quick
    measured = {}
    for name, products in (("bf16", "bfloat16"), ("fp32", "float32")):
        rate = product_rate(sizes, products, quick)
        measured[f"products_{name}"] = rate / 1e9
        measured[f"limit_{name}"] = rate / flop_per_character(sizes)
    bytes_per_second = bandwidth(sizes, quick)
    measured["bandwidth"] = bytes_per_second / 1e9
    measured["generate_limit"] = bytes_per_second / weight_bytes(sizes)
    report(measured)


if __name__ == "__main__":
    main()
