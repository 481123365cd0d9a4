"""The machine's limits: products of a training step, memory bandwidth.

Training cannot be faster than its products, each measured at its own shape, and the rest of its
work at the speed of memory. Generating one text reads all weights for each character.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from benchmarks.contender import Sizes, arguments, median_seconds, report, step_seconds
from charrnn.fast import processor

COPIED = 2**28  # bytes: more than a cache holds
WIDTHS = {"bfloat16": 2, "float32": 4}  # bytes of a number


class Product(NamedTuple):
    """Products of (rows, inner) with (inner, columns), one after the other."""

    rows: int
    inner: int
    columns: int
    times: int = 1

    def operations(self) -> int:
        """Return the multiplications and additions of all of them."""
        return 2 * self.rows * self.inner * self.columns * self.times


def step_products(sizes: Sizes) -> list[Product]:
    """Return all products of a training step of this book's model, forward and backward.

    The input product of each id is computed once, and picked by a product with ones and zeros:
    where there are few ids, that is less work than the equations as they stand.
    """
    ids, characters = sizes.vocabulary, sizes.batch * sizes.time
    features, units, gates = sizes.embedding, sizes.units, 3 * sizes.units
    return [
        Product(ids, features, gates),  # what each id adds to the gates,
        Product(ids, gates, features),  # the gradient of the embedding,
        Product(features, ids, gates),  # and that of the kernel
        Product(characters, ids, gates),  # each character's row of that,
        Product(ids, characters, gates),  # and the rows' gradient
        Product(gates, units, sizes.batch, sizes.time),  # a step of the recurrence,
        Product(units, gates, sizes.batch, sizes.time),  # the gradient of its state,
        Product(units, characters, gates),  # and of the kernel, over all steps at once
        Product(characters, units, ids),  # the output,
        Product(characters, ids, units),  # the gradient of its input,
        Product(units, characters, ids),  # and that of its kernel
    ]


def product_seconds(product: Product, dtype: str, quick: bool) -> float:
    """Return the time of all products, in seconds.

    Args:
        product: of several, the right factor of each is the result before, as in the recurrence.
        dtype: number format.
        quick: a single timed call.
    """
    random = np.random.default_rng(0)
    rows, inner, columns, times = product
    # Variance 1 / inner keeps the numbers as large as they are.
    left = random.standard_normal((rows, inner), "float32") * np.float32(inner**-0.5)
    left = tf.cast(left, dtype)
    right = tf.cast(random.standard_normal((inner, columns), "float32"), dtype)

    @tf.function
    def run(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
        if times == 1:
            return tf.matmul(left, right)
        for _ in tf.range(times):
            result = tf.matmul(left, right)
            kept = right[rows:]  # of a result that has fewer rows
            right = tf.concat([result, kept], axis=0) if rows < inner else result[:inner]
        return right

    # One number of the result tells that it is done.
    return step_seconds(lambda: run(left, right)[0, 0].numpy(), quick, seconds=0.5)


def copy_bandwidth(quick: bool) -> float:
    """Return how many bytes all cores together read and write, in bytes/s, in copying."""
    cores = processor.cores()
    part = (COPIED >> 8 if quick else COPIED) // cores
    arrays = [(np.ones(part, "uint8"), np.ones(part, "uint8")) for _ in range(cores)]
    with ThreadPoolExecutor(cores) as threads:
        seconds = median_seconds(
            lambda: list(threads.map(lambda pair: np.copyto(*pair), arrays)), 3 if quick else 20
        )
    return 2 * part * cores / seconds


def elementwise_bytes(sizes: Sizes, dtype: str) -> int:
    """Return the bytes that all but the products of a training step reads and writes at least.

    For each unit the forward pass reads the input's part of three gates, and writes three gates,
    the state's part of one of them, and the output; backwards it reads these and the gradient of
    the output, and writes the gradients of three gates and of one input part. For each logit the
    loss reads it and writes its gradient. For each weight Adam reads it, two means and the
    gradient, and writes all but that. What is at hand in a cache from a product does not count.
    """
    gates, features = 3 * sizes.units, sizes.embedding
    forward, backward = 3 + 5, 5 + 1 + 4
    numbers = (forward + backward) * sizes.units * WIDTHS[dtype] + 2 * 4 * sizes.vocabulary
    weights = sizes.vocabulary * features + features * gates + (sizes.units + 2) * gates
    weights += (sizes.units + 1) * sizes.vocabulary
    return sizes.batch * sizes.time * numbers + (4 + 3) * 4 * weights


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
    copied = copy_bandwidth(quick)
    measured = {"copy_bandwidth": copied / 1e9}
    products = step_products(sizes)
    operations = sum(product.operations() for product in products)
    for name, dtype in (("bf16", "bfloat16"), ("fp32", "float32")):
        seconds = sum(product_seconds(product, dtype, quick) for product in products)
        measured[f"products_{name}"] = operations / seconds / 1e9
        seconds += elementwise_bytes(sizes, dtype) / copied
        measured[f"limit_{name}"] = sizes.batch * sizes.time / seconds
    bytes_per_second = bandwidth(sizes, quick)
    measured["bandwidth"] = bytes_per_second / 1e9
    measured["generate_limit"] = bytes_per_second / weight_bytes(sizes)
    report(measured)


if __name__ == "__main__":
    main()
