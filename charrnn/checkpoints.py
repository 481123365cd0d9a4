"""What a training run keeps in its folder: the latest state, the best weights, the history."""

import hashlib
import json
import math
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.support.arrays import Arrays, read_arrays, write_arrays
from charrnn.support.files import user_path, write_table
from charrnn.support.locks import locked

__all__ = [
    "STATE",
    "TRACES",
    "History",
    "RunError",
    "RunState",
    "best_row",
    "check_loss",
    "delete_run",
    "keep_history",
    "load_best",
    "read_run",
    "write_history",
]

History = list[dict[str, float]]

OTHER = "; choose another folder"
STATE, KIND = "state.safetensors", "the state of a run"
BEST, BEST_KIND = "best.safetensors", "the best weights of a run"
HISTORY = "history.csv"
# What stands in the folder of a run without its state: this version's files and an earlier one's.
TRACES = (HISTORY, BEST, "checkpoint", "best.weights.h5")


class RunError(ValueError):
    """A folder does not hold the run that is to go on there.

    Attributes:
        difference: what was expected of it, and what was received.
        setting: the name of what the run was made from and is not now, or None.
        stored: what that was when the run began, as text.
    """

    def __init__(
        self, difference: str, advice: str = "", setting: str | None = None, stored: str = ""
    ) -> None:
        super().__init__(f"directory: {difference}{advice}")
        self.difference, self.setting, self.stored = difference, setting, stored


def write_history(history: History, path: str | os.PathLike[str]) -> None:
    """Write a history as CSV, whole or not at all; rows may lack what others measured.

    The columns are in the order of the row that lacks least.
    """
    fullest = sorted(history, key=len, reverse=True)
    names = dict.fromkeys(name for row in fullest for name in row)
    write_table(
        [{name: f"{row[name]:.7g}" if name in row else "" for name in names} for row in history],
        path,
    )


def check_loss(loss: float, epoch: int) -> None:
    """Raise FloatingPointError when training has diverged, before a checkpoint is overwritten."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"loss: expected a finite number, received {loss} in epoch {epoch}; "
            "try a lower learning rate or clip the gradients"
        )


def load_best(model: Any, directory: str | os.PathLike[str]) -> dict[str, float]:
    """Give a model the best weights of the run in a folder; return the row they were saved with.

    Raises:
        ValueError: the folder has none, they are damaged, or of a model of other sizes.
    """
    path, arrays, row = _read_best(directory)
    _assign(path, arrays, {"weights": model.weights})
    return row


def best_row(directory: str | os.PathLike[str]) -> dict[str, float]:
    """Return the row of the history that the best weights of the run in a folder belong to.

    Raises:
        ValueError: the folder has none, or they are damaged.
    """
    return _read_best(directory)[2]


def _read_best(directory: str | os.PathLike[str]) -> tuple[Path, Arrays, dict[str, float]]:
    path = user_path(directory, "directory") / BEST
    if not path.is_file():
        raise RunError(f"expected the file {str(path)!r}, which does not exist")
    return path, *read_arrays(path, BEST_KIND)


def read_run(directory: str | os.PathLike[str]) -> tuple[History, dict[str, str]]:
    """Return the history of the run in a folder up to its saved state, and what it was made from.

    Raises:
        ValueError: the folder has no state, or a damaged one.
    """
    path = user_path(directory, "directory") / STATE
    if not path.is_file():
        raise RunError(f"expected the file {str(path)!r}, which does not exist")
    _, description = read_arrays(path, KIND)
    return description["history"], description["made_from"]


def keep_history(directory: str | os.PathLike[str], path: Path) -> bool:
    """Move the history of the run in a folder, the one for people, to a file of its own.

    Returns:
        Whether there was one.
    """
    history = user_path(directory, "directory") / HISTORY
    if not history.is_file():
        return False
    history.replace(path)
    return True


def delete_run(directory: str | os.PathLike[str]) -> None:
    """Remove what a run has kept in a folder, nothing else."""
    for name in (STATE, BEST, HISTORY):
        (user_path(directory, "directory") / name).unlink(missing_ok=True)


class RunState:
    """The latest state of a run: weights, optimizer, random seeds, carried states, epochs done.

    It is one file, written whole or not at all, so an interruption at any moment leaves a state to
    go on from. As a context, ``with RunState(...) as state:``, it holds the folder, so that no
    other process writes there.

    Attributes:
        directory: the run's folder.
        history: one row for each epoch that was kept with it; ``save`` writes it, ``restore``
            reads it. Another copy, for people, is ``history.csv``.
        rows_saved: how many rows of the history the saved state has.
        best_is_saved: whether the last call of ``save_best``, if there was one, wrote them.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        directory: str | os.PathLike[str],
        made_from: Mapping[str, object] | None = None,
    ) -> None:
        """Take what is trained, and what the run is made from.

        Args:
            model: built.
            optimizer: its variables are made here; Keras makes them at the first step.
            directory: of this run alone.
            made_from: name -> value, as ``{"text": text}``. A folder whose run was made from
                another value is refused. Sizes of a model of this package and settings of the
                optimizer are always among them.
        """
        optimizer.build(model.trainable_variables)
        self.directory = user_path(directory, "directory")
        self.history: History = []
        self.rows_saved = 0
        self.best_is_saved = True
        settings = {
            **(made_from or {}),
            **{f"model's {k}": v for k, v in getattr(model, "hyperparameters", {}).items()},
            **{f"optimizer's {k}": v for k, v in _config(optimizer).items()},
        }
        self.made_from = {name: _short(value) for name, value in settings.items()}
        self.weights = model.weights
        # Of the model not its weights alone: seeds of dropout are variables, too.
        self.parts = {"model": list(model.variables), "optimizer": list(optimizer.variables)}
        if carried := getattr(model, "carried", None):
            self.parts["carried"] = list(carried.variables)
        self._held = ExitStack()

    def __enter__(self) -> "RunState":
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise RunError(
                f"expected a folder or a new name, received {str(self.directory)!r}: "
                "that, or what is above it, is no folder"
            ) from error
        taken = f"directory: expected one that no other run uses, received {str(self.directory)!r}"
        self._held.enter_context(locked(self.directory / "lock", taken))
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def restore(self) -> int:
        """Load the latest state, if there is one; return the number of epochs done.

        Raises:
            ValueError: the folder holds the state of another model, another optimizer or another
                text; it is damaged; or the folder has other files of a run, and no state.
        """
        path = self.directory / STATE
        if not path.is_file():
            if left := [name for name in TRACES if (self.directory / name).exists()]:
                raise RunError(
                    f"expected {STATE} beside {left[0]}, received {str(self.directory)!r} "
                    "without it",
                    OTHER,
                )
            return 0
        arrays, description = read_arrays(path, KIND)
        self._check(description["made_from"])
        _assign(path, arrays, self.parts)
        self.history = description["history"]
        self.rows_saved = len(self.history)
        return int(description["epoch"])

    def _check(self, stored: dict[str, str]) -> None:
        for name in dict.fromkeys([*self.made_from, *stored]):
            expected, received = self.made_from.get(name, "none"), stored.get(name, "none")
            if expected != received:
                raise RunError(
                    f"expected a run whose {name} is {expected}, received "
                    f"{str(self.directory)!r}, where it is {received}",
                    OTHER,
                    name,
                    received,
                )

    def save(self, epoch: int) -> None:
        """Save the state after ``epoch`` epochs.

        Raises:
            FloatingPointError: a weight or a number of the history is not finite; the state saved
                before stays.
            OSError: it cannot be written; the state saved before stays.
        """
        arrays = _arrays(self.parts)
        for name, array in arrays.items():
            if name.startswith("model") and not np.isfinite(array).all():
                raise FloatingPointError(
                    f"weights of shape {array.shape}: expected finite numbers, received others in "
                    f"epoch {epoch}; try a lower learning rate or clip the gradients"
                )
        for name, value in ((name, value) for row in self.history for name, value in row.items()):
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"{name}: expected a finite number, received {value} in epoch {epoch}"
                )
        description = {"epoch": epoch, "history": self.history, "made_from": self.made_from}
        write_arrays(self.directory / STATE, KIND, arrays, description)
        self.rows_saved = len(self.history)
        self.write_history()

    def write_history(self) -> None:
        """Write the history for people; a state that is saved less often lacks its last rows."""
        if self.history:
            write_history(self.history, self.directory / HISTORY)

    def save_best(self, row: Mapping[str, float]) -> None:
        """Keep the weights of now as the best ones; ``load_best`` reads them.

        Args:
            row: of the history, at which they were the best.
        """
        self.best_is_saved = False
        write_arrays(self.directory / BEST, BEST_KIND, _arrays({"weights": self.weights}), row)
        self.best_is_saved = True


