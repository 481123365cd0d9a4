"""Compare recurrent cells at equal parameters and in equal time, as *Inside the GRU* shows.

    python -m experiments.cells [--steps 200]

A plain recurrence, a GRU and two LSTM, all of them layers of Keras, so that the same people have
written all of them; the same windows, batches and optimizer. Three plans:

    choice   one run for each learning rate, judged on the tenth before the validation text
    steps    with the best rate: equal steps, three seeds, judged on the validation text
    time     the same with as many steps as fit into the time of the GRU's

The times of a step come from one process in which the cells take turns, so that a machine that
slows down slows all of them; they are measured once and then stand in the record.

The record goes to ``charrnn/records/cells.csv`` after each run; runs that it holds are not
repeated, so delete it to measure anew.
"""

import argparse
import sys
import time
from statistics import median
from typing import Any

from charrnn import metrics, windows
from charrnn.backend import keras
from charrnn.support.commands import at_least, run_command
from charrnn.support.files import RECORDS, read_table
from charrnn.training import cosine_schedule, next_character_loss
from charrnn.windows import Ids
from experiments.record import Key, fill_table
from experiments.shared import Shakespeare, warmup

RECORD = RECORDS / "cells.csv"
# Plain recurrence, GRU and the first LSTM have about 268 thousand parameters, the second LSTM the
# units of the GRU.
ARMS = (("rnn", 453), ("gru", 256), ("lstm", 219), ("lstm", 256))
RATES = (2e-3, 5e-3, 1e-2, 2e-2, 4e-2)
SEEDS = (1, 2, 3)
EMBEDDING_SIZE, BATCH_SIZE, LENGTH, CLIP_NORM = 64, 64, 64, 1.0
TIMED_STEPS = 12
LAYERS = {"rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}


def stock_model(cell: str, units: int, vocabulary_size: int, seed: int = 1) -> Any:
    """Return an untrained model of stock layers: ids (batch, time) -> logits."""
    keras.utils.set_random_seed(seed)
    layer = getattr(keras.layers, LAYERS[cell])(units, return_sequences=True)
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(vocabulary_size, EMBEDDING_SIZE),
            layer,
            keras.layers.Dense(vocabulary_size),
        ]
    )


def compile_model(model: Any, learning_rate: float, steps: int) -> None:
    """Give a model the optimizer and the loss of every run."""
    schedule = cosine_schedule(learning_rate, steps, warmup(steps))
    optimizer = keras.optimizers.Adam(schedule, global_clipnorm=CLIP_NORM)
    model.compile(optimizer, next_character_loss(), jit_compile=False)


def batches_of(ids: Ids, seed: int) -> Any:
    """Return endless shuffled batches."""
    return windows.shuffled_batches(*windows.step_windows(ids, LENGTH), BATCH_SIZE, seed)


def step_times(text: Shakespeare) -> dict[tuple[str, int], float]:
    """Return the median milliseconds of a training step of each arm, the arms taking turns."""
    models = {}
    for cell, units in ARMS:
        models[cell, units] = stock_model(cell, units, len(text.vocabulary))
        compile_model(models[cell, units], 1e-3, 1000)
    batches = iter(batches_of(text.training, 1))
    times: dict[tuple[str, int], list[float]] = {arm: [] for arm in ARMS}
    for turn in range(TIMED_STEPS + 2):
        batch = next(batches)
        for arm, model in models.items():
            started = time.perf_counter()
            model.train_on_batch(*batch)
            if turn >= 2:  # the first steps compile
                times[arm].append(1000 * (time.perf_counter() - started))
    return {arm: median(values) for arm, values in times.items()}


def measure_cell(key: Key, steps: int, milliseconds: float, text: Shakespeare) -> dict[str, float]:
    """Train one arm; return its measures."""
    choice = key["plan"] == "choice"
    ids, judged = (text.beginning, text.choice) if choice else (text.training, text.validation)
    seed = int(key["seed"])
    model = stock_model(key["cell"], int(key["units"]), len(text.vocabulary), seed)
    compile_model(model, float(key["learning_rate"]), steps)
    model.fit(batches_of(ids, seed), steps_per_epoch=steps, shuffle=False, verbose=0)
    return {
        "parameters": model.count_params(),
        "steps": steps,
        "milliseconds": milliseconds,
        "windows_loss": metrics.windows_loss(model, judged),
    }


def cell_key(plan: str, cell: str, units: int, rate: float | str, seed: int) -> Key:
    """Return the columns that tell a run from the others."""
    names = ("plan", "cell", "units", "learning_rate", "seed")
    return dict(zip(names, map(str, (plan, cell, units, rate, seed)), strict=True))


def best_rate(rows: list[dict[str, str]], cell: str, units: int) -> str:
    """Return the learning rate with the lowest loss of an arm's choice."""
    own = [row for row in rows if (row["cell"], row["units"]) == (cell, str(units))]
    chosen = min(
        (row for row in own if row["plan"] == "choice"), key=lambda row: float(row["windows_loss"])
    )
    return chosen["learning_rate"]


def main() -> None:
    """Measure what the record lacks."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--steps", type=at_least(1), default=200)
    given = parser.parse_args()
    text = Shakespeare.load()
    stored = {
        (row["cell"], int(row["units"])): float(row["milliseconds"]) for row in read_table(RECORD)
    }
    times = stored if stored.keys() >= set(ARMS) else step_times(text)

    def run(key: Key) -> dict[str, float]:
        arm = key["cell"], int(key["units"])
        share = times["gru", 256] / times[arm] if key["plan"] == "time" else 1.0
        return measure_cell(key, round(given.steps * share), times[arm], text)

    keys = [cell_key("choice", *arm, rate, 1) for arm in ARMS for rate in RATES]
    rows = fill_table(RECORD, keys, run)
    keys += [
        cell_key(plan, *arm, best_rate(rows, *arm), seed)
        for plan in ("steps", "time")
        for seed in SEEDS
        for arm in ARMS
    ]
    fill_table(RECORD, keys, run)


if __name__ == "__main__":
    sys.exit(run_command("experiments.cells", main))
