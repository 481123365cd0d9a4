"""Train the models that come with the book, and record each run epoch by epoch.

    python -m experiments.pretrained NAME [--epochs N] [--directory DIR] [--store | --choice]

All learn from all but the end of their text, a tenth, in streams with the state carried.
*shakespeare*, *ru*, *zh-hans*, *zh-hant* and *ko* are models in the languages of the book, whose
last epoch is kept: the validation text chooses nothing. ``--choice`` measures a recipe on the tenth
before it, leaves the validation text aside, and stores nothing; for several temperatures it says,
too, what the loss would be with logits divided by each, and how many words that the model then
writes the training text lacks. A model that has read its text so often is surer than it is right.

*great-expectations* has system C's sizes, batches and optimizer (embedding 256, GRU 1024, 64 rows
of 100, the defaults of Adam), and keeps the weights of the epoch with the lowest loss on windows;
after each epoch its record has, for several temperatures, two measures of what the model writes,
too.

With ``--store`` the weights replace those of the package, those of languages in the folder
``models``, and the record goes to ``charrnn/records/pretrained_NAME.csv``. A run that was
interrupted goes on where it ended.
"""

import argparse
import hashlib
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn import checkpoints, corpora, metrics, windows
from charrnn.backend import keras, tf
from charrnn.export import load_model, save_model
from charrnn.frequencies import count, log_frequencies, stand_ins
from charrnn.generation import Generator
from charrnn.own_text.losses import best_n_gram, windows_read
from charrnn.recipes import Recipe
from charrnn.streams import StreamModel
from charrnn.support.commands import at_least, run_command
from charrnn.support.files import RECORDS, sha256
from charrnn.texts import writing
from charrnn.training import cosine_schedule, next_character_loss
from charrnn.vocabulary import Vocabulary
from charrnn.weights import shipped
from charrnn.windows import Ids
from experiments.machine import describe_machine
from experiments.record import recorded_run
from experiments.shared import VALIDATION

SEED = 1
# All is named, so that another quick recipe leaves these as they are.
LETTERS = Recipe(
    embedding_size=64,
    units=768,
    layers=1,
    tied=False,
    dropout=0.4,
    kernel_dropout=0.35,
    embedding_dropout=0.0,
    batch_size=64,
    length=64,
    fresh_every=4,
    learning_rate=1e-2,
    muon_scale=0.09,
    clip_norm=1.0,
    weight_decay=0.1,
    warmup_steps=50,
)
# What is read three times as often.
OFTEN = replace(LETTERS, dropout=0.45, kernel_dropout=0.4, batch_size=128)
# For thousands of symbols.
SYLLABLES = replace(LETTERS, embedding_size=256, tied=True, dropout=0.45, embedding_dropout=0.3)
# A short text is read more often, in fewer places at once.
STORIES = replace(SYLLABLES, dropout=0.5, kernel_dropout=0.4, embedding_dropout=0.35, batch_size=32)
TEMPERATURES = (0.1, 0.3, 0.5, 0.7, 1.0, 1.25, 1.5)
# Temperatures that ``--choice`` compares.
CHOICES = (1.0, 1.02, 1.04, 1.06, 1.08, 1.1, 1.12, 1.15)
# Places in the validation text, characters of a prompt, characters that are written after it.
TEXTS, PROMPT_LENGTH, TEXT_LENGTH = 32, 100, 1000
# The temperature at which it is counted how much a model copies.
COPYING = 0.7