def _arrays(parts: Mapping[str, list[Any]]) -> Arrays:
    """Return the values of variables by part and number."""
    return {
        f"{part}/{number:04}": variable.numpy()
        for part, variables in parts.items()
        for number, variable in enumerate(variables)
    }


def _assign(path: Path, arrays: Arrays, parts: Mapping[str, list[Any]]) -> None:
    """Give the values of a file to variables, all of them or none."""
    expected = _arrays(parts)
    for part in parts:
        shapes = [
            [array.shape for name, array in values.items() if name.startswith(f"{part}/")]
            for values in (expected, arrays)
        ]
        if shapes[0] != shapes[1]:
            raise RunError(
                f"expected the state of a run whose {part} has variables of shapes "
                f"{shapes[0]}, received {str(path)!r} with {shapes[1]}",
                OTHER,
            )
    for name, array in expected.items():
        if arrays[name].dtype != array.dtype:
            raise RunError(
                f"expected {array.dtype} numbers, received {str(path)!r} with {arrays[name].dtype}",
                OTHER,
            )
    values = iter(arrays[name] for name in expected)
    for variables in parts.values():
        for variable in variables:
            variable.assign(next(values))


def _config(optimizer: Any) -> dict[str, Any]:
    try:
        config = dict(optimizer.get_config())
    except NotImplementedError:  # a learning rate of somebody's own
        return {}
    return {name: value for name, value in config.items() if name != "name"}


def _short(value: object) -> str:
    """Return a setting as text, a long one as its hash."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=_as_text)
    if len(text) <= 80:
        return text
    return "of SHA-256 " + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _as_text(value: object) -> str:
    """Return what JSON does not hold as text; NumPy and TensorFlow abbreviate long arrays."""
    if hasattr(value, "__array__") and (array := np.asarray(value)).ndim:
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        return f"array {array.shape} of {array.dtype}, SHA-256 {digest}"
    return str(value)
