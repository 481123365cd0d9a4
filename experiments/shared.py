"""What several experiments share: tiny Shakespeare as they cut it, warm-up, the time of a step."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from charrnn import corpora, windows
from charrnn.backend import tf
from charrnn.vocabulary import Vocabulary
from charrnn.windows import Ids

__all__ = ["CHOICE", "VALIDATION", "Shakespeare", "step_times", "warmup"]

VALIDATION = 111_540  # characters at the end, a tenth
CHOICE = 100_386  # characters before them, a tenth of the rest
# Steps that compile and fill caches, and steps that are timed.
WARM, TIMED = 5, 30


@dataclass(frozen=True)
class Shakespeare:
    """Tiny Shakespeare as ids, cut by position.

    Attributes:
        text: all of it.
        vocabulary: of the text.
        training: the first nine tenths, shape (characters,).
        validation: the last tenth, on which losses are reported.
        beginning: the first nine tenths of ``training``.
        choice: its last tenth, on which settings are chosen.
    """

    text: str
    vocabulary: Vocabulary
    training: Ids
    validation: Ids
    beginning: Ids
    choice: Ids

    @classmethod
    def load(cls) -> "Shakespeare":
        """Fetch, encode and cut the text."""
        text = corpora.load("shakespeare")
        vocabulary = Vocabulary(text)
        training, validation = windows.split_by_position(vocabulary.encode(text), VALIDATION)
        beginning, choice = windows.split_by_position(training, CHOICE)
        return cls(text, vocabulary, training, validation, beginning, choice)


def warmup(steps: int) -> int:
    """Return in how many of a short run's steps the learning rate rises."""
    return steps // 16


def step_times(models: Sequence[Any], batches: Sequence[Iterable[Any]]) -> list[float]:
    """Return the shortest time of a training step of each model, in milliseconds.

    They take turns, so that what else the machine does meets all of them.

    Args:
        models: compiled.
        batches: of each model, without end.
    """
    steps = [tf.function(model.train_step) for model in models]
    given = [iter(source) for source in batches]
    times: list[list[float]] = [[] for _ in models]
    for _ in range(WARM + TIMED):
        for step, source, took in zip(steps, given, times, strict=True):
            batch = next(source)
            started = time.perf_counter()
            float(step(batch)["loss"])
            took.append(time.perf_counter() - started)
    return [1000 * min(took[WARM:]) for took in times]
