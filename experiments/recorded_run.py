"""A training run that is recorded epoch by epoch and goes on where it was interrupted."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from charrnn import checkpoints

__all__ = ["recorded_run"]


def recorded_run(
    model: Any,
    batches: Callable[[int], Any],
    steps_per_epoch: int,
    epochs: int,
    directory: Path,
    evaluate: Callable[[Any], dict[str, float]],
) -> checkpoints.History:
    """Train a compiled model with ``fit``, one epoch at a time.

    In ``directory`` stand the state to go on from, ``history.csv``, and ``best.weights.h5``, the
    weights of the epoch with the lowest ``windows_loss``, if ``evaluate`` gives one.

    Args:
        model: compiled and built.
        batches: gives the dataset that begins at a step.
        steps_per_epoch: batches in an epoch.
        epochs: how many the whole run has; those that ``directory`` holds are not repeated.
        directory: of this run alone.
        evaluate: called after each epoch; what it returns goes into the record.

    Returns:
        One row an epoch: ``epoch``, ``loss``, ``seconds`` of training alone, and the evaluation.
    """
    directory.mkdir(parents=True, exist_ok=True)
    state = checkpoints.RunState(model, model.optimizer, directory)
    done = state.restore()
    history = checkpoints.resume_history(directory / "history.csv", done)
    for epoch in range(done + 1, epochs + 1):
        started = time.perf_counter()
        fitted = model.fit(
            batches((epoch - 1) * steps_per_epoch),
            steps_per_epoch=steps_per_epoch,
            shuffle=False,  # the dataset does it
            verbose=0,
        )
        loss = fitted.history["loss"][0]
        row = {"epoch": epoch, "loss": loss, "seconds": time.perf_counter() - started}
        checkpoints.check_loss(loss, epoch)
        row |= evaluate(model)
        lowest = min((past.get("windows_loss", math.inf) for past in history), default=math.inf)
        if row.get("windows_loss", math.inf) < lowest:
            model.save_weights(directory / "new.weights.h5")
            (directory / "new.weights.h5").replace(directory / "best.weights.h5")
        history.append(row)
        print(", ".join(f"{key} {value:.5g}" for key, value in row.items()), flush=True)
        checkpoints.write_history(history, directory / "history.csv")
        state.save(epoch)
    return history
