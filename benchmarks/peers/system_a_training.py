"""Training at system A's sizes with Keras' ``fit``: plain, with XLA, with mixed bfloat16."""

import statistics
import time
from itertools import pairwise
from typing import Any

import keras
import tensorflow as tf

from benchmarks.contender import arguments, report
from benchmarks.peers.system_a import Model, batches, lookups

NAMES = {
    "plain": "train_system_a",
    "xla": "train_keras_xla",
    "mixed_bfloat16": "train_keras_mixed_bfloat16",
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
    given = arguments(str(__doc__), {"variant": tuple(NAMES)})
    sizes, variant = given.sizes, given.variant
    text = (given.folder / "text.txt").read_text(encoding="utf-8")
    to_ids, _ = lookups("".join(sorted(set(text))))
    dataset = batches(to_ids(tf.strings.unicode_split(text, "UTF-8")), sizes.batch, sizes.time)
    if variant == "mixed_bfloat16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    model = Model(to_ids.vocabulary_size(), sizes.embedding, sizes.units)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    options = {"jit_compile": True} if variant == "xla" else {}
    model.compile(optimizer="adam", loss=loss, **options)
    clock = Clock()
    steps = WARM_UP + (1 if given.quick else 4)
    model.fit(dataset, steps_per_epoch=steps, callbacks=[clock], verbose=0)
    report({NAMES[variant]: sizes.batch * sizes.time / clock.step_seconds()})


if __name__ == "__main__":
    main()
