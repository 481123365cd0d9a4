from itertools import chain, islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.windows import (
    chunk_windows,
    endless_streams,
    one_pass_of_streams,
    shuffled_batches,
    split_by_position,
    split_input_target,
    step_windows,
    stream_windows,
)

sizes = st.tuples(st.integers(1, 60), st.integers(1, 12))  # characters beyond one window, length


def text_of(size):
    return np.arange(size, dtype="int32")  # an id is its own position


def test_figures_of_system_a(shakespeare_ids):
    inputs, targets = chunk_windows(shakespeare_ids, 100)
    assert inputs.shape == targets.shape == (11_043, 100)
    assert len(inputs) // 64 == 172
    x, y = split_input_target(list("Tensorflow"))
    assert x == ["T", "e", "n", "s", "o", "r", "f", "l", "o"]
    assert y == ["e", "n", "s", "o", "r", "f", "l", "o", "w"]


@given(sizes)
def test_chunks_are_the_tutorials(size):
    extra, length = size
    text = text_of(length + extra)
    chunks = [text[i : i + length + 1] for i in range(0, len(text), length + 1)]
    pairs = [split_input_target(chunk) for chunk in chunks if len(chunk) == length + 1]
    inputs, targets = chunk_windows(text, length)
    np.testing.assert_array_equal(inputs, [x for x, _ in pairs])
    np.testing.assert_array_equal(targets, [y for _, y in pairs])


@given(sizes)
def test_stepping_skips_no_target(size):
    extra, length = size
    text = text_of(length + extra)
    inputs, targets = step_windows(text, length)
    np.testing.assert_array_equal(targets, inputs + 1)
    # Every character once, in order, but for the first and a partial window at the end.
    np.testing.assert_array_equal(targets.ravel(), text[1 : 1 + targets.size])
    assert len(text) - 1 - targets.size < length


def test_the_split_is_by_position():
    training, validation = split_by_position(text_of(10), 3)
    assert training.tolist() == list(range(7))
    assert validation.tolist() == [7, 8, 9]


@pytest.mark.parametrize("validation", [-1, 0, 1, 9, 10, 11])
def test_a_split_without_two_characters_on_each_side_is_refused(validation):
    with pytest.raises(ValueError, match=f"expected 2 to 8 for 10 .* received {validation}"):
        split_by_position(text_of(10), validation)


def rows(batches):
    """Return the number of each window that batches hold; window w begins with id 10 w."""
    return [(inputs.numpy()[:, 0] // 10).tolist() for inputs, _ in batches]


def numbered_windows(count):
    windows = np.arange(count, dtype="int32")[:, None] * 10 + np.arange(3, dtype="int32")
    return windows, windows + 1


def test_each_pass_has_each_window_once_in_another_order():
    taken = rows(islice(shuffled_batches(*numbered_windows(12), 4, seed=3), 9))
    passes = [list(chain(*taken[i : i + 3])) for i in (0, 3, 6)]
    assert all(sorted(order) == list(range(12)) for order in passes)
    assert len({tuple(order) for order in passes}) == 3


def test_a_batch_holds_each_window_with_its_target():
    for inputs, targets in islice(shuffled_batches(*numbered_windows(7), 3), 4):
        assert inputs.shape == targets.shape == (3, 3)
        np.testing.assert_array_equal(targets, inputs + 1)


def test_windows_that_fill_no_batch_change_from_pass_to_pass():
    taken = rows(islice(shuffled_batches(*numbered_windows(7), 3), 40))
    passes = [taken[i] + taken[i + 1] for i in range(0, 40, 2)]
    assert all(len(set(order)) == 6 for order in passes)
    assert set(chain(*passes)) == set(range(7))


@pytest.mark.parametrize("first_step", [0, 1, 2, 3, 8])
def test_first_step_goes_on_exactly(first_step):
    windows = numbered_windows(7)
    straight = rows(islice(shuffled_batches(*windows, 3, seed=5), 12))
    later = shuffled_batches(*windows, 3, seed=5, first_step=first_step)
    assert rows(islice(later, 12 - first_step)) == straight[first_step:]


def test_another_seed_is_another_order():
    windows = numbered_windows(12)
    one, two = (rows(islice(shuffled_batches(*windows, 4, seed=seed), 3)) for seed in (1, 2))
    assert one != two


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 80))
def test_a_stream_goes_on_in_the_next_batch(batch_size, length, extra):
    text = text_of(batch_size * length + extra)
    inputs, targets = stream_windows(text, batch_size, length)
    assert inputs.shape[1:] == (batch_size, length)
    np.testing.assert_array_equal(targets, inputs + 1)
    np.testing.assert_array_equal(inputs[1:, :, 0], inputs[:-1, :, -1] + 1)
    # The streams are parts of the text that follow each other; less than a batch is left out.
    np.testing.assert_array_equal(inputs.swapaxes(0, 1).ravel(), text[: inputs.size])
    assert len(text) - 1 - inputs.size < batch_size * length


