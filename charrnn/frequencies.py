"""Ids of a text -> how often each occurs, and what that says before a model is trained."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.vocabulary import UNKNOWN_ID
from charrnn.windows import Ids

__all__ = ["count", "log_frequencies", "stand_ins"]

Counts = npt.NDArray[np.int64]

COUNTED = 2**22  # ids that are counted together
# How often a character that occurs once is taken for itself; see ``stand_ins``.
KEPT = 0.5


def count(ids: Ids, vocabulary_size: int) -> Counts:
    """Return how often each id occurs in a text, shape (vocabulary,)."""
    counts = np.zeros(vocabulary_size, "int64")
    for first in range(0, len(ids), COUNTED):  # counting takes eight bytes for each
        counts += np.bincount(ids[first : first + COUNTED], minlength=vocabulary_size)
    return counts


def log_frequencies(counts: Counts, later: Counts | None = None) -> npt.NDArray[Any]:
    """Return the logarithm of each id's share of a text, shape (vocabulary,), float32.

    As the bias of the output they spare a model the steps in which it would only learn them. Where
    there are ``stand_ins``, the shares are those that they leave; else an id that does not occur
    counts as a tenth of a character.

    Args:
        counts: of ``count``.
        later: as of ``stand_ins``.
    """
    shares = np.maximum(counts, 0.1)
    once, missing = counts == 1, _missing(counts, later)
    if once.any() and missing.any():
        shares[missing] = (1 - KEPT) * once.sum() / missing.sum()
        shares[once] = KEPT
    return np.log(shares / shares.sum()).astype("float32")  # type: ignore[no-any-return]


def stand_ins(
    counts: Counts, seed: int, later: Counts | None = None
) -> Callable[[Ids, int], Ids] | None:
    """Return how rows of ids are changed so that a model learns to expect ids it never saw.

    The vocabulary may have characters that only the text kept for validation has. A text goes on
    with a new character about as often as it has characters that occur once, in such places, so
    now and then one of those is taken for a missing one. None where none is missing or alone.

    Args:
        counts: of ``count``.
        seed: of the draws; they are the same for the same number of a batch.
        later: of the text kept for validation, whose characters alone may be missing then: a
            vocabulary that was merged with another model's has many that no text here has. None:
            all that do not occur are.

    Source: the estimate, Good 1953.
    """
    once, missing = counts == 1, np.flatnonzero(_missing(counts, later))
    if not once.any() or not len(missing):
        return None

    def change(rows: Ids, step: int) -> Ids:
        random = np.random.default_rng([seed, step])
        drawn = missing[random.integers(len(missing), size=rows.shape)]
        taken = once[rows] & (random.random(rows.shape) >= KEPT)
        return np.where(taken, drawn, rows).astype(rows.dtype)

    return change


def _missing(counts: Counts, later: Counts | None) -> npt.NDArray[np.bool_]:
    """Return which ids do not occur, [UNK] left out, which never does."""
    missing: npt.NDArray[np.bool_] = (counts == 0) & (np.arange(len(counts)) != UNKNOWN_ID)
    return missing if later is None else missing & (later > 0)
