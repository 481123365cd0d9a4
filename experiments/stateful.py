"""Measure what a carried state and the order of windows do, as *Stateful training* shows.

    python -m experiments.stateful [--steps 400]

One model (GRU 256), one optimizer, one number of steps. In the experiment ``order`` five arms
differ in the windows that follow one another in a row of the batches, and in whether the state is
carried from batch to batch:

    shuffled, fresh     system A
    shuffled, carried   systems C and D: the state belongs to unrelated text
    in order, carried   system B: row k of the next batch starts a whole batch further on
    streams, fresh      contiguous streams whose state is thrown away
    streams, carried    contiguous streams

Windows have 64 characters there, and 16 in the experiment ``order, short windows``; always 4096
characters a step. In the experiment ``length`` the streams of the last arm have windows of other
lengths: the gradient reaches back as far as a window.

The record goes to ``charrnn/records/stateful.csv`` after each run; runs that it holds are not
repeated, so delete it to measure anew.
"""

import argparse
import sys
from typing import Any

from charrnn import metrics, windows
from charrnn.backend import keras, tf
from charrnn.streams import StreamModel
from charrnn.support.commands import at_least, run_command
from charrnn.support.files import RECORDS
from charrnn.training import cosine_schedule, next_character_loss
from experiments.record import Key, fill_table
from experiments.shared import Shakespeare, warmup

RECORD = RECORDS / "stateful.csv"
SIZES = {"embedding_size": 64, "units": 256}
CHARACTERS = 4096  # of a step: rows times length
ARMS = (
    "shuffled, fresh",
    "shuffled, carried",
    "in order, carried",
    "streams, fresh",
    "streams, carried",
)
LENGTHS = (1, 4, 16, 64, 256)
LEARNING_RATE, CLIP_NORM = 5e-3, 1.0
FIRST = 4  # characters of a window that ``first_fresh`` and ``first_carried`` look at


def batches(arm: str, ids: Any, rows: int, length: int, seed: int) -> Any:
    """Return an endless dataset of batches in the order of an arm."""
    order = arm.split(",")[0]
    if order == "streams":
        return windows.endless_streams(ids, rows, length)
    inputs, targets = windows.step_windows(ids, length)
    if order == "shuffled":
        return windows.shuffled_batches(inputs, targets, rows, seed)
    whole = len(inputs) // rows * rows
    dataset = tf.data.Dataset.from_tensor_slices((inputs[:whole], targets[:whole]))
    return dataset.batch(rows, drop_remainder=True).repeat()


def first_losses(model: StreamModel, ids: Any, length: int = 64) -> tuple[float, float]:
    """Return the loss of the first characters of windows, with a fresh and with a carried state.

    The windows are the second ones of pairs; the carried state comes from the first one.
    """
    inputs, targets = windows.step_windows(ids, length)
    before, first, wanted = inputs[:-1], inputs[1:, :FIRST], targets[1:, :FIRST]
    _, states = model(before, return_state=True)
    carried = model(first, states=states)
    return metrics.cross_entropy(model(first), wanted), metrics.cross_entropy(carried, wanted)


def measure_arm(key: Key, steps: int, text: Shakespeare) -> dict[str, float]:
    """Train one arm; return its measures on the validation text."""
    rows, length, seed = int(key["rows"]), int(key["length"]), int(key["seed"])
    keras.utils.set_random_seed(seed)
    fresh_every = 1 if key["arm"].endswith("fresh") else None
    model = StreamModel(rows, fresh_every, vocabulary_size=len(text.vocabulary), **SIZES)
    schedule = cosine_schedule(LEARNING_RATE, steps, warmup(steps))
    optimizer = keras.optimizers.Adam(schedule, global_clipnorm=CLIP_NORM)
    model.compile(optimizer, next_character_loss(), jit_compile=False)
    model.fit(
        batches(key["arm"], text.training, rows, length, seed),
        steps_per_epoch=steps,
        shuffle=False,
        verbose=0,
    )
    first_fresh, first_carried = first_losses(model, text.validation)
    return {
        "steps": steps,
        "windows_loss": metrics.windows_loss(model, text.validation),
        "stream_loss": metrics.stream_loss(model, text.validation),
        "first_fresh": first_fresh,
        "first_carried": first_carried,
    }


def arm_key(experiment: str, arm: str, length: int, seed: int) -> Key:
    """Return the columns that tell a run from the others."""
    row: dict[str, Any] = {"experiment": experiment, "arm": arm, "rows": CHARACTERS // length}
    return {name: str(value) for name, value in (row | {"length": length, "seed": seed}).items()}


def main() -> None:
    """Measure what the record lacks."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--steps", type=at_least(1), default=400)
    given = parser.parse_args()
    text = Shakespeare.load()
    orders = {"order": 64, "order, short windows": 16}
    keys = [
        arm_key(experiment, arm, length, seed)
        for experiment, length in orders.items()
        for seed in (1, 2, 3)
        for arm in ARMS
    ]
    keys += [
        arm_key("length", "streams, carried", length, seed) for seed in (1, 2) for length in LENGTHS
    ]
    fill_table(RECORD, keys, lambda key: measure_arm(key, given.steps, text))


if __name__ == "__main__":
    sys.exit(run_command("experiments.stateful", main))
