"""Ids -> logits and states: embedding, recurrent layers, dense layer.

``CharacterModel`` is the forward pass of the book. ``charrnn.fast`` has another one, which gives
the same numbers in less time; whether it is used is decided here and nowhere else.
"""

import functools
import inspect
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from charrnn.backend import keras, tf
from charrnn.fast.folded import fold, through_layers, training_layers
from charrnn.fast.gru import GRU
from charrnn.fast.processor import matmul_dtype, on_gpu
from charrnn.weights import check_hyperparameters

__all__ = [
    "CharacterModel",
    "TiedModel",
    "fast_is_on",
    "for_evaluation",
    "for_generation",
    "forward",
    "has_fast_layers",
    "new_model",
    "recurrent_layer",
    "saved_by_keras",
]


def fast_is_on() -> bool:
    """Return whether ``charrnn.fast`` may be used: yes, unless ``CHARRNN_FAST`` is 0.

    Raises:
        ValueError: the environment variable holds another word than 0 or 1.
    """
    value = os.environ.get("CHARRNN_FAST", "1")
    if value not in ("0", "1"):
        raise ValueError(f"CHARRNN_FAST: expected '0' or '1', received {value!r}")
    return value == "1"


fast_is_on()  # a wrong word is told before a text is read


def has_fast_layers() -> bool:
    """Return whether a new GRU is ``fast.gru.GRU``.

    On a GPU cuDNN is faster, which Keras' own layer uses; it has other dtype policies, too.
    """
    return fast_is_on() and not on_gpu() and bool(keras.config.dtype_policy().name == "float32")


def recurrent_layer(cell: str, units: int) -> Any:
    """Return a Keras layer that gives its outputs at all time steps, and its last state.

    Source: GRU, Cho et al. 2014; LSTM, Hochreiter and Schmidhuber 1997.
    """
    layers = {"gru": GRU if has_fast_layers() else keras.layers.GRU, "lstm": keras.layers.LSTM}
    return layers[cell](units, return_sequences=True, return_state=True)


def saved_by_keras(model_class: Any) -> Any:
    """Let Keras save, load and clone whole models of a class by what its constructor was given."""
    constructor = model_class.__init__
    _, *names = inspect.signature(constructor).parameters  # without self

    @functools.wraps(constructor)
    def construct(self: Any, *values: Any, **named: Any) -> None:
        constructor(self, *values, **named)
        # After the constructor, which has set that of the class above.
        self.config = dict(zip(names, values, strict=False)) | named

    model_class.__init__ = construct
    model_class.get_config = lambda self: dict(self.config)
    return keras.saving.register_keras_serializable("charrnn")(model_class)


