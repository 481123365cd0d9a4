"""Model files that somebody made on purpose: their checksums fit, and nothing else need."""

import copy
import hashlib
import json
import tracemalloc

import numpy as np
import pytest

from charrnn.export import load_model
from charrnn.sampler import Sampler
from charrnn.weights import StoredModel, expected_shapes, read_weights

SIZES = {
    "vocabulary_size": 4,
    "embedding_size": 2,
    "units": 3,
    "layers": 1,
    "cell": "gru",
    "dropout": 0.0,
}
DESCRIPTION = {"hyperparameters": SIZES, "characters": "\naé", "card": {"corpus": "none"}}
BLANK = b"0" * 64
DTYPES = {"float32": "F32", "float16": "F16", "float64": "F64", "int64": "I64", "bool": "BOOL"}
# What somebody may put wherever something else is expected.
VALUES = [
    None,
    True,
    False,
    0,
    -1,
    3.5,
    10**9,
    10**30,
    7**4000,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\ud800",
    "3",
    [],
    [1],
    [[]],
    {},
    {"x": 1},
    ["\n", "a", "é"],
]


def arrays_of(sizes, dtype="float32"):
    random = np.random.default_rng(0)
    return {
        name: random.normal(size=shape).astype(dtype)
        for name, shape in expected_shapes(sizes).items()
    }


def header_and_data(arrays):
    header, data = {}, b""
    for name, array in arrays.items():
        begin, data = len(data), data + array.tobytes()
        header[name] = {
            "dtype": DTYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [begin, len(data)],
        }
    return header, data


def file_of(description, header, data):
    """Return a file whose checksum fits; a description of bytes is taken as it is."""
    head = {"format": 1, "kind": "a model", "sha256": BLANK.decode(), "description": "HERE"}
    if not isinstance(description, bytes):
        description = json.dumps(description).encode()
    entry = json.dumps(head).replace('"HERE"', description.decode())
    text = json.dumps({"__metadata__": {"charrnn": entry}} | header).encode()
    content = len(text).to_bytes(8, "little") + text + data
    return content.replace(BLANK, hashlib.sha256(content).hexdigest().encode(), 1)


def places(value, path=()):
    """Return the paths to all parts of a description."""
    yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, (*path, key))


def changed(description, path, value):
    if not path:
        return value
    result = copy.deepcopy(description)
    part = result
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return result


def without(description, path):
    result = copy.deepcopy(description)
    part = result
    for key in path[:-1]:
        part = part[key]
    del part[path[-1]]
    return result


def crafted_descriptions():
    for path in places(DESCRIPTION):
        for value in VALUES:
            yield changed(DESCRIPTION, path, value)
        if path:
            yield without(DESCRIPTION, path)
        yield changed(DESCRIPTION, (*path[:-1], "more"), 1) if path else DESCRIPTION
    for count in (0, 2, 3, 3_000_000, 10**9):
        yield changed(DESCRIPTION, ("hyperparameters", "layers"), count)
    for characters in ("aé\n", "\naaé", "\naéб", "a", "\nab\ud83d\ude42", "\n" * 100_000):
        yield changed(DESCRIPTION, ("characters",), characters)
    for depth in (500, 900, 990, 5_000, 200_000):
        for bracket in ("[]", "{}"):
            inner = b"[" * depth + b"]" * depth
            if bracket == "{}":
                inner = b'{"a":' * depth + b"1" + b"}" * depth
            for name in ("card", "characters", "hyperparameters"):
                text = json.dumps(changed(DESCRIPTION, (name,), "HERE")).encode()
                yield text.replace(b'"HERE"', inner)
    for number in (b"1e999", b"-1e999", b"NaN", b"Infinity", b"1" * 5_000):
        for path in (("card", "corpus"), ("hyperparameters", "dropout")):
            text = json.dumps(changed(DESCRIPTION, path, "HERE")).encode()
            yield text.replace(b'"HERE"', number)


