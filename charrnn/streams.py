"""Ids -> logits, fast on a processor: the embedding folded into the input projection.

What a character adds to the gates of a GRU depends on the character alone. So the first product is
done once for each id of the vocabulary, and not once for each character of the batch.
"""

from typing import Any

from charrnn.backend import keras, tf
from charrnn.fast.dropout import drop
from charrnn.fast.processor import on_gpu
from charrnn.fast.recurrence import project
from charrnn.model import CharacterModel

__all__ = ["FastModel", "FoldedModel", "StreamModel", "build_fast", "build_stream"]


# The one-hot product grows with the vocabulary. With 256 units it saves time at 66 ids and costs
# time at 600: Chinese is looked up.
MOST_FOLDED = 300


def _input_table(model: CharacterModel) -> Any:
    """Return what each id adds to the first layer's gates, shape (vocabulary, 3 * units)."""
    first = model.recurrent[0]
    return tf.matmul(model.embedding.embeddings, first.cell.kernel) + first.folded_bias()


def _run_layers(model: CharacterModel, projected: Any, states: Any, training: bool) -> Any:
    """Return logits and states from the first layer's projected inputs.

    Args:
        model: of GRU layers.
        projected: shape (time, batch, 3 * units), in the number format of the products.
        states: as of ``CharacterModel``.
        training: apply dropout.

    Returns:
        Logits, shape (batch, time, vocabulary), float32, and the states.
    """
    new_states, hidden = [], None
    for layer, (state,) in zip(model.recurrent, states, strict=True):
        if hidden is not None:
            projected = project(hidden, layer.cell.kernel, layer.folded_bias())
        hidden, state = layer.recur(projected, state, training)  # (time, batch, units)
        if training and model.dropout.rate:
            hidden = drop(hidden, model.dropout.rate, model.dropout.seed_generator)
        new_states.append([state])
    logits = tf.cast(project(hidden, model.dense.kernel), tf.float32) + model.dense.bias
    return tf.transpose(logits, (1, 0, 2)), new_states


class FoldedModel:
    """A trained model of GRU layers for generation: the same logits, one product less at each step.

    It keeps the first product as it was when the object was made; make it anew after training.
    """

    def __init__(self, model: CharacterModel) -> None:
        self.model = model
        self.hyperparameters = model.hyperparameters
        self.initial_states = model.initial_states
        self.table = _input_table(model)

    def __call__(self, ids: Any, states: Any, return_state: bool = True) -> Any:
        """Return logits and states; arguments as of ``CharacterModel``, ``return_state`` true."""
        return _run_layers(self.model, tf.gather(self.table, tf.transpose(ids)), states, False)


class FastModel(CharacterModel):
    """A ``CharacterModel`` with the same weights and results, whose training step costs less.

    Where the product is not folded (an LSTM), or where that does not help (outside training, on a
    GPU, more than ``MOST_FOLDED`` ids), ``CharacterModel`` does the work.
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
        unfolded = sizes["cell"] != "gru" or sizes["vocabulary_size"] > MOST_FOLDED
        if not training or unfolded or on_gpu():
            return super().call(ids, states, return_state, training)
        if states is None:
            states = self.initial_states(tf.shape(ids)[0])
        products = self.recurrent[0].training_dtype(training)
        # A product, not a lookup: its gradient is a product, too, and no sum row by row.
        one_hot = tf.one_hot(tf.transpose(ids), sizes["vocabulary_size"], dtype=products)
        projected = project(one_hot, _input_table(self))  # (time, batch, 3 * units)
        logits, states = _run_layers(self, projected, states, training)
        return (logits, states) if return_state else logits


class StreamModel(FastModel):
    """A ``FastModel`` that ``fit`` trains on ``windows.endless_streams``, the state carried along.

    Validation and generation start from a fresh state, as in every ``CharacterModel``. So that the
    model learns to begin, too, each row starts afresh once in ``fresh_every`` batches, another row
    at a time; None never does.
    """

    def __init__(
        self, batch_size: int, fresh_every: int | None = None, **hyperparameters: Any
    ) -> None:
        super().__init__(**hyperparameters)
        if fresh_every is not None and fresh_every < 1:
            raise ValueError(f"fresh_every: expected at least 1, received {fresh_every}")
        self.fresh_every = fresh_every
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
        before = [[self._kept(state.value) for state in layer] for layer in self.carried]
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

    def _kept(self, state: Any) -> Any:
        """Return a carried state, with zeros in the rows whose turn it is to start afresh."""
        if self.fresh_every is None:
            return state
        turns = tf.cast(self.optimizer.iterations.value, tf.int32) + tf.range(state.shape[0])
        return tf.where(turns[:, None] % self.fresh_every == 0, 0.0, state)


def build_fast(**hyperparameters: Any) -> FastModel:
    """Return a ``FastModel`` whose weights exist; arguments as of ``CharacterModel``."""
    model = FastModel(**hyperparameters)
    model(keras.ops.zeros((1, 1), dtype="int32"))
    return model


def build_stream(
    batch_size: int, fresh_every: int | None = None, **hyperparameters: Any
) -> StreamModel:
    """Return a ``StreamModel`` for batches of one size, whose weights exist."""
    model = StreamModel(batch_size, fresh_every, **hyperparameters)
    model(keras.ops.zeros((1, 1), dtype="int32"))
    return model
