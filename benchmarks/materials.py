"""Corpus -> the files that contenders read: text, ids, random weights; no TensorFlow."""

from pathlib import Path

import numpy as np

from benchmarks.contender import QUICK, SYSTEM_A
from charrnn.corpora import load
from charrnn.vocabulary import Vocabulary
from charrnn.weights import StoredModel, expected_shapes, write_weights

__all__ = ["write_materials"]

QUICK_CHARACTERS = 20_000


def write_materials(folder: Path, quick: bool) -> None:
    """Write ``text.txt``, ``ids.npy`` and the model ``weights``, the same in every run.

    Text and ids are tiny Shakespeare's. The model has system A's sizes and random weights: how fast
    it generates does not depend on what it has learned.
    """
    text = load("shakespeare")
    vocabulary = Vocabulary(text)
    sizes = QUICK if quick else SYSTEM_A
    text = text[:QUICK_CHARACTERS] if quick else text
    (folder / "text.txt").write_text(text, encoding="utf-8", newline="\n")
    np.save(folder / "ids.npy", vocabulary.encode(text))

    hyperparameters = {
        "vocabulary_size": sizes.vocabulary,
        "embedding_size": sizes.embedding,
        "units": sizes.units,
        "layers": 1,
        "cell": "gru",
        "dropout": 0.0,
    }
    random = np.random.default_rng(0)
    arrays = {
        name: random.normal(0, 0.05, shape).astype("float32")
        for name, shape in expected_shapes(hyperparameters).items()
    }
    write_weights(StoredModel(hyperparameters, vocabulary, {}, arrays), folder / "weights")
