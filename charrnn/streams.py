"""A model that keeps its states from batch to batch while it is trained on streams.

Row k of the next batch continues row k of this one (``windows.endless_streams``), so the state at
the end of a row is the right one to begin the next with: the model learns with more context than
one window has. The gradient does not cross from batch to batch.
"""

from typing import Any

from charrnn.backend import tf
from charrnn.fast.gru import check_dropout, set_kernel_dropout
from charrnn.model import CharacterModel, TiedModel, forward, saved_by_keras

__all__ = [
    "CarriedStates",
    "StreamModel",
    "TiedStreamModel",
    "check_fresh_every",
    "replica_variables",
    "row_numbers",
    "rows_of_a_replica",
]


def check_fresh_every(fresh_every: int | None) -> None:
    """Raise ValueError unless a row can start from zeros once in so many batches; None: never."""
    if fresh_every is not None and fresh_every < 1:
        raise ValueError(f"fresh_every: expected at least 1, received {fresh_every}")


def rows_of_a_replica(batch_size: int) -> int:
    """Return how many rows of a batch each replica has; on one device all of them.

    Raises:
        ValueError: the batch cannot be divided among the replicas.
    """
    replicas: int = tf.distribute.get_strategy().num_replicas_in_sync
    if type(batch_size) is not int or batch_size < 1 or batch_size % replicas:  # True is an int
        raise ValueError(
            f"batch_size: expected a multiple of {replicas}, the number of replicas, "
            f"received {batch_size!r}"
        )
    return batch_size // replicas


def replica_variables(values: Any) -> Any:
    """Return a variable for each tensor of a nested structure; each replica has its own.

    A checkpoint holds those of the first replica.
    """
    return tf.nest.map_structure(
        lambda value: tf.Variable(
            value,
            trainable=False,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        ),
        values,
    )


def row_numbers(batch_size: int) -> Any:
    """Return the number of each row of this replica's batch, counted over all replicas."""
    replica = tf.distribute.get_replica_context()
    first = replica.replica_id_in_sync_group * batch_size if replica else 0
    return first + tf.range(batch_size)


class CarriedStates(tf.Module):  # type: ignore[misc]
    """The states at the end of the last batch: variables, but no weights of a model.

    Attributes:
        batches: how many were written, scalar int32.
        states: per layer a list of variables of shape (batch, units).
        fresh_every: see ``StreamModel``.
    """

    def __init__(self, initial_states: list[list[Any]], fresh_every: int | None = None) -> None:
        super().__init__()
        check_fresh_every(fresh_every)
        self.batches, self.states = replica_variables((tf.constant(0), initial_states))
        self.fresh_every = fresh_every

    def read(self) -> list[list[Any]]:
        """Return the states for the next batch, zeros in the rows whose turn it is."""

        def state_of(variable: Any) -> Any:
            state = tf.convert_to_tensor(variable)  # (batch, units)
            if self.fresh_every is None:
                return state
            turns = self.batches + row_numbers(state.shape[0])  # (batch,)
            begins = turns[:, None] % self.fresh_every == 0
            return tf.where(begins, tf.zeros_like(state), state)

        return tf.nest.map_structure(state_of, self.states)  # type: ignore[no-any-return]

    def write(self, states: list[list[Any]]) -> None:
        """Keep the states at the end of a batch."""
        tf.nest.map_structure(lambda variable, state: variable.assign(state), self.states, states)
        self.batches.assign_add(1)


@saved_by_keras
class StreamModel(CharacterModel):
    """A ``CharacterModel`` for training on ``windows.endless_streams``, the states carried along.

    A call with ``training=True`` and without states begins with those at the end of the last such
    call, in ``fit`` as in a loop of one's own. Validation and generation start from zeros, as in
    every ``CharacterModel``. So that the model learns to begin, too, each row starts from zeros
    once in ``fresh_every`` batches, another row at a time; None never does.

    The carried states are no weights: weights files fit a ``CharacterModel``, and any batch size.
    ``checkpoints.RunState`` keeps them, so that a run goes on exactly.
    """

    def __init__(
        self,
        batch_size: int,
        fresh_every: int | None = None,
        kernel_dropout: float = 0.0,
        **hyperparameters: Any,
    ) -> None:
        """Take the rows of a batch, on all replicas together, and those of ``CharacterModel``.

        Args:
            batch_size: rows of every batch that the model is trained on.
            fresh_every: how often a row starts from zeros, in batches.
            kernel_dropout: as of ``fast.gru.set_kernel_dropout``.
            hyperparameters: arguments of ``CharacterModel``.

        Raises:
            ValueError: an argument that cannot be.
        """
        super().__init__(**hyperparameters)
        set_kernel_dropout(self.recurrent, kernel_dropout)
        rows = rows_of_a_replica(batch_size)
        self.carried = CarriedStates(self.initial_states(rows), fresh_every)

    def call(
        self, ids: Any, states: Any = None, return_state: bool = False, training: bool = False
    ) -> Any:
        """Return logits, and states if asked for; see ``CharacterModel.call``."""
        carries = training and states is None
        if carries:
            states = self.carried.read()
        logits, states = forward(self, ids, states, training)
        if carries:
            self.carried.write(states)
        return (logits, states) if return_state else logits


@saved_by_keras
class TiedStreamModel(StreamModel, TiedModel):
    """A ``StreamModel`` whose output is tied to the embedding.

    Attributes:
        embedding_dropout: share of the numbers of each character's embedding that are left out in
            training, others at each place. Source: Zaremba et al. 2014, on the first layer's input.
    """

    def __init__(
        self,
        batch_size: int,
        fresh_every: int | None = None,
        kernel_dropout: float = 0.0,
        embedding_dropout: float = 0.0,
        **hyperparameters: Any,
    ) -> None:
        """Take what a ``StreamModel`` takes, and the hyper-parameters of a ``TiedModel``."""
        super().__init__(batch_size, fresh_every, kernel_dropout, **hyperparameters)
        name = "embedding_dropout"
        self.embedding_dropout = check_dropout(name, embedding_dropout, self.recurrent)
