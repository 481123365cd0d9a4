"""Another model of text: blocks of attention, which look back at all positions of a window.

It takes a ``CharacterModel``'s place: ids -> logits, and a state that is carried from call to call.
Here the state is the cache of keys and values, which grows with each character.
"""

import math
import os
from typing import Any

import numpy as np

from charrnn.backend import keras, tf
from charrnn.model import saved_by_keras
from charrnn.support.arrays import read_arrays, write_arrays
from charrnn.weights import PRETRAINED

__all__ = [
    "Block",
    "CausalSelfAttention",
    "Transformer",
    "hide_later",
    "load_transformer",
    "save_transformer",
]

KIND = "a transformer"
# The transformer of ``experiments.transformer`` that comes with the package.
SHIPPED = PRETRAINED.with_name("transformer.safetensors")


class CausalSelfAttention(keras.layers.Layer):  # type: ignore[misc]
    """Each position takes a mean of values at the positions up to its own.

    Source: Vaswani et al. 2017, section 3.2.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        """Take the numbers at a position, of which each head has an equal share."""
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.project = keras.layers.Dense(3 * width, use_bias=False)
        self.join = keras.layers.Dense(width, use_bias=False)
        self.dropout = keras.layers.Dropout(dropout)

    def call(self, hidden: Any, past: Any = None, training: bool = False) -> Any:
        """Return what each position takes from the text so far, and keys and values.

        Args:
            hidden: shape (batch, time, width).
            past: keys and values of the positions before, each of shape (batch, heads, positions,
                size); None at the beginning of a text.
            training: apply dropout to the weights.
        """
        batch, time, width = tf.unstack(tf.shape(hidden))
        shape = (batch, time, 3 * self.heads, self.size)
        mixed = tf.transpose(tf.reshape(self.project(hidden), shape), (0, 2, 1, 3))
        queries, keys, values = tf.split(mixed, 3, axis=1)
        if past is not None:
            keys = tf.concat([past[0], keys], axis=2)  # (batch, heads, positions, size)
            values = tf.concat([past[1], values], axis=2)
        scores = tf.matmul(queries, keys, transpose_b=True)
        weights = tf.nn.softmax(
            hide_later(scores / math.sqrt(self.size))
        )  # (batch, heads, time, positions)
        weights = self.dropout(weights, training=training)
        found = tf.transpose(tf.matmul(weights, values), (0, 2, 1, 3))
        joined = self.join(tf.reshape(found, (batch, time, width)))
        return joined, [keys, values]


def hide_later(scores: Any) -> Any:
    """Give the scores of later positions a value that softmax makes 0.

    Args:
        scores: shape (batch, heads, time, positions); the last time step is the last position.
    """
    time, positions = tf.unstack(tf.shape(scores)[2:])
    own = tf.range(positions - time, positions)[:, None]
    return tf.where(tf.range(positions) <= own, scores, scores.dtype.min / 2)


class Block(keras.layers.Layer):  # type: ignore[misc]
    """Attention, then two dense layers at each position, each added to what came in.

    Source: Vaswani et al. 2017; normalised before, as in Radford et al. 2019, by Zhang and Sennrich
    2019.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = CausalSelfAttention(width, heads, dropout)
        self.wide = keras.layers.Dense(4 * width, activation="relu", use_bias=False)
        self.narrow = keras.layers.Dense(width, use_bias=False)
        self.norms = [keras.layers.RMSNormalization() for _ in range(2)]
        self.dropout = keras.layers.Dropout(dropout)

    def call(self, hidden: Any, past: Any = None, training: bool = False) -> Any:
        """Return (batch, time, width), and keys and values; arguments as of the attention."""
        before, after = self.norms
        found, past = self.attention(before(hidden), past=past, training=training)
        hidden = hidden + self.dropout(found, training=training)
        computed = self.narrow(self.wide(after(hidden)))
        return hidden + self.dropout(computed, training=training), past


def check_positions(length: int, ids: Any, states: Any) -> None:
    """Raise ValueError where a text is longer; in a graph of unknown shapes nothing is known."""
    read = 0 if states is None else states[0][0].shape[2]
    if None not in (read, ids.shape[1]) and read + ids.shape[1] > length:
        raise ValueError(
            f"ids: expected at most {length} positions, received {read + ids.shape[1]}"
        )


@saved_by_keras
class Transformer(keras.Model):  # type: ignore[misc]
    """Ids -> logits through blocks of attention; at most ``length`` positions.

    Its weights exist from the beginning, as those of a ``CharacterModel``.
    """

    def __init__(
        self,
        vocabulary_size: int,
        length: int,
        width: int = 128,
        heads: int = 4,
        layers: int = 4,
        dropout: float = 0.0,
    ) -> None:
        """Take the sizes.

        Args:
            vocabulary_size: different ids.
            length: positions that it has rows for, so the longest text it can read.
            width: numbers at a position.
            heads: of each block; they divide the width.
            layers: blocks.
            dropout: share of numbers left out in training.

        Raises:
            ValueError: the heads do not divide the width.
        """
        super().__init__()
        self.length = length
        if width % heads:
            raise ValueError(f"width: expected a multiple of {heads}, the heads, received {width}")
        self.embedding = keras.layers.Embedding(vocabulary_size, width)
        self.positions = keras.layers.Embedding(length, width)
        self.blocks = [Block(width, heads, dropout) for _ in range(layers)]
        self.norm = keras.layers.RMSNormalization()
        self.dense = keras.layers.Dense(vocabulary_size, use_bias=False, dtype="float32")
        self(np.zeros((1, 2), "int32"))  # makes the weights

    def call(
        self,
        ids: Any,
        states: Any = None,
        return_state: bool = False,
        training: bool = False,
    ) -> Any:
        """Return logits, and the cache after the last time step if it is asked for.

        Args:
            ids: shape (batch, time), integers.
            states: what a call with ``return_state`` gave: for each block keys and values. None
                begins a text.
            return_state: give the cache too.
            training: apply dropout.

        Returns:
            Logits, shape (batch, time, vocabulary), float32; with ``return_state`` a pair.

        Raises:
            ValueError: ids and what was read before are more than ``length`` positions.
        """
        check_positions(self.length, ids, states)
        read = 0 if states is None else tf.shape(states[0][0])[2]
        places = tf.range(read, read + tf.shape(ids)[1])
        hidden = self.embedding(ids) + self.positions(places)  # (batch, time, width)
        new_states = []
        for index, block in enumerate(self.blocks):
            past = None if states is None else states[index]
            hidden, past = block(hidden, past=past, training=training)
            new_states.append(past)
        logits = self.dense(self.norm(hidden))  # (batch, time, vocabulary)
        return (logits, new_states) if return_state else logits


def save_transformer(model: Transformer, path: str | os.PathLike[str], characters: str) -> None:
    """Write weights in half precision, sizes and the characters of the ids from 1 on."""
    weights = {
        f"{place:03}": value.astype("float16") for place, value in enumerate(model.get_weights())
    }
    write_arrays(path, KIND, weights, {"sizes": model.get_config(), "characters": characters})


def load_transformer(path: str | os.PathLike[str] = SHIPPED) -> tuple[Transformer, str]:
    """Return a model that ``save_transformer`` wrote, the package's by default, and its characters.

    Raises:
        ValueError: the file is damaged or holds something else.
    """
    arrays, description = read_arrays(path, KIND)
    model = Transformer(**description["sizes"])
    model.set_weights([arrays[name].astype("float32") for name in sorted(arrays)])
    return model, str(description["characters"])
