"""Each system of the tutorials that this book comes from, rebuilt from the package.

Sizes, parameters, the loss before training, some steps that lower it, a saved run, its restoration,
and a generated text. The printed figures are those of the systems.
"""

import math

import numpy as np
import pytest

from charrnn import generation, metrics, training, windows
from charrnn.backend import keras, tf
from charrnn.checkpoints import RunState
from charrnn.export import save_saved_model
from charrnn.model import CharacterModel
from charrnn.variants import stateful
from charrnn.vocabulary import Vocabulary

pytestmark = pytest.mark.slow
STEPS = 4
# The systems take the default of Adam, 1e-3. With it the loss of the fifth step jumps to 9, with
# layers of Keras as well as with ours, before it falls; these few steps are to show that it falls.
LEARNING_RATE = 2e-4


def parameters(network):
    """Return how many weights each layer has, layers without any left out."""
    return [count for layer in network.layers if (count := layer.count_params())]


def assert_same_predictions(one, other, ids):
    np.testing.assert_allclose(one(ids), other(ids), rtol=0, atol=1e-5)


def untrained_loss(network, inputs, targets):
    return metrics.cross_entropy(network(inputs), targets)


def test_system_a_subclassed_gru(shakespeare, tmp_path):
    vocabulary = Vocabulary(shakespeare)
    ids = vocabulary.encode(shakespeare)
    assert ids[:3].tolist() == [19, 48, 57]
    assert ids[-3:].tolist() == [46, 9, 1]
    cut = windows.chunk_windows(ids, 100)
    batches = windows.shuffled_batches(*cut, batch_size=64, seed=1)
    assert len(cut[0]) // 64 == 172
    keras.utils.set_random_seed(1)
    network = CharacterModel(vocabulary_size=len(vocabulary))
    assert parameters(network) == [16_896, 3_938_304, 67_650]
    assert network.count_params() == 4_022_850

    inputs, targets = next(iter(batches))
    assert network(inputs).shape == (64, 100, 66)
    loss = untrained_loss(network, inputs, targets)
    assert math.exp(loss) == pytest.approx(66, rel=0.02)  # A: 4.1895, exponential 65.99

    network.compile(
        keras.optimizers.Adam(LEARNING_RATE), training.next_character_loss(), jit_compile=False
    )
    validation = tf.data.Dataset.from_tensors((inputs[:4], targets[:4]))
    history = training.fit(network, lambda step: batches, validation, 2, STEPS, tmp_path, verbose=0)
    assert history[1]["val_loss"] < history[0]["val_loss"] < loss

    restored = CharacterModel(vocabulary_size=len(vocabulary))
    assert RunState(restored, keras.optimizers.Adam(LEARNING_RATE), tmp_path).restore() == 2
    assert_same_predictions(network, restored, inputs[:1])
    one_step = generation.OneStep(restored)
    texts = generation.generate(one_step, vocabulary, ["ROMEO:"] * 5, 20, seed=1)
    assert len(set(texts)) == 5
    assert all(text.startswith("ROMEO:") and len(text) == 26 for text in texts)

    # A's exported generator takes the batch size it was traced with only; ours takes any.
    save_saved_model(generation.Generator(restored, vocabulary), tmp_path / "exported")
    serve = tf.saved_model.load(str(tmp_path / "exported")).signatures["serving_default"]
    for prompts in (["ROMEO:"], ["ROMEO:", "JULIET:", "K"]):
        arguments = {"length": 5, "temperature": 1.0, "seed": 1}
        written = serve(
            prompts=tf.constant(prompts), **{name: tf.constant(v) for name, v in arguments.items()}
        )["texts"]
        assert [len(text) for text in written.numpy()] == [len(prompt) + 5 for prompt in prompts]


