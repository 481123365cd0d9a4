"""The first product of a model, and its last: what depends on the vocabulary.

What a character adds to the gates of a GRU depends on the character alone. So where there are few
ids the embedding and the first product are folded into one table with a row for each id.
"""

from typing import Any

from charrnn.backend import tf
from charrnn.fast.dropout import drop
from charrnn.fast.gru import folded_bias, recur
from charrnn.fast.recurrence import project

__all__ = ["MAX_FOLDED", "fold", "look_up", "through_layers", "training_layers"]

# In training the product with the table grows with the vocabulary. With 256 units it saves time at
# 66 ids and costs time at 600: Chinese is looked up.
MAX_FOLDED = 300


def fold(embeddings: Any, layer: Any) -> Any:
    """Return what each id adds to the gates of the first layer, shape (vocabulary, 3 * units)."""
    return tf.matmul(embeddings, layer.cell.kernel) + folded_bias(layer)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def look_up(embeddings: Any, ids: Any) -> Any:
    """Return the embedding of each id; the gradient is one array, and no slices.

    Args:
        embeddings: shape (vocabulary, features).
        ids: any shape, integers.

    Returns:
        Shape of ``ids``, then features.
    """

    def gradient(d_rows: Any) -> Any:
        rows = tf.reshape(tf.cast(d_rows, tf.float32), (-1, embeddings.shape[1]))
        sums = tf.math.unsorted_segment_sum(rows, tf.reshape(ids, [-1]), embeddings.shape[0])
        return tf.cast(sums, embeddings.dtype), None

    return tf.gather(embeddings, ids), gradient


def training_layers(model: Any, ids: Any, states: Any) -> Any:
    """Return logits and states of a model whose recurrent layers are of ``gru.GRU``, in training.

    Products are in the layers' ``training_dtype()``; what the gradient needs is kept.

    Args:
        model: a ``CharacterModel``.
        ids: shape (batch, time), integers.
        states: per layer a list with a tensor of shape (batch, units), float32.

    Returns:
        Logits, shape (batch, time, vocabulary), float32, and the states.
    """
    first, embeddings = model.recurrent[0], tf.convert_to_tensor(model.embedding.embeddings)
    dtype, times = first.training_dtype(), tf.transpose(ids)  # (time, batch)
    left_out = getattr(model, "embedding_dropout", 0.0)
    if embeddings.shape[0] <= MAX_FOLDED and not left_out:
        # A product, not a lookup: its gradient is a product, too, and no sum row by row.
        one_hot = tf.one_hot(times, embeddings.shape[0], dtype=dtype)
        projected = project(one_hot, fold(embeddings, first))  # (time, batch, 3 * units)
    else:
        rows = look_up(tf.cast(embeddings, dtype), times)
        if left_out:
            rows = drop(rows, left_out, first.cell.seed_generator)
        projected = project(rows, first.cell.kernel, folded_bias(first))
    return through_layers(model, projected, states, training=True)


def through_layers(
    model: Any, projected: Any, states: Any, training: bool = False, dtype: str | None = None
) -> Any:
    """Return logits and states from the input of the first layer, multiplied already.

    Args:
        model: has the layers of a ``CharacterModel``: recurrent, dropout, dense, embedding.
        projected: shape (time, batch, 3 * units), in the number format of the products.
        states: as of ``training_layers``.
        training: apply dropout, keep what the gradient needs.
        dtype: that of ``recurrence.gru_scan``, for what is not training.
    """
    new_states, hidden = [], None
    for layer, (state,) in zip(model.recurrent, states, strict=True):
        if hidden is not None:
            projected = project(hidden, layer.cell.kernel, folded_bias(layer))
        hidden, state = recur(layer, projected, state, training, dtype)  # (time, batch, units)
        if training and model.dropout.rate:
            hidden = drop(hidden, model.dropout.rate, model.dropout.seed_generator)
        new_states.append([state])
    narrow = tf.transpose(project(hidden, model.dense.kernel), (1, 0, 2))  # (batch, time, ...)
    if model.hyperparameters.get("tied"):
        narrow = project(narrow, tf.transpose(model.embedding.embeddings))
    return tf.cast(narrow, tf.float32) + model.dense.bias, new_states
