"""Try recipes side by side: the same seconds for each, the loss on text that none has read.

    python tools/try_recipes.py [--seconds 90] [--store]

The last tenth of tiny Shakespeare, on which the book reports losses, is left aside: recipes are
chosen by the loss on the tenth before it, after training on the rest. Run it on an idle machine.
With ``--store`` the table goes to ``charrnn/records/recipes.csv``.
"""

import argparse
import csv
import io
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from charrnn import corpora, metrics, recipes, windows
from charrnn.backend import keras
from charrnn.files import write_atomically
from charrnn.recipes import QUICK, Recipe
from charrnn.vocabulary import Vocabulary

RECORD = Path(__file__).resolve().parents[1] / "charrnn" / "records" / "recipes.csv"
VALIDATION = 111_540  # characters, never read here
CHOICE = 100_386  # the tenth before them, which decides
SEED = 1

# What differs from the recipe that was chosen.
TRIALS: list[dict[str, Any]] = [
    {},
    {"optimizer": "Adam"},
    {"muon_scale": 0.045},
    {"muon_scale": 0.18},
    {"learning_rate": 5e-3},
    {"learning_rate": 2e-2, "muon_scale": 0.045},
    {"units": 384},
    {"units": 640},
    {"batch_size": 16},
    {"batch_size": 64},
    {"length": 32},
    {"length": 128},
    {"dropout": 0.1},
    {"layers": 2, "units": 384},
    {"embedding_size": 256},
]


def try_recipe(
    changes: dict[str, Any], seconds: float, training: Any, held_out: Any
) -> dict[str, float]:
    """Train for some seconds; return steps and losses."""
    steps = 0
    sizes = {key: value for key, value in changes.items() if key != "optimizer"}

    class Counted(Recipe):
        """The recipe, its steps counted, and with Adam for all weights where that is tried."""

        def optimizer(self) -> Any:
            if "optimizer" not in changes:
                return super().optimizer()
            return keras.optimizers.Adam(0.0, beta_2=0.99, global_clipnorm=self.clip_norm)

        def rate(self, step: int, progress: float) -> float:
            nonlocal steps
            steps = step + 1
            return super().rate(step, progress)

    started = time.perf_counter()
    recipe = Counted(**{**asdict(QUICK), **sizes})
    model = recipes.train_for(seconds, training, 66, SEED, recipe=recipe)
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "steps": steps,
        "windows_loss": round(metrics.windows_loss(model, held_out), 4),
        "stream_loss": round(metrics.stream_loss(model, held_out), 4),
    }


def main() -> None:
    """Run all trials and print their table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--store", action="store_true", help="replace the package's record")
    given = parser.parse_args()
    text = corpora.load("shakespeare")
    ids, _ = windows.split_by_position(Vocabulary(text).encode(text), VALIDATION)
    training, held_out = windows.split_by_position(ids, CHOICE)
    rows = []
    for changes in TRIALS:
        name = " ".join(f"{key}={value}" for key, value in changes.items()) or "chosen"
        rows.append({"changed": name, **try_recipe(changes, given.seconds, training, held_out)})
        print(", ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    if given.store:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_atomically({RECORD: buffer.getvalue().encode("utf-8")})


if __name__ == "__main__":
    main()
