"""Measure scheduled sampling against teacher forcing, and record what chapter 7 shows.

    python -m experiments.scheduled_sampling [--steps 800] [--seeds 1 2 3]

Two arms with the same model, batches, optimizer and number of steps: one reads the true text only,
the other reads its own characters with a probability that rises to ``LARGEST``. Each trained model
is measured on validation text: its loss when it reads the truth, and what it writes at temperature
1 when it reads its own text, judged by counts that no model has part in. The row ``real text`` has
the same measures of the corpus itself.

The record goes to ``charrnn/records/scheduled_sampling.csv`` after each run; runs that it holds are
not repeated, so delete it to measure anew.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from charrnn import corpora, generation, metrics, training, windows
from charrnn.backend import keras, tf
from charrnn.support.files import read_table, write_table
from charrnn.texts import writing
from charrnn.training import SelfTrainedModel
from charrnn.variants.scheduled_sampling import ScheduledSamplingModel
from charrnn.vocabulary import Vocabulary

RECORD = Path(__file__).resolve().parents[1] / "charrnn" / "records" / "scheduled_sampling.csv"
FORCED, SCHEDULED, REAL = "teacher forcing", "scheduled sampling", "real text"
VALIDATION = 111_540  # characters
SIZES = {"embedding_size": 64, "units": 128}
BATCH_SIZE, LENGTH, LEARNING_RATE, CLIP_NORM = 64, 64, 5e-3, 1.0
LARGEST = 0.25  # probability, reached after half of the steps
# Places in the validation text, characters of a prompt, characters of what follows it.
TEXTS, PROMPT_LENGTH, TEXT_LENGTH = 64, 100, 1500

Row = dict[str, str | int | float]


class Corpus:
    """The text, cut as every run of this record needs it.

    Attributes:
        prompts: ``TEXTS`` pieces of the validation text.
        continuations: what follows each prompt in the validation text.
    """

    def __init__(self) -> None:
        text = corpora.load("shakespeare")
        self.vocabulary = Vocabulary(text)
        self.known = text[:-VALIDATION]
        ids = self.vocabulary.encode(text)
        self.training, self.validation = windows.split_by_position(ids, VALIDATION)
        pieces = _pieces(text[-VALIDATION:])
        self.prompts = [piece[:PROMPT_LENGTH] for piece in pieces]
        self.continuations = [piece[PROMPT_LENGTH:] for piece in pieces]

    def measure(self, texts: list[str], covering: list[str] | None = None) -> Row:
        """Return the measures of texts written freely; ``covering`` replaces them in the last one.

        ``ngram_loss`` is the loss of counts of the training text on these texts: high where they
        are unlike it. ``reverse_loss`` is the loss of counts of these texts on the validation text:
        high where they lack its variety, which the first cannot see.
        """
        size = len(self.vocabulary)
        ids = self.vocabulary.encode("".join(texts))
        counted = self.vocabulary.encode("".join(covering or texts))
        return {
            "unknown_words": writing.unknown_words(texts, self.known),
            "ngram_loss": metrics.witten_bell_loss(self.training, ids, size),
            "reverse_loss": metrics.witten_bell_loss(counted, self.validation, size),
        }


def _pieces(text: str) -> list[str]:
    """Return ``TEXTS`` pieces of a text, each a prompt and what follows it."""
    end = PROMPT_LENGTH + TEXT_LENGTH
    starts = np.linspace(0, len(text) - end, TEXTS).astype(int)
    return [text[start : start + end] for start in starts]


def train(arm: str, seed: int, steps: int, corpus: Corpus) -> Any:
    """Return the model that one arm has trained with one seed."""
    keras.utils.set_random_seed(seed)
    sizes: dict[str, Any] = {"vocabulary_size": len(corpus.vocabulary), **SIZES}
    model = (
        SelfTrainedModel(**sizes)
        if arm == FORCED
        else ScheduledSamplingModel(LARGEST, max(1, steps // 2), seed, **sizes)
    )
    model(keras.ops.zeros((1, 1), dtype="int32"))
    schedule = training.cosine_schedule(LEARNING_RATE, steps, warmup_steps=steps // 16)
    # XLA compiles Keras' GRU for a CPU; around cuDNN's GRU on a GPU it fails.
    model.compile(
        optimizer=keras.optimizers.Adam(schedule, global_clipnorm=CLIP_NORM),
        loss=training.next_character_loss(),
        jit_compile=not tf.config.list_physical_devices("GPU"),
    )
    batches = windows.shuffled_batches(
        *windows.step_windows(corpus.training, LENGTH), BATCH_SIZE, seed
    )
    model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
    return model


def measure(arm: str, seed: int, steps: int, corpus: Corpus) -> Row:
    """Train one arm with one seed; return its row of the record."""
    started = time.perf_counter()
    model = train(arm, seed, steps, corpus)
    seconds = time.perf_counter() - started
    generator = generation.Generator(model, corpus.vocabulary)
    written = generator(tf.constant(corpus.prompts), TEXT_LENGTH, 1.0, seed).numpy()
    texts = [text.decode()[PROMPT_LENGTH:] for text in written]
    return {
        "arm": arm,
        "seed": seed,
        "steps": steps,
        "validation_loss": metrics.windows_loss(model, corpus.validation),
        **corpus.measure(texts),
        "seconds": seconds,
    }


def write_record(rows: list[Row]) -> None:
    """Write the rows as CSV, whole or not at all."""
    rounded = [
        {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
    ]
    write_table(rounded, RECORD)


def main() -> None:
    """Measure what the record lacks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()

    corpus = Corpus()
    rows: list[Row] = [dict(row) for row in read_table(RECORD)]
    done = {(row["arm"], int(row["seed"])) for row in rows}
    if others := {int(row["steps"]) for row in rows} - {0, arguments.steps}:
        raise ValueError(
            f"steps: expected {others} as in {RECORD.name}, received {arguments.steps}; "
            "delete the record to measure anew"
        )
    # Arms take turns, so that a machine that slows down slows both.
    for seed in arguments.seeds:
        for arm in (FORCED, SCHEDULED):
            if (arm, seed) not in done:
                rows.append(measure(arm, seed, arguments.steps, corpus))
                write_record(rows)
                print(rows[-1], flush=True)
    if REAL not in {row["arm"] for row in rows}:
        # The validation text covers itself: the reverse measure takes training text of that size.
        covering = [piece[PROMPT_LENGTH:] for piece in _pieces(corpus.known)]
        figures = corpus.measure(corpus.continuations, covering)
        rows.append({"arm": REAL, "seed": 0, "steps": 0, "validation_loss": "", **figures})
        write_record(rows)
        print(rows[-1])


if __name__ == "__main__":
    main()
