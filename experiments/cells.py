"""Compare recurrent cells over learning rates, and beginnings of their gates.

    python -m experiments.cells [--steps 600]

A plain recurrence, a GRU and an LSTM with about equal numbers of parameters, all of them layers of
Keras, so that the same people have written all of them; the same windows, batches and optimizer.
Four plans:

    rates     one run for each learning rate, judged on the tenth before the validation text
    warm-up   with the best rate: a shorter and a longer warm-up, judged likewise
    seeds     with the best rate: three seeds, judged on the validation text
    bias      the same with another bias of the gate that keeps: 1, 2 or 3 for the GRU's update gate
              in place of 0, and 0 for the LSTM's forget gate in place of 1

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
from experiments.shared import Shakespeare

RECORD = RECORDS / "cells.csv"
CELLS = {"rnn": 453, "gru": 256, "lstm": 219}  # units: each has about 268 thousand parameters
RATES = (2e-3, 5e-3, 1e-2, 2e-2, 4e-2, 8e-2)
WARMUP, OTHER_WARMUPS = 100, (25, 200)  # steps in which the learning rate rises
SEEDS = (1, 2, 3)
# The gate that keeps: the place of its bias among the gates, what Keras begins it with, and what is
# tried beside that. A plain recurrence has none.
GATES = {"rnn": (0, 0, ()), "gru": (0, 0, (1, 2, 3)), "lstm": (1, 1, (0,))}
EMBEDDING_SIZE, BATCH_SIZE, LENGTH, CLIP_NORM = 64, 64, 64, 1.0
TIMED_STEPS = 12
LAYERS = {"rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}


def stock_model(cell: str, vocabulary_size: int, seed: int = 1) -> Any:
    """Return an untrained model of stock layers: ids (batch, time) -> logits."""
    keras.utils.set_random_seed(seed)
    layer = getattr(keras.layers, LAYERS[cell])(CELLS[cell], return_sequences=True)
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(vocabulary_size, EMBEDDING_SIZE),
            layer,
            keras.layers.Dense(vocabulary_size),
        ]
    )


def set_gate_bias(layer: Any, cell: str, bias: float) -> None:
    """Set the bias of the gate that keeps, in all units of a layer."""
    units, place = CELLS[cell], GATES[cell][0]
    values = layer.cell.bias.numpy()  # GRU: (2, 3 * units), LSTM: (4 * units,)
    # The GRU adds both of its rows; the first alone is set.
    values.reshape(-1)[place * units : (place + 1) * units] = bias
    layer.cell.bias.assign(values)


def compile_model(model: Any, learning_rate: float, steps: int, warmup: int) -> None:
    """Give a model the optimizer and the loss of every run."""
    schedule = cosine_schedule(learning_rate, steps, warmup)
    optimizer = keras.optimizers.Adam(schedule, global_clipnorm=CLIP_NORM)
    model.compile(optimizer, next_character_loss(), jit_compile=False)


def batches_of(ids: Ids, seed: int) -> Any:
    """Return endless shuffled batches."""
    return windows.shuffled_batches(*windows.step_windows(ids, LENGTH), BATCH_SIZE, seed)


def step_times(text: Shakespeare) -> dict[str, float]:
    """Return the median milliseconds of a training step of each cell, the cells taking turns."""
    models = {}
    for cell in CELLS:
        models[cell] = stock_model(cell, len(text.vocabulary))
        compile_model(models[cell], 1e-3, 1000, 0)
    batches = iter(batches_of(text.training, 1))
    times: dict[str, list[float]] = {cell: [] for cell in CELLS}
    for turn in range(TIMED_STEPS + 2):
        batch = next(batches)
        for cell, model in models.items():
            started = time.perf_counter()
            model.train_on_batch(*batch)
            if turn >= 2:  # the first steps compile
                times[cell].append(1000 * (time.perf_counter() - started))
    return {cell: median(values) for cell, values in times.items()}


def measure(key: Key, steps: int, milliseconds: float, text: Shakespeare) -> dict[str, float]:
    """Train one variant; return its measures."""
    chosen = key["plan"] in ("rates", "warm-up")
    ids, judged = (text.beginning, text.choice) if chosen else (text.training, text.validation)
    seed = int(key["seed"])
    model = stock_model(key["cell"], len(text.vocabulary), seed)
    if key["plan"] == "bias":
        set_gate_bias(model.layers[1], key["cell"], float(key["bias"]))
    compile_model(model, float(key["learning_rate"]), steps, int(key["warmup"]))
    model.fit(batches_of(ids, seed), steps_per_epoch=steps, shuffle=False, verbose=0)
    return {
        "units": CELLS[key["cell"]],
        "parameters": model.count_params(),
        "steps": steps,
        "milliseconds": milliseconds,
        "windows_loss": metrics.windows_loss(model, judged),
    }


def key_of(plan: str, cell: str, rate: float | str, seed: int = 1, **other: float) -> Key:
    """Return the columns that tell a run from the others."""
    row = {
        "plan": plan,
        "cell": cell,
        "learning_rate": rate,
        "warmup": other.get("warmup", WARMUP),
        "bias": other.get("bias", GATES[cell][1]),
        "seed": seed,
    }
    return {name: str(value) for name, value in row.items()}


def best_rate(rows: list[Key], cell: str) -> str:
    """Return the learning rate with the lowest loss of a cell's plan ``rates``."""
    own = [row for row in rows if (row["plan"], row["cell"]) == ("rates", cell)]
    return min(own, key=lambda row: float(row["windows_loss"]))["learning_rate"]


def later_keys(rows: list[Key]) -> list[Key]:
    """Return the runs of the plans that need the best rates."""
    rate = {cell: best_rate(rows, cell) for cell in CELLS}
    return [
        *(key_of("seeds", cell, rate[cell], seed) for seed in SEEDS for cell in CELLS),
        *(
            key_of("bias", cell, rate[cell], seed, bias=bias)
            for seed in SEEDS
            for cell in CELLS
            for bias in GATES[cell][2]
        ),
        *(
            key_of("warm-up", cell, rate[cell], warmup=warmup)
            for cell in CELLS
            for warmup in OTHER_WARMUPS
        ),
    ]


def main() -> None:
    """Measure what the record lacks."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--steps", type=at_least(1), default=600)
    given = parser.parse_args()
    text = Shakespeare.load()
    stored = {row["cell"]: float(row["milliseconds"]) for row in read_table(RECORD)}
    times = stored if stored.keys() >= set(CELLS) else step_times(text)

    def run(key: Key) -> dict[str, float]:
        return measure(key, given.steps, times[key["cell"]], text)

    rates = [key_of("rates", cell, rate) for rate in RATES for cell in CELLS]
    rows = fill_table(RECORD, rates, run)
    fill_table(RECORD, rates + later_keys(rows), run)


if __name__ == "__main__":
    sys.exit(run_command("experiments.cells", main))