def crafted_arrays():
    """Yield header and data; the description is that of a model of ``SIZES``."""
    good = arrays_of(SIZES)
    for dtype in DTYPES:
        yield header_and_data(arrays_of(SIZES, dtype))
    for value in (np.nan, np.inf, -np.inf, 1e38):
        for name in good:
            spoilt = {other: array.copy() for other, array in good.items()}
            spoilt[name].flat[-1] = value
            yield header_and_data(spoilt)
    yield header_and_data({name: array for name, array in good.items() if name != "dense.bias"})
    yield header_and_data(good | {"more": np.zeros(1, "float32")})
    yield header_and_data({name.upper(): array for name, array in good.items()})
    yield header_and_data({name: array.T for name, array in good.items()})
    yield header_and_data({name: array[..., None] for name, array in good.items()})
    yield header_and_data({})
    header, data = header_and_data(good)
    entry = header["dense.bias"]
    for dtype in ("BF16", "F8_E4M3", "F8_E5M2", "F4", "C64", "U8", "", "x", None, 5):
        yield header | {"dense.bias": entry | {"dtype": dtype}}, data
    for shape in (
        [],
        [0],
        [5],
        [2, 2],
        [-4],
        [4.0],
        ["4"],
        None,
        "4",
        [10**9],
        [2**63],
        [2**64],
        [10**30],
        [0, 2**63],
        [0, 2**64 - 1],
        [2**32, 2**32],
        [1] * 70,
        [1] * 100_000,
    ):
        yield header | {"dense.bias": entry | {"shape": shape}}, data
    for offsets in (
        [0, 16],
        [16, 0],
        [0, 0],
        [0, 2**63],
        [2**64 - 1, 2**64 - 1],
        [-16, 0],
        [],
        None,
        "x",
        [0.0, 16.0],
    ):
        yield header | {"dense.bias": entry | {"data_offsets": offsets}}, data
    for value in (None, [], 5, "x", {}, {"dtype": "F32"}):
        yield header | {"dense.bias": value}, data
    empty = {"dtype": "F32", "shape": [0, 2**62], "data_offsets": [len(data), len(data)]}
    yield header | {"more": empty}, data
    yield header, data[:-1]
    yield header, data + b"\0"
    yield header, b""


def all_files():
    good = header_and_data(arrays_of(SIZES))
    files = [file_of(description, *good) for description in crafted_descriptions()]
    files += [file_of(DESCRIPTION, *arrays) for arrays in crafted_arrays()]
    whole = file_of(DESCRIPTION, *good)
    for length in (0, 1, 7, 8, 2**31, 2**32, 2**62, 2**63, 2**64 - 1):
        files.append(length.to_bytes(8, "little") + whole[8:])
    for metadata in (None, [], 5, "x", {}, {"charrnn": None}, {"charrnn": 5}, {"charrnn": "["}):
        text = json.dumps({"__metadata__": metadata} | good[0]).encode()
        files.append(len(text).to_bytes(8, "little") + text + good[1])
    for key in ("format", "kind", "sha256"):
        for value in VALUES:
            head = {"format": 1, "kind": "a model", "sha256": "0" * 64, "description": DESCRIPTION}
            text = json.dumps({"__metadata__": {"charrnn": json.dumps(head | {key: value})}})
            content = len(text).to_bytes(8, "little") + text.encode() + good[1]
            digest = hashlib.sha256(content).hexdigest().encode()
            files.append(content.replace(BLANK, digest, 1))
    return files


def is_right(model):
    """Return whether a model is one that could have been written."""
    sizes, card = model.hyperparameters, model.card
    return (
        isinstance(model, StoredModel)
        and {name: array.shape for name, array in model.arrays.items()} == expected_shapes(sizes)
        and all(np.isfinite(array).all() for array in model.arrays.values())
        and {array.dtype.name for array in model.arrays.values()} == {"float32"}
        and len(model.vocabulary) == sizes["vocabulary_size"]
        and type(card) is dict
        and bool(json.dumps(card, allow_nan=False))
    )


def test_the_files_are_whole_but_for_what_is_changed(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(file_of(DESCRIPTION, *header_and_data(arrays_of(SIZES))))
    assert read_weights(path).card == {"corpus": "none"}
    assert len(load_model(path)[1]) == 4
    assert Sampler.load(path).generate(["a"], 5)[0].startswith("a")


def test_each_gives_a_right_model_or_an_error_in_one_line_within_the_memory_of_its_size(tmp_path):
    path = tmp_path / "model.safetensors"
    files = all_files()
    assert len(files) > 300
    read = 0
    for content in files:
        path.write_bytes(content)
        tracemalloc.start()
        try:
            model = read_weights(path)
        except ValueError as error:
            message = str(error)
            assert str(path) in message
            assert len(message.splitlines()) == 1
            assert len(message) < 1_000
        else:
            assert is_right(model)
            read += 1
        finally:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert peak < 60 * len(content) + 1_000_000
    assert 10 < read < 60


@pytest.mark.parametrize("characters", ["aé\n", "\naaé", ["\n", "a", "é"]])
def test_characters_that_would_get_other_ids_are_refused(tmp_path, characters):
    path = tmp_path / "model.safetensors"
    description = changed(DESCRIPTION, ("characters",), characters)
    path.write_bytes(file_of(description, *header_and_data(arrays_of(SIZES))))
    with pytest.raises(ValueError, match="characters: expected a text of each once, in order"):
        read_weights(path)


@pytest.mark.parametrize("number", [1e38, 3e38])
def test_huge_numbers_are_numbers(tmp_path, number):
    arrays = arrays_of(SIZES)
    arrays["dense.bias"][1] = number
    path = tmp_path / "model.safetensors"
    path.write_bytes(file_of(DESCRIPTION, *header_and_data(arrays)))
    assert read_weights(path).arrays["dense.bias"][1] == np.float32(number)
