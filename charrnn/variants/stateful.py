"""A ``Sequential`` model whose recurrent layer keeps its state between calls (systems C and D).

The state lies in the layer, not in the hands of the caller. So the number of rows is fixed when the
model is built, and somebody must say when a new text begins.
"""

from typing import Any

from charrnn.backend import keras, tf
from charrnn.prompts import check_sampling, check_vocabulary, encode_prompts
from charrnn.vocabulary import UNKNOWN_ID, Vocabulary
from charrnn.weights import check_hyperparameters

__all__ = [
    "ZeroStates",
    "build_stateful",
    "check_generation",
    "check_stateful",
    "generate_text",
    "reset_states",
]


def check_stateful(
    vocabulary_size: int, batch_size: int, cell: str, embedding_size: int, units: int
) -> None:
    """Raise ValueError with argument, expected and received for a model that cannot be built."""
    check_hyperparameters(vocabulary_size, embedding_size, units, layers=1, cell=cell, dropout=0.0)
    if type(batch_size) is not int or batch_size < 1:  # True is an int, too
        raise ValueError(
            "batch_size: expected a whole number of at least 1, as the layer keeps a state for "
            f"each row, received {batch_size!r}"
        )


def build_stateful(
    vocabulary_size: int,
    batch_size: int,
    cell: str = "gru",
    embedding_size: int = 256,
    units: int = 1024,
) -> Any:
    """Return an untrained model with a stateful layer, from zeros on.

    With the default sizes it is system C's for 84 ids, and with ``cell="lstm"`` system D's for 65.

    Args:
        vocabulary_size: number of ids.
        batch_size: rows of every batch that the model will ever see.
        cell: "gru" or "lstm".
        embedding_size: numbers in a character's vector.
        units: numbers in a state.

    Returns:
        A ``keras.Sequential``: ids, shape (batch_size, time) -> logits, shape (batch_size, time,
        vocabulary_size). Weights files do not hold the state, so they fit any batch size.

    Raises:
        ValueError: an argument that cannot be.

    Source: systems C and D of the TensorFlow tutorials, in Keras 3.
    """
    check_stateful(vocabulary_size, batch_size, cell, embedding_size, units)
    layer = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell]
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, None), dtype="int32"),
            keras.layers.Embedding(vocabulary_size, embedding_size),
            layer(units, return_sequences=True, stateful=True),
            keras.layers.Dense(vocabulary_size),
        ]
    )


def reset_states(model: Any) -> None:
    """Put zeros into the states of all stateful layers: what comes next is a new text.

    ``Sequential`` had a method for this before Keras 3.
    """
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_state()


class ZeroStates(keras.callbacks.Callback):  # type: ignore[misc]
    """Reset the states where another text begins: at each epoch, before and after validation.

    For ``fit`` and ``evaluate``. An epoch has to be one pass over the streams.
    """

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin the training text; called by Keras."""
        reset_states(self.model)

    def on_test_begin(self, logs: Any = None) -> None:
        """Begin the validation text; called by Keras."""
        reset_states(self.model)

    def on_test_end(self, logs: Any = None) -> None:
        """Forget the validation text; called by Keras."""
        reset_states(self.model)


def check_generation(
    model: Any,
    vocabulary: Vocabulary,
    start_string: str,
    length: int,
    temperature: float,
    seed: int,
) -> None:
    """Raise ValueError if a stateful model cannot write a single text with this vocabulary."""
    check_sampling([start_string], length, temperature, seed)
    check_vocabulary(vocabulary, model.output_shape[-1])
    batch_size = model.input_shape[0]
    if batch_size != 1:
        raise ValueError(
            f"model: expected a batch size of 1, received {batch_size}; build it anew with "
            "batch_size=1 and load the weights"
        )


def generate_text(
    model: Any,
    vocabulary: Vocabulary,
    start_string: str,
    length: int = 1000,
    temperature: float = 1.0,
    seed: int = 0,
) -> str:
    """Continue a text with a stateful model, one character at a time.

    Draws what ``generation.generate`` draws for the same weights and seed.

    Args:
        model: of ``build_stateful`` with a batch size of 1; its state is reset first.
        vocabulary: of the model, ``[UNK]`` included, which is never drawn.
        start_string: at least one character, all of the vocabulary.
        length: characters to add.
        temperature: below 1 more careful, above 1 bolder.
        seed: equal seeds give equal texts.

    Returns:
        ``start_string`` with its continuation.

    Raises:
        UnknownCharacterError: ``start_string`` has characters that the vocabulary lacks.
        ValueError: another batch size or vocabulary, an empty ``start_string``, a length,
            temperature or seed that cannot be.

    Source: systems C and D of the TensorFlow tutorials.
    """
    check_generation(model, vocabulary, start_string, length, temperature, seed)
    ids, _ = encode_prompts([start_string], vocabulary)  # (1, time)
    possible = tf.range(len(vocabulary)) != UNKNOWN_ID
    reset_states(model)
    text = start_string
    for position in range(len(text), len(text) + length):
        logits = model(ids)[:, -1] / temperature  # (1, vocabulary)
        logits = tf.where(possible, logits, -float("inf"))
        ids = tf.random.stateless_categorical(logits, 1, (seed, position))
        text += vocabulary.decode(ids[0])
    return text
