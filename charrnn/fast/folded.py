"""Layers of a model -> logits, with the embedding folded into the first input projection.

What a character adds to the gates of a GRU depends on the character alone. So the first product is
done once for each id of the vocabulary, and not once for each character of the batch.
"""

from typing import Any

from charrnn.backend import tf
from charrnn.fast.dropout import drop
from charrnn.fast.gru import folded_bias, recur
from charrnn.fast.recurrence import project

__all__ = ["MAX_FOLDED", "FoldedLayers"]

# In training the one-hot product grows with the vocabulary. With 256 units it saves time at 66 ids
# and costs time at 600: Chinese is looked up.
MAX_FOLDED = 300


class FoldedLayers:
    """An embedding, GRU layers and a dense layer as one function of ids.

    The first product is kept as it was when the object was made; make it anew after training.
    """

    def __init__(
        self,
        embedding: Any,
        recurrent: list[Any],
        dropout: Any,
        dense: Any,
        dtype: str | None = None,
    ) -> None:
        """Take Keras' layers, built; those that are trained are of ``gru.GRU``.

        ``dtype`` is that of ``recurrence.gru_scan``, for what is not training.
        """
        self.dtype = dtype
        self.recurrent, self.dropout, self.dense = recurrent, dropout, dense
        first = recurrent[0]
        # What each id adds to the first layer's gates, shape (vocabulary, 3 * units).
        self.table = tf.matmul(embedding.embeddings, first.cell.kernel) + folded_bias(first)

    def __call__(self, ids: Any, states: Any, training: bool = False) -> Any:
        """Return logits and states.

        Args:
            ids: shape (batch, time), integers.
            states: per layer a list with a tensor of shape (batch, units), float32.
            training: apply dropout, multiply in the layers' ``training_dtype()``, keep what the
                gradient needs.

        Returns:
            Logits, shape (batch, time, vocabulary), float32, and the states.
        """
        times = tf.transpose(ids)  # (time, batch)
        if training:
            # A product, not a lookup: its gradient is a product, too, and no sum row by row.
            dtype = self.recurrent[0].training_dtype()
            one_hot = tf.one_hot(times, self.table.shape[0], dtype=dtype)
            projected = project(one_hot, self.table)  # (time, batch, 3 * units)
        else:
            projected = tf.gather(self.table, times)
        new_states, hidden = [], None
        for layer, (state,) in zip(self.recurrent, states, strict=True):
            if hidden is not None:
                projected = project(hidden, layer.cell.kernel, folded_bias(layer))
            hidden, state = recur(
                layer, projected, state, training, self.dtype
            )  # (time, batch, units)
            if training and self.dropout.rate:
                hidden = drop(hidden, self.dropout.rate, self.dropout.seed_generator)
            new_states.append([state])
        logits = tf.cast(project(hidden, self.dense.kernel), tf.float32) + self.dense.bias
        return tf.transpose(logits, (1, 0, 2)), new_states
