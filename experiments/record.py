"""Records: a run epoch by epoch, or a table of trials; both go on where they were interrupted."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from charrnn.checkpoints import History, RunState
from charrnn.support.files import read_table, write_table
from charrnn.training import keep_epoch

__all__ = ["Key", "fill_table", "recorded_run"]

Key = dict[str, str]


def recorded_run(
    model: Any,
    batches: Callable[[int], Any],
    steps_per_epoch: int,
    epochs: int,
    directory: Path,
    evaluate: Callable[[Any], dict[str, float]],
    made_from: Mapping[str, object],
) -> History:
    """Train a compiled model with ``fit``, one epoch at a time.

    In ``directory`` stand the state to go on from and the best weights, those of the epoch with the
    lowest ``windows_loss``, if ``evaluate`` gives one.

    Args:
        model: compiled.
        batches: gives the dataset that begins at a step.
        steps_per_epoch: batches in an epoch.
        epochs: how many the whole run has; those that ``directory`` holds are not repeated.
        directory: of this run alone.
        evaluate: called after each epoch; what it returns goes into the record.
        made_from: as of ``checkpoints.RunState``.

    Returns:
        One row an epoch: ``epoch``, ``loss``, ``seconds`` of training alone, and the evaluation.

    Raises:
        ValueError: ``directory`` holds another run or a damaged one.
        FloatingPointError: the loss is not finite; the folder stays as it was.
    """
    with RunState(model, model.optimizer, directory, made_from) as state:
        for epoch in range(state.restore() + 1, epochs + 1):
            started = time.perf_counter()
            fitted = model.fit(
                batches((epoch - 1) * steps_per_epoch),
                steps_per_epoch=steps_per_epoch,
                shuffle=False,  # the dataset does it
                verbose=0,
            )
            seconds = time.perf_counter() - started
            row = {"epoch": epoch, "loss": fitted.history["loss"][0], "seconds": seconds}
            row |= evaluate(model)
            keep_epoch(state, row, "windows_loss")
            print(", ".join(f"{name} {value:.5g}" for name, value in row.items()), flush=True)
    return state.history


def fill_table(
    path: Path | None,
    keys: Sequence[Key],
    measure: Callable[[Key], dict[str, Any]],
    holds: Callable[[Key], bool] = lambda row: True,
) -> list[Key]:
    """Measure the rows that a table lacks, and write it after each.

    Args:
        path: of the CSV file; None for a table that is not kept.
        keys: the columns that tell the rows apart, one dict a row, in the order of the table.
        measure: key -> the other columns; floats are stored with four decimals.
        holds: whether a stored row is to stay; else it is measured again.

    Returns:
        All rows. What the file holds beside ``keys`` is dropped when a row is written.
    """
    stored = [row for row in read_table(path) if holds(row)] if path else []
    rows = [next((row for row in stored if key.items() <= row.items()), None) for key in keys]
    for place, key in enumerate(keys):
        if rows[place] is None:
            measured = {
                name: f"{value:.4f}" if isinstance(value, float) else str(value)
                for name, value in measure(key).items()
            }
            row = rows[place] = key | measured
            print(", ".join(f"{name} {value}" for name, value in row.items()), flush=True)
            if path:
                write_table([row for row in rows if row is not None], path)
    return [row for row in rows if row is not None]
