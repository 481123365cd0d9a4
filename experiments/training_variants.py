"""Adam or Muon, shuffled windows or streams: what each reaches in the same time, for ``training``.

    python -m experiments.training_variants

One model (GRU 512), batches of 32 times 64 characters, the learning rate of the chapter's own run.
Shuffled windows begin with the zero state. On streams the state is carried, and each row begins
with the zero state in every second batch.

The time is seconds of processor time, all cores added up: unlike the time on the wall it hardly
depends on what else the machine does. In a third of the time all four variants are tried, in all of
it the plainest and the one with both changes. The last tenth of tiny Shakespeare, on which the book
reports losses, is left aside: training is on nine tenths of the rest, the losses are of its last
tenth. The record goes to ``charrnn/records/training_variants.csv`` after each run; runs that it
holds are not repeated, so delete it to measure anew.
"""

import argparse
import sys
import time
from typing import Any

from charrnn import metrics, windows
from charrnn.backend import keras, tf
from charrnn.support.commands import run_command
from charrnn.support.files import RECORDS
from experiments.recipes import Trial
from experiments.record import Key, fill_table
from experiments.shared import Shakespeare

RECORD = RECORDS / "training_variants.csv"
UNITS = 512
SEED = 1
ALL = [(optimizer, order) for optimizer in ("Adam", "Muon") for order in ("shuffled", "streams")]
KEYS: list[Key] = [
    {"seconds": seconds, "optimizer": optimizer, "batches": order}
    for seconds, variants in {"60": ALL, "180": [ALL[0], ALL[-1]]}.items()
    for optimizer, order in variants
]


def trial(key: Key) -> Trial:
    """Return the settings of a variant; ``fresh_every`` 1 is the zero state in every row."""
    fresh_every = 1 if key["batches"] == "shuffled" else 2
    return Trial(units=UNITS, fresh_every=fresh_every, optimizer_name=key["optimizer"])


def batches(key: Key, ids: windows.Ids, recipe: Trial) -> Any:
    """Return an endless dataset of a variant's batches."""
    if key["batches"] == "streams":
        return windows.endless_streams(ids, recipe.batch_size, recipe.length)
    inputs, targets = windows.step_windows(ids, recipe.length)
    return windows.shuffled_batches(inputs, targets, recipe.batch_size, SEED)


def measure(key: Key, text: Shakespeare) -> dict[str, float]:
    """Train one variant; return its measures on the text that was left out of training."""
    seconds = float(key["seconds"])
    keras.utils.set_random_seed(SEED)
    recipe = trial(key)
    model = recipe.build(len(text.vocabulary))
    train_step = tf.function(model.train_step)
    step, used, started = 0, 0.0, time.process_time()
    for batch in batches(key, text.beginning, recipe):
        model.optimizer.learning_rate.assign(recipe.rate(step, used / seconds))
        train_step(batch)
        step += 1
        if step == 1:  # the first one was spent on making the graph
            started = time.process_time()
        used = time.process_time() - started
        if used >= seconds:
            break
    return {
        "steps": step,
        "windows_loss": metrics.windows_loss(model, text.choice),
        "stream_loss": metrics.stream_loss(model, text.choice),
    }


def main() -> None:
    """Measure what the record lacks."""
    argparse.ArgumentParser(description=str(__doc__).splitlines()[0]).parse_args()
    text = Shakespeare.load()
    fill_table(RECORD, KEYS, lambda key: measure(key, text))


if __name__ == "__main__":
    sys.exit(run_command("experiments.training_variants", main))
