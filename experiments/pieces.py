"""The same GRU on characters, and on byte-pair pieces of several characters.

    python -m experiments.pieces [--store]
    python -m experiments.pieces --speed

Pieces are learned on the training text alone, by sentencepiece. All runs have the same layer,
optimizer and learning rate, and batches of as many tokens. They differ in the tokens, in the rows
of embedding and output that belong to them, and in what is held equal (``equal``):

    steps     as many training steps as the characters, so more of the text is read
    text      as much of the text as the characters, so in fewer training steps

Losses are of the validation text with the carried state: windows of so many tokens would begin
without a past after other numbers of characters. Nats per token are of other tokens in each row;
bits per byte are of the same text in all. The first token, which nothing predicts, does not count.

Runs are bounded in training steps. The milliseconds of a step come from one process in which the
models take turns. ``--store`` keeps ``charrnn/records/pieces.csv`` up to date; rows that it holds
are not measured again. ``--speed`` measures their milliseconds anew, on a machine that is idle.
"""

import argparse
import functools
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece

from charrnn import metrics, windows
from charrnn.backend import keras, tf
from charrnn.recipes import FEW
from charrnn.support.commands import run_command
from charrnn.support.files import RECORDS, read_table, write_table
from experiments.record import Key, fill_table
from experiments.shared import VALIDATION, Shakespeare, step_times, warmup

RECORD = RECORDS / "pieces.csv"
RECIPE = replace(FEW, units=480)
STEPS = 2000  # of the characters' run
CHARACTERS = 66  # ids of the text's characters, [UNK] included
PIECES = (256, 512, 1024)  # ids of each vocabulary of pieces


@dataclass(frozen=True)
class Tokens:
    """Tiny Shakespeare cut into tokens.

    Attributes:
        size: of the vocabulary.
        training: ids, shape (tokens,).
        validation: ids, shape (tokens,).
        predicted: bytes of the validation text after its first token.
    """

    size: int
    training: windows.Ids
    validation: windows.Ids
    predicted: int


def learn_pieces(text: str, size: int) -> Any:
    """Return a processor of byte-pair pieces that gives each text back as it was.

    What is not seen becomes ``[UNK]``, as characters that a ``Vocabulary`` lacks, and the sign that
    stands for a space inside pieces, U+2581, would come back as a space.

    Args:
        text: to count pairs in.
        size: ids, one of which is unknown and one a line end, which no longer piece holds.

    Source: Sennrich and others 2016; Kudo and Richardson 2018.
    """
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text.splitlines(keepends=True)),
        model_writer=model,
        model_type="bpe",
        vocab_size=size,
        character_coverage=1.0,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        user_defined_symbols=["\n"],
        bos_id=-1,  # there are no sentences that begin
        eos_id=-1,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def cut(size: int, shakespeare: Shakespeare) -> Tokens:
    """Return the text as characters or as pieces, by the size of the vocabulary."""
    if size == CHARACTERS:
        # The text is ASCII: a character is a byte.
        return Tokens(
            size,
            shakespeare.training,
            shakespeare.validation,
            len(shakespeare.validation) - 1,
        )
    training, validation = shakespeare.text[:-VALIDATION], shakespeare.text[-VALIDATION:]
    pieces = learn_pieces(training, size)
    seen, unseen = (np.array(pieces.encode(text), "int32") for text in (training, validation))
    rest = pieces.decode(unseen[1:].tolist())
    return Tokens(pieces.get_piece_size(), seen, unseen, len(rest.encode()))


def keys() -> list[Key]:
    """Return the columns that tell runs apart."""
    pairs = [(CHARACTERS, "steps")]
    pairs += [(size, equal) for equal in ("steps", "text") for size in PIECES]
    return [{"pieces": str(size), "equal": equal} for size, equal in pairs]


def steps_of(equal: str, tokens: Tokens, shakespeare: Shakespeare) -> int:
    """Return how many training steps a run has."""
    share = len(tokens.training) / len(shakespeare.training) if equal == "text" else 1
    return round(STEPS * share)