@dataclass(frozen=True)
class Specification:
    """One of the trained models.

    Attributes:
        corpus: name of the text.
        epochs: passes over all but its end.
        recipe: None for system C's sizes, batches and optimizer.
        validation: characters at the end of the text that it is not trained on; None for a tenth.
        temperature: what the trained model's logits are divided by, once, within its weights.
            Source: Guo et al. 2017, "On Calibration of Modern Neural Networks".
        keeps_best: the weights of the epoch with the lowest loss on windows, not the last ones.
    """

    corpus: str
    epochs: int
    recipe: Recipe | None
    validation: int | None = None
    temperature: float = 1.0
    keeps_best: bool = False

    @property
    def batches(self) -> tuple[int, int]:
        """Rows and time steps of a batch."""
        return (self.recipe.batch_size, self.recipe.length) if self.recipe else (64, 100)

    @property
    def description(self) -> dict[str, Any]:
        """What the card says of the recipe."""
        if self.recipe:
            return asdict(self.recipe)
        return {"batch_size": 64, "length": 100, "optimizer": "Adam, defaults of Keras"}

    def compiled(self, counts: npt.NDArray[np.int64], steps: int) -> StreamModel:
        """Return a new model for ids that occur so often, which is trained in so many steps."""
        if self.recipe is None:
            sizes = {"vocabulary_size": len(counts), "embedding_size": 256, "units": 1024}
            model = StreamModel(64, **sizes)
            model.compile(keras.optimizers.Adam(), next_character_loss(), jit_compile=False)
            return model
        model = self.recipe.build(len(counts))
        model.dense.bias.assign(log_frequencies(counts))
        rate = cosine_schedule(self.recipe.learning_rate, steps, self.recipe.warmup_steps)
        model.optimizer.learning_rate = rate
        return model


# Divided by 1.1, the logits of *shakespeare* would have the lowest loss on the tenth before the
# validation text: 1.394 in place of 1.400, after 30 passes. But of the words that the shipped
# weights then write 12 % do not stand in the training text; 7 % with 1.02, and 6 % of those of the
# real text.
SPECIFICATIONS = {
    "shakespeare": Specification("shakespeare", 74, OFTEN, VALIDATION, temperature=1.02),
    "great-expectations": Specification("great-expectations", 20, None, 99_390, keeps_best=True),
    "ru": Specification("ru-gogol", 24, LETTERS),
    "zh-hans": Specification("zh-hans-sanguo", 16, SYLLABLES),
    "zh-hant": Specification("zh-hant-sanguo", 16, SYLLABLES),
    "ko": Specification("ko-stories", 40, STORIES),
}


def divide_logits(model: StreamModel, temperature: float) -> None:
    """Change the output layer, so that the logits are what they were, divided by a temperature."""
    for weights in model.dense.trainable_variables:
        weights.assign(weights / temperature)


def losses_by_temperature(model: StreamModel, validation: Ids) -> dict[float, float]:
    """Return the loss on windows for several temperatures; the model stays as it is."""
    before, losses = model.dense.get_weights(), {}
    for temperature in CHOICES:
        divide_logits(model, temperature)
        losses[temperature] = round(metrics.windows_loss(model, validation), 4)
        model.dense.set_weights(before)
    return losses


def written(generator: Generator, text: str, validation: int, temperature: float) -> list[str]:
    """Return what a model writes after pieces of the validation text, without those."""
    starts = np.linspace(len(text) - validation, len(text) - PROMPT_LENGTH, TEXTS).astype(int)
    prompts = tf.constant([text[start : start + PROMPT_LENGTH] for start in starts])
    texts = generator(prompts, TEXT_LENGTH, temperature, SEED).numpy()
    return [piece.decode()[PROMPT_LENGTH:] for piece in texts]


def unknown_words_by_temperature(
    model: StreamModel, vocabulary: Vocabulary, text: str, validation: int
) -> dict[float, float]:
    """Return the share of words that the training text lacks in what a model writes.

    At temperature 1 with logits divided by a number it writes as with that temperature.
    """
    generator = Generator(model, vocabulary)
    return {
        temperature: round(
            writing.unknown_words(
                written(generator, text, validation, temperature), text[:-validation]
            ),
            3,
        )
        for temperature in CHOICES
    }


def measures_of_texts(
    model: Any, vocabulary: Vocabulary, text: str, validation: int
) -> dict[str, float]:
    """Return ``unknown_words_T`` and ``unpaired_marks_T`` of what a model writes at each T."""
    generator = Generator(model, vocabulary)  # traced once
    row = {}
    for temperature in TEMPERATURES:
        texts = written(generator, text, validation, temperature)
        row[f"unknown_words_{temperature}"] = writing.unknown_words(texts, text[:-validation])
        row[f"unpaired_marks_{temperature}"] = writing.unpaired_marks(texts)
    return row


