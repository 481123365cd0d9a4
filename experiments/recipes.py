"""Try recipes side by side: the same seconds for each, the loss on text that none has read.

    python -m experiments.recipes [--seconds 90] [--store]

The last tenth of tiny Shakespeare, on which the book reports losses, is left aside: recipes are
chosen by the loss on the tenth before it, after training on the rest. Run it on an idle machine.
With ``--store`` the table goes to ``charrnn/records/recipes.csv``; trials that stand there already
are not run again, unless they took longer than their time, which means that the machine was busy.
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from charrnn import corpora, metrics, recipes, windows
from charrnn.backend import keras
from charrnn.recipes import Recipe
from charrnn.support.files import read_table, write_table
from charrnn.vocabulary import Vocabulary

RECORD = Path(__file__).resolve().parents[1] / "charrnn" / "records" / "recipes.csv"
VALIDATION = 111_540  # characters, never read here
CHOICE = 100_386  # the tenth before them, which decides
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


def run(trial: Trial, seconds: float, training: Any, validation: Any) -> dict[str, str]:
    """Train for some seconds; return the trial's row of the table."""
    started = time.perf_counter()
    model = recipes.train_for(seconds, training, 66, trial.seed, recipe=trial)
    taken = time.perf_counter() - started
    measured = {
        "seconds": f"{taken:.1f}",
        "steps": str(int(model.optimizer.iterations)),
        "windows_loss": f"{metrics.windows_loss(model, validation):.4f}",
        "stream_loss": f"{metrics.stream_loss(model, validation):.4f}",
    }
    return trial.settings() | measured


def known_row(trial: Trial, seconds: float, rows: list[dict[str, str]]) -> dict[str, str] | None:
    """Return a trial's row among ``rows`` if it took the time it was given."""
    for row in rows:
        same = trial.settings().items() <= row.items()
        if same and seconds <= float(row["seconds"]) <= TOLERANCE * seconds:
            return row
    return None


def in_words(row: Mapping[str, str]) -> str:
    """Return what a row changes in the first trial's settings, and what it reached."""
    first = TRIALS[0].settings()
    changes = {name: row[name] for name in first if row[name] != first[name]}
    results = {name: value for name, value in row.items() if name not in first}
    return ", ".join(f"{name} {value}" for name, value in (changes | results).items())


def main() -> None:
    """Run all trials and print their table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--store", action="store_true", help="keep the package's record up to date")
    given = parser.parse_args()
    text = corpora.load("shakespeare")
    ids, _ = windows.split_by_position(Vocabulary(text).encode(text), VALIDATION)
    training, validation = windows.split_by_position(ids, CHOICE)
    stored = read_table(RECORD) if given.store else []
    rows = {trial: row for trial in TRIALS if (row := known_row(trial, given.seconds, stored))}
    for trial in TRIALS:
        if trial not in rows:
            rows[trial] = run(trial, given.seconds, training, validation)
        print(in_words(rows[trial]), flush=True)
        if given.store:
            write_table([rows[done] for done in TRIALS if done in rows], RECORD)


if __name__ == "__main__":
    main()
