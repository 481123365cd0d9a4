"""Loss in nats and bits per character, under two protocols, and baselines to compare with.

A number without its protocol says little: *windows* starts each window of 256 with the zero state,
*stream* carries the state over the whole text.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.windows import WINDOW, Ids, step_windows

__all__ = [
    "bits",
    "cross_entropy",
    "longest_context",
    "parallel_streams",
    "perplexity",
    "stream_loss",
    "windows_loss",
    "witten_bell_by_context",
    "witten_bell_loss",
    "witten_bell_probabilities",
]

# So many numbers are computed in float64 at once. A whole batch would take gigabytes where there
# are thousands of symbols.
PART = 1_000_000
# So many ids are read in one call by a model with states.
POSITIONS = 8192
# So many characters give a state that is as good as that of the whole text before.
WARM_UP = 256


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


def windows_loss(
    model: Any,
    ids: Ids,
    length: int = WINDOW,
    batch_size: int = 512,
    limit: int | None = None,
) -> float:
    """Return the loss with the zero state in each window, in nats per character.

    Args:
        model: ids (batch, time) -> logits (batch, time, vocabulary).
        ids: the validation text, shape (characters,); a partial window at its end is left out.
        length: time steps of a window.
        batch_size: windows computed together at most; it does not change the result.
        limit: how many characters to read at most, in windows spread evenly over the text, but one
            window at least; None reads all.

    Raises:
        ValueError: the text is shorter than one window.
    """
    inputs, targets = step_windows(ids, length)
    if limit is not None:
        every = max(-(-targets.size // limit), 1)
        inputs, targets = inputs[::every], targets[::every]
    reader = _Reader(model, len(inputs))
    if not reader.carries:  # reads whole windows
        batch_size = max(min(batch_size, reader.positions // length), 1)
    total = 0.0
    for first in range(0, len(inputs), batch_size):
        rows = slice(first, first + batch_size)
        total += reader.read(inputs[rows], targets[rows])
        reader.start()
    return total / targets.size


def stream_loss(
    model: Any, ids: Ids, length: int | None = None, streams: Sequence[slice] | None = None
) -> float:
    """Return the loss with the state carried over the text, in nats per character.

    Args:
        model: as of ``charrnn.model``: gives logits and states, and takes states.
        ids: the validation text, shape (characters,).
        length: time steps of one call at most; it does not change the result.
        streams: parts of the text, as of ``parallel_streams``, which are read side by side; None
            reads the whole text as one. A part begins with the state that the ``WARM_UP``
            characters before it leave.

    Raises:
        ValueError: the text has fewer than two characters.
    """
    if len(ids) < 2:
        raise ValueError(f"ids: expected at least 2 characters, received {len(ids)}")
    parts = streams or [slice(0, len(ids))]
    starts = np.array([part.start for part in parts])[:, None]
    ends = np.array([part.stop for part in parts])[:, None] - 1
    reader = _Reader(model, len(parts), carries=True)

    def read(first: int, last: int, counted: bool) -> float:
        """Read positions of each part; return the sum of the losses that count."""
        places = starts + np.arange(first, last)  # (streams, time)
        # Before the text and after it there is nothing: what is read there does not count.
        inputs, targets = (ids[np.clip(places + k, 0, len(ids) - 1)] for k in (0, 1))
        return reader.read(inputs, targets, counted & (places < ends), length)

    if len(parts) > 1:
        read(-WARM_UP, 0, False)
        # Those that have fewer characters before them begin with zeros.
        reader.start(starts < WARM_UP)
    return read(0, int((ends - starts).max()), True) / int((ends - starts).sum())


def _vocabulary_size(model: Any) -> int:
    """Return how many logits a model gives at each position; it may be any function of ids."""
    if hasattr(model, "hyperparameters"):
        return int(model.hyperparameters["vocabulary_size"])
    return int(model(np.zeros((1, 1), "int32")).shape[-1])


class _Reader:
    """A model that reads rows of ids, some time steps in one call, and adds up its losses.

    Attributes:
        carries: whether it carries its state from call to call; else a row is read in one call.
        positions: how many ids it reads in one call, over all rows.
    """

    def __init__(self, model: Any, rows: int, carries: bool = False) -> None:
        """Take a model with states, or, unless it ``carries``, any function of ids.

        ``rows`` says how many there are; they may be read some at a time.
        """
        # Here, so that n-grams, and what needs no model, are there without TensorFlow.
        from charrnn.model import CharacterModel, for_evaluation

        own = isinstance(model, CharacterModel)
        # Less than a gigabyte of logits at once, whatever the vocabulary.
        self.positions = max(10 * PART // _vocabulary_size(model), 1)
        self.carries = carries or own
        if self.carries:  # what a call needs stays in the processor's cache
            self.positions = min(self.positions, POSITIONS)
        self.model = for_evaluation(model, rows) if own else model
        self.states: Any = None
        self.compiled: Any = None

    def start(self, rows: npt.NDArray[np.bool_] | None = None) -> None:
        """Begin with zeros; ``rows``, shape (rows, 1), says in which rows, None in all."""
        from charrnn.backend import tf

        if rows is None:
            self.states = None
        else:
            self.states = tf.nest.map_structure(
                lambda state: tf.where(rows, tf.zeros_like(state), state), self.states
            )

    def read(
        self, inputs: Ids, targets: Ids, counted: Any = True, length: int | None = None
    ) -> float:
        """Read on; return the sum of -log p(target) in nats.

        Args:
            inputs: ids, shape (rows, time).
            targets: ids, the same shape.
            counted: which of them count, the same shape.
            length: time steps of one call at most.
        """
        from charrnn.backend import tf

        counted = np.broadcast_to(counted, inputs.shape)
        steps = inputs.shape[1]
        if self.carries:
            steps = max(min(steps, self.positions // len(inputs), length or steps), 1)
        if self.states is None:
            self.states = self.model.initial_states(len(inputs)) if self.carries else ()
        if self.compiled is None:
            self.compiled = self._in_graph()
        total = 0.0
        for first in range(0, inputs.shape[1], steps):
            call = slice(first, first + steps)
            given = [tf.constant(each[:, call].astype("int32")) for each in (inputs, targets)]
            counts = tf.constant(counted[:, call])
            loss, self.states = self.compiled(*given, counts, self.states)
            total += float(loss)
        return total

    def _in_graph(self) -> Any:
        """Return one call as a graph, for any number of rows and of time steps."""
        from charrnn.backend import tf

        def call(inputs: Any, targets: Any, counted: Any, states: Any) -> Any:
            if self.carries:
                logits, states = self.model(inputs, states=states, return_state=True)
            else:
                logits = self.model(inputs)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            losses = tf.where(counted, tf.cast(losses, tf.float64), tf.zeros((), tf.float64))
            return tf.reduce_sum(losses), states

        ids = tf.TensorSpec((None, None), tf.int32)
        states = tf.nest.map_structure(
            lambda state: tf.TensorSpec((None, *state.shape[1:]), state.dtype), self.states
        )
        signature = [ids, ids, tf.TensorSpec((None, None), tf.bool), states]
        # Traced now, not when it is called: else TensorFlow, which counts the calls that trace,
        # would warn from the fifth loss on, though each traces once.
        return tf.function(call, input_signature=signature).get_concrete_function()


def parallel_streams(characters: int, limit: int, streams: int = 32) -> list[slice]:
    """Return parts of a text that can be read side by side, spread evenly over it.

    Together they predict at most ``limit`` characters. Where that is less than the text has, each
    part is the beginning of its share. A part's first character is not predicted by it, but by the
    part before, which ends with it.

    Args:
        characters: of the text.
        limit: how many characters to predict at most.
        streams: how many parts there are, fewer if the text is short.
    """
    streams = max(min(streams, (characters - 1) // WARM_UP), 1)
    share = -(-(characters - 1) // streams)
    predicted = min(share, max(limit // streams, 1))
    starts = range(0, characters - 1, share)
    return [slice(start, min(start + predicted + 1, characters)) for start in starts]


def longest_context(vocabulary_size: int) -> int:
    """Return the longest context whose grams can be numbered in 64 bits."""
    # Of one character there is one gram of any length; two are taken, so that there is a limit.
    return int(63 / math.log2(max(vocabulary_size, 2))) - 1


def witten_bell_probabilities(
    training: Ids, validation: Ids, vocabulary_size: int, context: int = 5
) -> npt.NDArray[np.float64]:
    """Return the probability that an interpolated Witten-Bell n-gram gives to each character.

    The probability after a context h that was followed by c(h) characters, t(h) of them different,
    is ``(count + t(h) * p_shorter) / (c(h) + t(h))``; the shortest estimate is uniform.

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
    *_, probability = witten_bell_by_context(training, validation, vocabulary_size, context)
    return probability


