"""Models <-> files: weights as safetensors, what they mean in the same file; no TensorFlow.

A model is one file, ``name.safetensors``, as ``support.arrays`` writes it. Its description holds
the hyper-parameters, the characters of the vocabulary, and a card that says where it comes from.
"""

import json
import os
import reprlib
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.support.arrays import Arrays, arrays_in, read_arrays, write_arrays
from charrnn.support.files import sha256, user_path
from charrnn.vocabulary import Vocabulary

__all__ = [
    "GATES",
    "LANGUAGES",
    "PRETRAINED",
    "SHIPPED",
    "StoredModel",
    "check_hyperparameters",
    "expected_shapes",
    "find_model",
    "model_file",
    "read_weights",
    "shipped",
    "write_weights",
]

KIND = "a model"
ENDING = ".safetensors"
# The models that come with the package, and the hash of each one's file. ``experiments.pretrained``
# trains them and prints it.
SHIPPED = {
    "shakespeare": "75fc27558df6b291146832ccd14431e7c27503f5a2ef4facc1febbd3634f019d",
    "great-expectations": "8721d8d4a32fe423e71a66958c848d99eb4cd258c9691fc89f1fea6ac677b7b4",
}


# Likewise the models that stand in the repository and not in the package.
LANGUAGES = {
    "ru": "65daedbb40f724b3ff669f2f1f5c396a77f75452b1edb1fb62e0c288fe783b68",
    "zh-hans": "d0d377db748adf529297f395568ef4147d45daee38ddb973a526f3eb42c2a668",
    "zh-hant": "db8aa879bc319c5ecaabaf737ea57a939b1f95c1e6a30c081b258cb456591386",
    "ko": "c4189065700c6600651d371fdd91006026ce9e4ed0863346b533c416dd0b717d",
}
REPOSITORY = "https://github.com/OUR_ORGANISATION/charrnn-book"


def shipped(name: str) -> Path:
    """Return the path of a model that has a name: a key of ``SHIPPED`` or of ``LANGUAGES``.

    The latter are in the folder ``models`` of a clone of the repository.
    """
    package = Path(__file__).parent
    folder = package.parent / "models" if name in LANGUAGES else package / "pretrained"
    return folder / f"{name}{ENDING}"


#: The file of the model that comes with the book.
#:
#: :meta hide-value:
PRETRAINED = shipped("shakespeare")

# Kinds of recurrent cell, and how many matrices of (input, units) each has side by side.
GATES = {"gru": 3, "lstm": 4}
# A hyper-parameter that only the models have for which it is true.
OPTIONAL = {"tied"}


