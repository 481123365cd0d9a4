"""Several processes write one model, and some of them are killed: a whole one is always there."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest

from charrnn.vocabulary import Vocabulary
from charrnn.weights import StoredModel, expected_shapes, read_weights, write_weights

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals of POSIX"),
]

SIZES = {
    "vocabulary_size": 4,
    "embedding_size": 8,
    "units": 64,
    "layers": 1,
    "cell": "gru",
    "dropout": 0.0,
}
# Kills and pairs of writers of each kind.
ROUNDS = int(os.environ.get("WRITER_ROUNDS", "20"))

WRITER = """
import sys
from pathlib import Path
from charrnn.weights import read_weights, write_weights

source, target, times = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
model = read_weights(source)
for _ in range(times):
    print("begins", flush=True)
    write_weights(model, target)
"""


def new_model(value):
    arrays = {
        name: np.full(shape, value, "float32") for name, shape in expected_shapes(SIZES).items()
    }
    return StoredModel(SIZES, Vocabulary("abc"), {"value": value}, arrays)


def value_of(path):
    """Return what fills all arrays of the model that is there, and stands in its card."""
    model = read_weights(path)
    values = {float(value) for array in model.arrays.values() for value in np.unique(array)}
    assert values == {model.card["value"]}
    return model.card["value"]


@pytest.fixture
def start(tmp_path):
    def start(value, times):
        source = tmp_path / "sources" / f"{value}.safetensors"
        if not source.exists():
            write_weights(new_model(value), source)
        command = [sys.executable, "-c", WRITER, str(source), str(path), str(times)]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    path = tmp_path / "models" / "model"
    write_weights(new_model(0), path)
    return path, start


def test_a_killed_writer_leaves_the_old_model_or_the_new_one(start):
    path, begin = start
    draws = random.Random(0)
    for round_ in range(1, ROUNDS + 1):
        writer = begin(round_, 1_000_000)
        # After some whole ones, somewhere in the next.
        for _ in range(draws.randint(1, 30)):
            assert writer.stdout.readline() == b"begins\n"
        writer.kill()
        writer.communicate()
        assert value_of(path) in {round_ - 1, round_}
        write_weights(new_model(round_), path)
        assert [file.name for file in path.parent.iterdir()] == ["model.safetensors"]


def test_two_writers_leave_the_model_of_one_and_a_reader_sees_no_other(start):
    path, begin = start
    seen = set()
    for _ in range(ROUNDS):
        writers = [begin(value, 50) for value in (1, 2)]
        while any(writer.poll() is None for writer in writers):
            seen.add(value_of(path))
        for writer in writers:
            writer.communicate()
            assert writer.returncode == 0
        assert value_of(path) in {1, 2}
        assert [file.name for file in path.parent.iterdir()] == ["model.safetensors"]
    assert seen >= {1, 2}
