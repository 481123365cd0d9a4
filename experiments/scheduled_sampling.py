"""Measure scheduled sampling against teacher forcing, and record what *Custom training* shows.

    python -m experiments.scheduled_sampling [--steps 800] [--seeds 1 2 3]

Two variants with the same model, batches, optimizer and number of steps: one reads the true text
only, the other reads its own characters with a probability that rises to ``LARGEST``. Each trained
model is measured on validation text: its loss when it reads the truth, and what it writes at
temperature 1 when it reads its own text, judged by counts that no model has part in. The row ``real
text`` has the same measures of the corpus itself.

The record goes to ``charrnn/records/scheduled_sampling.csv`` after each run; runs that it holds are
not repeated, so delete it to measure anew.
"""

import argparse
import sys
import time
from typing import Any

import numpy as np

from charrnn import generation, metrics, training, windows
from charrnn.backend import keras, tf
from charrnn.support.commands import at_least, run_command
from charrnn.support.files import RECORDS, read_table
from charrnn.texts import writing
from charrnn.training import SelfTrainedModel
from charrnn.variants.scheduled_sampling import ScheduledSamplingModel
from experiments.record import Key, fill_table
from experiments.shared import VALIDATION, Shakespeare, warmup

RECORD = RECORDS / "scheduled_sampling.csv"
FORCED, SCHEDULED, REAL = "teacher forcing", "scheduled sampling", "real text"
SIZES = {"embedding_size": 64, "units": 128}
BATCH_SIZE, LENGTH, LEARNING_RATE, CLIP_NORM = 64, 64, 5e-3, 1.0
LARGEST = 0.25  # probability, reached after half of the steps
# Places in the validation text, characters of a prompt, characters of what follows it.
TEXTS, PROMPT_LENGTH, TEXT_LENGTH = 64, 100, 1500


class Prompts:
    """Pieces of the validation text, and the counts that judge what is written after them.

    Attributes:
        text: tiny Shakespeare, cut.
        prompts: ``TEXTS`` pieces of the validation text.
        continuations: what follows each prompt there.
    """

    def __init__(self) -> None:
        self.text = Shakespeare.load()
        pieces = _pieces(self.text.text[-VALIDATION:])
        self.prompts = [piece[:PROMPT_LENGTH] for piece in pieces]
        self.continuations = [piece[PROMPT_LENGTH:] for piece in pieces]

    def measures_of(self, texts: list[str], covering: list[str] | None = None) -> dict[str, float]:
        """Return the measures of texts written freely; ``covering`` replaces them in the last one.

        ``ngram_loss`` is the loss of counts of the training text on these texts: high where they
        are unlike it. ``reverse_loss`` is the loss of counts of these texts on the validation text:
        high where they lack its variety, which the first cannot see.
        """
        size, encode = len(self.text.vocabulary), self.text.vocabulary.encode
        ids, counted = encode("".join(texts)), encode("".join(covering or texts))
        return {
            "unknown_words": writing.unknown_words(texts, self.text.text[:-VALIDATION]),
            "ngram_loss": metrics.witten_bell_loss(self.text.training, ids, size),
            "reverse_loss": metrics.witten_bell_loss(counted, self.text.validation, size),
        }


def _pieces(text: str) -> list[str]:
    """Return ``TEXTS`` pieces of a text, each a prompt and what follows it."""
    end = PROMPT_LENGTH + TEXT_LENGTH
    starts = np.linspace(0, len(text) - end, TEXTS).astype(int)
    return [text[start : start + end] for start in starts]


def train_variant(variant: str, seed: int, steps: int, text: Shakespeare) -> SelfTrainedModel:
    """Return the model that one variant has trained with one seed."""
    keras.utils.set_random_seed(seed)
    sizes: dict[str, Any] = {"vocabulary_size": len(text.vocabulary), **SIZES}
    model = (
        SelfTrainedModel(**sizes)
        if variant == FORCED
        else ScheduledSamplingModel(LARGEST, max(1, steps // 2), seed, **sizes)
    )
    schedule = training.cosine_schedule(LEARNING_RATE, steps, warmup(steps))
    # XLA compiles Keras' GRU for a CPU; around cuDNN's GRU on a GPU it fails.
    model.compile(
        optimizer=keras.optimizers.Adam(schedule, global_clipnorm=CLIP_NORM),
        loss=training.next_character_loss(),
        jit_compile=not tf.config.list_physical_devices("GPU"),
    )
    batches = windows.shuffled_batches(
        *windows.step_windows(text.training, LENGTH), BATCH_SIZE, seed
    )
    model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
    return model


def measure_run(key: Key, steps: int, prompts: Prompts) -> dict[str, Any]:
    """Train one variant with one seed, or take the corpus itself; return the rest of its row."""
    text = prompts.text
    if key["variant"] == REAL:
        # The validation text covers itself: the reverse measure takes training text of that size.
        covering = [piece[PROMPT_LENGTH:] for piece in _pieces(text.text[:-VALIDATION])]
        figures = prompts.measures_of(prompts.continuations, covering)
        return {"steps": 0, "validation_loss": "", **figures, "seconds": ""}
    seed, started = int(key["seed"]), time.perf_counter()
    model = train_variant(key["variant"], seed, steps, text)
    seconds = time.perf_counter() - started
    generator = generation.Generator(model, text.vocabulary)
    written = generator(tf.constant(prompts.prompts), TEXT_LENGTH, 1.0, seed).numpy()
    texts = [piece.decode()[PROMPT_LENGTH:] for piece in written]
    return {
        "steps": steps,
        "validation_loss": metrics.windows_loss(model, text.validation),
        **prompts.measures_of(texts),
        "seconds": seconds,
    }


def main() -> None:
    """Measure what the record lacks."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--steps", type=at_least(1), default=800)
    parser.add_argument("--seeds", type=at_least(0), nargs="+", default=[1, 2, 3])
    given = parser.parse_args()
    if others := {int(row["steps"]) for row in read_table(RECORD)} - {0, given.steps}:
        raise ValueError(
            f"steps: expected {others} as in {RECORD.name}, received {given.steps}; "
            "delete the record to measure anew"
        )
    # Variants take turns, so that a machine that slows down slows both.
    keys = [
        {"variant": variant, "seed": str(seed)}
        for seed in given.seeds
        for variant in (FORCED, SCHEDULED)
    ]
    keys.append({"variant": REAL, "seed": "0"})
    prompts = Prompts()
    fill_table(RECORD, keys, lambda key: measure_run(key, given.steps, prompts))


if __name__ == "__main__":
    sys.exit(run_command("experiments.scheduled_sampling", main))
