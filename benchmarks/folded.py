"""What the folded input product is worth, in training and in generation.

    python -m benchmarks.folded [--turns 20]

The forward pass of the book and the folded one take turns in one process, so that a machine that
slows down slows both. Printed is the median ratio of their times; above 1 the folded one is faster.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from charrnn.backend import tf
from charrnn.generation import OneStep, continue_ids
from charrnn.model import CharacterModel, for_generation, forward
from charrnn.recipes import QUICK
from charrnn.support.commands import at_least, run_command
from charrnn.training import next_character_loss

SIZES = {
    "quick": (QUICK.embedding_size, QUICK.units, QUICK.batch_size, QUICK.length),
    "system A": (256, 1024, 64, 100),
}
CHARACTERS = 500  # that one text is continued by


def ratio(plain: Callable[[], Any], other: Callable[[], Any], turns: int) -> float:
    """Return the median ratio of times; two turns come before, which trace and compile."""
    ratios = []
    for _ in range(turns + 2):
        begin = time.perf_counter()
        plain()
        middle = time.perf_counter()
        other()
        ratios.append((middle - begin) / (time.perf_counter() - middle))
    return statistics.median(ratios[2:])


def folded(model: CharacterModel) -> Callable[..., Any]:
    """Return the logits of a model, computed the folded way."""
    return lambda ids, training: forward(model, ids, None, training)[0]


def gradients(model: CharacterModel, logits_of: Callable[..., Any], ids: Any) -> Any:
    """Return a function that computes all gradients of a batch, inputs and targets the same."""

    @tf.function
    def compute() -> Any:
        with tf.GradientTape() as tape:
            loss = next_character_loss()(ids, logits_of(ids, training=True))
        return tape.gradient(loss, model.trainable_variables)

    return lambda: compute()[-1].numpy()


def writing(model: Any) -> Any:
    """Return a function that continues one text in one graph."""
    prompt, end = tf.constant([[1]]), tf.constant([1])

    @tf.function
    def write(prompt: Any) -> Any:
        return continue_ids(OneStep(model), prompt, end, tf.constant(CHARACTERS), 1.0, 0)

    return lambda: write(prompt).numpy()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--turns", type=at_least(1), default=20)
    turns = parser.parse_args().turns
    for name, (embedding_size, units, rows, length) in SIZES.items():
        model = CharacterModel(66, embedding_size, units)
        ids = tf.constant(np.random.default_rng(0).integers(1, 66, (rows, length)), tf.int32)
        training = ratio(gradients(model, model, ids), gradients(model, folded(model), ids), turns)
        generation = ratio(writing(model), writing(for_generation(model)), turns)
        print(f"{name}: gradients of a batch {training:.2f}, one text {generation:.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(run_command("benchmarks.folded", main))
