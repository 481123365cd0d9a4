"""Run system A's recipe at system A's size, and record it epoch by epoch.

    python -m experiments.system_a --part whole [--epochs 20] [--directory DIR] [--store]
    python -m experiments.system_a --part training [--epochs 20] [--directory DIR] [--store]

Embedding 256, GRU 1024, chunks of 101, shuffled batches of 64, the defaults of Adam. On the whole
of tiny Shakespeare the losses stand beside those that system A prints; on its first 90 % the
record has the loss on the rest, too, under both protocols. With ``--store`` the record goes to
``charrnn/records/``. A run that was interrupted goes on where it ended.
"""

import argparse
import sys
from pathlib import Path

from charrnn import checkpoints, corpora, metrics, windows
from charrnn.backend import keras
from charrnn.streams import StreamModel
from charrnn.support.commands import at_least, run_command
from charrnn.support.files import RECORDS
from charrnn.training import next_character_loss
from charrnn.vocabulary import Vocabulary
from experiments.record import recorded_run
from experiments.shared import VALIDATION

SEED = 1
PARTS = ("whole", "training")


def new_model(vocabulary_size: int) -> StreamModel:
    """Return system A's model, compiled with system A's optimizer."""
    keras.utils.set_random_seed(SEED)
    # Zero states in every batch: a CharacterModel that trains the fast way.
    model = StreamModel(64, fresh_every=1, vocabulary_size=vocabulary_size)
    model.compile(keras.optimizers.Adam(), next_character_loss(), jit_compile=False)
    return model


def train_on(part: str, epochs: int, directory: Path) -> checkpoints.History:
    """Train, going on where ``directory`` ends; return one row an epoch."""
    text = corpora.load("shakespeare")
    vocabulary = Vocabulary(text)
    ids = vocabulary.encode(text)
    validation = None
    if part == "training":
        ids, validation = windows.split_by_position(ids, VALIDATION)
    inputs, targets = windows.chunk_windows(ids, 100)

    def evaluate(model: StreamModel) -> dict[str, float]:
        if validation is None:
            return {}
        return {
            "windows_loss": metrics.windows_loss(model, validation),
            "stream_loss": metrics.stream_loss(model, validation),
        }

    return recorded_run(
        new_model(len(vocabulary)),
        lambda step: windows.shuffled_batches(inputs, targets, 64, SEED, step),
        len(inputs) // 64,
        epochs,
        directory,
        evaluate,
        {"text": text, "part": part},
    )


def main() -> None:
    """Train and record."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--part", choices=PARTS, required=True)
    parser.add_argument("--epochs", type=at_least(1), default=20)
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--store", action="store_true", help="replace the package's record")
    given = parser.parse_args()
    directory = given.directory or Path("_build") / f"system_a_{given.part}"
    history = train_on(given.part, given.epochs, directory)
    if given.store:
        checkpoints.write_history(history, RECORDS / f"system_a_{given.part}.csv")


if __name__ == "__main__":
    sys.exit(run_command("experiments.system_a", main))
