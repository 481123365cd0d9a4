"""Train the weights that chapters 5 and 6 load, and record the run that chapter 4 shows.

    python tools/train_reference.py [--epochs 11] [--directory _build/reference] [--store]

A GRU of 512 units on the first 90 % of tiny Shakespeare, Adam with a constant learning rate,
shuffled windows, long enough for the validation loss to turn. With ``--store`` the record goes to
``charrnn/records/overfitting.csv``, the weights of the best epoch to ``charrnn/pretrained/``.
A run that was interrupted goes on where it ended.
"""

import argparse
from pathlib import Path

from charrnn import checkpoints, corpora, metrics, training, windows
from charrnn.backend import keras, tf
from charrnn.export import save_model
from charrnn.files import sha256
from charrnn.model import build
from charrnn.vocabulary import Vocabulary
from charrnn.weights import PRETRAINED

PACKAGE = Path(__file__).resolve().parents[1] / "charrnn"
VALIDATION = 111_540  # characters
SEED = 1
RECIPE = {"batch_size": 32, "length": 100, "learning_rate": 2e-3, "clip_norm": 1.0}
SIZES = {"embedding_size": 64, "units": 512}


def main() -> None:
    """Train, record, export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=11)
    parser.add_argument("--directory", default="_build/reference")
    parser.add_argument("--store", action="store_true", help="replace the package's own files")
    arguments = parser.parse_args()

    keras.utils.set_random_seed(SEED)
    text = corpora.load("shakespeare")
    vocabulary = Vocabulary(text)
    train, validation = windows.split_by_position(vocabulary.encode(text), VALIDATION)
    batch_size, length = int(RECIPE["batch_size"]), int(RECIPE["length"])
    inputs, targets = windows.step_windows(train, length)
    held_out = windows.step_windows(validation, 256)

    model = build(vocabulary_size=len(vocabulary), **SIZES)
    optimizer = keras.optimizers.Adam(RECIPE["learning_rate"], global_clipnorm=RECIPE["clip_norm"])
    # XLA compiles Keras' GRU for a CPU; around cuDNN's GRU on a GPU it fails.
    on_cpu = not tf.config.list_physical_devices("GPU")
    model.compile(optimizer=optimizer, loss=training.next_character_loss(), jit_compile=on_cpu)
    history = training.fit(
        model,
        lambda step: windows.shuffled_batches(inputs, targets, batch_size, SEED, step),
        tf.data.Dataset.from_tensor_slices(held_out).batch(145),
        epochs=arguments.epochs,
        steps_per_epoch=len(inputs) // batch_size,
        directory=arguments.directory,
    )
    model.load_weights(Path(arguments.directory) / "best.weights.h5")
    best = min(history, key=lambda row: row["val_loss"])
    card = {
        "corpus": "shakespeare",
        "corpus_sha256": corpora.CORPORA["shakespeare"].sha256,
        "recipe": {**RECIPE, "optimizer": "Adam", "epochs": arguments.epochs, "seed": SEED},
        "epoch": int(best["epoch"]),
        "validation_characters": VALIDATION,
        "windows_loss": round(metrics.windows_loss(model, validation), 4),
        "stream_loss": round(metrics.stream_loss(model, validation), 4),
    }
    print(card)
    if arguments.store:
        checkpoints.write_history(history, PACKAGE / "records" / "overfitting.csv")
        save_model(model, vocabulary, PRETRAINED, card)
        print(f"PRETRAINED_SHA256 = {sha256(PRETRAINED.with_suffix('.json'))!r}  # in weights.py")


if __name__ == "__main__":
    main()
