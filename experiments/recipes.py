"""Try recipes side by side: the same seconds for each, the loss on text that none has read.

    python -m experiments.recipes [--seconds 90] [--store]

The last tenth of tiny Shakespeare, on which the book reports losses, is left aside: recipes are
chosen by the loss on the tenth before it, after training on the rest. Run it on an idle machine.
With ``--store`` the table goes to ``charrnn/records/recipes.csv``; trials that stand there already
are not run again, unless they took longer than their time, which means that the machine was busy.
"""

import argparse
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from charrnn import metrics, timed_training
from charrnn.backend import keras
from charrnn.recipes import Recipe
from charrnn.support.commands import number_above, run_command
from charrnn.support.files import RECORDS
from experiments.record import Key, fill_table
from experiments.shared import Shakespeare

RECORD = RECORDS / "recipes.csv"
# A trial may take so much more than its time: its last step, and the clock.
TOLERANCE = 1.02


@dataclass(frozen=True)
class Trial(Recipe):
    """A recipe, the seed of its weights, and the optimizer of the recurrent kernels."""

    seed: int = 1
    optimizer_name: str = "Muon"

    def optimizer(self) -> Any:
        """Return the recipe's optimizer, or Adam for all weights."""
        if self.optimizer_name == "Muon":
            return super().optimizer()
        return keras.optimizers.Adam(0.0, beta_2=0.99, global_clipnorm=self.clip_norm)

    def settings(self) -> dict[str, str]:
        """Return all settings as they stand in the table."""
        return {name: str(value) for name, value in asdict(self).items()}


# First trials go from these settings one step each way; then what was better comes together.
FIRST: dict[str, Any] = {
    "units": 512,
    "batch_size": 32,
    "length": 64,
    "fresh_every": 4,
    "learning_rate": 1e-2,
    "muon_scale": 0.09,
}
BETTER: dict[str, Any] = {
    "units": 640,
    "fresh_every": 2,
    "learning_rate": 2e-2,
    "muon_scale": 0.045,
}
TRIALS = [
    Trial(**FIRST | changes)
    for changes in (
        {},
        {"optimizer_name": "Adam"},
        {"muon_scale": 0.045},
        {"learning_rate": 5e-3},
        {"learning_rate": 2e-2, "muon_scale": 0.045},
        {"fresh_every": None},
        {"fresh_every": 2},
        {"fresh_every": 8},
        {"units": 384},
        {"units": 640},
        {"batch_size": 16},
        {"batch_size": 64},
        {"length": 32},
        {"length": 128},
        {"dropout": 0.1},
        {"layers": 2, "units": 384},
        {"seed": 2},
        BETTER,
        BETTER | {"seed": 2},
        BETTER | {"batch_size": 16},
        BETTER | {"units": 768},
        BETTER | {"learning_rate": 1e-2, "muon_scale": 0.09},
    )
]


def measure_trial(trial: Trial, seconds: float, text: Shakespeare) -> dict[str, float]:
    """Train for some seconds; return what the trial reached."""
    started = time.perf_counter()
    model = timed_training.train_for(
        seconds, text.beginning, len(text.vocabulary), trial.seed, recipe=trial
    )
    return {
        "seconds": time.perf_counter() - started,
        "steps": int(model.optimizer.iterations),
        "windows_loss": metrics.windows_loss(model, text.choice),
        "stream_loss": metrics.stream_loss(model, text.choice),
    }


def took_its_time(row: Key, seconds: float) -> bool:
    """Return whether a stored trial had the time it was given: a busy machine takes longer."""
    return seconds <= float(row["seconds"]) <= TOLERANCE * seconds


def main() -> None:
    """Run all trials that are not known."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--seconds", type=number_above(0), default=90.0)
    parser.add_argument("--store", action="store_true", help="keep the package's record up to date")
    given = parser.parse_args()
    text = Shakespeare.load()
    trials = [trial.settings() for trial in TRIALS]
    fill_table(
        RECORD if given.store else None,
        trials,
        lambda key: measure_trial(TRIALS[trials.index(key)], given.seconds, text),
        lambda row: took_its_time(row, given.seconds),
    )


if __name__ == "__main__":
    sys.exit(run_command("experiments.recipes", main))
