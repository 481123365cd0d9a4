"""Train system C's model on *Great Expectations*, soundly, and record it epoch by epoch.

    python -m experiments.train_book [--epochs 20] [--directory _build/book] [--store]

System C's sizes, batches and optimizer (embedding 256, GRU 1024, 64 rows of 100, the defaults of
Adam), on the clean text without its last tenth. Unlike C it reads streams, so that the carried
state belongs to the text before. After each epoch the record has the loss on the last tenth under
both protocols, and for several temperatures two measures of what the model writes.

With ``--store`` the record goes to ``charrnn/records/great_expectations.csv``, and the weights of
the best epoch to the package. A run that was interrupted goes on where it ended.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from charrnn import checkpoints, corpora, metrics, windows
from charrnn.backend import keras, tf
from charrnn.export import load_model, save_model
from charrnn.generation import Generator
from charrnn.streams import StreamModel
from charrnn.support.files import sha256
from charrnn.texts import writing
from charrnn.training import next_character_loss
from charrnn.vocabulary import Vocabulary
from charrnn.weights import shipped
from experiments.recorded_run import recorded_run

RECORD = Path(__file__).resolve().parents[1] / "charrnn" / "records" / "great_expectations.csv"
NAME = "great-expectations"
VALIDATION = 99_390  # characters, a tenth
SEED = 1
BATCH_SIZE, LENGTH = 64, 100
SIZES = {"embedding_size": 256, "units": 1024}
TEMPERATURES = (0.1, 0.3, 0.5, 0.7, 1.0, 1.25, 1.5)
# Places in the validation text, characters of a prompt, characters that are written after it.
TEXTS, PROMPT_LENGTH, TEXT_LENGTH = 32, 100, 1000


def measure_texts(model: Any, vocabulary: Vocabulary, text: str) -> dict[str, float]:
    """Return ``unknown_words_T`` and ``unpaired_marks_T`` of what a model writes at each T."""
    begin = len(text) - VALIDATION
    starts = np.linspace(begin, len(text) - PROMPT_LENGTH, TEXTS).astype(int)
    prompts = tf.constant([text[start : start + PROMPT_LENGTH] for start in starts])
    generator = Generator(model, vocabulary)
    row = {}
    for temperature in TEMPERATURES:
        written = generator(prompts, TEXT_LENGTH, temperature, SEED).numpy()
        texts = [piece.decode()[PROMPT_LENGTH:] for piece in written]
        row[f"unknown_words_{temperature}"] = writing.unknown_words(texts, text[:begin])
        row[f"unpaired_marks_{temperature}"] = writing.unpaired_marks(texts)
    return row


def main() -> None:
    """Train, record, export."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--directory", type=Path, default=Path("_build/book"))
    parser.add_argument("--store", action="store_true", help="replace the package's own files")
    given = parser.parse_args()

    text = corpora.load(NAME)
    vocabulary = Vocabulary(text)
    training, validation = windows.split_by_position(vocabulary.encode(text), VALIDATION)
    keras.utils.set_random_seed(SEED)
    model = StreamModel(BATCH_SIZE, vocabulary_size=len(vocabulary), **SIZES)
    model.compile(keras.optimizers.Adam(), next_character_loss(), jit_compile=False)

    def evaluate(model: Any) -> dict[str, float]:
        return {
            "windows_loss": metrics.windows_loss(model, validation),
            "stream_loss": metrics.stream_loss(model, validation),
            **measure_texts(model, vocabulary, text),
        }

    history = recorded_run(
        model,
        lambda step: windows.endless_streams(training, BATCH_SIZE, LENGTH, step),
        len(training) // (BATCH_SIZE * LENGTH),
        given.epochs,
        given.directory,
        evaluate,
    )
    model.load_weights(given.directory / "best.weights.h5")
    best = min(history, key=lambda row: row["windows_loss"])
    # What the files hold is what is measured.
    half = given.directory / "half"
    save_model(model, vocabulary, half, half=True)
    stored, _ = load_model(half)
    card = {
        "corpus": NAME,
        "corpus_sha256": corpora.CORPORA[NAME].sha256,
        "recipe": {
            **{"batch_size": BATCH_SIZE, "length": LENGTH, "epochs": given.epochs, "seed": SEED},
            "optimizer": "Adam, defaults of Keras",
        },
        "epoch": int(best["epoch"]),
        "minutes": round(sum(row["seconds"] for row in history) / 60, 1),
        "machine": describe(),
        "validation_characters": VALIDATION,
        "windows_loss": round(metrics.windows_loss(stored, validation), 4),
        "stream_loss": round(metrics.stream_loss(stored, validation), 4),
    }
    print(card, f"float32: {best['windows_loss']:.5f}", sep="\n")
    if abs(best["windows_loss"] - float(str(card["windows_loss"]))) > 0.001:
        raise ValueError(f"half precision: expected {best['windows_loss']:.4f}, received {card}")
    if given.store:
        checkpoints.write_history(history, RECORD)
        save_model(stored, vocabulary, shipped(NAME), card, half=True)
        digest = sha256(shipped(NAME).with_suffix(".json"))
        print(f"{NAME}: {digest}  # SHIPPED in charrnn/weights.py")


if __name__ == "__main__":
    main()
