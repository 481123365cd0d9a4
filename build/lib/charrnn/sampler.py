"""Prompts -> text in NumPy alone: reads the weights files and imports no TensorFlow.

The embedding of a character and its product with the input kernel depend on the character only, so
both become one table with a row for each id.
"""

import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from charrnn.prompts import check_sampling, encode_prompts
from charrnn.vocabulary import UNKNOWN_ID
from charrnn.weights import StoredModel, read_weights

__all__ = ["Sampler", "gru_step", "lstm_step", "sigmoid"]

Array = npt.NDArray[np.float32]
State = tuple[Array, ...]


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return 0.5 * (np.tanh(0.5 * x) + 1.0)  # type: ignore[no-any-return]


def gru_step(projected: Array, state: State, kernel: Array, bias: Array) -> State:
    """Return a GRU's state after one time step.

    Args:
        projected: input times input kernel plus input bias, shape (batch, 3 * units); the thirds
            belong to the update gate, the reset gate and the candidate.
        state: one array of shape (batch, units).
        kernel: recurrent kernel, shape (units, 3 * units).
        bias: recurrent bias, shape (3 * units,).

    Source: Cho et al. 2014; with the reset gate after the product, as in cuDNN and Keras.
    """
    (hidden,) = state
    from_update, from_reset, from_input = np.split(projected, 3, axis=-1)
    by_update, by_reset, by_candidate = np.split(hidden @ kernel + bias, 3, axis=-1)
    update = sigmoid(from_update + by_update)
    reset = sigmoid(from_reset + by_reset)
    candidate = np.tanh(from_input + reset * by_candidate)
    return (update * hidden + (1 - update) * candidate,)


def lstm_step(projected: Array, state: State, kernel: Array, bias: Array) -> State:
    """Return an LSTM's state, (output, cell), after one time step.

    Args:
        projected: input times input kernel, shape (batch, 4 * units); the quarters belong to the
            input gate, the forget gate, the candidate and the output gate.
        state: output and cell, each of shape (batch, units).
        kernel: recurrent kernel, shape (units, 4 * units).
        bias: shape (4 * units,).

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
            self.layers.append((kernel, input_bias, recurrent, state_bias))
        kernel, input_bias, *_ = self.layers[0]
        self.table = arrays["embedding"] @ kernel + input_bias  # (vocabulary, gates * units)
        self.dense = arrays["dense.kernel"], arrays["dense.bias"]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Sampler":
        """Read a model's files; see ``charrnn.weights.read_weights`` for the errors."""
        return cls(read_weights(path))

    def initial_states(self, batch_size: int) -> list[State]:
        """Return zeros for each layer."""
        zeros = np.zeros((batch_size, self.units), dtype="float32")
        return [(zeros,) if self.is_gru else (zeros, zeros) for _ in self.layers]

    def step(self, ids: npt.NDArray[np.int32], states: list[State]) -> tuple[Array, list[State]]:
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
        kernel, bias = self.dense
        return new_states[-1][0] @ kernel + bias, new_states

    def generate(
        self, prompts: Sequence[str], length: int, temperature: float = 1.0, seed: int = 0
    ) -> list[str]:
        """Continue several prompts; arguments and errors as of ``charrnn.generation.generate``.

        The distribution is that of the TensorFlow paths; the random numbers, and so the texts, are
        not.
        """
        check_sampling(length, temperature)
        prompt_ids, lengths = encode_prompts(prompts, self.vocabulary)
        random = np.random.default_rng(seed)
        states = self.initial_states(len(prompts))
        rows = np.zeros((len(prompts), prompt_ids.shape[1] + length), dtype="int32")
        rows[:, : prompt_ids.shape[1]] = prompt_ids
        for step in range(1, rows.shape[1]):
            logits, states = self.step(rows[:, step - 1], states)
            scores = logits / temperature
            scores[:, UNKNOWN_ID] = -np.inf
            # The largest of log-probabilities plus Gumbel noise is a draw (Gumbel 1954).
            drawn = (scores + random.gumbel(size=scores.shape)).argmax(axis=-1)
            rows[:, step] = np.where(step < lengths, rows[:, step], drawn)
        return [
            self.vocabulary.decode(row[: end + length])
            for row, end in zip(rows, lengths, strict=True)
        ]
