"""A trained model and another text -> what training goes on from: both vocabularies merged."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.support.files import sha256
from charrnn.vocabulary import UNKNOWN_ID, Vocabulary
from charrnn.weights import StoredModel, expected_shapes

__all__ = ["kept_in_trainings", "merge", "origin", "vocabulary_axes"]


def vocabulary_axes(hyperparameters: dict[str, Any]) -> dict[str, int]:
    """Return the arrays of a model that have a row or a column for each id, and which axis that is.

    They are those whose shape changes with the number of ids.
    """
    more = {**hyperparameters, "vocabulary_size": hyperparameters["vocabulary_size"] + 1}
    larger = expected_shapes(more)
    return {
        name: axis
        for name, shape in expected_shapes(hyperparameters).items()
        for axis, size in enumerate(shape)
        if larger[name][axis] != size
    }


def merge(model: StoredModel, characters: Iterable[str]) -> StoredModel:
    """Return a model with more characters, those of a text that it is to be trained on.

    A character that the model has keeps its numbers, under the id it has in the merged vocabulary.
    One that is new begins with those of [UNK], which the model never saw and learnt to expect
    nowhere: so the logits of the others are what they were, and the new ones take next to nothing
    from their probabilities.

    Args:
        model: as its file holds it.
        characters: of the text; the model's own may be among them.
    """
    vocabulary = Vocabulary({*model.vocabulary.characters, *characters})
    # Where each id of the merged vocabulary stands in the model's.
    places = np.concatenate([[UNKNOWN_ID], model.vocabulary.encode(vocabulary.characters)])
    axes = vocabulary_axes(model.hyperparameters)
    arrays = {
        name: np.take(array, places, axis=axes[name]) if name in axes else array
        for name, array in model.arrays.items()
    }
    sizes = {**model.hyperparameters, "vocabulary_size": len(vocabulary)}
    return StoredModel(sizes, vocabulary, model.card, arrays)


def origin(file: Path, model: StoredModel) -> dict[str, Any]:
    """Return what the card of a model says of the model that its training went on from.

    That is its name, the hash of its file, how many characters it had, its corpus, and what it
    went on from itself.

    Args:
        file: of that model.
        model: what the file holds.
    """
    known = ("corpus", "corpus_sha256", "validation_characters", "from")
    kept = {name: model.card[name] for name in known if name in model.card}
    characters = len(model.vocabulary.characters)
    return {"name": file.stem, "sha256": sha256(file), "characters": characters, **kept}


def kept_in_trainings(card: Mapping[str, Any], text_sha256: str) -> list[int | None]:
    """Return how many characters at the end of a text each training on it has left out.

    That is the model's own training and those of the models that it went on from, one after the
    other; None where a card does not say. An empty list: it was never trained on the text.

    Args:
        card: of the model, or what ``origin`` says of one; it may hold anything.
        text_sha256: of the text.
    """
    kept: list[int | None] = []
    model: Any = card
    while isinstance(model, Mapping):
        if model.get("corpus_sha256") == text_sha256:
            characters = model.get("validation_characters")
            known = type(characters) is int and characters > 1  # True is an int, too
            kept.append(characters if known else None)
        model = model.get("from")
    return kept
