"""Ids and seconds -> a trained model, the best one that the run has seen."""

import math
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy.typing as npt

from charrnn import recipes
from charrnn.backend import keras, tf
from charrnn.checkpoints import RunState, load_best
from charrnn.frequencies import count, log_frequencies, stand_ins
from charrnn.recipes import QUICK, Recipe
from charrnn.streams import StreamModel
from charrnn.training import next_character_loss
from charrnn.windows import WINDOW, Ids, endless_streams, step_windows

__all__ = ["Progress", "rows_read_at_once", "train_for"]

# So that `recipes.MAX_PASSES` have so many steps, a short text is read in fewer places at once.
STEPS = 1000
MIN_ROWS = 8
# How often in a run the loss is reported and the validation text is read; more often where that
# would leave more than so many seconds of training without a report.
REPORTS = 20
SILENCE = 60.0
# Seconds of training between two saved states, which take a tenth of a second each.
SAVING = 5.0
# A step counts as no more seconds than this: a machine that slept has not trained meanwhile.
LONGEST_STEP = 30.0
# Of `WINDOW` characters, spread over the validation text: enough to tell when it gets worse. Fewer
# where there are thousands of symbols, whose probabilities would take a second each time.
VALIDATION_WINDOWS = 100
PROBABILITIES = 30_000_000


@dataclass(frozen=True)
class Progress:
    """Where a run is at a report.

    Attributes:
        share: of the run, from 0 to about 1.
        seconds: of training so far, parts of the run before a stop included.
        step: training steps so far.
        loss: mean training loss since the last report, in nats; None before the first step.
        validation_loss: loss on a part of the validation text, if there is one.
        is_best: whether the weights of now are the best so far, and are kept.
        model: as it is now.
    """

    share: float
    seconds: float
    step: int
    loss: float | None
    validation_loss: float | None
    is_best: bool
    model: StreamModel

    def row(self) -> dict[str, float]:
        """Return the numbers of a history's row, without those that are not known."""
        row = {"seconds": self.seconds, "step": float(self.step)}
        losses = {"loss": self.loss, "validation_loss": self.validation_loss}
        return row | {name: loss for name, loss in losses.items() if loss is not None}


Report = Callable[[Progress], None]


