"""One file, every byte of it under a checksum."""

import hashlib
import re

import numpy as np
import pytest
from safetensors.numpy import load

from charrnn.support.arrays import read_arrays, write_arrays
from tests.helpers.damage import every_flip_and_cut

ARRAYS = {"b": np.full((2, 3), 0.1, "float32"), "a": np.arange(4), "c": np.array(7)}
DESCRIPTION = {"characters": "aб中", "card": {"sha256": "0" * 64}}


@pytest.fixture
def file(tmp_path):
    write_arrays(tmp_path / "x", "a model", ARRAYS, DESCRIPTION)
    return tmp_path / "x"


def test_what_was_written_comes_back(file):
    arrays, description = read_arrays(file, "a model")
    assert description == DESCRIPTION
    assert list(arrays) == ["a", "b", "c"]
    for name, array in arrays.items():
        assert (array.dtype, array.shape) == (ARRAYS[name].dtype, ARRAYS[name].shape)
        np.testing.assert_array_equal(array, ARRAYS[name])


def test_other_programs_read_the_arrays(file):
    np.testing.assert_array_equal(load(file.read_bytes())["b"], ARRAYS["b"])


def test_equal_arrays_in_any_order_give_equal_files(file, tmp_path):
    turned = {**ARRAYS, "b": np.asfortranarray(ARRAYS["b"])}
    turned = dict(reversed(turned.items()))
    write_arrays(tmp_path / "y", "a model", turned, DESCRIPTION)
    assert (tmp_path / "y").read_bytes() == file.read_bytes()


def test_every_flipped_bit_and_every_cut_is_noticed(file):
    for data in every_flip_and_cut(file.read_bytes()):
        file.write_bytes(data)
        with pytest.raises(ValueError, match=str(file)):
            read_arrays(file, "a model")


def test_one_more_byte_is_noticed(file):
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(ValueError, match="damaged: expected bytes of SHA-256"):
        read_arrays(file, "a model")


def test_another_kind_is_named(file):
    with pytest.raises(ValueError, match="x: expected the state of a run, received 'a model'"):
        read_arrays(file, "the state of a run")


def test_a_later_format_is_named(file):
    content = file.read_bytes()
    file.write_bytes(content.replace(b'\\"format\\": 1', b'\\"format\\": 2'))
    message = "expected format 1 or an earlier one, received 2, which a later version of charrnn"
    with pytest.raises(ValueError, match=message):
        read_arrays(file, "a model")


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}", b"[" * 100_000]
)
def test_other_files_are_refused(file, content):
    file.write_bytes(content)
    with pytest.raises(ValueError, match="expected a model of charrnn, received a damaged or"):
        read_arrays(file, "a model")


def test_a_deep_header_is_refused(file):
    header = b"[" * 1_000_000
    file.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ValueError, match="expected a model of charrnn, received a damaged or"):
        read_arrays(file, "a model")


def test_a_description_that_json_does_not_hold_leaves_the_file_before(file):
    before = file.read_bytes()
    for value in (float("nan"), {1, 2}):
        with pytest.raises((ValueError, TypeError)):
            write_arrays(file, "a model", ARRAYS, {"loss": value})
    assert file.read_bytes() == before


@pytest.mark.parametrize("number", [b"1e999", b"  NaN"])
def test_what_python_reads_and_json_has_not_is_refused(file, number):
    write_arrays(file, "a model", ARRAYS, {"loss": 12345})
    content = file.read_bytes().replace(b"12345", number)
    (digest,) = re.findall(rb"[0-9a-f]{64}", content)
    blank = content.replace(digest, b"0" * 64)
    file.write_bytes(content.replace(digest, hashlib.sha256(blank).hexdigest().encode()))
    with pytest.raises(ValueError, match="expected a model of charrnn, received a damaged or"):
        read_arrays(file, "a model")