def test_stream_batches_are_the_stream_windows_in_order():
    inputs, targets = stream_windows(text_of(50), 2, 5)
    batches = list(one_pass_of_streams(text_of(50), 2, 5))
    np.testing.assert_array_equal([x for x, _ in batches], inputs)
    np.testing.assert_array_equal([y for _, y in batches], targets)


@pytest.mark.parametrize("cut", [chunk_windows, step_windows])
def test_a_text_shorter_than_a_window_and_its_target_is_refused(cut):
    assert cut(text_of(6), 5)[0].shape == (1, 5)
    with pytest.raises(ValueError, match=r"ids: expected at least 6 characters .* received 5"):
        cut(text_of(5), 5)
    with pytest.raises(ValueError, match="length: expected at least 1, received 0"):
        cut(text_of(5), 0)
    with pytest.raises(ValueError, match=r"ids: expected shape \(characters,\)"):
        cut(text_of(12).reshape(2, 6), 2)


def test_a_text_too_short_for_its_streams_is_refused():
    assert stream_windows(text_of(11), 2, 5)[0].shape == (1, 2, 5)
    with pytest.raises(ValueError, match=r"at least 11 characters for 2 .* received 10"):
        stream_windows(text_of(10), 2, 5)
    with pytest.raises(ValueError, match="batch_size: expected at least 1, received 0"):
        stream_windows(text_of(10), 0, 5)


@pytest.mark.parametrize("batch_size", [0, 8])
def test_a_batch_size_that_cannot_be_is_refused(batch_size):
    with pytest.raises(ValueError, match=f"1 to the number of windows, 7, received {batch_size}"):
        shuffled_batches(*numbered_windows(7), batch_size)


def test_inputs_and_targets_of_different_shapes_are_refused():
    inputs, targets = numbered_windows(7)
    with pytest.raises(ValueError, match=r"targets: expected shape \(7, 3\), received \(6, 3\)"):
        shuffled_batches(inputs, targets[:6], 2)


@pytest.mark.slow
@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 40), st.integers(0, 30))
def test_circular_rows_go_on_where_they_were(batch_size, length, more, first_step):
    text = text_of(batch_size * length + 1 + more)
    batches = list(islice(iter(endless_streams(text, batch_size, length, first_step)), 3))
    for number, (inputs, targets) in enumerate(batches, first_step):
        assert inputs.shape == (batch_size, length)
        begins = np.arange(batch_size) * len(text) // batch_size + number * length
        expected = (begins[:, None] + np.arange(length)) % len(text)
        np.testing.assert_array_equal(inputs, expected)
        np.testing.assert_array_equal(targets, (expected + 1) % len(text))


def test_circular_rows_need_a_window_each():
    with pytest.raises(ValueError, match="ids: expected at least 13 characters for 3 window"):
        endless_streams(text_of(12), 3, 4)


def test_no_tuner_holds_up_the_end_of_an_iteration():
    # Its thread sleeps up to a minute; seen as 40 idle seconds after an epoch of 40 seconds.
    for dataset in (endless_streams(text_of(20), 2, 3), shuffled_batches(*numbered_windows(7), 2)):
        assert dataset.options().autotune.enabled is False
