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
already are not measured again; all take about two minutes.
"""

import argparse
import functools
import math
import re
import sys
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn import corpora, metrics, windows
from charrnn.backend import tf
from charrnn.export import load_model
from charrnn.own_text.losses import best_n_gram, windows_read
from charrnn.support.commands import run_command
from charrnn.support.files import RECORDS
from charrnn.vocabulary import Vocabulary
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
# Time steps of one call.
LENGTH = 512
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
    signs = ["".join(HAN.findall(text)) for text in (one, other)]
    found: tuple[list[int], list[int]] = ([], [])
    matcher = SequenceMatcher(None, *signs, autojunk=False)
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
    """Return -log p of each character but the first, the state carried, in nats.

    Args:
        model: of ``charrnn.model``.
        ids: shape (characters,).
    """
    states, found = model.initial_states(1), []
    for first in range(0, len(ids) - 1, LENGTH):
        last = min(first + LENGTH, len(ids) - 1)
        logits, states = model(ids[None, first:last], states=states, return_state=True)
        found.append(
            tf.nn.sparse_softmax_cross_entropy_with_logits(ids[first + 1 : last + 1], logits[0])
        )
    return np.concatenate(found).astype("float64")


def measure(corpus: str) -> dict[str, float | int | str]:
    """Return the row of a corpus."""
    name, text = MODELS[corpus], parts(corpus)
    model, vocabulary = load_model(shipped(name))
    training, validation = (vocabulary.encode(each) for each in (text.training, text.validation))
    size = len(Vocabulary(text.training + text.validation))
    count = len(validation)
    losses = character_losses(model, validation)
    context, counted = best_n_gram(training, validation, size, windows_read(count, count))
    shared = shared_places()[corpus] if corpus in EDITIONS else np.array([], "int64")
    shared = shared[shared > 0]  # nothing predicts the first character
    both = [sentences(parts(each).validation[slice(*_ends(each))]) for each in EDITIONS]
    return {
        "model": name,
        "symbols": size - 1,
        "parameters": model.count_params(),
        "file_bytes": shipped(name).stat().st_size,
        "characters_read": len(training) * read_weights(name).card["recipe"]["epochs"],
        "characters": count,
        "bytes": len(text.validation.encode("utf-8")),
        "sentences": sentences(text.validation),
        "unseen": sum(sign not in set(text.training) for sign in text.validation),
        "windows_loss": metrics.windows_loss(model, validation),
        "context": context,
        "n_gram": counted,
        "stream_loss": float(losses.mean()),
        "shared": len(shared),
        "shared_sentences": both[0] if len(shared) else 0,
        "shared_loss": float(losses[shared - 1].mean()) if len(shared) else math.nan,
    }
