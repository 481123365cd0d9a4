"""A source of text whose loss is known: a Markov chain of words, with its entropy in closed form.

No model can do better on its text than the source itself, so a whole chain of programs, from the
file to the loss, can be checked against one number.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["WordSource", "as_transitions", "stationary_distribution", "word_losses"]

Floats = npt.NDArray[np.float64]


def as_transitions(words: Sequence[str], transitions: npt.ArrayLike) -> Floats:
    """Return the transitions as an array.

    Raises:
        ValueError: a word is empty, is there twice or has a space in it; the transitions have
            another shape than (words, words); a row is no distribution.
    """
    if not words or len(set(words)) != len(words):
        raise ValueError(f"words: expected different words, at least one, received {words!r:.80}")
    for word in words:
        if not word or " " in word:
            raise ValueError(f"words: expected characters without a space, received {word!r}")
    matrix = np.asarray(transitions, dtype="float64")
    if matrix.shape != (len(words), len(words)):
        raise ValueError(
            f"transitions: expected shape {(len(words), len(words))}, received {matrix.shape}"
        )
    if (matrix < 0).any() or not np.allclose(matrix.sum(axis=1), 1):
        raise ValueError("transitions: expected rows of probabilities that add up to 1")
    return matrix


def stationary_distribution(transitions: npt.ArrayLike) -> Floats:
    """Return the distribution that one step of a Markov chain does not change.

    Args:
        transitions: shape (states, states), each row a distribution.

    Raises:
        ValueError: there is more than one, because the chain falls into parts.
    """
    matrix = np.asarray(transitions, dtype="float64")
    size = len(matrix)
    # pi P = pi, and the numbers of pi add up to 1.
    equations = np.vstack([matrix.T - np.eye(size), np.ones(size)])
    if np.linalg.matrix_rank(equations) < size:
        raise ValueError("transitions: expected one stationary distribution, received several")
    solution: Floats = np.linalg.lstsq(equations, np.append(np.zeros(size), 1.0))[0]
    return solution.clip(0)


def word_losses(words: Sequence[str], weights: npt.ArrayLike, letters: str) -> Floats:
    """Return -log p of each character where one of the words is being written, in nats.

    After the first characters only the words that begin with them are left: the probability of one
    character more is the share of the words' weights that still fits.

    Args:
        words: none the beginning of another.
        weights: probability of each word, shape (words,).
        letters: the beginning of a word, or all of it.

    Returns:
        Shape (characters of ``letters``,), infinite from where no word fits.
    """
    masses = [1.0]
    for end in range(1, len(letters) + 1):
        fits = [word.startswith(letters[:end]) for word in words]
        masses.append(float(np.asarray(weights)[fits].sum()))
    before, after = np.array(masses[:-1]), np.array(masses[1:])
    possible = after > 0
    ratio = np.where(possible, after, 1) / np.where(possible, before, 1)
    return np.where(possible, -np.log(ratio), np.inf)


class WordSource:
    """Writes words, each followed by a space; the next word depends on the last one alone.

    The first word has the stationary distribution, so all parts of a text are alike.

    Attributes:
        words: the words; a space is added to each, so that no word is the beginning of another.
        transitions: probability of each word after each, shape (words, words).
        stationary: share of each word in a long text, shape (words,).
    """

    def __init__(self, words: Sequence[str], transitions: npt.ArrayLike) -> None:
        self.words = [word + " " for word in words]
        self.transitions = as_transitions(words, transitions)
        self.stationary = stationary_distribution(self.transitions)

    def entropy_rate(self) -> float:
        """Return the least mean loss that any model can have on a long text, nats per character.

        A word costs the entropy of the row of the word before it, and has its letters and a space.

        Source: Shannon 1948, theorem 7 (entropy of a source with states).
        """
        p = self.transitions
        entropies = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=1)
        lengths = [len(word) for word in self.words]
        return float(self.stationary @ entropies / (self.stationary @ lengths))

    def draw(self, characters: int, seed: int = 0) -> str:
        """Return a text of so many characters; equal seeds give equal texts."""
        random = np.random.default_rng(seed)
        # The last row begins the text; a draw falls below the first cumulative sum above it.
        rows = np.vstack([self.transitions, self.stationary])
        sums = np.cumsum(rows / rows.sum(axis=1, keepdims=True), axis=1)
        text, length, word = [""], 0, -1
        while length < characters:
            word = int((sums[word, :-1] <= random.random()).sum())
            text.append(self.words[word])
            length += len(self.words[word])
        return "".join(text)[:characters]

    def losses(self, text: str) -> Floats:
        """Return -log p of each character under the source itself, in nats.

        The text starts at the beginning of a word and may end within one. From a character that the
        source cannot write to the end of that word the loss is infinite; the word after it is
        judged as the first word of a text.

        Args:
            text: any text.

        Returns:
            Shape (characters,).
        """
        rows = dict(zip(self.words, self.transitions, strict=True))
        *whole, rest = text.split(" ")
        known: dict[tuple[str, str], Floats] = {}
        before, parts = "", []
        for word in [*(word + " " for word in whole), rest]:
            if (before, word) not in known:
                weights = rows.get(before, self.stationary)
                known[before, word] = word_losses(self.words, weights, word)
            parts.append(known[before, word])
            before = word
        return np.concatenate(parts)
