"""Train the weights that come with the package: the best model of forty minutes on two cores.

    python -m experiments.train_pretrained [--epochs 28] [--directory _build/pretrained] [--store]

On the first 90 % of tiny Shakespeare, in streams with the state carried; the weights of the epoch
with the lowest loss on windows of the validation rest are kept. With ``--store`` they replace those
of the package, and their record goes to ``charrnn/records/pretrained.csv``. A run that was
interrupted goes on where it ended.
"""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from charrnn import checkpoints, corpora, metrics, windows
from charrnn.backend import keras
from charrnn.export import load_model, save_model
from charrnn.recipes import Recipe
from charrnn.support.files import sha256
from charrnn.training import cosine_schedule
from charrnn.vocabulary import Vocabulary
from charrnn.weights import PRETRAINED
from experiments.recorded_run import recorded_run

PACKAGE = Path(__file__).resolve().parents[1] / "charrnn"
VALIDATION = 111_540  # characters
SEED = 1
# All that matters is named, so that another quick recipe leaves this one as it is.
RECIPE = Recipe(
    units=768,
    dropout=0.3,
    kernel_dropout=0.25,
    batch_size=64,
    length=64,
    fresh_every=4,
    learning_rate=1e-2,
    muon_scale=0.09,
)


def main() -> None:
    """Train, record, export."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--epochs", type=int, default=28)
    parser.add_argument("--directory", type=Path, default=Path("_build/pretrained"))
    parser.add_argument("--store", action="store_true", help="replace the package's own files")
    given = parser.parse_args()

    text = corpora.load("shakespeare")
    vocabulary = Vocabulary(text)
    training, validation = windows.split_by_position(vocabulary.encode(text), VALIDATION)
    steps = len(training) // (RECIPE.batch_size * RECIPE.length)
    keras.utils.set_random_seed(SEED)
    model = RECIPE.build(len(vocabulary))
    model.optimizer.learning_rate = cosine_schedule(
        RECIPE.learning_rate, given.epochs * steps, RECIPE.warmup_steps
    )
    history = recorded_run(
        model,
        lambda step: windows.endless_streams(training, RECIPE.batch_size, RECIPE.length, step),
        steps,
        given.epochs,
        given.directory,
        lambda model: {"windows_loss": metrics.windows_loss(model, validation)},
    )
    model.load_weights(given.directory / "best.weights.h5")
    best = min(history, key=lambda row: row["windows_loss"])
    exact = metrics.windows_loss(model, validation)
    card: dict[str, Any] = {
        "corpus": "shakespeare",
        "corpus_sha256": corpora.CORPORA["shakespeare"].sha256,
        "recipe": {**asdict(RECIPE), "epochs": given.epochs, "seed": SEED},
        "epoch": int(best["epoch"]),
        "minutes": round(sum(row["seconds"] for row in history) / 60, 1),
        "machine": describe(),
        "validation_characters": VALIDATION,
    }
    # What the files hold is what is measured.
    half = given.directory / "half"
    save_model(model, vocabulary, half, half=True)
    model, _ = load_model(half)
    card["windows_loss"] = round(metrics.windows_loss(model, validation), 4)
    card["stream_loss"] = round(metrics.stream_loss(model, validation), 4)
    for protocol in ("windows", "stream"):
        card[f"{protocol}_bits"] = round(metrics.bits(card[f"{protocol}_loss"]), 4)
    print(card, f"float32: {exact:.5f}", sep="\n")
    if abs(exact - card["windows_loss"]) > 0.001:
        raise ValueError(f"half precision: expected a loss of {exact:.4f}, received {card}")
    if given.store:
        checkpoints.write_history(history, PACKAGE / "records" / "pretrained.csv")
        save_model(model, vocabulary, PRETRAINED, card, half=True)
        digest = sha256(PRETRAINED.with_suffix(".json"))
        print(f"shakespeare: {digest}  # SHIPPED in charrnn/weights.py")


if __name__ == "__main__":
    main()
