"""What a training run leaves in its folder: the latest state, the history."""

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.backend import tf
from charrnn.support.files import read_table, with_numbers, write_table

__all__ = [
    "History",
    "RunState",
    "check_loss",
    "resume_history",
    "write_history",
]

History = list[dict[str, float]]


def resume_history(path: str | os.PathLike[str], epochs: int) -> History:
    """Return the first ``epochs`` rows of a run's history, for a run that goes on after them.

    A stop between history and state leaves one row more than the state has epochs.

    Raises:
        ValueError: the file has fewer rows, or does not exist.
    """
    history: History = with_numbers(read_table(path))
    if len(history) < epochs:
        raise ValueError(
            f"directory: expected {os.fspath(path)!r} with the {epochs} epochs of the saved state, "
            f"received {len(history)}; choose another folder"
        )
    return history[:epochs]


def write_history(history: History, path: str | os.PathLike[str]) -> None:
    """Write a history as CSV, whole or not at all."""
    write_table([{key: f"{value:.7g}" for key, value in row.items()} for row in history], path)


def check_loss(loss: float, epoch: int) -> None:
    """Raise FloatingPointError when training has diverged, before a checkpoint is overwritten."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"loss: expected a finite number, received {loss} in epoch {epoch}; "
            "try a lower learning rate or clip the gradients"
        )


class RunState:
    """The latest state of a run: weights, optimizer, random seeds, carried states, epochs done.

    It is kept as a TensorFlow checkpoint. The new one is written beside the old one, which is
    deleted afterwards, so an interruption at any moment leaves a state to go on from.
    """

    def __init__(self, model: Any, optimizer: Any, directory: str | os.PathLike[str]) -> None:
        # A checkpoint fills variables that exist; Keras makes the optimizer's at the first step.
        optimizer.build(model.trainable_variables)
        self.directory = Path(directory)
        self.epoch = tf.Variable(0, trainable=False, dtype="int64")
        # As plain lists: TensorFlow does not find the seeds of dropout inside a Keras model.
        self.parts = {
            "model": [variable.value for variable in model.variables],
            "optimizer": [variable.value for variable in optimizer.variables],
        }
        if carried := getattr(model, "carried", None):
            self.parts["carried"] = list(carried.variables)
        state = tf.train.Checkpoint(epoch=self.epoch, **self.parts)
        self.manager = tf.train.CheckpointManager(state, str(directory), max_to_keep=1)

    def restore(self) -> int:
        """Load the latest state, if there is one; return the number of epochs done.

        Raises:
            ValueError: the folder holds the state of another model or another optimizer.
        """
        path = self.manager.latest_checkpoint
        if path is not None:
            self._check(path)
            self.manager.checkpoint.restore(path).assert_consumed()
        return int(self.epoch.numpy())

    def _check(self, path: str) -> None:
        stored = tf.train.load_checkpoint(path).get_variable_to_shape_map()
        for part, variables in self.parts.items():
            names = [name for name in stored if name.startswith(f"{part}/")]
            names.sort(key=lambda name: [int(n) for n in name.split("/") if n.isdecimal()])
            received = [tuple(stored[name]) for name in names]
            expected = [tuple(variable.shape) for variable in variables]
            if received != expected:
                raise ValueError(
                    f"directory: expected the state of a run whose {part} has variables of shapes "
                    f"{expected}, received {str(self.directory)!r} with {received}; "
                    "choose another folder"
                )

    def save(self, epoch: int) -> None:
        """Save the state after ``epoch`` epochs.

        Raises:
            FloatingPointError: a weight is not finite; the state saved before stays.
        """
        for variable in self.parts["model"]:
            if not np.isfinite(variable.numpy()).all():
                raise FloatingPointError(
                    f"weights of shape {tuple(variable.shape)}: expected finite numbers, received "
                    f"others in epoch {epoch}; "
                    "try a lower learning rate or clip the gradients"
                )
        self.epoch.assign(epoch)
        self.manager.save()
