"""Measure what a carried state and the order of windows do, as *Stateful training* shows.

    python -m experiments.stateful [--steps 400]

One model (GRU 256), one optimizer, one number of steps, 4096 characters a step. Seven variants
differ in the windows that follow one another in a batch row, and in the state that a window begins
with:

    shuffled, zero      system A
    shuffled, carried   systems C and D: the state belongs to unrelated text
    in order, zero
    in order, carried   system B: row k of the next batch starts a whole batch further on
    streams, zero       row k of the next batch continues row k of this one
    streams, anew       the state is carried, but each row begins with zeros in every second batch,
                        in turns: that is how ``charrnn train`` does it
    streams, carried

Each is trained with windows of 8, 16 and 64 characters: the gradient reaches back as far as a
window. Six seeds tell the variants from the luck of the beginning.

The record goes to ``charrnn/records/stateful.csv`` after each run; runs that it holds are not
repeated, so delete it to measure anew.
"""

import argparse
import sys
from typing import Any

from charrnn import metrics, windows
from charrnn.backend import keras, tf
from charrnn.recipes import QUICK
from charrnn.streams import StreamModel
from charrnn.support.commands import at_least, run_command
from charrnn.support.files import RECORDS
from charrnn.training import cosine_schedule, next_character_loss
from experiments.record import Key, fill_table
from experiments.shared import Shakespeare, warmup

RECORD = RECORDS / "stateful.csv"
SIZES = {"embedding_size": 64, "units": 256}
CHARACTERS = 4096  # of a step: rows times length
VARIANTS = (
    "shuffled, zero",
    "shuffled, carried",
    "in order, zero",
    "in order, carried",
    "streams, zero",
    "streams, anew",
    "streams, carried",
)
LENGTHS = (8, 16, 64)
SEEDS = (1, 2, 3, 4, 5, 6)
# In which of how many batches a row begins with zeros.
FRESH_EVERY = {"zero": 1, "anew": QUICK.fresh_every, "carried": None}
LEARNING_RATE, CLIP_NORM = 5e-3, 1.0
FIRST = 4  # characters of a window that ``first_zero`` and ``first_carried`` look at


def batches(variant: str, ids: Any, rows: int, length: int, seed: int) -> Any:
    """Return an endless dataset of batches in the order of a variant."""
    order = variant.split(",")[0]
    if order == "streams":
        return windows.endless_streams(ids, rows, length)
    inputs, targets = windows.step_windows(ids, length)
    if order == "shuffled":
        return windows.shuffled_batches(inputs, targets, rows, seed)
    whole = len(inputs) // rows * rows
    dataset = tf.data.Dataset.from_tensor_slices((inputs[:whole], targets[:whole]))
    return dataset.batch(rows, drop_remainder=True).repeat()


def first_losses(model: StreamModel, ids: Any, length: int = 64) -> tuple[float, float]:
    """Return the loss of the first characters of windows, with zeros and with a carried state.

    The windows are the second ones of pairs; the carried state comes from the first one.
    """
    inputs, targets = windows.step_windows(ids, length)
    before, first, wanted = inputs[:-1], inputs[1:, :FIRST], targets[1:, :FIRST]
    _, states = model(before, return_state=True)
    carried = model(first, states=states)
    return metrics.cross_entropy(model(first), wanted), metrics.cross_entropy(carried, wanted)


def measure(key: Key, steps: int, text: Shakespeare) -> dict[str, float]:
    """Train one variant; return its measures on the validation text."""
    rows, length, seed = int(key["rows"]), int(key["length"]), int(key["seed"])
    keras.utils.set_random_seed(seed)
    fresh_every = FRESH_EVERY[key["variant"].split(", ")[1]]
    model = StreamModel(rows, fresh_every, vocabulary_size=len(text.vocabulary), **SIZES)
    schedule = cosine_schedule(LEARNING_RATE, steps, warmup(steps))
    optimizer = keras.optimizers.Adam(schedule, global_clipnorm=CLIP_NORM)
    model.compile(optimizer, next_character_loss(), jit_compile=False)
    model.fit(
        batches(key["variant"], text.training, rows, length, seed),
        steps_per_epoch=steps,
        shuffle=False,
        verbose=0,
    )
    first_zero, first_carried = first_losses(model, text.validation)
    return {
        "steps": steps,
        "windows_loss": metrics.windows_loss(model, text.validation),
        "stream_loss": metrics.stream_loss(model, text.validation),
        "first_zero": first_zero,
        "first_carried": first_carried,
    }


def key_of(length: int, seed: int, variant: str) -> Key:
    """Return the columns that tell a run from the others."""
    row = {"variant": variant, "rows": CHARACTERS // length, "length": length, "seed": seed}
    return {name: str(value) for name, value in row.items()}


KEYS = [
    key_of(length, seed, variant) for seed in SEEDS for length in LENGTHS for variant in VARIANTS
]


def main() -> None:
    """Measure what the record lacks."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--steps", type=at_least(1), default=400)
    given = parser.parse_args()
    text = Shakespeare.load()
    fill_table(RECORD, KEYS, lambda key: measure(key, given.steps, text))


if __name__ == "__main__":
    sys.exit(run_command("experiments.stateful", main))