def new_model(size: int, steps: int) -> Any:
    """Return a new compiled model whose learning rate rises as in other runs of so many steps."""
    keras.utils.set_random_seed(1)
    return replace(RECIPE, warmup_steps=warmup(steps)).build(size)


def batches(ids: windows.Ids) -> Any:
    """Return endless batches of streams."""
    return windows.endless_streams(ids, RECIPE.batch_size, RECIPE.length)


def times_by_size(texts: list[Tokens]) -> dict[int, float]:
    """Return the shortest time of a training step by size."""
    models = [new_model(tokens.size, STEPS) for tokens in texts]
    times = step_times(models, [batches(tokens.training) for tokens in texts])
    return {tokens.size: value for tokens, value in zip(texts, times, strict=True)}


def measure(tokens: Tokens, steps: int, characters: int) -> dict[str, Any]:
    """Train a model, and return what it reaches.

    Args:
        tokens: the text.
        steps: training steps.
        characters: of the training text.
    """
    model = new_model(tokens.size, steps)
    train_step = tf.function(model.train_step)
    recipe = replace(RECIPE, warmup_steps=warmup(steps))
    for step, batch in zip(range(steps), batches(tokens.training), strict=False):
        model.optimizer.learning_rate.assign(recipe.rate(step, step / steps))
        result = train_step(batch)
        if (step + 1) % 500 == 0:
            print(f"step {step + 1} of {steps}: {float(result['loss']):.3f}", flush=True)
    loss = metrics.stream_loss(model, tokens.validation)
    read = steps * RECIPE.batch_size * RECIPE.length
    return {
        "parameters": model.count_params(),
        "steps": steps,
        "tokens": len(tokens.training),
        "passes": read / len(tokens.training),
        "characters_a_step": read / steps * characters / len(tokens.training),
        "nats_a_token": loss,
        "bits_a_byte": bits_per_byte(loss, tokens),
    }


def bits_per_byte(loss: float, tokens: Tokens) -> float:
    """Return a loss in nats per token of the validation text as bits per byte."""
    return metrics.bits(loss) * (len(tokens.validation) - 1) / tokens.predicted


def fill(path: Path | None, texts: Callable[[int], Tokens], shakespeare: Shakespeare) -> list[Key]:
    """Measure what a record lacks, and return all of its rows."""
    stored = {
        row["pieces"]: float(row["milliseconds"]) for row in (read_table(path) if path else [])
    }
    sizes = (CHARACTERS, *PIECES)
    if stored.keys() >= {str(size) for size in sizes}:
        times = {int(size): value for size, value in stored.items()}
    else:
        times = times_by_size([texts(size) for size in sizes])

    def run(key: Key) -> dict[str, Any]:
        tokens = texts(int(key["pieces"]))
        steps = steps_of(key["equal"], tokens, shakespeare)
        measured = measure(tokens, steps, len(shakespeare.training))
        return measured | {"milliseconds": times[tokens.size]}

    return fill_table(path, keys(), run)


def time_anew(path: Path, texts: Callable[[int], Tokens]) -> None:
    """Put the time of a step into all rows of a record."""
    rows = read_table(path)
    times = times_by_size([texts(size) for size in sorted({int(row["pieces"]) for row in rows})])
    write_table([row | {"milliseconds": f"{times[int(row['pieces'])]:.4f}"} for row in rows], path)


def main() -> None:
    """Measure what is not known."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "--speed", action="store_true", help="time the record's steps anew, and end"
    )
    parser.add_argument("--store", action="store_true", help="keep the package's record up to date")
    given = parser.parse_args()
    shakespeare = Shakespeare.load()
    texts = functools.cache(lambda size: cut(size, shakespeare))
    if given.speed:
        time_anew(RECORD, texts)
    else:
        fill(RECORD if given.store else None, texts, shakespeare)


if __name__ == "__main__":
    sys.exit(run_command("experiments.pieces", main))
