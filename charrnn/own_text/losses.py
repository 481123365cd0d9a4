"""What a model and an n-gram lose on the same characters of a text of any length, in seconds."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from charrnn import metrics
from charrnn.support.console import say
from charrnn.windows import WINDOW, Ids

__all__ = ["COUNTED", "best_n_gram", "kept_of", "limit", "losses", "windows_read"]

# Characters that an evaluation predicts at most, spread over the text: some seconds of work, and
# all of the validation text of tiny Shakespeare.
EVALUATED = 120_000
# Fewer where there are thousands of symbols: so many probabilities take some seconds, too.
PROBABILITIES = 200_000_000
# Characters that n-grams are counted in at most, the last ones: some seconds of work.
COUNTED = 10_000_000


def losses(model: Any, ids: Ids) -> Iterator[tuple[str, float]]:
    """Give the loss of each protocol, by its name, as soon as it is there; say what runs.

    Long texts are read in parts; see ``EVALUATED`` and ``PROBABILITIES``.
    """
    most = limit(model.hyperparameters["vocabulary_size"])
    characters = min(len(ids) - 1, most)
    spread = "" if characters == len(ids) - 1 else ", spread over the text"
    say(f"evaluating on {characters:,} characters{spread}: some seconds for each protocol")
    if len(ids) > WINDOW:
        yield "windows_loss", metrics.windows_loss(model, ids, limit=most)
    else:
        say(f"windows of {WINDOW}: none, for the text has only {len(ids)} characters")
    streams = metrics.parallel_streams(len(ids), most)
    yield "stream_loss", metrics.stream_loss(model, ids, streams=streams)


def kept_of(characters: int) -> int:
    """Return how many characters at a text's end are for validation if nobody says: a tenth."""
    return max(characters // 10, WINDOW + 1)


def limit(symbols: int) -> int:
    """Return how many characters an evaluation predicts at most, so that it takes some seconds."""
    return max(min(EVALUATED, PROBABILITIES // symbols), WINDOW)


def windows_read(characters: int, most: int) -> list[slice]:
    """Return the windows of a text that ``metrics.windows_loss`` reads, each with its last target.

    Args:
        characters: of the text.
        most: how many are predicted at most, as ``limit`` of ``metrics.windows_loss``.
    """
    count = (characters - 1) // WINDOW
    every = max(-(-count * WINDOW // most), 1)
    return [slice(first * WINDOW, (first + 1) * WINDOW + 1) for first in range(0, count, every)]


def best_n_gram(
    training: Ids, validation: Ids, vocabulary_size: int, parts: Sequence[slice]
) -> tuple[int, float]:
    """Return the context of the n-gram with the lowest loss on parts of a text, and that.

    Args:
        training: ids to count.
        validation: ids to predict.
        vocabulary_size: [UNK], which never occurs, included.
        parts: of ``validation``; a part's first character is not predicted.
    """
    size = vocabulary_size - 1
    longest = min(metrics.longest_context(size), 5)
    pieces, predicted = [], []
    for part in parts:
        first = max(part.start + 1 - longest, 0)  # its context, too
        pieces.append(validation[first : part.stop] - 1)
        # A text's first character counts for n-grams: they predict it from nothing.
        predicted.append(np.arange(first, part.stop) > part.start)
    wanted, counts = np.concatenate(pieces), np.concatenate(predicted)
    probabilities = metrics.witten_bell_by_context(training - 1, wanted, size, longest)
    found = {context: float(-np.log(p[counts]).mean()) for context, p in enumerate(probabilities)}
    return min(found.items(), key=lambda item: item[1])
