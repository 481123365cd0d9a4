"""Ids -> batches of windows.

A window is a run of consecutive ids; its target is the same run one position further on.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = [
    "WINDOW",
    "Ids",
    "check_windows",
    "chunk_windows",
    "endless_streams",
    "one_pass_of_streams",
    "shuffled_batches",
    "split_by_position",
    "split_input_target",
    "step_windows",
    "stream_windows",
]

# Characters of a window where the loss of windows is reported: a number is comparable with others
# of the same length only.
WINDOW = 256

Ids = npt.NDArray[Any]  # integers of any size
Item = TypeVar("Item")


def check_windows(ids: Ids, length: int, count: int = 1) -> None:
    """Raise ValueError unless ``ids`` holds ``count`` windows of ``length`` and their targets."""
    if length < 1:
        raise ValueError(f"length: expected at least 1, received {length}")
    if count < 1:
        raise ValueError(f"batch_size: expected at least 1, received {count}")
    if np.ndim(ids) != 1:
        raise ValueError(f"ids: expected shape (characters,), received shape {np.shape(ids)}")
    if len(ids) < count * length + 1:
        raise ValueError(
            f"ids: expected at least {count * length + 1} characters for {count} window(s) of "
            f"{length} and their targets, received {len(ids)}"
        )


def split_input_target(sequence: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]]:
    """Return a sequence without its last item, and without its first (system A)."""
    return sequence[:-1], sequence[1:]


def chunk_windows(ids: Ids, length: int) -> tuple[Ids, Ids]:
    """Cut the text into chunks of ``length + 1`` and split each (system A).

    The first id of a chunk is never a target: one target in ``length + 1`` is skipped.

    Args:
        ids: shape (characters,).
        length: time steps of a window.

    Returns:
        Inputs and targets, both of shape (windows, length); a partial chunk is dropped.

    Raises:
        ValueError: the text is shorter than one chunk.
    """
    check_windows(ids, length)
    count = len(ids) // (length + 1)
    chunks = ids[: count * (length + 1)].reshape(count, length + 1)
    return chunks[:, :-1], chunks[:, 1:]


def step_windows(ids: Ids, length: int) -> tuple[Ids, Ids]:
    """Step through the text by ``length``, so that no target is skipped (system B).

    Args:
        ids: shape (characters,).
        length: time steps of a window.

    Returns:
        Inputs and targets, both of shape (windows, length); a partial window is dropped.

    Raises:
        ValueError: the text is shorter than one window and its target.
    """
    check_windows(ids, length)
    count = (len(ids) - 1) // length
    inputs = ids[: count * length].reshape(count, length)
    targets = ids[1 : count * length + 1].reshape(count, length)
    return inputs, targets


def split_by_position(ids: Ids, validation: int) -> tuple[Ids, Ids]:
    """Split a text into its beginning, for training, and its end, for validation.

    A random choice of windows would put neighbours of nearly every validation window into training.

    Args:
        ids: shape (characters,).
        validation: how many characters at the end to keep for validation.

    Returns:
        Ids for training and for validation.

    Raises:
        ValueError: ``validation`` leaves one part with fewer than two characters.
    """
    if not 2 <= validation <= len(ids) - 2:
        raise ValueError(
            f"validation: expected 2 to {len(ids) - 2} for {len(ids)} characters, "
            f"received {validation}"
        )
    return ids[:-validation], ids[-validation:]


def shuffled_batches(
    inputs: Ids, targets: Ids, batch_size: int, seed: int = 0, first_step: int = 0
) -> Any:
    """Return an endless dataset of batches, each pass over the windows in a new order.

    The order of a pass follows from the seed and the number of the pass alone, so a run that was
    interrupted goes on with the batches that it would have seen.

    Args:
        inputs: windows, shape (windows, time).
        targets: shape (windows, time).
        batch_size: windows in a batch; windows that fill no batch are left out of that pass.
        seed: of the order.
        first_step: how many batches to leave out at the beginning.

    Returns:
        A ``tf.data.Dataset`` of pairs of shape (batch_size, time), int32.

    Raises:
        ValueError: there are fewer windows than ``batch_size``, or shapes differ.
    """
    if np.shape(inputs) != np.shape(targets):
        raise ValueError(
            f"targets: expected shape {np.shape(inputs)}, received {np.shape(targets)}"
        )
    if not 1 <= batch_size <= len(inputs):
        raise ValueError(
            f"batch_size: expected 1 to the number of windows, {len(inputs)}, received {batch_size}"
        )
    steps_per_pass = len(inputs) // batch_size

    def batches() -> Iterator[tuple[Ids, Ids]]:
        step = first_step
        while True:
            order = np.random.default_rng([seed, step // steps_per_pass]).permutation(len(inputs))
            for position in range(step % steps_per_pass, steps_per_pass):
                rows = order[position * batch_size : (position + 1) * batch_size]
                yield inputs[rows], targets[rows]
                step += 1

    return _dataset(batches, (batch_size, inputs.shape[1]))


def stream_windows(ids: Ids, batch_size: int, length: int) -> tuple[Ids, Ids]:
    """Cut the text into ``batch_size`` streams, and each stream into windows.

    Row k of batch n + 1 continues row k of batch n, so a state carried from batch to batch belongs
    to the text that comes before.

    Args:
        ids: shape (characters,).
        batch_size: number of streams.
        length: time steps of a window.

    Returns:
        Inputs and targets, both of shape (batches, batch_size, length).

    Raises:
        ValueError: the text is too short for one window in each stream.
    """
    check_windows(ids, length, batch_size)
    batches = (len(ids) - 1) // (batch_size * length)
    inputs, targets = step_windows(ids[: batches * batch_size * length + 1], length)
    # Window n of stream k stands in row k * batches + n.
    shape = (batch_size, batches, length)
    return inputs.reshape(shape).swapaxes(0, 1), targets.reshape(shape).swapaxes(0, 1)


def one_pass_of_streams(ids: Ids, batch_size: int, length: int) -> Any:
    """Return one pass over the streams of ``stream_windows`` as a dataset.

    Returns:
        A ``tf.data.Dataset`` of pairs of shape (batch_size, length), in the order of the text.
    """
    from charrnn.backend import tf  # here, so that windows can be cut without TensorFlow

    inputs, targets = stream_windows(ids, batch_size, length)
    return tf.data.Dataset.from_tensor_slices((inputs, targets))


def endless_streams(
    ids: Ids,
    batch_size: int,
    length: int,
    first_step: int = 0,
    change: Callable[[Ids, int], Ids] | None = None,
) -> Any:
    """Return an endless dataset of batches whose rows walk through the text, each round and round.

    Row k begins at k / batch_size of the text, and row k of batch n + 1 continues row k of batch n;
    after the last character comes the first. So a carried state belongs to the text before, and no
    target is skipped.

    Args:
        ids: shape (characters,), integers of any size, also mapped from a file.
        batch_size: number of rows.
        length: time steps of a batch.
        first_step: how many batches to leave out at the beginning.
        change: rows of ids, shape (batch_size, length + 1), and the number of the batch -> the rows
            that are taken in their place, inputs and targets alike.

    Returns:
        A ``tf.data.Dataset`` of pairs of shape (batch_size, length), int32.

    Raises:
        ValueError: the text is too short for one window in each row.
    """
    check_windows(ids, length, batch_size)
    starts = np.arange(batch_size) * len(ids) // batch_size
    # Inputs and targets together: one character more than a window.
    offsets = starts[:, None] + np.arange(length + 1)  # (batch, time + 1)

    def batches() -> Iterator[tuple[Ids, Ids]]:
        step = first_step
        while True:
            rows = ids[(offsets + step * length) % len(ids)]
            if change is not None:
                rows = change(rows, step)
            yield rows[:, :-1], rows[:, 1:]
            step += 1

    return _dataset(batches, (batch_size, length))


def _dataset(batches: Callable[[], Iterator[tuple[Ids, Ids]]], shape: tuple[int, int]) -> Any:
    """Return a dataset of what a generator yields, inputs and targets of one shape."""
    from charrnn.backend import tf  # here, so that windows can be cut without TensorFlow

    spec = tf.TensorSpec(shape, tf.int32)
    dataset = tf.data.Dataset.from_generator(batches, output_signature=(spec, spec))
    # There is nothing to tune, and the tuner's thread sleeps for up to a minute, in which whoever
    # drops the iterator may have to wait for it.
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.prefetch(2).with_options(options)
