"""Several workers: the rows that each reads, the step that all take, the states that each keeps."""

import json
import socket
import subprocess
import sys

import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.model import CharacterModel
from charrnn.streams import StreamModel
from charrnn.variants.workers import (
    from_the_first,
    own_rows,
    state_gatherer,
    training_step,
)
from charrnn.windows import endless_streams
from tools.chapters.notebooks import ROOT

SIZES = {"vocabulary_size": 13, "embedding_size": 6, "units": 8}
ROWS, LENGTH = 4, 7
# Seconds after which processes that do not end are a failure.
LIMIT = 240


def random_ids(count=300):
    return np.random.default_rng(0).integers(1, 13, count).astype("int32")


def clipping():
    # So small a norm that every step is clipped: by whose gradient, is what the tests look at.
    return keras.optimizers.Adam(0.01, global_clipnorm=0.05)


@pytest.mark.parametrize(("workers", "devices"), [(1, 1), (2, 1), (4, 1), (2, 2), (1, 4)])
def test_the_rows_of_all_workers_are_those_of_one_process(workers, devices):
    def first_batches(dataset, count):
        return [[part.numpy() for part in batch] for batch in dataset.take(count)]

    def change(rows, step):
        return (rows + step) % 13

    whole = first_batches(endless_streams(random_ids(), ROWS, LENGTH, 5, change), 3)
    contexts = [tf.distribute.InputContext(workers, k, workers * devices) for k in range(workers)]
    shares = [
        first_batches(own_rows(random_ids(), ROWS, LENGTH, context, 5, change), 3 * devices)
        for context in contexts
    ]
    for step, batch in enumerate(whole):
        for part in (0, 1):
            found = [mine[part] for share in shares for mine in share[step * devices :][:devices]]
            assert {len(rows) for rows in found} == {ROWS // (workers * devices)}
            np.testing.assert_array_equal(np.concatenate(found), batch[part])


def trained(strategy, steps=6, make_optimizer=clipping):
    """Return the losses of some steps, the weights and the states at their end."""
    keras.utils.set_random_seed(1)
    with strategy.scope():
        model, optimizer = StreamModel(ROWS, 3, **SIZES), make_optimizer()
        optimizer.build(model.trainable_variables)
    step = training_step(strategy, model, optimizer, ROWS)
    ids = random_ids()
    batches = iter(
        strategy.distribute_datasets_from_function(
            lambda context: own_rows(ids, ROWS, LENGTH, context)
        )
    )
    losses = [float(step(*next(batches))) for _ in range(steps)]
    states = [state.numpy() for state in state_gatherer(strategy, model)()]
    return losses, model.get_weights(), states


def by_hand(steps=6):
    """Return the same from a loop of GradientTape over a plain model, states passed by hand."""
    keras.utils.set_random_seed(1)
    model, optimizer = CharacterModel(**SIZES), clipping()
    optimizer.build(model.trainable_variables)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    state, losses, ids = np.zeros((ROWS, SIZES["units"]), "float32"), [], random_ids()
    for step in range(steps):
        state[(step + np.arange(ROWS)) % 3 == 0] = 0  # fresh_every
        starts = np.arange(ROWS) * len(ids) // ROWS + step * LENGTH
        rows = ids[(starts[:, None] + np.arange(LENGTH + 1)) % len(ids)]
        with tf.GradientTape() as tape:
            logits, states = model(rows[:, :-1], states=[[state]], return_state=True)
            loss = cross_entropy(rows[:, 1:], logits)
        weights = model.trainable_variables
        gradients = [tf.convert_to_tensor(found) for found in tape.gradient(loss, weights)]
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        state = states[0][0].numpy()
        losses.append(float(loss))
    return losses, model.get_weights(), [state]


def check_equal(mine, right, tolerance=2e-6):
    for found, expected in zip(mine, right, strict=True):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.fixture(scope="module")
def one_process():
    return trained(tf.distribute.get_strategy())


def test_one_process_does_what_a_loop_by_hand_does(one_process):
    check_equal(one_process, by_hand())


def test_the_first_workers_numbers_are_those_of_one_process():
    values = [tf.constant([1.5, -2.0]), tf.constant(2**59 + 1, tf.int64)]
    found = from_the_first(tf.distribute.get_strategy(), values)
    assert [value.numpy().tolist() for value in found] == [[1.5, -2.0], 2**59 + 1]


# Devices and workers are made before the first use of TensorFlow: processes of their own.
REPLICAS = """
import sys
import numpy as np
from charrnn.backend import tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tests.charrnn.variants.test_workers import trained
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
losses, weights, states = trained(strategy)
np.savez(sys.argv[1], *losses, *weights, *states)
"""
WORKER = """
import sys
import numpy as np
from charrnn.backend import keras, tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
from charrnn.streams import StreamModel
from charrnn.variants.workers import from_the_first, set_states, state_gatherer
from tests.charrnn.variants.test_workers import ROWS, SIZES, trained
losses, weights, states = trained(strategy)
np.savez(sys.argv[1], *losses, *weights, *states)

with strategy.scope():
    model = StreamModel(ROWS, 3, **SIZES)
worker = strategy.cluster_resolver.task_id
rows = np.arange(ROWS * 8, dtype="float32").reshape(ROWS, 8)
set_states(strategy, model, [tf.constant(rows)], 5)
local = strategy.experimental_local_results(model.carried.states[0][0])[0].numpy()
assert local.tolist() == rows[2 * worker : 2 * worker + 2].tolist()
assert int(model.carried.batches.numpy()) == 5
assert state_gatherer(strategy, model)()[0].numpy().tolist() == rows.tolist()
number = 2**59 + 1 + worker
values = [tf.constant(number, tf.int64), tf.constant([0.5, 3.0]) + worker]
found = [value.numpy().tolist() for value in from_the_first(strategy, values)]
assert found == [2**59 + 1, [0.5, 3.0]]
"""


def stored(path):
    with np.load(path) as arrays:
        values = [arrays[name] for name in arrays.files]
    return values[:6], values[6:-1], values[-1:]


@pytest.mark.slow
def test_two_devices_of_one_process_do_what_one_does(tmp_path, one_process):
    command = [sys.executable, "-c", REPLICAS, str(tmp_path / "x.npz")]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False, timeout=LIMIT
    )
    assert result.returncode == 0, result.stderr[-3000:]
    check_equal(stored(tmp_path / "x.npz"), one_process)


@pytest.mark.slow
def test_two_processes_do_what_one_does(tmp_path, one_process, monkeypatch):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    processes = []
    for index in range(2):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        monkeypatch.setenv("TF_CONFIG", json.dumps(task))
        monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
        command = [sys.executable, "-c", WORKER, str(tmp_path / f"{index}.npz")]
        processes.append(
            subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
            )
        )
    try:
        for process in processes:
            said, _ = process.communicate(timeout=LIMIT)
            assert process.returncode == 0, said[-3000:]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    first, second = (stored(tmp_path / f"{index}.npz") for index in range(2))
    check_equal(first, second, 0)
    check_equal(first, one_process)
