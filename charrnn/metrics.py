"""Loss in nats and bits per character, under two protocols, and baselines to compare with.

A number without its protocol says little: *windows* starts each window of 256 with a fresh state,
*stream* carries the state over the whole text.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.windows import WINDOW, step_windows

__all__ = [
    "bits",
    "cross_entropy",
    "longest_context",
    "perplexity",
    "stream_loss",
    "windows_loss",
    "witten_bell_loss",
    "witten_bell_probabilities",
]

Ids = npt.NDArray[np.int32]
# So many numbers are computed in float64 at once. A whole batch would take gigabytes where there
# are thousands of symbols.
PART = 1_000_000


def bits(nats: float) -> float:
    """Return nats as bits."""
    return nats / math.log(2)


def perplexity(nats: float) -> float:
    """Return the number of equally likely characters that would give this loss."""
    return math.exp(nats)


def cross_entropy(logits: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """Return the mean of -log p(target) in nats, computed in float64.

    Args:
        logits: shape (..., vocabulary), float.
        targets: ids, shape (...).

    Raises:
        ValueError: the shapes do not belong together, or there is no target.
    """
    scores, ids = np.asarray(logits), np.asarray(targets, dtype="int64")
    if scores.shape[:-1] != ids.shape:
        raise ValueError(f"targets: expected shape {scores.shape[:-1]}, received {ids.shape}")
    if not ids.size:
        raise ValueError(f"targets: expected at least one, received shape {ids.shape}")
    scores, ids = scores.reshape(ids.size, -1), ids.ravel()
    rows = max(PART // scores.shape[1], 1)
    total = 0.0
    for first in range(0, len(ids), rows):
        part = slice(first, first + rows)
        total += float(_losses(scores[part].astype("float64"), ids[part]).sum())
    return total / len(ids)


def _losses(scores: npt.NDArray[np.float64], ids: npt.NDArray[np.int64]) -> Any:
    """Return -log p(target) of each row of scores, shape (rows, vocabulary), in nats."""
    scores = scores - scores.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(scores).sum(axis=1))
    return log_sums - np.take_along_axis(scores, ids[:, None], axis=1)[:, 0]


def windows_loss(model: Any, ids: Ids, length: int = WINDOW, batch_size: int = 64) -> float:
    """Return the loss with a fresh state in each window, in nats per character.

    Args:
        model: ids (batch, time) -> logits (batch, time, vocabulary).
        ids: the validation text, shape (characters,); a partial window at its end is left out.
        length: time steps of a window.
        batch_size: windows computed together; it does not change the result.

    Raises:
        ValueError: the text is shorter than one window.
    """
    from charrnn.backend import tf  # see `_in_graph`

    inputs, targets = step_windows(ids, length)

    def read(inputs: Any) -> Any:
        return model(inputs)

    # One signature for every batch, or a last batch that is smaller would compile once more.
    compiled = _in_graph(read, [tf.TensorSpec((None, length), tf.int32)])
    total = 0.0
    for first in range(0, len(inputs), batch_size):
        rows = slice(first, first + batch_size)
        total += cross_entropy(compiled(inputs[rows]), targets[rows]) * targets[rows].size
    return total / targets.size


def stream_loss(model: Any, ids: Ids, length: int = 2000) -> float:
    """Return the loss with the state carried over the whole text, in nats per character.

    Args:
        model: as of ``charrnn.model``: gives logits and states, and takes states.
        ids: the validation text, shape (characters,), all of it used.
        length: time steps of one call; it does not change the result.

    Raises:
        ValueError: the text has fewer than two characters.
    """
    from charrnn.backend import tf  # see `_in_graph`

    if len(ids) < 2:
        raise ValueError(f"ids: expected at least 2 characters, received {len(ids)}")
    states = model.initial_states(1)

    def advance(inputs: Any, states: Any) -> Any:
        return model(inputs, states=states, return_state=True)

    state_specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, states)
    compiled = _in_graph(advance, [tf.TensorSpec((1, None), tf.int32), state_specs])
    total = 0.0
    for first in range(0, len(ids) - 1, length):
        part = ids[first : first + length + 1]
        logits, states = compiled(part[None, :-1], states)
        total += cross_entropy(logits[0], part[1:]) * (len(part) - 1)
    return total / (len(ids) - 1)


def _in_graph(function: Callable[..., Any], signature: list[Any]) -> Any:
    """Return a function as one graph, for tensors of the given signature."""
    # Here, so that n-grams, and what needs no model, are there without TensorFlow.
    from charrnn.backend import tf

    # Traced now, not when it is called: else TensorFlow, which counts the calls that trace, would
    # warn from the fifth loss on, though each traces once.
    return tf.function(function, input_signature=signature).get_concrete_function()


def longest_context(vocabulary_size: int) -> int:
    """Return the longest context whose grams can be numbered in 64 bits."""
    # Of one character there is one gram of any length; two are taken, so that there is a limit.
    return int(63 / math.log2(max(vocabulary_size, 2))) - 1


def witten_bell_probabilities(
    training: Ids, validation: Ids, vocabulary_size: int, context: int = 5
) -> npt.NDArray[np.float64]:
    """Return the probability that an interpolated Witten-Bell n-gram gives to each character.

    The probability after a context h that was followed by c(h) characters, t(h) of them different,
    is (count + t(h) * p_shorter) / (c(h) + t(h)); the shortest estimate is uniform.

    Args:
        training: ids to count, shape (characters,).
        validation: ids to predict; each context is taken from this text, as far as it reaches.
        vocabulary_size: number of ids that can occur; the uniform estimate is one over it.
        context: characters of context of the longest estimate.

    Returns:
        Probabilities, shape (characters of ``validation``,).

    Raises:
        ValueError: ``context`` is negative, or so long that its number overflows 64 bits.

    Source: Witten and Bell 1991; interpolated as in Chen and Goodman 1999.
    """
    limit = longest_context(vocabulary_size)
    if not 0 <= context <= limit:
        raise ValueError(f"context: expected 0 to {limit}, received {context}")
    probability = np.full(len(validation), 1.0 / vocabulary_size)
    longest = min(context, len(training) - 1, len(validation) - 1)
    for order in range(longest + 1):
        seen, wanted = (_grams(ids, order, vocabulary_size) for ids in (training, validation))
        grams, counts = np.unique(seen, return_counts=True)
        # A gram is its context times the vocabulary size, plus the character that follows.
        contexts, first, kinds = np.unique(
            grams // vocabulary_size, return_index=True, return_counts=True
        )
        totals = np.add.reduceat(counts, first)
        count = _look_up(grams, counts, wanted)
        total = _look_up(contexts, totals, wanted // vocabulary_size)
        different = _look_up(contexts, kinds, wanted // vocabulary_size)
        shorter = probability[order:]
        known = total > 0
        mixed = (count + different * shorter) / np.where(known, total + different, 1)
        probability[order:] = np.where(known, mixed, shorter)
    return probability


def witten_bell_loss(
    training: Ids, validation: Ids, vocabulary_size: int, context: int = 5
) -> float:
    """Return the loss of ``witten_bell_probabilities``, in nats per character."""
    probability = witten_bell_probabilities(training, validation, vocabulary_size, context)
    return float(-np.log(probability).mean())


def _grams(ids: Ids, order: int, size: int) -> npt.NDArray[np.int64]:
    """Return each run of ``order + 1`` ids as one number to the base ``size``."""
    wide = ids.astype("int64")
    grams = np.zeros(len(ids) - order, dtype="int64")
    for offset in range(order + 1):
        grams = grams * size + wide[offset : len(wide) - order + offset]
    return grams


def _look_up(
    keys: npt.NDArray[np.int64], values: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the value of each wanted key, 0 where it is missing; ``keys`` are in order."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)