def main() -> None:
    """Train, record, export."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("name", choices=SPECIFICATIONS)
    parser.add_argument("--epochs", type=at_least(1))
    parser.add_argument("--directory", type=Path)
    end = parser.add_mutually_exclusive_group()
    end.add_argument("--store", action="store_true", help="replace the stored model and record")
    end.add_argument("--choice", action="store_true", help="measure on the tenth before the last")
    given = parser.parse_args()
    name, specification = given.name, SPECIFICATIONS[given.name]
    epochs = given.epochs or specification.epochs
    kind = "choice" if given.choice else "pretrained"
    directory = given.directory or Path("_build") / f"{kind}_{name}"

    text = corpora.load(specification.corpus)
    last = specification.validation or len(text) // 10
    if given.choice:
        text = text[:-last]
        last = len(text) // 10
    vocabulary = Vocabulary(text)
    training, validation = windows.split_by_position(vocabulary.encode(text), last)
    counts = count(training, len(vocabulary))
    rows, length = specification.batches
    steps = len(training) // (rows * length)
    keras.utils.set_random_seed(SEED)
    model = specification.compiled(counts, epochs * steps)
    change = stand_ins(counts, SEED) if specification.recipe else None

    def losses(model: Any) -> dict[str, float]:
        return {
            "windows_loss": metrics.windows_loss(model, validation),
            "stream_loss": metrics.stream_loss(model, validation),
        }

    def evaluate(model: Any) -> dict[str, float]:
        if specification.recipe:
            return {"windows_loss": metrics.windows_loss(model, validation)}
        return losses(model) | measures_of_texts(model, vocabulary, text, last)

    history = recorded_run(
        model,
        lambda step: windows.endless_streams(training, rows, length, step, change),
        steps,
        epochs,
        directory,
        evaluate,
        {"text": text, "recipe": specification.description},
    )
    kept = history[-1]
    if specification.keeps_best:
        kept = checkpoints.load_best(model, directory)
    if given.choice:
        real = writing.unknown_words([text[-last:]], text[:-last])
        print("losses by temperature:", losses_by_temperature(model, validation))
        unknown = unknown_words_by_temperature(model, vocabulary, text, last)
        print(f"unknown words by temperature (real text {real:.3f}):", unknown)
    divide_logits(model, specification.temperature)
    loss = metrics.windows_loss(model, validation)
    # What the file holds is what is measured.
    save_model(model, vocabulary, directory / "half", half=True)
    stored, _ = load_model(directory / "half")
    measured = {protocol: round(loss, 4) for protocol, loss in losses(stored).items()}
    context, n_gram = best_n_gram(
        training, validation, len(vocabulary), windows_read(last, most=last)
    )
    texts = written(Generator(stored, vocabulary), text, last, COPYING)
    card = {
        "corpus": specification.corpus,
        "corpus_sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(),
        "recipe": specification.description | {"epochs": epochs, "seed": SEED},
        "temperature": specification.temperature,
        "epoch": int(kept["epoch"]),
        "minutes": round(sum(row["seconds"] for row in history) / 60, 1),
        "machine": describe_machine(),
        "validation_characters": last,
        **measured,
        "windows_bits": round(metrics.bits(measured["windows_loss"]), 4),
        "stream_bits": round(metrics.bits(measured["stream_loss"]), 4),
        "n_gram_windows_loss": round(n_gram, 4),
        "n_gram_context": context,
        "copied_runs": round(writing.copied_runs(texts, text[:-last]), 4),
    }
    print(card, f"float32: {loss:.5f}", sep="\n")
    if abs(loss - measured["windows_loss"]) > 0.001:
        raise ValueError(f"half precision: expected {loss:.4f}, received {card}")
    if given.store:
        record = f"pretrained_{name.replace('-', '_')}.csv"
        checkpoints.write_history(history, RECORDS / record)
        save_model(stored, vocabulary, shipped(name), card, half=True)
        digest = sha256(shipped(name))
        print(f"{name}: {digest}  # SHIPPED or LANGUAGES in charrnn/weights.py")


if __name__ == "__main__":
    sys.exit(run_command("experiments.pretrained", main))