@saved_by_keras
class CharacterModel(keras.Model):  # type: ignore[misc]
    """The model of the book; with the default sizes and 66 ids it is system A's.

    Its weights exist from the beginning, so that they can be counted, loaded or restored.

    Attributes:
        hyperparameters: the arguments it was made with; ``CharacterModel(**hyperparameters)`` makes
            an equal one.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int = 256,
        units: int = 1024,
        layers: int = 1,
        cell: str = "gru",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.hyperparameters: dict[str, Any] = {
            "vocabulary_size": vocabulary_size,
            "embedding_size": embedding_size,
            "units": units,
            "layers": layers,
            "cell": cell,
            "dropout": dropout,
        }
        check_hyperparameters(**self.hyperparameters)
        self.embedding = keras.layers.Embedding(vocabulary_size, embedding_size)
        self.recurrent = [recurrent_layer(cell, units) for _ in range(layers)]
        self.dropout = keras.layers.Dropout(dropout)
        self.dense = keras.layers.Dense(vocabulary_size)
        self(np.zeros((1, 1), "int32"))  # makes the weights

    def initial_states(self, batch_size: Any) -> list[list[Any]]:
        """Return the states at the beginning of a text: zeros, as ``call`` takes them."""
        return [layer.get_initial_state(batch_size) for layer in self.recurrent]

    def call(
        self,
        ids: Any,
        states: Any = None,
        return_state: bool = False,
        training: bool = False,
    ) -> Any:
        """Return logits, and the states after the last time step if they are asked for.

        Args:
            ids: shape (batch, time), integers.
            states: what a call with ``return_state`` gave, for the same batch size: per layer a
                list of tensors of shape (batch, units), one for a GRU, two for an LSTM. None starts
                from zeros.
            return_state: give the states too.
            training: apply dropout to the outputs of each recurrent layer.

        Returns:
            Logits, shape (batch, time, vocabulary), float32; with ``return_state`` a pair of logits
            and states.
        """
        hidden = self.embedding(ids)  # (batch, time, embedding)
        new_states = []
        for index, layer in enumerate(self.recurrent):
            state = None if states is None else states[index]
            hidden, *state = layer(hidden, initial_state=state)
            hidden = self.dropout(hidden, training=training)
            new_states.append(state)  # each (batch, units)
        logits = self.dense(hidden)  # (batch, time, vocabulary)
        return (logits, new_states) if return_state else logits


class TiedDense(keras.layers.Layer):  # type: ignore[misc]
    """Outputs -> logits through the embedding: a character's score is a product with its row of it.

    With thousands of symbols that takes a fraction of the weights and of the arithmetic of a dense
    layer. Source: Press and Wolf 2017; Inan et al. 2017.
    """

    def __init__(self, units: int, embedding: Any) -> None:
        """Take the size of the outputs and the embedding, a layer, whose weights stay its own."""
        super().__init__()
        self.kernel = self.add_weight(shape=(units, embedding.output_dim), name="kernel")
        self.bias = self.add_weight(shape=(embedding.input_dim,), initializer="zeros", name="bias")
        # Not the layer itself: Keras would count its weights twice.
        self.embeddings: Callable[[], Any] = lambda: embedding.embeddings

    def call(self, hidden: Any) -> Any:
        """Return logits, shape (batch, time, vocabulary), of outputs (batch, time, units)."""
        narrow = tf.matmul(hidden, tf.cast(self.kernel, hidden.dtype))
        embeddings = tf.cast(self.embeddings(), hidden.dtype)
        return tf.matmul(narrow, embeddings, transpose_b=True) + tf.cast(self.bias, hidden.dtype)


@saved_by_keras
class TiedModel(CharacterModel):
    """The model of the book with its output tied to the embedding, for thousands of symbols."""

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int = 256,
        units: int = 1024,
        layers: int = 1,
        cell: str = "gru",
        dropout: float = 0.0,
        tied: bool = True,
    ) -> None:
        # Past CharacterModel, for the layers stand below.
        super(CharacterModel, self).__init__()  # type: ignore[no-untyped-call]
        self.hyperparameters = {
            "vocabulary_size": vocabulary_size,
            "embedding_size": embedding_size,
            "units": units,
            "layers": layers,
            "cell": cell,
            "dropout": dropout,
            "tied": tied,
        }
        check_hyperparameters(**self.hyperparameters)
        if not tied:
            raise ValueError("tied: expected True, or a CharacterModel, received False")
        self.embedding = keras.layers.Embedding(vocabulary_size, embedding_size)
        self.recurrent = [recurrent_layer(cell, units) for _ in range(layers)]
        self.dropout = keras.layers.Dropout(dropout)
        self.dense = TiedDense(units, self.embedding)
        self(np.zeros((1, 1), "int32"))  # makes the weights


def new_model(hyperparameters: dict[str, Any]) -> CharacterModel:
    """Return a new model from the hyper-parameters of another one, or of a file."""
    sizes = dict(hyperparameters)
    if not sizes.pop("tied", False):
        return CharacterModel(**sizes)
    return TiedModel(**sizes)


def forward(model: CharacterModel, ids: Any, states: Any = None, training: bool = False) -> Any:
    """Return what ``CharacterModel.call`` gives with ``return_state``, the fast way if there is.

    There is one in training, for layers of ``fast.GRU``. It gives the same logits, states and
    gradients. The gradient of the embedding is one array there, and slices in Keras' layer; the
    Adam of Keras 3.15 squares slices one by one, so its steps differ.
    """
    if not (training and all(isinstance(layer, GRU) for layer in model.recurrent)):
        return CharacterModel.call(model, ids, states, True, training)
    if states is None:
        states = model.initial_states(tf.shape(ids)[0])
    return training_layers(model, ids, states)


class FoldedModel:
    """A trained model that is only read: the same logits, one product less at each step.

    Its first product has the weights of the moment it is made.
    """

    def __init__(self, model: CharacterModel, dtype: str | None = None) -> None:
        """Take a model whose recurrent layers are GRUs, and the ``dtype`` of ``gru_scan``."""
        self.hyperparameters = model.hyperparameters
        self.initial_states = model.initial_states
        self.model, self.dtype = model, dtype
        self.table = fold(model.embedding.embeddings, model.recurrent[0])

    def __call__(self, ids: Any, states: Any = None, return_state: bool = True) -> Any:
        """Return logits and states; arguments as of ``CharacterModel``, both of them given."""
        projected = tf.gather(self.table, tf.transpose(ids))
        return through_layers(self.model, projected, states, dtype=self.dtype)


def for_generation(model: CharacterModel) -> CharacterModel | FoldedModel:
    """Return what gives the logits of a model one time step at a time, as fast as it can be."""
    grus = all(isinstance(layer, keras.layers.GRU) for layer in model.recurrent)
    float32 = all(layer.compute_dtype == "float32" for layer in model.recurrent)
    return FoldedModel(model) if fast_is_on() and grus and float32 else model


def for_evaluation(model: CharacterModel, rows: int) -> CharacterModel | FoldedModel:
    """Return what gives the logits of a model many time steps at a time, as fast as it can be.

    The recurrent products of several rows are in the format of training,
    ``fast.processor.matmul_dtype()``; for one row that would save nothing. bfloat16 changes the
    losses of the package's models over 100,000 characters by less than 1e-4 nats: by up to 5e-5 in
    twelve measurements, two models by both protocols on three parts of their texts.

    Args:
        model: is read with the weights of this moment.
        rows: how many there are in a batch.
    """
    if not (fast_is_on() and all(isinstance(layer, GRU) for layer in model.recurrent)):
        return model
    return FoldedModel(model, matmul_dtype() if rows > 1 else None)
