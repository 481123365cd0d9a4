"""Model and batches -> a trained model: with Keras' ``fit``, and with a loop of our own."""

import math
import os
from collections.abc import Callable, Mapping
from typing import Any

from charrnn.backend import keras, tf
from charrnn.checkpoints import History, RunState, check_loss
from charrnn.model import CharacterModel, saved_by_keras

__all__ = [
    "FINAL_RATE",
    "Checkpoints",
    "SelfTrainedModel",
    "cosine",
    "cosine_schedule",
    "custom_loop",
    "fit",
    "keep_epoch",
    "next_character_loss",
]


# The share of the learning rate that is left at the end: with 0 the last steps would be wasted.
FINAL_RATE = 0.02


def next_character_loss() -> Any:
    """Return the mean cross-entropy between logits and the ids of the next characters, in nats."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def cosine(progress: float) -> float:
    """Return the share of the highest learning rate at a place of a run: from 1 to ``FINAL_RATE``.

    Args:
        progress: from 0, the beginning, to 1, the end.

    Source: Loshchilov and Hutter 2017, without restarts.
    """
    return FINAL_RATE + (1 - FINAL_RATE) * (1 + math.cos(math.pi * progress)) / 2


def cosine_schedule(learning_rate: float, steps: int, warmup_steps: int = 50) -> Any:
    """Return a learning rate that rises linearly, then falls as ``cosine`` of the steps left."""
    if not 0 <= warmup_steps < steps:
        raise ValueError(
            f"warmup_steps: expected 0 to {steps - 1} for {steps} steps, received {warmup_steps}"
        )
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        decay_steps=steps - warmup_steps,
        alpha=FINAL_RATE,
        warmup_target=learning_rate,
        warmup_steps=warmup_steps,
    )


def keep_epoch(state: RunState, row: dict[str, float], measure: str = "val_loss") -> None:
    """Add an epoch to a run's folder: weights if they are the best, history, state to go on from.

    Args:
        state: of the run.
        row: of the history; at least ``epoch`` and ``loss``.
        measure: the column whose lowest value marks the best weights; without it none are kept.

    Raises:
        FloatingPointError: the loss is not finite; the folder stays as it was.
    """
    check_loss(row["loss"], int(row["epoch"]))
    best = min((past.get(measure, math.inf) for past in state.history), default=math.inf)
    if row.get(measure, math.inf) < best:
        state.save_best(row)
    state.history.append(row)
    state.save(int(row["epoch"]))


class Checkpoints(keras.callbacks.Callback):  # type: ignore[misc]
    """Keep each epoch of a run in its folder; see ``keep_epoch``."""

    def __init__(self, state: RunState) -> None:
        super().__init__()
        self.state = state

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save after an epoch; called by Keras."""
        row = {name: float(value) for name, value in logs.items()}
        keep_epoch(self.state, {"epoch": epoch + 1.0, **row})


def fit(
    model: Any,
    batches: Callable[[int], Any],
    validation: Any,
    epochs: int,
    steps_per_epoch: int,
    directory: str | os.PathLike[str],
    made_from: Mapping[str, object] | None = None,
    verbose: int = 2,
) -> History:
    """Train with ``keras.Model.fit``, validate and save after each epoch, go on where a run ended.

    Args:
        model: compiled and built.
        batches: gives the training dataset that begins at a step; called once, with the number of
            steps already done (``lambda step: shuffled_batches(..., first_step=step)``).
        validation: dataset for the validation loss.
        epochs: how many the whole run has; those that ``directory`` holds are not repeated.
        steps_per_epoch: batches in an epoch.
        directory: of this run alone.
        made_from: what the run is made from, as ``{"text": text}``; see ``RunState``.
        verbose: as in Keras; 1 writes control characters, 2 a line an epoch.

    Returns:
        One row an epoch with ``epoch``, ``loss``, ``val_loss``, earlier parts of the run included.

    Raises:
        ValueError: ``directory`` holds another run or a damaged one, or another process uses it.
        FloatingPointError: the loss is not finite.
    """
    with RunState(model, model.optimizer, directory, made_from) as state:
        done = state.restore()
        if done < epochs:
            model.fit(
                batches(done * steps_per_epoch),
                validation_data=validation,
                initial_epoch=done,
                epochs=epochs,
                steps_per_epoch=steps_per_epoch,
                shuffle=False,  # the dataset does it
                callbacks=[Checkpoints(state)],
                verbose=verbose,
            )
    return state.history


@saved_by_keras
class SelfTrainedModel(CharacterModel):
    """A model with its own ``train_step``, which ``fit`` calls for each batch."""

    def train_step(self, data: Any) -> Any:
        """Update the weights on one batch of (inputs, targets); return the epoch's mean loss."""
        inputs, targets = data  # (batch, time)
        with tf.GradientTape() as tape:
            logits = self(inputs, training=True)  # (batch, time, vocabulary)
            loss = self.compute_loss(y=targets, y_pred=logits)
            scaled = self.optimizer.scale_loss(loss)  # for float16
        weights = self.trainable_variables
        gradients = tape.gradient(scaled, weights)
        self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        # Keras' running mean; the loss is a replica's share of that of the whole batch.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        self.metrics[0].update_state(loss * replicas)
        return self.compute_metrics(inputs, targets, logits)


def custom_loop(
    model: Any,
    optimizer: Any,
    batches: Callable[[int], Any],
    epochs: int,
    steps_per_epoch: int,
    directory: str | os.PathLike[str],
    made_from: Mapping[str, object] | None = None,
    clip_norm: float = 1.0,
    save_every: int = 5,
    report_every: int = 50,
) -> list[float]:
    """Train without ``fit``: the whole loop in the open, with clipping and exact resume.

    Args:
        model: built.
        optimizer: a Keras optimizer.
        batches: as for ``fit``.
        epochs: how many the whole run has; those that ``directory`` holds are not repeated.
        steps_per_epoch: batches in an epoch.
        directory: of this run alone.
        made_from: as for ``fit``.
        clip_norm: largest norm of all gradients together.
        save_every: epochs between two saved states; the last epoch is always saved.
        report_every: steps between two printed lines.

    Returns:
        Mean loss of each epoch that was run now, in nats.

    Raises:
        ValueError: ``directory`` holds another run or a damaged one, or another process uses it.
        FloatingPointError: the loss is not finite.
    """
    mean = keras.metrics.Mean()

    @tf.function
    def train_step(inputs: Any, targets: Any) -> None:
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            loss = next_character_loss()(targets, logits)
        weights = model.trainable_variables
        gradients = tape.gradient(loss, weights)
        gradients, _ = tf.clip_by_global_norm(gradients, clip_norm)
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        mean.update_state(loss)

    losses = []
    with RunState(model, optimizer, directory, made_from) as state:
        done = state.restore()
        steps = iter(batches(done * steps_per_epoch))
        for epoch in range(done + 1, epochs + 1):
            mean.reset_state()
            for step in range(1, steps_per_epoch + 1):
                train_step(*next(steps))
                if step % report_every == 0:
                    print(f"epoch {epoch} step {step} loss {mean.result():.2f}")
            losses.append(float(mean.result()))
            check_loss(losses[-1], epoch)
            if epoch % save_every == 0 or epoch == epochs:
                state.save(epoch)
    return losses
