"""Training with Keras' ``fit``: plain, with XLA, with mixed bfloat16.

With few symbols at system A's sizes; with many at those of ``recipes.MANY``.
"""

import statistics
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import keras
import tensorflow as tf

from benchmarks.contender import HAN, QUICK_HAN, arguments, random_ids, report
from benchmarks.peers.system_a import Model, batches, lookups

NAMES = {
    ("few", "plain"): "train_system_a",
    ("few", "xla"): "train_keras_xla",
    ("few", "mixed_bfloat16"): "train_keras_mixed_bfloat16",
    ("many", "plain"): "train_han_keras",
    ("many", "mixed_bfloat16"): "train_han_keras",
}
WARM_UP = 2  # steps that trace and compile


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Note when each step of ``fit`` has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Called by Keras after each step."""
        self.times.append(time.perf_counter())

    def step_seconds(self) -> float:
        """Return the median time from the end of a step to the end of the next one."""
        ends = self.times[WARM_UP - 1 :]
        return statistics.median(after - before for before, after in pairwise(ends))


def main() -> None:
    """Measure and report."""
    options = {"symbols": ("few", "many"), "variant": ("plain", "xla", "mixed_bfloat16")}
    given = arguments(str(__doc__), options)
    many, variant = given.symbols == "many", given.variant
    if many:
        sizes = QUICK_HAN if given.quick else HAN
        ids = random_ids(sizes)
    else:
        sizes = given.sizes
        text = (given.folder / "text.txt").read_text(encoding="utf-8")
        to_ids, _ = lookups("".join(sorted(set(text))))
        ids = to_ids(tf.strings.unicode_split(text, "UTF-8"))
        sizes = replace(sizes, vocabulary=to_ids.vocabulary_size())
    dataset = batches(ids, sizes.batch, sizes.time)
    if variant == "mixed_bfloat16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    model = Model(sizes.vocabulary, sizes.embedding, sizes.units)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    compiled = {"jit_compile": True} if variant == "xla" else {}
    model.compile(optimizer="adam", loss=loss, **compiled)
    clock = Clock()
    # Few, for one takes about a second; with many symbols, at smaller sizes, a part of one.
    steps = WARM_UP + (1 if given.quick else 12 if many else 4)
    model.fit(dataset, steps_per_epoch=steps, callbacks=[clock], verbose=0)
    report({NAMES[given.symbols, variant]: sizes.batch * sizes.time / clock.step_seconds()})


if __name__ == "__main__":
    main()
