"""Arrays <-> files: weights as safetensors, what they mean as JSON beside them; no TensorFlow.

A model is two files, ``name.safetensors`` and ``name.json``. The second holds the
hyper-parameters, the vocabulary, the hash of the first, and a card that says where it comes from.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load, save

from charrnn.support.files import write_atomically
from charrnn.vocabulary import Vocabulary

__all__ = [
    "GATES",
    "PRETRAINED",
    "SHIPPED",
    "StoredModel",
    "check_hyperparameters",
    "expected_shapes",
    "read_weights",
    "shipped",
    "write_weights",
]

# The models that come with the package, and the hash of each one's JSON file, which holds the hash
# of the other file: together they fix vocabulary and weights. ``experiments.pretrained`` trains
# them and prints it.
SHIPPED = {
    "shakespeare": "c1f3e745f5a0b8d560ae9da0f4ddc2ab3cfee3c3963440caacda260293ae47ec",
    "great-expectations": "2a6b66c9ee49831f43400abb2753b97d4d7b6e234126d5604bf3c626019a8db7",
}


def shipped(name: str) -> Path:
    """Return the path, without an ending, of a model that comes with the package."""
    return Path(__file__).parent / "pretrained" / name


PRETRAINED = shipped("shakespeare")

Arrays = dict[str, npt.NDArray[np.float32]]
# Kinds of recurrent cell, and how many matrices of (input, units) each has side by side.
GATES = {"gru": 3, "lstm": 4}


def check_hyperparameters(
    vocabulary_size: int,
    embedding_size: int,
    units: int,
    layers: int,
    cell: str,
    dropout: float,
) -> None:
    """Raise ValueError with argument, expected and received for a model that cannot be built."""
    sizes = {
        "vocabulary_size": vocabulary_size,
        "embedding_size": embedding_size,
        "units": units,
        "layers": layers,
    }
    for name, value in sizes.items():
        if type(value) is not int or value < 1:  # True is an int, too
            raise ValueError(f"{name}: expected a whole number of at least 1, received {value!r}")
    if cell not in GATES:
        raise ValueError(f"cell: expected one of {tuple(GATES)}, received {cell!r}")
    if not isinstance(dropout, int | float) or not 0 <= dropout < 1:
        raise ValueError(f"dropout: expected at least 0 and below 1, received {dropout!r}")


@dataclass(frozen=True)
class StoredModel:
    """A model as its files hold it.

    Attributes:
        hyperparameters: arguments of ``CharacterModel``.
        vocabulary: of its ids.
        card: where it comes from: corpus, recipe, losses.
        arrays: weights by name, float32, shapes as of ``expected_shapes``.
    """

    hyperparameters: dict[str, Any]
    vocabulary: Vocabulary
    card: dict[str, Any]
    arrays: Arrays


def expected_shapes(hyperparameters: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of each array of a model, in the model's own order."""
    size = hyperparameters["vocabulary_size"]
    units, cell = hyperparameters["units"], hyperparameters["cell"]
    width = hyperparameters["embedding_size"]
    shapes: dict[str, tuple[int, ...]] = {"embedding": (size, width)}
    for layer in range(hyperparameters["layers"]):
        columns = GATES[cell] * units
        shapes[f"recurrent.{layer}.kernel"] = (width if layer == 0 else units, columns)
        shapes[f"recurrent.{layer}.recurrent_kernel"] = (units, columns)
        # Keras' GRU keeps one bias for the input's part and one for the state's.
        shapes[f"recurrent.{layer}.bias"] = (2, columns) if cell == "gru" else (columns,)
    shapes["dense.kernel"] = (units, size)
    shapes["dense.bias"] = (size,)
    return shapes


def write_weights(model: StoredModel, path: str | os.PathLike[str]) -> None:
    """Write a model's two files, ``path`` with the endings ``.safetensors`` and ``.json``.

    Raises:
        ValueError: arrays, hyper-parameters and vocabulary do not belong together.
    """
    weights, description = _files(path)
    _check(model, weights)
    data = save(model.arrays)
    content = {
        "hyperparameters": model.hyperparameters,
        "characters": model.vocabulary.characters,
        "sha256": hashlib.sha256(data).hexdigest(),
        "card": model.card,
    }
    text = json.dumps(content, indent=2).encode("ascii") + b"\n"
    write_atomically({weights: data, description: text})


def read_weights(path: str | os.PathLike[str]) -> StoredModel:
    """Read a model's two files.

    Args:
        path: with or without an ending; ``shipped(name)`` is a model that comes with the package.

    Raises:
        ValueError: a file is missing or damaged, or they do not belong together.
    """
    weights, description = _files(path)
    for file in (weights, description):
        if not file.is_file():
            raise ValueError(f"path: expected the file {file}, which does not exist")
    data, text = weights.read_bytes(), description.read_bytes()
    received, name = hashlib.sha256(text).hexdigest(), description.stem
    own = name in SHIPPED and description.resolve() == shipped(name).with_suffix(".json").resolve()
    if own and received != SHIPPED[name]:
        raise ValueError(
            f"{description}: damaged, or not the model of this package: expected SHA-256 "
            f"{SHIPPED[name]}, received {received}"
        )
    try:
        content = json.loads(text)
        vocabulary = Vocabulary(content["characters"])
        hyperparameters, card, digest = (
            content[key] for key in ("hyperparameters", "card", "sha256")
        )
        check_hyperparameters(**hyperparameters)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{description}: expected a model's description: {error!r}") from error
    if (received := hashlib.sha256(data).hexdigest()) != digest:
        raise ValueError(
            f"{weights}: damaged, or of another model than {description.name}: expected SHA-256 "
            f"{digest}, received {received}"
        )
    # safetensors gives the arrays in no order of its own; sorted, they are the same in each run.
    loaded = sorted(load(data).items())
    arrays = {name: array.astype("float32") for name, array in loaded}
    model = StoredModel(hyperparameters, vocabulary, card, arrays)
    _check(model, weights)
    return model


def _files(path: str | os.PathLike[str]) -> tuple[Path, Path]:
    name = os.fspath(path).removesuffix(".json").removesuffix(".safetensors")
    return Path(f"{name}.safetensors"), Path(f"{name}.json")


def _check(model: StoredModel, file: Path) -> None:
    size = model.hyperparameters["vocabulary_size"]
    if len(model.vocabulary) != size:
        raise ValueError(
            f"{file}: expected a vocabulary of {size} ids, [UNK] included, "
            f"received {len(model.vocabulary)}"
        )
    expected = expected_shapes(model.hyperparameters)
    received = {name: array.shape for name, array in model.arrays.items()}
    if received != expected:
        wrong = sorted(set(received.items()) ^ set(expected.items()))
        raise ValueError(f"{file}: expected arrays {expected}, received other ones: {wrong}")