def witten_bell_by_context(
    training: Ids, validation: Ids, vocabulary_size: int, context: int = 5
) -> Iterator[npt.NDArray[np.float64]]:
    """Give ``witten_bell_probabilities`` for each context from 0 on, in one pass.

    The training text is sorted once. Contexts that are longer than a text are left out.
    """
    limit = longest_context(vocabulary_size)
    if not 0 <= context <= limit:
        raise ValueError(f"context: expected 0 to {limit}, received {context}")
    probability = np.full(len(validation), 1.0 / vocabulary_size)
    longest = min(context, len(training) - 1, len(validation) - 1)
    if longest < 0:
        yield probability
        return
    # In this order runs of any length that are alike stand together.
    runs = np.sort(_grams(training, longest, vocabulary_size))
    for order in range(longest + 1):
        # The last runs of the text are the beginning of no longer one.
        last = np.sort(_grams(training[len(training) - longest :], order, vocabulary_size))
        seen = runs // vocabulary_size ** (longest - order)
        grams, first = _groups(np.insert(seen, np.searchsorted(seen, last), last))
        counts = np.diff(first, append=len(seen) + len(last))
        # A gram is its context times the vocabulary size, plus the character that follows.
        contexts, first = _groups(grams // vocabulary_size)
        kinds = np.diff(first, append=len(grams))
        totals = np.add.reduceat(counts, first)
        wanted = _grams(validation, order, vocabulary_size)
        count = _look_up(grams, counts, wanted)
        total = _look_up(contexts, totals, wanted // vocabulary_size)
        different = _look_up(contexts, kinds, wanted // vocabulary_size)
        shorter = probability[order:]
        known = total > 0
        mixed = (count + different * shorter) / np.where(known, total + different, 1)
        probability[order:] = np.where(known, mixed, shorter)
        yield probability.copy()


def witten_bell_loss(
    training: Ids, validation: Ids, vocabulary_size: int, context: int = 5
) -> float:
    """Return the loss of ``witten_bell_probabilities``, in nats per character."""
    probability = witten_bell_probabilities(training, validation, vocabulary_size, context)
    return float(-np.log(probability).mean())


def _grams(ids: Ids, order: int, size: int) -> npt.NDArray[np.int64]:
    """Return each run of ``order + 1`` ids as one number to the base ``size``."""
    grams = np.zeros(max(len(ids) - order, 0), dtype="int64")
    for offset in range(order + 1):
        grams *= size
        grams += ids[offset : len(grams) + offset]
    return grams


def _groups(
    ordered: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the different values of an array in order, and where each begins."""
    begins = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    first = np.flatnonzero(begins)
    return ordered[first], first


def _look_up(
    keys: npt.NDArray[np.int64], values: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the value of each wanted key, 0 where it is missing; ``keys`` are in order."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)
