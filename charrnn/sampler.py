"""Prompts -> text in NumPy alone: reads the weights files and imports no TensorFlow.

The embedding of a character and its product with the input kernel depend on the character only, so
both become one table with a row for each id.
"""

import itertools
import os
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from charrnn.prompts import check_likely, check_sampling, encode_prompts
from charrnn.vocabulary import UNKNOWN_ID
from charrnn.weights import StoredModel, read_weights

__all__ = ["Sampler", "gru_step", "keep_likely", "lstm_step", "sigmoid"]

Array = npt.NDArray[np.float32]
State = tuple[Array, ...]


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return 0.5 * np.tanh(0.5 * x) + 0.5  # type: ignore[no-any-return]


def gru_step(projected: Array, state: State, kernel: Array, bias: Array) -> State:
    """Return a GRU's state after one time step.

    Args:
        projected: input times input kernel plus input bias, shape ``(batch, 3 * units)``; the
            thirds belong to the update gate, the reset gate and the candidate.
        state: one array of shape (batch, units).
        kernel: recurrent kernel, shape ``(units, 3 * units)``.
        bias: recurrent bias, shape ``(3 * units,)``.

    Source: Cho et al. 2014; with the reset gate after the product, as in cuDNN and Keras.
    """
    (hidden,) = state
    units = hidden.shape[1]
    recurrent = hidden @ kernel + bias
    gates = sigmoid(projected[:, : 2 * units] + recurrent[:, : 2 * units])
    update, reset = gates[:, :units], gates[:, units:]
    candidate = np.tanh(projected[:, 2 * units :] + reset * recurrent[:, 2 * units :])
    return (candidate + update * (hidden - candidate),)


def keep_likely(logits: Array, top_k: int | None, top_p: float | None) -> Array:
    """Make all but the likely ids impossible; as ``charrnn.generation.keep_likely``."""
    if top_k is not None:
        lowest = np.sort(logits, axis=1)[:, -min(top_k, logits.shape[1])]
        logits = np.where(logits < lowest[:, None], np.float32(-np.inf), logits)
    if top_p is not None:
        ordered = np.sort(logits, axis=1)[:, ::-1]
        weights = np.exp(ordered - ordered[:, :1])
        before = np.cumsum(weights, axis=1) - weights
        kept = before < top_p * weights.sum(axis=1, keepdims=True)
        lowest = np.where(kept, ordered, np.inf).min(axis=1)
        logits = np.where(logits < lowest[:, None], np.float32(-np.inf), logits)
    return logits


def lstm_step(projected: Array, state: State, kernel: Array, bias: Array) -> State:
    """Return an LSTM's state, (output, cell), after one time step.

    Args:
        projected: input times input kernel, shape ``(batch, 4 * units)``; the quarters belong to
            the input gate, the forget gate, the candidate and the output gate.
        state: output and cell, each of shape (batch, units).
        kernel: recurrent kernel, shape ``(units, 4 * units)``.
        bias: shape ``(4 * units,)``.

    Source: Hochreiter and Schmidhuber 1997, with a forget gate (Gers et al. 2000).
    """
    hidden, memory = state
    parts = np.split(projected + hidden @ kernel + bias, 4, axis=-1)
    kept = sigmoid(parts[1]) * memory + sigmoid(parts[0]) * np.tanh(parts[2])
    return sigmoid(parts[3]) * np.tanh(kept), kept


