"""Dropout that draws a byte for each number: on a processor the drawing is what dropout costs."""

from typing import Any

from charrnn.backend import tf

__all__ = ["drop"]


def drop(values: Any, rate: float, seeds: Any) -> Any:
    """Set numbers to zero at random, and scale the others so that the expectation stays.

    Args:
        values: any shape, floating point.
        rate: share of zeros, at least 0 and below 1; rounded to a multiple of 1/256.
        seeds: a ``keras.random.SeedGenerator``; each call takes its next seed.

    Returns:
        Shape and dtype of ``values``.

    Source: Srivastava et al. 2014.
    """
    zeros = min(round(256 * rate), 255)
    size = tf.size(values)
    seed = tf.cast(seeds.next(), tf.int32)
    words = tf.random.stateless_uniform([(size + 3) // 4], seed, None, None, tf.int32)
    drawn = tf.reshape(tf.bitcast(words, tf.uint8), [-1])[:size]
    kept = tf.reshape(drawn, tf.shape(values)) >= tf.constant(zeros, tf.uint8)
    scale = tf.cast(256 / (256 - zeros), values.dtype)
    return tf.where(kept, values * scale, tf.zeros((), values.dtype))
