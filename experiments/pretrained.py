"""Train the weights that come with the package, and record each run epoch by epoch.

    python -m experiments.pretrained shakespeare [--epochs 28] [--directory DIR] [--store]
    python -m experiments.pretrained great-expectations [--epochs 20] [--directory DIR] [--store]

Both learn from the first nine tenths of their text, in streams with the state carried, and keep the
weights of the epoch with the lowest loss on windows of the rest. *shakespeare* has the recipe that
was the best of trials on two cores, where it takes 19 minutes. *great-expectations* has system C's
sizes, batches and optimizer (embedding 256, GRU 1024, 64 rows of 100, the defaults of Adam); after
each epoch its record has, for several temperatures, two measures of what the model writes, too.

With ``--store`` the weights replace those of the package, and the record goes to
``charrnn/records/pretrained_NAME.csv``. A run that was interrupted goes on where it ended.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from charrnn import checkpoints, corpora, metrics, windows
from charrnn.backend import keras, tf
from charrnn.export import load_model, save_model
from charrnn.generation import Generator
from charrnn.recipes import Recipe
from charrnn.streams import StreamModel
from charrnn.support.commands import at_least, run_command
from charrnn.support.files import RECORDS, sha256
from charrnn.texts import writing
from charrnn.training import cosine_schedule, next_character_loss
from charrnn.vocabulary import Vocabulary
from charrnn.weights import shipped
from experiments.machine import describe_machine
from experiments.record import recorded_run
from experiments.shared import VALIDATION

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
TEMPERATURES = (0.1, 0.3, 0.5, 0.7, 1.0, 1.25, 1.5)
# Places in the validation text, characters of a prompt, characters that are written after it.
TEXTS, PROMPT_LENGTH, TEXT_LENGTH = 32, 100, 1000


@dataclass(frozen=True)
class Specification:
    """One of the trained models.

    Attributes:
        validation: characters at the end of the text that it is not trained on.
        epochs: passes over the rest.
        batch_size: streams.
        length: time steps of a batch.
        compiled: vocabulary size and number of steps -> a new model, compiled.
        recipe: what the card says of it.
        writes: measure what the model writes after each epoch.
    """

    validation: int
    epochs: int
    batch_size: int
    length: int
    compiled: Callable[[int, int], StreamModel]
    recipe: dict[str, Any]
    writes: bool


def shakespeare_model(vocabulary_size: int, steps: int) -> StreamModel:
    """Return the model of ``RECIPE``, whose learning rate ends with the run."""
    model = RECIPE.build(vocabulary_size)
    rate = cosine_schedule(RECIPE.learning_rate, steps, RECIPE.warmup_steps)
    model.optimizer.learning_rate = rate
    return model


def system_c_model(vocabulary_size: int, steps: int) -> StreamModel:
    """Return a model of system C's sizes; its rate is the same in all ``steps``."""
    model = StreamModel(64, vocabulary_size=vocabulary_size, embedding_size=256, units=1024)
    model.compile(keras.optimizers.Adam(), next_character_loss(), jit_compile=False)
    return model


SPECIFICATIONS = {
    "shakespeare": Specification(
        validation=VALIDATION,
        epochs=28,
        batch_size=RECIPE.batch_size,
        length=RECIPE.length,
        compiled=shakespeare_model,
        recipe=asdict(RECIPE),
        writes=False,
    ),
    "great-expectations": Specification(
        validation=99_390,
        epochs=20,
        batch_size=64,
        length=100,
        compiled=system_c_model,
        recipe={"batch_size": 64, "length": 100, "optimizer": "Adam, defaults of Keras"},
        writes=True,
    ),
}


def measures_of_texts(
    model: Any, vocabulary: Vocabulary, text: str, validation: int
) -> dict[str, float]:
    """Return ``unknown_words_T`` and ``unpaired_marks_T`` of what a model writes at each T."""
    begin = len(text) - validation
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
    parser.add_argument("name", choices=SPECIFICATIONS)
    parser.add_argument("--epochs", type=at_least(1))
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--store", action="store_true", help="replace the package's own files")
    given = parser.parse_args()
    name, specification = given.name, SPECIFICATIONS[given.name]
    epochs = given.epochs or specification.epochs
    directory = given.directory or Path("_build") / f"pretrained_{name}"

    text = corpora.load(name)
    vocabulary = Vocabulary(text)
    ids = vocabulary.encode(text)
    training, validation = windows.split_by_position(ids, specification.validation)
    rows, length = specification.batch_size, specification.length
    steps = len(training) // (rows * length)
    keras.utils.set_random_seed(SEED)
    model = specification.compiled(len(vocabulary), epochs * steps)

    def losses(model: Any) -> dict[str, float]:
        return {
            "windows_loss": metrics.windows_loss(model, validation),
            "stream_loss": metrics.stream_loss(model, validation),
        }

    def evaluate(model: Any) -> dict[str, float]:
        if not specification.writes:
            return {"windows_loss": metrics.windows_loss(model, validation)}
        texts = measures_of_texts(model, vocabulary, text, specification.validation)
        return losses(model) | texts

    history = recorded_run(
        model,
        lambda step: windows.endless_streams(training, rows, length, step),
        steps,
        epochs,
        directory,
        evaluate,
        {"text": text, "recipe": specification.recipe},
    )
    checkpoints.load_best(model, directory)
    best = min(history, key=lambda row: row["windows_loss"])
    # What the file holds is what is measured.
    save_model(model, vocabulary, directory / "half", half=True)
    stored, _ = load_model(directory / "half")
    measured = {protocol: round(loss, 4) for protocol, loss in losses(stored).items()}
    card = {
        "corpus": name,
        "corpus_sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(),
        "recipe": specification.recipe | {"epochs": epochs, "seed": SEED},
        "epoch": int(best["epoch"]),
        "minutes": round(sum(row["seconds"] for row in history) / 60, 1),
        "machine": describe_machine(),
        "validation_characters": specification.validation,
        **measured,
        "windows_bits": round(metrics.bits(measured["windows_loss"]), 4),
        "stream_bits": round(metrics.bits(measured["stream_loss"]), 4),
    }
    print(card, f"float32: {best['windows_loss']:.5f}", sep="\n")
    if abs(best["windows_loss"] - measured["windows_loss"]) > 0.001:
        raise ValueError(f"half precision: expected {best['windows_loss']:.4f}, received {card}")
    if given.store:
        record = f"pretrained_{name.replace('-', '_')}.csv"
        checkpoints.write_history(history, RECORDS / record)
        save_model(stored, vocabulary, shipped(name), card, half=True)
        digest = sha256(shipped(name))
        print(f"{name}: {digest}  # SHIPPED in charrnn/weights.py")


if __name__ == "__main__":
    sys.exit(run_command("experiments.pretrained", main))
