"""What the models of the book's languages cost and reach, each on its own validation text.

    python -m experiments.scripts [--store]

One row a corpus: symbols, parameters, bytes of the model's file, characters read in training, and
two losses of the model beside that of the best n-gram. Characters, bytes in UTF-8 and sentences of
the validation text are counted, so that a loss can be given in another unit. ``unseen`` is how many
characters of it the training text never has; the vocabulary has them, because it is that of the
whole text.

The two Chinese corpora are one novel in two editions. Line breaks, brackets, chapters' numbers and
some words differ, and the validation texts do not begin at the same place. So both are reduced to
their Han characters and aligned; ``shared`` is how many stand at the same place in both, and
``shared_loss`` what the model loses on these alone, with everything before them read as its edition
has it. With ``--store`` the rows are kept in ``charrnn/records/scripts.csv``, where rows that stand
already are not measured again; all take some minutes.
"""

import argparse
import functools
import math
import re
import sys
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn import corpora, metrics
from charrnn.backend import tf
from charrnn.export import load_model
from charrnn.metrics import WARM_UP
from charrnn.own_text.losses import best_n_gram, windows_read
from charrnn.support.commands import run_command
from charrnn.support.files import RECORDS
from charrnn.weights import read_weights, shipped
from charrnn.windows import Ids
from experiments.opening_texts import SENTENCE
from experiments.record import Key, fill_table

RECORD = RECORDS / "scripts.csv"
# Corpus -> the model that was trained on it.
MODELS = {
    "shakespeare": "shakespeare",
    "ru-gogol": "ru",
    "zh-hans-sanguo": "zh-hans",
    "zh-hant-sanguo": "zh-hant",
    "ko-stories": "ko",
}
# One novel in two scripts.
EDITIONS = ("zh-hans-sanguo", "zh-hant-sanguo")
# Parts that are read side by side: less than 200 MB of logits at once.
ROWS = 32
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """A corpus as its model was trained on it.

    Attributes:
        training: the text that the model has read.
        validation: its end, which the model has not.
    """

    training: str
    validation: str


@functools.cache
def parts(corpus: str) -> Parts:
    """Return a corpus, cut where its model's card says."""
    text = corpora.load(corpus)
    validation = read_weights(MODELS[corpus]).card["validation_characters"]
    return Parts(text[:-validation], text[-validation:])


def aligned(one: str, other: str) -> tuple[Places, Places]:
    """Return the places at which two texts have Han characters that belong together.

    These are the equal ones, and where a run of others stands between equal ones in both texts,
    those of runs of the same length: the same words in two scripts, or a word changed for another.
    """
    places = [np.array([match.start() for match in HAN.finditer(text)]) for text in (one, other)]
    signs, other_signs = ("".join(HAN.findall(text)) for text in (one, other))
    found: tuple[list[int], list[int]] = ([], [])
    matcher = SequenceMatcher(None, signs, other_signs, autojunk=False)
    for _, first, end, other_first, other_end in matcher.get_opcodes():
        if end - first == other_end - other_first:
            found[0].extend(places[0][first:end])
            found[1].extend(places[1][other_first:other_end])
    return np.array(found[0], "int64"), np.array(found[1], "int64")


@functools.cache
def shared_places() -> dict[str, Places]:
    """Return for each edition of the novel where its validation text agrees with the other's."""
    return dict(zip(EDITIONS, aligned(*(parts(name).validation for name in EDITIONS)), strict=True))


def sentences(text: str) -> int:
    """Return how many sentences end in a text."""
    return len(SENTENCE.findall(text))


def character_losses(model: Any, ids: Ids) -> npt.NDArray[np.float64]:
    """Return -log p of each character but the first, in nats.

    Parts of the text are read side by side, each with the state that the characters before it
    leave; ``metrics.stream_loss`` gives the mean alone.

    Args:
        model: of ``charrnn.model``.
        ids: shape (characters,).
    """
    starts = np.arange(0, len(ids) - 1, WARM_UP)
    # (parts, time): what comes before a part, the part, and its last target.
    windows = np.pad(ids, WARM_UP)[starts[:, None] + np.arange(2 * WARM_UP + 1)]
    found = []
    for first in range(0, len(starts), ROWS):
        rows = slice(first, first + ROWS)
        _, states = model(windows[rows, :WARM_UP], return_state=True)
        # Before the text there is nothing.
        begun = (starts[rows] > 0).astype("float32")[:, None]
        states = tf.nest.map_structure(lambda state, begun=begun: state * begun, states)
        inputs, targets = windows[rows, WARM_UP:-1], windows[rows, WARM_UP + 1 :]
        logits, _ = model(inputs, states=states, return_state=True)
        found.append(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))
    return np.concatenate(found).astype("float64").ravel()[: len(ids) - 1]


def measure(corpus: str) -> dict[str, float | int | str]:
    """Return the row of a corpus."""
    name, text = MODELS[corpus], parts(corpus)
    model, vocabulary = load_model(shipped(name))
    training, validation = (vocabulary.encode(each) for each in (text.training, text.validation))
    count, seen = len(validation), set(text.training)
    losses = character_losses(model, validation)
    context, counted = best_n_gram(
        training, validation, len(vocabulary), windows_read(count, most=count)
    )
    row: dict[str, float | int | str] = {
        "model": name,
        "symbols": len(vocabulary) - 1,  # [UNK] never occurs
        "parameters": model.count_params(),
        "file_bytes": shipped(name).stat().st_size,
        "characters_read": len(training) * read_weights(name).card["recipe"]["epochs"],
        "characters": count,
        "bytes": len(text.validation.encode("utf-8")),
        "sentences": sentences(text.validation),
        "unseen": sum(sign not in seen for sign in text.validation),
        "windows_loss": metrics.windows_loss(model, validation),
        "context": context,
        "n_gram": counted,
        "stream_loss": float(losses.mean()),
    }
    return row | shared_loss(corpus, losses)


def shared_loss(corpus: str, losses: npt.NDArray[np.float64]) -> dict[str, float | int]:
    """Return the part of a row that only the editions of the novel have."""
    if corpus not in EDITIONS:
        return {"shared": 0, "shared_sentences": 0, "shared_loss": math.nan}
    places = shared_places()[corpus]
    # Nothing predicts a text's first character; both editions leave the same ones out.
    counted = np.logical_and.reduce([each > 0 for each in shared_places().values()])
    # Of one edition, for the other may set its marks otherwise.
    simplified = shared_places()[EDITIONS[0]]
    passage = parts(EDITIONS[0]).validation[simplified[0] : simplified[-1] + 2]
    return {
        "shared": int(counted.sum()),
        "shared_sentences": sentences(passage),
        "shared_loss": float(losses[places[counted] - 1].mean()),
    }


def main() -> None:
    """Measure what is not known."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--store", action="store_true", help="keep the package's record up to date")
    given = parser.parse_args()
    keys: list[Key] = [{"corpus": corpus} for corpus in MODELS]
    fill_table(RECORD if given.store else None, keys, lambda key: measure(key["corpus"]))


if __name__ == "__main__":
    sys.exit(run_command("experiments.scripts", main))
