"""Prompts -> ids, checked, for every way of generating; and the numbers that go with them.

A number is judged as what it is used as: a float32, an int32. What the checks of Python numbers
refuse with a ValueError, ``charrnn.generation`` refuses in a graph with the same words.
"""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.vocabulary import Vocabulary

__all__ = [
    "FITTING",
    "HIGHEST",
    "LARGEST_SEED",
    "LENGTH",
    "LONGEST",
    "LOWEST",
    "ROOM",
    "SEED",
    "TEMPERATURE",
    "check_generation",
    "check_likely",
    "check_sampling",
    "check_vocabulary",
    "encode_prompts",
]

# Logits divided by the lowest temperature must stay finite, or the most likely ones would be equal:
# float32 ends at 3.4e38, so they may be as large as 3.4e8. A layer of 1,024 units with the largest
# weights of float16, 65,504, reaches 6.7e7. At the highest one all characters are equally likely.
LOWEST, HIGHEST = np.float32(1e-30), np.float32(1e30)
LARGEST_SEED = 2**31 - 1
# Characters of a text, and of all texts of a call, its prompts filled up to the longest. A graph
# takes 450 bytes for each time step, and an array of ids four for each character.
LONGEST, ROOM = 10_000_000, 100_000_000

# What a graph says, too.
TEMPERATURE = f"temperature: expected a number from {LOWEST:.0e} to {HIGHEST:.0e}"
SEED = f"seed: expected a whole number from 0 to {LARGEST_SEED}"
LENGTH = "length: expected a whole number of at least 0"
FITTING = (
    f"length: expected texts, with their prompts, of at most {LONGEST:,} characters each and "
    f"{ROOM:,} together"
)


def _is_within(value: Any, lowest: np.float32, highest: np.float32) -> bool:
    """Return whether a value is a number that lies between two others as float32 holds it."""
    if not isinstance(value, int | float | np.integer | np.floating):
        return False
    try:
        with np.errstate(over="ignore"):
            return bool(lowest <= np.float32(value) <= highest)
    except OverflowError:  # a whole number of hundreds of digits
        return False


def _whole(value: Any) -> int:
    """Return a whole number as an int, and -1 for anything else."""
    try:
        return operator.index(value)
    except TypeError:
        return -1


def check_sampling(prompts: Sequence[str], length: int, temperature: float, seed: int) -> None:
    """Raise ValueError for a number that float32, int32 or memory cannot hold.

    Args:
        prompts: the texts to continue.
        length: characters to add to each prompt, at least 0.
        temperature: what logits are divided by, ``LOWEST`` to ``HIGHEST``.
        seed: 0 to ``LARGEST_SEED``.
    """
    if _whole(length) < 0:
        raise ValueError(f"{LENGTH}, received {length!r}")
    steps = max(map(len, prompts), default=0) + length
    if steps > LONGEST or len(prompts) * steps > ROOM:
        raise ValueError(f"{FITTING}, received {length}")
    if not _is_within(temperature, LOWEST, HIGHEST):
        raise ValueError(
            f"{TEMPERATURE}, received {temperature!r}; a low one takes the most likely character"
        )
    if not 0 <= _whole(seed) <= LARGEST_SEED:
        raise ValueError(f"{SEED}, received {seed!r}")


def check_likely(top_k: int | None, top_p: float | None) -> None:
    """Raise ValueError for a choice of likely characters that cannot be.

    Args:
        top_k: how many characters may be drawn, at least 1; None for all.
        top_p: probability that the characters which may be drawn have together, ``LOWEST`` to 1;
            None for all.
    """
    if top_k is not None and (type(top_k) is not int or top_k < 1):
        raise ValueError(f"top_k: expected a whole number of at least 1, received {top_k!r}")
    if top_p is not None and not _is_within(top_p, LOWEST, np.float32(1)):
        raise ValueError(f"top_p: expected a number from {LOWEST:.0e} to 1, received {top_p!r}")


def check_vocabulary(vocabulary: Vocabulary, size: int) -> None:
    """Raise ValueError unless a vocabulary has as many ids as a model has logits."""
    if len(vocabulary) != size:
        raise ValueError(
            f"vocabulary: expected {size} ids, as the model has logits, received {len(vocabulary)}"
        )


def check_generation(
    vocabulary: Vocabulary,
    size: int,
    prompts: Sequence[str],
    length: int,
    temperature: float,
    seed: int,
) -> None:
    """Raise ValueError for what ``check_vocabulary`` or ``check_sampling`` refuses."""
    check_vocabulary(vocabulary, size)
    check_sampling(prompts, length, temperature, seed)


def encode_prompts(
    prompts: Sequence[str], vocabulary: Vocabulary
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the ids of several prompts, and their lengths.

    Args:
        prompts: one or more texts of one or more characters, of any lengths.
        vocabulary: of the model.

    Returns:
        Ids, shape (prompts, longest), int32, filled up with 0; lengths, shape (prompts,), int32.

    Raises:
        UnknownCharacterError: a prompt has characters that the vocabulary lacks.
        ValueError: there is no prompt, or one is empty, or ``prompts`` is a single text.
    """
    if isinstance(prompts, str):
        raise ValueError(f"prompts: expected a list of texts, received the text {prompts!r}")
    if not prompts or not all(prompts):
        raise ValueError(
            "prompts: expected texts of at least one character, "
            f"received {list(prompts)!r}; a line end is a neutral beginning"
        )
    rows = [vocabulary.encode(prompt, strict=True) for prompt in prompts]
    lengths = np.array([len(row) for row in rows], dtype="int32")
    ids = np.zeros((len(rows), lengths.max()), dtype="int32")
    for row, values in zip(ids, rows, strict=True):
        row[: len(values)] = values
    return ids, lengths