class Sampler:
    """A trained model that generates without TensorFlow.

    Attributes:
        vocabulary: of its ids.
    """

    def __init__(self, model: StoredModel) -> None:
        arrays = model.arrays
        self.vocabulary = model.vocabulary
        self.units = model.hyperparameters["units"]
        self.is_gru = model.hyperparameters["cell"] == "gru"
        self.layers = []
        for layer in range(model.hyperparameters["layers"]):
            names = ("kernel", "recurrent_kernel", "bias")
            kernel, recurrent, bias = (arrays[f"recurrent.{layer}.{name}"] for name in names)
            input_bias, state_bias = bias if self.is_gru else (np.zeros_like(bias), bias)
            # By columns: so the product of a single row with it is faster.
            self.layers.append((kernel, input_bias, np.asfortranarray(recurrent), state_bias))
        kernel, input_bias, *_ = self.layers[0]
        self.table = arrays["embedding"] @ kernel + input_bias  # (vocabulary, gates * units)
        output, tied = [arrays["dense.kernel"]], model.hyperparameters.get("tied", False)
        # By columns, too: the transpose of what is stored.
        self.output = [*output, arrays["embedding"].T] if tied else output
        self.output_bias = arrays["dense.bias"]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Sampler":
        """Read a model's files; see ``charrnn.weights.read_weights`` for the errors."""
        return cls(read_weights(path))

    def initial_states(self, batch_size: int) -> list[State]:
        """Return zeros for each layer."""
        zeros = np.zeros((batch_size, self.units), dtype="float32")
        return [(zeros,) if self.is_gru else (zeros, zeros) for _ in self.layers]

    def step(self, ids: npt.NDArray[np.integer], states: list[State]) -> tuple[Array, list[State]]:
        """Return logits and new states.

        Args:
            ids: the current id of each row, shape (batch,).
            states: of ``initial_states`` or of the last step.

        Returns:
            Logits, shape (batch, vocabulary), float32, and the states.
        """
        advance = gru_step if self.is_gru else lstm_step
        new_states: list[State] = []
        for layer, (kernel, input_bias, recurrent, state_bias) in enumerate(self.layers):
            below = None if layer == 0 else new_states[-1][0]
            projected = self.table[ids] if below is None else below @ kernel + input_bias
            new_states.append(advance(projected, states[layer], recurrent, state_bias))
        hidden = new_states[-1][0]
        for matrix in self.output:
            hidden = hidden @ matrix
        return hidden + self.output_bias, new_states

    def neutral_prompt(self) -> str:
        """Return what to begin with where no prompt is given.

        A line end, else a space: after either something new begins. Else the most likely character
        at the beginning: where the state is zeros, the logits are the biases.
        """
        for character in "\n ":
            if character in self.vocabulary.characters:
                return character
        return self.vocabulary.characters[int(self.output_bias[UNKNOWN_ID + 1 :].argmax())]

    def generate(
        self,
        prompts: Sequence[str],
        length: int,
        temperature: float = 1.0,
        seed: int = 0,
        top_k: int | None = None,
        top_p: float | None = None,
    ) -> list[str]:
        """Continue several prompts at once.

        Arguments and errors as of ``generation.generate``; the distribution is that of the
        TensorFlow paths, the random numbers, and so the texts, are not.

        Args:
            prompts: texts of any lengths.
            length: characters to add to each.
            temperature: below 1 more careful, above 1 bolder.
            seed: equal seeds give equal texts.
            top_k: how many characters may be drawn, see ``keep_likely``.
            top_p: probability of those that may be drawn.

        Returns:
            Each prompt with its continuation.
        """
        check_sampling(prompts, length, temperature, seed)
        check_likely(top_k, top_p)
        prompt_ids, lengths = encode_prompts(prompts, self.vocabulary)
        columns = self._columns(prompt_ids, lengths, temperature, seed, top_k, top_p)
        rows = np.zeros((len(prompts), prompt_ids.shape[1] + length), dtype="int32")
        for step, column in zip(range(rows.shape[1]), columns, strict=False):
            rows[:, step] = column
        return [
            self.vocabulary.decode(row[: end + length])
            for row, end in zip(rows, lengths, strict=True)
        ]

    def write(
        self,
        prompt: str,
        length: int,
        temperature: float = 1.0,
        seed: int = 0,
        top_k: int | None = None,
        top_p: float | None = None,
    ) -> Iterator[str]:
        """Continue one prompt and give each character as soon as it is drawn.

        Arguments and errors as of ``generate``, whose text this is; the errors come before the
        first character. No more memory is taken for a long text than for a short one.

        Returns:
            The characters after the prompt, one by one.
        """
        check_sampling([prompt], length, temperature, seed)
        check_likely(top_k, top_p)
        prompt_ids, lengths = encode_prompts([prompt], self.vocabulary)
        columns = self._columns(prompt_ids, lengths, temperature, seed, top_k, top_p)
        first = int(lengths[0])
        drawn = itertools.islice(columns, first, first + length)
        return (self.vocabulary.symbols[column[0]] for column in drawn)

    def _columns(
        self,
        prompt_ids: npt.NDArray[np.int32],
        lengths: npt.NDArray[np.int32],
        temperature: float,
        seed: int,
        top_k: int | None,
        top_p: float | None,
    ) -> Iterator[npt.NDArray[np.integer]]:
        """Yield the ids of each time step, shape (batch,), without end.

        As long as a prompt lasts, they are its own; after that they are drawn.
        """
        random = np.random.default_rng(seed)
        heat = np.float32(temperature)
        states = self.initial_states(len(prompt_ids))
        shortest, longest = lengths.min(), prompt_ids.shape[1]
        ids: npt.NDArray[np.integer] = prompt_ids[:, 0]
        for step in itertools.count(1):
            yield ids
            logits, states = self.step(ids, states)
            if step < shortest:  # nothing is drawn yet
                ids = prompt_ids[:, step]
                continue
            scores = logits / heat
            scores[:, UNKNOWN_ID] = -np.inf
            scores = keep_likely(scores, top_k, top_p)
            # The largest of log-probabilities plus Gumbel noise is a draw (Gumbel 1954).
            ids = (scores + random.gumbel(size=scores.shape)).argmax(axis=1)
            if step < longest:
                ids = np.where(step < lengths, prompt_ids[:, step], ids)
