"""System A on today's Keras, as a reader of its tutorial has it: stock layers, strings to ids.

Written anew from its description, without anything of this book's package.

Source: system A of the TensorFlow tutorials.
"""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from benchmarks.peers.stored import read_stored

__all__ = ["Model", "OneStep", "batches", "load_model", "lookups"]


class Model(keras.Model):  # type: ignore[misc]
    """Embedding, GRU, dense layer."""

    def __init__(self, vocabulary_size: int, embedding_size: int, units: int) -> None:
        super().__init__()
        self.embedding = keras.layers.Embedding(vocabulary_size, embedding_size)
        self.gru = keras.layers.GRU(units, return_sequences=True, return_state=True)
        self.dense = keras.layers.Dense(vocabulary_size)

    def call(
        self, ids: Any, states: Any = None, return_state: bool = False, training: bool = False
    ) -> Any:
        """Return logits, shape (batch, time, vocabulary), and the state if it is asked for."""
        hidden = self.embedding(ids, training=training)
        hidden, states = self.gru(hidden, initial_state=states, training=training)
        logits = self.dense(hidden, training=training)
        return (logits, states) if return_state else logits


def lookups(characters: str) -> tuple[Any, Any]:
    """Return the layer from characters to ids, and the one back."""
    to_ids = keras.layers.StringLookup(vocabulary=list(characters), mask_token=None)
    back = keras.layers.StringLookup(
        vocabulary=to_ids.get_vocabulary(), invert=True, mask_token=None
    )
    return to_ids, back


def batches(ids: Any, batch_size: int, time: int) -> Any:
    """Return the dataset of shuffled batches: one element for each character at its beginning."""
    characters = tf.data.Dataset.from_tensor_slices(ids)
    windows = characters.batch(time + 1, drop_remainder=True)
    pairs = windows.map(lambda window: (window[:-1], window[1:]))
    shuffled = pairs.shuffle(10_000).batch(batch_size, drop_remainder=True)
    return shuffled.prefetch(tf.data.AUTOTUNE)


class OneStep(keras.Model):  # type: ignore[misc]
    """Texts and state in, the next character of each text and the state out."""

    def __init__(self, model: Model, to_ids: Any, to_characters: Any) -> None:
        super().__init__()
        self.temperature = 1.0
        self.model = model
        self.to_ids = to_ids
        self.to_characters = to_characters
        size = len(to_ids.get_vocabulary())
        unknown = tf.cast(to_ids(["[UNK]"]), tf.int64)[:, None]
        self.mask = tf.sparse.to_dense(tf.SparseTensor(unknown, [-float("inf")], [size]))

    @tf.function
    def next_characters(self, texts: Any, states: Any = None) -> Any:
        """Draw one character for each text."""
        ids = self.to_ids(tf.strings.unicode_split(texts, "UTF-8")).to_tensor()
        logits, states = self.model(ids, states=states, return_state=True)
        logits = logits[:, -1] / self.temperature + self.mask
        drawn = tf.random.categorical(logits, num_samples=1)[:, 0]
        return self.to_characters(drawn), states

    def continue_texts(self, prompts: list[str], length: int) -> list[str]:
        """Continue each prompt by ``length`` characters, with a loop in Python."""
        texts, states = tf.constant(prompts), None
        pieces = [texts]
        for _ in range(length):
            texts, states = self.next_characters(texts, states)
            pieces.append(texts)
        return [text.decode() for text in tf.strings.join(pieces).numpy()]


def load_model(path: Path) -> tuple[Model, Any, Any]:
    """Return the model at ``path``, and the lookups of its characters."""
    description, arrays = read_stored(path)
    sizes = description["hyperparameters"]
    model = Model(sizes["vocabulary_size"], sizes["embedding_size"], sizes["units"])
    model(tf.zeros((1, 1), tf.int32))
    gru = [arrays[f"recurrent.0.{name}"] for name in ("kernel", "recurrent_kernel", "bias")]
    model.set_weights([arrays["embedding"], *gru, arrays["dense.kernel"], arrays["dense.bias"]])
    return model, *lookups(description["characters"])
