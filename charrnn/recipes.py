"""Text and minutes -> a trained model, by the recipe that was the best of the measured trials.

``experiments.recipes`` ran those of ``QUICK``; ``experiments.recipes_by_text`` tries the rules that
adapt it to a text.
"""

import math
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy.typing as npt

from charrnn.backend import keras, tf
from charrnn.checkpoints import RunState, load_best
from charrnn.fast.muon import Muon
from charrnn.frequencies import count, log_frequencies, stand_ins
from charrnn.model import has_fast_layers
from charrnn.streams import StreamModel, TiedStreamModel
from charrnn.training import cosine, next_character_loss
from charrnn.windows import WINDOW, endless_streams, step_windows

__all__ = ["QUICK", "Progress", "Recipe", "least_characters", "recipe_for", "train_for"]

Ids = npt.NDArray[Any]  # integers of any size


@dataclass(frozen=True)
class Recipe:
    """Sizes of a model, and how it is trained on streams with the state carried.

    Sizes and ``dropout`` are those of ``CharacterModel``, ``kernel_dropout`` and ``fresh_every``
    those of ``StreamModel``, ``embedding_dropout`` that of ``TiedStreamModel``, which is taken
    where ``tied`` is true, ``muon_scale``, ``clip_norm`` and ``weight_decay`` those of ``Muon``.
    The learning rate rises linearly during ``warmup_steps`` and falls along a cosine to a fiftieth
    at the end of the run.
    """

    embedding_size: int = 64
    units: int = 640
    layers: int = 1
    tied: bool = False
    dropout: float = 0.0
    kernel_dropout: float = 0.0
    embedding_dropout: float = 0.0
    batch_size: int = 32
    length: int = 64
    fresh_every: int | None = 2
    learning_rate: float = 1e-2
    muon_scale: float = 0.09
    clip_norm: float = 1.0
    weight_decay: float = 0.0
    warmup_steps: int = 50

    def build(self, vocabulary_size: int) -> StreamModel:
        """Return a new model, compiled for ``fit`` or ``train_step``."""
        if self.embedding_dropout and not self.tied:
            raise ValueError(
                "embedding_dropout: expected 0 without a tied output, "
                f"received {self.embedding_dropout}"
            )
        left_out = {"embedding_dropout": self.embedding_dropout} if self.tied else {}
        model = (TiedStreamModel if self.tied else StreamModel)(
            self.batch_size,
            self.fresh_every,
            self.kernel_dropout,
            **left_out,
            vocabulary_size=vocabulary_size,
            embedding_size=self.embedding_size,
            units=self.units,
            layers=self.layers,
            dropout=self.dropout,
        )
        optimizer = self.optimizer()
        optimizer.build(model.trainable_variables)
        model.compile(optimizer, next_character_loss(), jit_compile=False)
        return model

    def optimizer(self) -> Any:
        """Return the optimizer, whose learning rate is set at each step."""
        return Muon(self.learning_rate, self.muon_scale, self.clip_norm, self.weight_decay)

    def with_dropout(self, dropout: float) -> "Recipe":
        """Return the recipe with a dropout, and what else is left out along with it."""
        kernel = round(OTHER_DROPOUT * dropout, 3) if has_fast_layers() else 0.0  # Keras has none
        embedding = kernel if self.tied else 0.0  # a narrow one has no number to spare
        return replace(self, dropout=dropout, kernel_dropout=kernel, embedding_dropout=embedding)

    def rate(self, step: int, progress: float) -> float:
        """Return the learning rate of a step, ``progress`` from 0 to 1 being where the run is."""
        rising = min((step + 1) / self.warmup_steps, 1.0)
        return self.learning_rate * rising * cosine(progress)


# The best of the trials on tiny Shakespeare, ``charrnn/records/recipes.csv``.
QUICK = Recipe()
# By the rules that ``experiments.recipes_by_text`` tries: for an alphabet, and for more symbols,
# where the output is most of the work, and tied to the embedding.
FEW_SYMBOLS = 300
FEW = replace(QUICK, weight_decay=0.1)
MANY = replace(FEW, embedding_size=256, units=512, tied=True)
# So many characters a second two cores read, about; from that follows how often a text is read.
SPEED = 25_000
# A text that is read more often than this gets dropout, so much more with each doubling.
FREE_PASSES, DROPOUT, MOST_DROPOUT = 3, 0.2, 0.5
# Of recurrent kernels and of embeddings, for each of the outputs'.
OTHER_DROPOUT = 0.6
# A short text is learnt by heart; after so many passes over it the run ends before its time is up.
MAX_PASSES: float = 16
# So that these passes have so many steps, a short text is read in fewer places at once.
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


Report = Callable[[Progress], None]


def recipe_for(symbols: int, characters: int, seconds: float) -> Recipe:
    """Return the recipe for a text and a time: dropout by how often it is read, output by symbols.

    Args:
        symbols: different ones in the text.
        characters: to train on.
        seconds: of training.
    """
    recipe = FEW if symbols <= FEW_SYMBOLS else MANY
    passes = min(seconds * SPEED / characters, MAX_PASSES)
    dropout = min(DROPOUT * math.log2(max(passes / FREE_PASSES, 1)), MOST_DROPOUT)
    return recipe.with_dropout(round(dropout, 2))


def least_characters(validation: int, recipe: Recipe = QUICK) -> int:
    """Return how many characters a text needs at least, so many of which are for validation."""
    return MIN_ROWS * recipe.length + 1 + validation


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
        seconds: wall time of the whole run; it ends earlier after ``MAX_PASSES`` passes.
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
    rows = _rows(len(training), recipe.length)
    recipe = replace(recipe, batch_size=min(rows, recipe.batch_size))
    keras.utils.set_random_seed(seed)
    model, counts = recipe.build(vocabulary_size), count(training, vocabulary_size)
    if start is None:
        model.dense.bias.assign(log_frequencies(counts))
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
        change = stand_ins(counts, seed)
        batches = iter(endless_streams(training, recipe.batch_size, recipe.length, step, change))
        loss_function = next_character_loss()
        train_step = tf.function(model.train_step)
        read = tf.function(lambda inputs, targets: loss_function(targets, model(inputs)))

        max_steps = MAX_PASSES * len(training) / (recipe.batch_size * recipe.length)
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
            if validation_loss is not None and is_best:
                best, lowest = model.get_weights(), validation_loss
            told = Progress(progress, elapsed, step, loss, validation_loss, is_best, model)
            # What has been reported is kept, whatever happens next.
            if run is not None:
                _keep(run, told)
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

    Its history has a row for each report.
    """
    row = {"seconds": progress.seconds, "step": float(progress.step)}
    if progress.loss is not None:
        row["loss"] = progress.loss
    if progress.validation_loss is not None:
        row["validation_loss"] = progress.validation_loss
    saved = run.history[run.rows_saved - 1]["seconds"] if run.rows_saved else -math.inf
    run.history.append(row)
    try:
        if progress.is_best:
            run.save_best(row)
        if progress.seconds - saved >= SAVING:
            run.save(progress.step)
        else:
            run.write_history()
    except OSError as error:
        message = (
            f"{error}; training goes on, and a stop now would lose what came after the last save"
        )
        warnings.warn(message, RuntimeWarning, stacklevel=4)


def _rows(characters: int, length: int) -> int:
    """Return in how many places a text is read at once, so that its passes have ``STEPS`` steps."""
    return max(int(MAX_PASSES * characters) // (STEPS * length), MIN_ROWS)


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