def check_hyperparameters(
    vocabulary_size: int,
    embedding_size: int,
    units: int,
    layers: int,
    cell: str,
    dropout: float,
    tied: bool = False,
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
            raise ValueError(
                f"{name}: expected a whole number of at least 1, received {reprlib.repr(value)}"
            )
    if not isinstance(cell, str) or cell not in GATES:
        received = reprlib.repr(cell)
        raise ValueError(f"cell: expected one of {tuple(GATES)}, received {received}")
    number = isinstance(dropout, int | float) and not isinstance(dropout, bool)
    if not number or not 0 <= dropout < 1:
        received = reprlib.repr(dropout)
        raise ValueError(f"dropout: expected at least 0 and below 1, received {received}")
    if not isinstance(tied, bool):
        raise ValueError(f"tied: expected true or false, received {reprlib.repr(tied)}")


@dataclass(frozen=True)
class StoredModel:
    """A model as its file holds it.

    Attributes:
        hyperparameters: as of ``model.new_model``.
        vocabulary: of its ids.
        card: where it comes from: corpus, recipe, losses.
        arrays: weights by name, float32, shapes as of ``expected_shapes``.
    """

    hyperparameters: dict[str, Any]
    vocabulary: Vocabulary
    card: dict[str, Any]
    arrays: Arrays


def expected_shapes(hyperparameters: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of each array of a model, in the model's own order.

    In a tied one ``dense.kernel`` leads from the units to the embedding, whose transpose leads on.
    """
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
    tied = hyperparameters.get("tied", False)
    shapes["dense.kernel"] = (units, hyperparameters["embedding_size"] if tied else size)
    shapes["dense.bias"] = (size,)
    return shapes


def model_file(path: str | os.PathLike[str], name: str = "path") -> Path:
    """Return the file of a model from what a user types.

    Args:
        path: with or without the ending, ``~`` expanded; ``x.json``, which models had beside them
            once, means the model ``x``.
        name: of the argument, for the message.

    Raises:
        ValueError: that is the name of no file, such as ``folder/``.
    """
    text = os.fspath(path).removesuffix(".json").removesuffix(ENDING)
    # Path would drop the separator at the end of ``folder/``.
    if os.path.basename(text) in ("", ".", ".."):  # noqa: PTH119
        raise ValueError(f"{name}: expected the name of a model, received {os.fspath(path)!r}")
    file = user_path(text + ENDING, name)
    if file.is_dir():
        raise ValueError(
            f"{name}: expected the name of a model, received {file}, which is a folder"
        )
    return file


def find_model(path: str | os.PathLike[str]) -> Path:
    """Return the file of a model to read.

    A file is taken before the model of its name, with a warning: ``train ru.txt`` makes such files.
    A path such as ``./ru`` is always that of a file.

    Args:
        path: as ``model_file`` takes it, or a name as of ``shipped``.

    Raises:
        ValueError: there is no such file and no such model.
    """
    file, name = model_file(path), os.fspath(path)
    named = name in SHIPPED or name in LANGUAGES
    if named and file.is_file():
        warnings.warn(
            f"the model {file} of this folder is read, not the one of the book that has this name; "
            "rename the file to have that one",
            stacklevel=2,
        )
    elif named:
        file = shipped(name)
    if file.is_file():
        return file
    if name in LANGUAGES:
        raise ValueError(
            f"path: expected the name of a model that is here, received {name!r}, which is in the "
            f"folder models of {REPOSITORY} and not in an installed package; get {file.name} from "
            "there and name its path"
        )
    names = ", ".join([*SHIPPED, *LANGUAGES])
    raise ValueError(
        f"path: expected the file {file}, which does not exist, or the name of a model ({names})"
    )


def write_weights(model: StoredModel, path: str | os.PathLike[str]) -> None:
    """Write a model's file, whole or not at all.

    Args:
        model: arrays of float32, or of float16, which take half the space.
        path: as ``model_file`` takes it.

    Raises:
        ValueError: arrays, hyper-parameters and vocabulary do not belong together, a weight is no
            number, or JSON does not hold the card.
        OSError: the file cannot be written.
    """
    file = model_file(path)
    _check(model, file)
    characters = model.vocabulary.characters
    if json.loads(json.dumps(characters)) != characters:
        # A lone first half and a lone second half, side by side, would be read as one character.
        raise ValueError(
            f"{file}: expected characters of texts, received halves of surrogate pairs"
        )
    description = {
        "hyperparameters": model.hyperparameters,
        "characters": characters,
        "card": model.card,
    }
    write_arrays(file, KIND, model.arrays, description)
    if _earlier_description(file) is not None:  # of the model which has just been replaced
        file.with_suffix(".json").unlink(missing_ok=True)


def read_weights(path: str | os.PathLike[str]) -> StoredModel:
    """Read a model's file.

    Args:
        path: as ``find_model`` takes it.

    Raises:
        ValueError: the file is missing, damaged or of another kind, or its parts do not fit.
        OSError: it cannot be read.
    """
    file = find_model(path)
    expected = (SHIPPED | LANGUAGES).get(file.stem)
    own = expected is not None and file.resolve() == shipped(file.stem).resolve()
    if own and (received := sha256(file)) != expected:
        raise ValueError(
            f"{file}: damaged, or not the model of this package: expected SHA-256 "
            f"{expected}, received {received}"
        )
    try:
        arrays, description = read_arrays(file, KIND)
    except ValueError:
        if (pair := _read_earlier_pair(file)) is None:
            raise
        arrays, description = pair
    try:
        hyperparameters, characters, card = (
            description[key] for key in ("hyperparameters", "characters", "card")
        )
        vocabulary = Vocabulary(characters)
        if vocabulary.characters != characters:
            raise ValueError("characters: expected a text of each once, in order")
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file}: expected a model's description: {error!r:.300}") from error
    model = StoredModel(hyperparameters, vocabulary, card, arrays)
    _check(model, file)
    return replace(
        model,
        arrays={name: array.astype("float32") for name, array in arrays.items()},
    )


def _read_earlier_pair(file: Path) -> tuple[Arrays, dict[str, Any]] | None:
    """Read a model of two files, as there were before descriptions moved into the arrays' own.

    The second had the ending ``.json`` and the hash of the first, but none of itself.

    Returns:
        As ``read_arrays``; None if there is no second file, or it is not that of the first.
    """
    description = _earlier_description(file)
    if description is None or description["sha256"] != sha256(file):
        return None
    try:
        return arrays_in(file.read_bytes()), description
    except ValueError:
        return None


def _earlier_description(file: Path) -> dict[str, Any] | None:
    """Return what the second file of an earlier pair holds; None for any other JSON file."""
    try:
        description: Any = json.loads(file.with_suffix(".json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    keys = {"hyperparameters", "characters", "sha256", "card"}
    if isinstance(description, dict) and description.keys() == keys:
        return dict(description)
    return None


def _check(model: StoredModel, file: Path) -> None:
    """Raise ValueError if the parts do not fit; no size is believed that no array has."""
    sizes = model.hyperparameters
    names = check_hyperparameters.__annotations__.keys() - {"return"}
    if not isinstance(sizes, dict) or sizes.keys() | OPTIONAL != names:
        raise ValueError(f"{file}: hyperparameters: expected {sorted(names)}, received other ones")
    try:
        check_hyperparameters(**sizes)
    except ValueError as error:
        raise ValueError(f"{file}: expected a model's hyper-parameters: {error}") from error
    try:
        if type(model.card) is not dict:
            raise TypeError(f"it is of type {type(model.card).__name__}")
        json.dumps(model.card, allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{file}: card: expected a dict of what JSON holds: {error}") from error
    if (received := len(model.vocabulary)) != (size := sizes["vocabulary_size"]):
        raise ValueError(
            f"{file}: expected a vocabulary of {reprlib.repr(size)} ids, [UNK] included, "
            f"received {received}"
        )
    if (received := len(model.arrays)) != 3 + 3 * (layers := sizes["layers"]):
        raise ValueError(
            f"{file}: expected three arrays and three for each of {reprlib.repr(layers)} layers, "
            f"received {received}"
        )
    for name, shape in expected_shapes(sizes).items():
        array = model.arrays.get(name)
        if array is None or array.shape != shape:
            raise ValueError(
                f"{file}: expected an array {name} of shape {reprlib.repr(shape)}, "
                f"received {'none' if array is None else array.shape}"
            )
        if array.dtype not in ("float32", "float16"):
            raise ValueError(f"{file}: expected {name} in float32, received {array.dtype}")
        if not np.isfinite(array).all():
            raise ValueError(f"{file}: expected finite numbers in {name}, received NaN or infinity")