def test_system_b_eager_gru_with_a_tape(shakespeare, tmp_path):
    vocabulary = Vocabulary(shakespeare)
    ids = vocabulary.encode(shakespeare)
    inputs, targets = windows.step_windows(ids, 100)
    assert np.array_equal(inputs[1:, 0], targets[:-1, -1])  # no character is skipped
    keras.utils.set_random_seed(1)
    network = CharacterModel(vocabulary_size=len(vocabulary))
    optimizer, loss_function = keras.optimizers.Adam(LEARNING_RATE), training.next_character_loss()
    first = ids[: 8 * STEPS * 100 + 1]
    # B's next batch starts 64 windows further on, so its carried state belongs to other text.
    streams = list(windows.one_pass_of_streams(first, batch_size=8, length=100))
    loss = untrained_loss(network, *streams[0])
    assert loss == pytest.approx(math.log(66), rel=0.01)

    losses = []
    for _ in range(2):
        states = None  # B: the zero state at each epoch, carried from batch to batch
        for batch, wanted in streams:
            with tf.GradientTape() as tape:
                logits, states = network(batch, states=states, return_state=True, training=True)
                value = loss_function(wanted, logits)
            gradients = tape.gradient(value, network.trainable_variables)
            optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
            losses.append(float(value))
    assert np.mean(losses[STEPS:]) < np.mean(losses[:STEPS]) < loss
    RunState(network, optimizer, tmp_path).save(2)

    restored = CharacterModel(vocabulary_size=len(vocabulary))
    other = keras.optimizers.Adam(LEARNING_RATE)
    assert RunState(restored, other, tmp_path).restore() == 2
    assert int(other.iterations) == 2 * STEPS  # the optimizer's memory, too
    assert_same_predictions(network, restored, inputs[:1])
    greedy = generation.OneStep(restored, top_k=1)
    texts = [generation.generate(greedy, vocabulary, ["Q"], 50, seed=seed) for seed in (1, 2)]
    assert texts[0] == texts[1]
    assert len(texts[0][0]) == 51


def train_and_write(cell, vocabulary, ids, prompt, directory):
    """Train a stateful model of C and D, restore it with one row, let it write.

    Streams, where the systems shuffle; our ids have [UNK] as 0, theirs begin with a character.
    """
    keras.utils.set_random_seed(1)
    network = stateful.build_stateful(len(vocabulary), 8, cell)
    network.compile(
        keras.optimizers.Adam(LEARNING_RATE), training.next_character_loss(), jit_compile=False
    )
    streams = windows.one_pass_of_streams(ids[: 8 * STEPS * 25 + 1], batch_size=8, length=25)
    inputs, targets = next(iter(streams))
    loss = untrained_loss(network, inputs, targets)
    assert loss == pytest.approx(math.log(len(vocabulary)), rel=0.01)
    plan = {"epochs": 2, "shuffle": False, "verbose": 0, "callbacks": [stateful.ZeroStates()]}
    history = network.fit(streams, **plan).history["loss"]
    assert history[1] < history[0] < loss

    network.save_weights(directory / "last.weights.h5")
    single = stateful.build_stateful(len(vocabulary), 1, cell)
    single.load_weights(directory / "last.weights.h5")
    stateful.reset_states(network)
    stateful.reset_states(single)
    assert_same_predictions(lambda rows: network(rows)[:1], lambda rows: single(rows[:1]), inputs)
    texts = [
        stateful.generate_text(single, vocabulary, prompt, 20, temperature, seed=1)
        for temperature in (0.1, 1.0, 1.0)
    ]
    assert texts[1] == texts[2] != texts[0]
    assert all(text.startswith(prompt) and len(text) == len(prompt) + 20 for text in texts)


def test_system_c_stateful_gru_on_great_expectations(book_of_system_c, tmp_path):
    vocabulary = Vocabulary(book_of_system_c)
    assert len(vocabulary.characters) == 84
    ids = vocabulary.encode(book_of_system_c)
    first = "40 78 1 59 54 73 61 58 71 6 72 1 59 54 66"  # counted from 0
    assert " ".join(map(str, ids[:15] - 1)) == first
    assert len(windows.step_windows(ids, 100)[0]) // 64 == 158
    network = stateful.build_stateful(84, 64)
    assert parameters(network) == [21_504, 3_938_304, 86_100]
    inputs, targets = next(iter(windows.one_pass_of_streams(ids - 1, batch_size=64, length=5)))
    loss = untrained_loss(network, inputs, targets)
    assert loss == pytest.approx(math.log(84), rel=0.01)  # C: 4.4292
    train_and_write("gru", vocabulary, ids, "Pip", tmp_path)


def test_system_d_stateful_lstm(shakespeare, tmp_path):
    vocabulary = Vocabulary(shakespeare)
    ids = vocabulary.encode(shakespeare)
    first = "18 47 56 57 58 1 15 47 58 47 64 43 52"  # counted from 0
    assert " ".join(map(str, vocabulary.encode("First Citizen") - 1)) == first
    network = stateful.build_stateful(65, 64, "lstm")
    assert parameters(network) == [16_640, 5_246_976, 66_625]
    assert network.count_params() == 5_330_241
    inputs, targets = next(iter(windows.one_pass_of_streams(ids - 1, batch_size=64, length=5)))
    loss = untrained_loss(network, inputs, targets)
    assert loss == pytest.approx(math.log(65), rel=0.01)  # D: 4.17
    train_and_write("lstm", vocabulary, ids, "QUEEN: ", tmp_path)
