"""Ids -> logits in training, fast on a processor, and the state carried from batch to batch."""

from typing import Any

from charrnn.backend import keras, tf
from charrnn.model import CharacterModel
from charrnn.processor import on_gpu
from charrnn.recurrence import project

__all__ = ["FastModel", "StreamModel", "build_fast", "build_stream"]


class FastModel(CharacterModel):
    """A ``CharacterModel`` with the same weights and results, whose training step costs less.

    What a character adds to the gates depends on the character alone, so the input projection
    is done once for each id of the vocabulary and not once for each character of the batch. Where
    this does not hold (an LSTM, dropout on the embedding), or does not help (outside training, on a
    GPU), ``CharacterModel`` does the work.
    """

    def call(
        self,
        ids: Any,
        states: Any = None,
        return_state: bool = False,
        training: bool = False,
    ) -> Any:
        """Return logits, and states if asked for; see ``CharacterModel.call``."""
        sizes = self.hyperparameters
        if not training or sizes["cell"] != "gru" or sizes["dropout"] or on_gpu():
            return super().call(ids, states, return_state, training)
        first = self.recurrent[0]
        products = first.training_products(training)
        if states is None:
            states = self.initial_states(tf.shape(ids)[0])
        # A product, not a lookup: its gradient is a product, too, and no sum row by row.
        hidden = tf.one_hot(tf.transpose(ids), sizes["vocabulary_size"], dtype=products)
        kernel = tf.matmul(self.embedding.embeddings, first.cell.kernel) + first.folded_bias()
        projected = project(hidden, kernel)  # (time, batch, 3 * units)
        new_states = []
        for layer, (state,) in zip(self.recurrent, states, strict=True):
            if layer is not first:
                projected = project(hidden, layer.cell.kernel, layer.folded_bias())
            hidden, state = layer.recur(projected, state)  # (time, batch, units)
            new_states.append([state])
        logits = tf.cast(project(hidden, self.dense.kernel), tf.float32) + self.dense.bias
        logits = tf.transpose(logits, (1, 0, 2))  # (batch, time, vocabulary)
        return (logits, new_states) if return_state else logits


class StreamModel(FastModel):
    """A ``FastModel`` that ``fit`` trains on ``windows.circular_batches``, the state carried along.

    Validation and generation start from a fresh state, as in every ``CharacterModel``.
    """

    def __init__(self, batch_size: int, **hyperparameters: Any) -> None:
        super().__init__(**hyperparameters)
        shapes = [
            [tuple(state.shape) for state in states] for states in self.initial_states(batch_size)
        ]
        self.carried = [
            [self.add_weight(shape, "zeros", trainable=False) for shape in layer]
            for layer in shapes
        ]

    def train_step(self, data: Any) -> Any:
        """Update the weights on one batch of (inputs, targets); return the epoch's mean loss."""
        inputs, targets = data  # (batch, time)
        before = [[state.value for state in layer] for layer in self.carried]
        with tf.GradientTape() as tape:
            logits, states = self(inputs, states=before, return_state=True, training=True)
            loss = self.compute_loss(y=targets, y_pred=logits)
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        for variable, state in zip(
            tf.nest.flatten(self.carried), tf.nest.flatten(states), strict=True
        ):
            variable.assign(state)
        self.metrics[0].update_state(loss)  # Keras' running mean of the loss
        return self.compute_metrics(inputs, targets, logits)


def build_fast(**hyperparameters: Any) -> FastModel:
    """Return a ``FastModel`` whose weights exist; arguments as of ``CharacterModel``."""
    model = FastModel(**hyperparameters)
    model(keras.ops.zeros((1, 1), dtype="int32"))
    return model


def build_stream(batch_size: int, **hyperparameters: Any) -> StreamModel:
    """Return a ``StreamModel`` for batches of one size, whose weights exist."""
    model = StreamModel(batch_size, **hyperparameters)
    model(keras.ops.zeros((1, 1), dtype="int32"))
    return model
