"""Training on several workers: one batch, of which each worker reads some rows.

The sum of the workers' gradients is the gradient of the whole batch, so all of them take the step
that one process would take. Keras' ``fit`` does not do this with several machines: a loop does.
"""

from collections.abc import Callable
from typing import Any

from charrnn.backend import keras, tf
from charrnn.streams import row_numbers
from charrnn.windows import Ids, endless_streams

__all__ = ["from_the_first", "own_rows", "set_states", "state_gatherer", "training_step"]


def own_rows(
    ids: Ids,
    batch_size: int,
    length: int,
    context: Any,
    first_step: int = 0,
    change: Callable[[Ids, int], Ids] | None = None,
) -> Any:
    """Return the rows of ``windows.endless_streams`` that belong to a worker, as a dataset.

    A worker has the same rows in every batch, so the states that it carries along are theirs.

    Args:
        ids: shape (characters,), the same for all workers.
        batch_size: rows of a batch, on all workers together.
        length: time steps of a batch.
        context: which worker of how many this is; ``distribute_datasets_from_function`` of a
            strategy gives it.
        first_step: as of ``endless_streams``.
        change: as of ``endless_streams``.
    """
    batches = endless_streams(ids, batch_size, length, first_step, change)
    count = batch_size // context.num_input_pipelines
    first = context.input_pipeline_id * count
    rows = slice(first, first + count)
    mine = batches.map(lambda inputs, targets: (inputs[rows], targets[rows]))
    # A worker with several devices gives each its share.
    return mine.rebatch(batch_size // context.num_replicas_in_sync)


def training_step(strategy: Any, model: Any, optimizer: Any, batch_size: int) -> Any:
    """Return what trains a model on one batch, whose rows are spread over a strategy's replicas.

    Args:
        strategy: in whose scope model and optimizer were made.
        model: carries its states along, as a ``StreamModel``.
        optimizer: a Keras optimizer, built.
        batch_size: rows of a batch, on all replicas together.

    Returns:
        A function: inputs, targets, as the strategy's datasets give them -> the mean loss of the
        whole batch, in nats, the same on every worker.
    """
    weights = model.trainable_variables

    def share_of(inputs: Any, targets: Any) -> Any:
        """Return what the rows of one replica add to the loss and to its gradient."""
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)  # (rows, time, vocabulary)
            losses = keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)
            # By the whole batch, not by these rows: so the shares add up to its mean.
            loss = tf.reduce_sum(losses) / (batch_size * targets.shape[1])
        gradients = tape.gradient(loss, weights)
        # As arrays: an embedding's gradient may come as slices, others on each worker.
        return loss, [tf.convert_to_tensor(gradient) for gradient in gradients]

    def total(shares: Any) -> Any:
        """Return the sum over all replicas of all workers."""
        return strategy.reduce("SUM", shares, axis=None)

    @tf.function
    def step(inputs: Any, targets: Any) -> Any:
        shares = strategy.run(share_of, args=(inputs, targets))
        loss, gradients = tf.nest.map_structure(total, shares)
        # Not in ``share_of``: Keras would clip each share before it adds them up.
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return loss

    return step


def state_gatherer(strategy: Any, model: Any) -> Any:
    """Return what collects the states that a model carries along, of the rows of all workers.

    Returns:
        A function: nothing -> per state a tensor of shape (batch, units), on every worker, as one
        process would have it. So a run can go on with another number of workers.
    """

    def own_states() -> list[Any]:
        return [tf.convert_to_tensor(state) for state in tf.nest.flatten(model.carried.states)]

    @tf.function
    def gather() -> list[Any]:
        return [strategy.gather(state, axis=0) for state in strategy.run(own_states)]

    return gather


def set_states(strategy: Any, model: Any, states: list[Any], batches: int) -> None:
    """Give each worker its rows of the states of all.

    Args:
        strategy: as of ``training_step``.
        model: as of ``training_step``.
        states: as ``state_gatherer`` collects them.
        batches: how many batches have been read.
    """

    def assign() -> None:
        model.carried.batches.assign(batches)
        for variable, state in zip(tf.nest.flatten(model.carried.states), states, strict=True):
            variable.assign(tf.gather(state, row_numbers(variable.shape[0])))

    strategy.run(tf.function(assign))


def from_the_first(strategy: Any, values: list[Any]) -> list[Any]:
    """Return the numbers that the first worker has, on each worker: the others add zeros."""

    def mine() -> list[Any]:
        first = tf.distribute.get_replica_context().replica_id_in_sync_group == 0
        return [tf.where(first, value, tf.zeros_like(value)) for value in values]

    @tf.function
    def sums() -> list[Any]:
        return [strategy.reduce("SUM", value, axis=None) for value in strategy.run(mine)]

    return list(sums())
