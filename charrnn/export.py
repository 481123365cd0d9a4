"""Model -> files that others load: weights with their vocabulary, and a SavedModel."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from charrnn.backend import tf
from charrnn.generation import SIGNATURE, Generator
from charrnn.model import CharacterModel, new_model
from charrnn.support.folders import folder_for_tensorflow, write_folder_atomically
from charrnn.vocabulary import Vocabulary
from charrnn.weights import PRETRAINED, StoredModel, expected_shapes, read_weights, write_weights

__all__ = [
    "as_stored",
    "from_stored",
    "load_model",
    "save_model",
    "save_saved_model",
    "without_cudnn",
]


def save_model(
    model: CharacterModel,
    vocabulary: Vocabulary,
    path: str | os.PathLike[str],
    card: dict[str, Any] | None = None,
    half: bool = False,
) -> None:
    """Write weights as safetensors, with hyper-parameters, vocabulary and card in the same file.

    Args:
        model: built.
        vocabulary: of its ids.
        path: of the file, with or without its ending ``.safetensors``.
        card: what else there is to say; anything that JSON holds.
        half: store float16 numbers, of half the size; ``read_weights`` gives float32 either way.

    Raises:
        ValueError: the vocabulary is not the model's, a weight is no number, or it is one that
            float16 does not hold, or JSON does not hold the card.
        OSError: the file cannot be written.
    """
    stored = as_stored(model, vocabulary, card)
    if half:
        limit = float(np.finfo("float16").max)
        for name, array in stored.arrays.items():
            if (largest := float(abs(array).max())) > limit and np.isfinite(largest):
                raise ValueError(
                    f"half: expected weights up to {limit:,.0f}, received {largest:,.0f} in {name}"
                )
        halves = {name: array.astype("float16") for name, array in stored.arrays.items()}
        stored = replace(stored, arrays=halves)
    write_weights(stored, path)


def as_stored(
    model: CharacterModel, vocabulary: Vocabulary, card: dict[str, Any] | None = None
) -> StoredModel:
    """Return a model as its file holds it, with the weights of now."""
    names = expected_shapes(model.hyperparameters)
    values = [weight.numpy() for weight in model.trainable_variables]
    arrays = dict(zip(names, values, strict=True))
    return StoredModel(model.hyperparameters, vocabulary, card or {}, arrays)


def load_model(
    path: str | os.PathLike[str] = PRETRAINED,
) -> tuple[CharacterModel, Vocabulary]:
    """Read a file of ``save_model``; without an argument, the model of the package.

    Raises:
        ValueError: the file is missing or damaged, or its parts do not belong together.
        OSError: it cannot be read.
    """
    stored = read_weights(path)
    return from_stored(stored), stored.vocabulary


def from_stored(stored: StoredModel) -> CharacterModel:
    """Return a model with the weights that a file holds; ``as_stored`` goes the other way."""
    model = new_model(stored.hyperparameters)
    model.set_weights([stored.arrays[name] for name in expected_shapes(stored.hyperparameters)])
    return model


def save_saved_model(generator: Generator, directory: str | os.PathLike[str]) -> None:
    """Write a generator as a SavedModel that needs neither this package nor Python.

    Its only signature, ``serving_default``, takes ``prompts``, ``length``, ``temperature`` and
    ``seed``, and gives ``texts``, for any number of prompts of any lengths. ``top_k`` and ``top_p``
    are those of the generator.

    Args:
        generator: what is exported.
        directory: of the SavedModel. An empty one, or one that holds a SavedModel, is replaced.

    Raises:
        ValueError: another thing stands there, another process writes it, or TensorFlow could not
            read it from there again.
        OSError: it cannot be written.
    """
    target = folder_for_tensorflow(directory)
    one_step = generator.one_step
    model = one_step.model
    # A new one, whose graph is traced here: without cuDNN.
    portable = Generator(model, generator.vocabulary, one_step.top_k, one_step.top_p)
    exported = tf.Module()
    exported.model, exported.table = model, portable.table  # what the graph reads
    exported.__call__ = portable.in_graph

    def serve(prompts: Any, length: Any, temperature: Any, seed: Any) -> dict[str, Any]:
        return {"texts": portable.in_graph(prompts, length, temperature, seed)}

    signature = tf.function(serve, input_signature=SIGNATURE)
    with without_cudnn(model), write_folder_atomically(target, _is_saved_model) as folder:
        tf.saved_model.save(exported, str(folder), signatures=signature)


def _is_saved_model(files: set[str]) -> bool:
    known = re.compile(r"(saved_model|fingerprint)\.pb|variables/variables\..*|assets/.*")
    return "saved_model.pb" in files and all(map(known.fullmatch, files))


@contextmanager
def without_cudnn(model: CharacterModel) -> Iterator[None]:
    """Trace recurrent layers as plain operations, which run with and without a GPU.

    Where there is a GPU, Keras takes cuDNN's operations, and no CPU has them.
    """
    previous = [layer.use_cudnn for layer in model.recurrent]
    try:
        for layer in model.recurrent:
            layer.use_cudnn = False
        yield
    finally:
        for layer, value in zip(model.recurrent, previous, strict=True):
            layer.use_cudnn = value