def train_for(
    seconds: float,
    training: Ids,
    vocabulary_size: int,
    seed: int = 0,
    validation: Ids | None = None,
    recipe: Recipe = QUICK,
    report: Report | None = None,
    clock: Callable[[], float] = time.perf_counter,
    directory: str | os.PathLike[str] | None = None,
    made_from: Mapping[str, object] | None = None,
    start: Sequence[npt.NDArray[Any]] | None = None,
) -> StreamModel:
    """Train a new model for a given time, which includes its making and its compilation.

    Args:
        seconds: wall time of the whole run; it ends earlier after ``recipes.MAX_PASSES`` passes.
        training: ids, shape (characters,).
        vocabulary_size: number of ids.
        seed: of the weights at the beginning; how many steps fit into the time is not in its hands.
        validation: validation ids. With them the weights are kept that were the best on a part of
            them, instead of the last ones; reading it takes a twentieth of the time.
        recipe: sizes and settings.
        report: called ``REPORTS`` times, less often if a step takes more than its share of the run,
            and after ``SILENCE`` seconds at the latest.
        clock: gives seconds; read once at the beginning and once after each step.
        directory: of this run alone. Before reports, ``SAVING`` seconds or more apart, the state is
            saved there, and a run that it holds goes on: the seconds of its parts add up. None
            saves nothing.
        made_from: what else the run is made from; see ``checkpoints.RunState``.
        start: weights to begin with, in the order of ``weights.expected_shapes``. With validation
            ids there is a report before the first step, and these weights stay if none is better.

    Returns:
        The trained model. Where weights have been kept, a run that is stopped (Ctrl+C) or whose
        loss is no longer finite ends early with the best of them; the second warns, and so does a
        state that cannot be saved.

    Raises:
        ValueError: the time is not positive, a text is too short, or ``directory`` holds another
            run or a damaged one.
        FloatingPointError: a loss is not finite, and no weights were kept before.
        KeyboardInterrupt: stopped before any weights were kept.
    """
    last = clock()
    if not 0 < seconds < math.inf:
        raise ValueError(f"seconds: expected a number above 0, received {seconds}")
    kept = (
        None if validation is None else _spread(*step_windows(validation, WINDOW), vocabulary_size)
    )
    rows = rows_read_at_once(len(training), recipe.length)
    recipe = replace(recipe, batch_size=min(rows, recipe.batch_size))
    keras.utils.set_random_seed(seed)
    model, counts = recipe.build(vocabulary_size), count(training, vocabulary_size)
    later = None if validation is None else count(validation, vocabulary_size)
    if start is None:
        model.dense.bias.assign(log_frequencies(counts, later))
    else:
        model.set_weights(start)
    # First what the caller named: of several differences, the first one is told.
    made_from = {**(made_from or {}), "recipe": asdict(recipe), "seed": seed}
    with ExitStack() as held:
        run, step, elapsed, best = None, 0, 0.0, None
        lowest = math.inf
        if directory is not None:
            run = held.enter_context(RunState(model, model.optimizer, directory, made_from))
            step = run.restore()
        if run is not None and run.history:
            elapsed = run.history[-1]["seconds"]
            if "validation_loss" in run.history[-1]:
                lowest = load_best(model, run.directory)["validation_loss"]
                best = model.get_weights()
                run.restore()
        change = stand_ins(counts, seed, later)
        batches = iter(endless_streams(training, recipe.batch_size, recipe.length, step, change))
        loss_function = next_character_loss()
        train_step = tf.function(model.train_step)
        read = tf.function(lambda inputs, targets: loss_function(targets, model(inputs)))

        max_steps = recipes.MAX_PASSES * len(training) / (recipe.batch_size * recipe.length)
        progress = max(elapsed / seconds, step / max_steps)
        reported, reported_at = int(progress * REPORTS), elapsed

        def tell(loss: float | None) -> None:
            """Validate, keep the weights if they are the best, save the run, report."""
            nonlocal best, lowest
            validation_loss = None
            if kept is not None:
                validation_loss = float(read(*kept))
                _check_finite("validation loss", validation_loss, step)
            is_best = validation_loss is not None and validation_loss < lowest
            told = Progress(progress, elapsed, step, loss, validation_loss, is_best, model)
            # What has been reported is kept, whatever happens next.
            if run is not None:
                _keep(run, told)
            # Not before: an interruption then returns weights that have been reported.
            if validation_loss is not None and is_best:
                best, lowest = model.get_weights(), validation_loss
            if report is not None:
                report(told)

        try:
            if start is not None and kept is not None and best is None:
                tell(None)
            while progress < 1:
                model.optimizer.learning_rate = recipe.rate(step, progress)
                logs = train_step(next(batches))
                step += 1
                now = clock()
                elapsed, last = elapsed + min(now - last, LONGEST_STEP), now
                progress = max(elapsed / seconds, step / max_steps)
                # After a long step, as the one that compiles, there is one report, not all missed.
                if int(progress * REPORTS) == reported and elapsed - reported_at < SILENCE:
                    continue
                reported, reported_at = int(progress * REPORTS), elapsed
                loss = float(logs["loss"])  # mean since the last report
                _check_finite("loss", loss, step)
                model.reset_metrics()
                tell(loss)
        except KeyboardInterrupt:
            if best is None:
                raise
        except FloatingPointError as error:
            if best is None:
                raise
            message = f"{error}; training has ended early, with the best weights until then"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
    if best is not None:
        model.set_weights(best)
    return model


def _keep(run: RunState, progress: Progress) -> None:
    """Save a run at a report; where that fails, as on a full disk, training goes on.

    Its history has a row for each report. A state is not saved while the best weights of before it
    are not: the run would go on without them.
    """
    row = progress.row()
    saved = run.history[run.rows_saved - 1]["seconds"] if run.rows_saved else -math.inf
    run.history.append(row)
    try:
        if progress.is_best:
            run.save_best(row)
        if run.best_is_saved and progress.seconds - saved >= SAVING:
            run.save(progress.step)
        else:
            run.write_history()
    except OSError as error:
        message = (
            f"{error}; training goes on, and a stop now would lose what came after the last save"
        )
        warnings.warn(message, RuntimeWarning, stacklevel=4)


def rows_read_at_once(characters: int, length: int) -> int:
    """Return in how many places a text is read at once, so that its passes have ``STEPS`` steps."""
    return max(int(recipes.MAX_PASSES * characters) // (STEPS * length), MIN_ROWS)


def _check_finite(name: str, loss: float, step: int) -> None:
    """Raise FloatingPointError when training has diverged."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"{name}: expected a finite number, received {loss} at training step {step}; "
            "try a lower learning rate"
        )


def _spread(inputs: Ids, targets: Ids, symbols: int) -> tuple[Ids, Ids]:
    """Return at most ``VALIDATION_WINDOWS`` windows from all parts of a text."""
    most = max(min(VALIDATION_WINDOWS, PROBABILITIES // (WINDOW * symbols)), 1)
    every = -(-len(inputs) // most)
    return inputs[::every].astype("int32"), targets[::every].astype("int32")
