"""Ids -> logits and state: embedding, recurrent layers, dense layer."""

from typing import Any

from charrnn.backend import keras
from charrnn.fast.gru import GRU
from charrnn.hyperparameters import check_hyperparameters

__all__ = ["CharacterModel", "build", "recurrent_layer"]


def recurrent_layer(cell: str, units: int) -> Any:
    """Return a Keras layer that gives its outputs at all time steps, and its last state.

    Source: GRU, Cho et al. 2014; LSTM, Hochreiter and Schmidhuber 1997.
    """
    layer = {"gru": GRU, "lstm": keras.layers.LSTM}[cell]
    return layer(units, return_sequences=True, return_state=True)


class CharacterModel(keras.Model):  # type: ignore[misc]
    """The model of the book; with the default sizes and 66 ids it is system A's.

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


def build(**hyperparameters: Any) -> CharacterModel:
    """Return a model whose weights exist, so that they can be counted, loaded or restored."""
    model = CharacterModel(**hyperparameters)
    model(keras.ops.zeros((1, 1), dtype="int32"))
    return model
