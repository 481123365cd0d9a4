"""What every contender needs: its arguments, system A's sizes, a clock, its line of results.

Only the standard library and NumPy: the peers' environment has no more of this book's.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = [
    "HAN",
    "QUICK",
    "QUICK_HAN",
    "SYSTEM_A",
    "Sizes",
    "arguments",
    "chunks",
    "median_seconds",
    "random_ids",
    "report",
    "step_seconds",
    "training_and_validation",
]

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Sizes:
    """Sizes of the model and its batches."""

    vocabulary: int
    embedding: int
    units: int
    batch: int
    time: int


SYSTEM_A = Sizes(vocabulary=66, embedding=256, units=1024, batch=64, time=100)
# Those of `recipes.MANY` for a novel in Chinese, and an id for what it does not have.
HAN = Sizes(vocabulary=4182, embedding=256, units=512, batch=32, time=64)
# Of a smoke run, whose figures mean nothing.
QUICK = Sizes(vocabulary=66, embedding=8, units=16, batch=4, time=10)
QUICK_HAN = replace(QUICK, vocabulary=400)


def arguments(
    description: str, options: Mapping[str, tuple[str, ...]] | None = None
) -> argparse.Namespace:
    """Read the command line of a contender.

    Args:
        description: the module's docstring; its first line is shown by ``--help``.
        options: name -> what it can be; an empty tuple for a number.

    Returns:
        ``folder``, the folder of ``materials.write_materials``; ``quick``; ``sizes``; the options.
    """
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true", help="a smoke run of tiny sizes")
    for name, choices in (options or {}).items():
        kind = {"choices": choices} if choices else {"type": float}
        parser.add_argument(f"--{name}", required=True, **kind)  # type: ignore[arg-type]
    parsed = parser.parse_args()
    parsed.sizes = QUICK if parsed.quick else SYSTEM_A
    return parsed


def report(measurements: Mapping[str, float]) -> None:
    """Print the line that ``processes.measure`` reads."""
    print(json.dumps(measurements), flush=True)


def step_seconds(step: Callable[[], object], quick: bool, seconds: float = 8.0) -> float:
    """Return the median time of a training step, in seconds.

    Two steps come before, untimed: they trace, compile and allocate.

    Args:
        step: does one, and returns when it is done.
        quick: time one step only.
        seconds: goes on until so many have passed, but for 3 steps at least.
    """
    for _ in range(2):
        step()
    times: list[float] = []
    while len(times) < (1 if quick else 3) or (not quick and sum(times) < seconds):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def median_seconds(action: Callable[[], object], repetitions: int) -> float:
    """Return the median time of an action, in seconds.

    Args:
        action: returns when it is done.
        repetitions: how many are timed.
    """
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def chunks(ids: Ids, time: int) -> tuple[Ids, Ids]:
    """Return system A's windows, inputs and targets, both of shape (windows, time)."""
    count = len(ids) // (time + 1)
    rows = ids[: count * (time + 1)].reshape(count, time + 1)
    return rows[:, :-1], rows[:, 1:]


def random_ids(sizes: Sizes) -> Ids:
    """Return ids of which each is as likely as another, enough for a hundred batches."""
    count = 100 * sizes.batch * (sizes.time + 1)
    return np.random.default_rng(0).integers(1, sizes.vocabulary, count).astype("int32")


def training_and_validation(ids: Ids) -> tuple[Ids, Ids]:
    """Return the first nine tenths of a text, for training, and the rest, for validation."""
    end = int(0.9 * len(ids))
    return ids[:end], ids[end:]
