"""The stateful ``Sequential`` against ``CharacterModel``, whose states the caller holds."""

import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.generation import OneStep, generate
from charrnn.model import CharacterModel
from charrnn.training import next_character_loss
from charrnn.variants.stateful import (
    ZeroStates,
    build_stateful,
    generate_text,
    reset_states,
)
from charrnn.vocabulary import UnknownCharacterError, Vocabulary
from charrnn.windows import one_pass_of_streams, stream_windows

SIZES = {"embedding_size": 6, "units": 8}
IDS = np.random.default_rng(3).integers(0, 13, 200).astype("int32")


def pair(batch_size, cell="gru"):
    """A stateful model and one without, with the same random weights."""
    plain = CharacterModel(vocabulary_size=13, cell=cell, **SIZES)
    stateful = build_stateful(13, batch_size, cell, **SIZES)
    random = np.random.default_rng(0)
    plain.set_weights([random.normal(0, 0.6, weight.shape) for weight in plain.weights])
    stateful.set_weights(plain.get_weights())
    return stateful, plain


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_calls_go_on_where_the_last_one_ended(cell):
    stateful, plain = pair(3, cell)
    ids = IDS[:60].reshape(3, 20)
    parts = [stateful(ids[:, part]) for part in (slice(0, 7), slice(7, 8), slice(8, 20))]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), plain(ids), atol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_reset_begins_a_new_text(cell):
    stateful, plain = pair(3, cell)
    ids = IDS[:60].reshape(3, 20)
    stateful(ids)
    assert not np.allclose(stateful(ids), plain(ids), atol=1e-3)
    reset_states(stateful)
    np.testing.assert_allclose(stateful(ids), plain(ids), atol=1e-5)


def test_reset_reaches_every_stateful_layer():
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(2, None, 3)),
            keras.layers.GRU(4, stateful=True, return_sequences=True),
            keras.layers.LSTM(4, return_sequences=True),
            keras.layers.LSTM(4, stateful=True),
        ]
    )
    model(np.ones((2, 5, 3)))
    states = [*model.layers[0].states, *model.layers[2].states]
    assert all(np.abs(state.numpy()).max() > 0 for state in states)
    reset_states(model)
    assert all(np.abs(state.numpy()).max() == 0 for state in states)


@pytest.mark.slow
def test_sizes_are_those_of_systems_c_and_d():
    parts = [layer.count_params() for layer in build_stateful(84, 64).layers]
    assert [parts[0], parts[2]] == [21_504, 86_100]
    model = build_stateful(65, 64, cell="lstm")
    assert [layer.count_params() for layer in model.layers] == [16_640, 5_246_976, 66_625]
    assert model.count_params() == 5_330_241


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vocabulary_size", 0),
        ("batch_size", None),
        ("batch_size", 0),
        ("cell", "rnn"),
        ("units", 0),
    ],
)
def test_what_cannot_be_built_is_refused(name, value):
    arguments = {"vocabulary_size": 13, "batch_size": 2, **SIZES, name: value}
    with pytest.raises(ValueError, match=f"{name}: expected .*, received {value!r}"):
        build_stateful(**arguments)


def reference_epochs(plain, batches, epochs, rate):
    """Train with plain gradient descent, the states passed from batch to batch by hand."""
    losses = []
    for _ in range(epochs):
        states, found = None, []
        for inputs, targets in batches:
            with tf.GradientTape() as tape:
                logits, states = plain(inputs, states=states, return_state=True)
                loss = next_character_loss()(targets, logits)
            gradients = tape.gradient(loss, plain.trainable_variables)
            for weight, gradient in zip(plain.trainable_variables, gradients, strict=True):
                weight.assign_sub(rate * tf.convert_to_tensor(gradient))
            found.append(float(loss))
        losses.append(np.mean(found))
    return losses


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_training_carries_the_state_within_an_epoch_alone(cell):
    stateful, plain = pair(4, cell)
    batches = one_pass_of_streams(IDS, 4, 7)
    stateful.compile(keras.optimizers.SGD(0.5), next_character_loss(), jit_compile=False)
    losses = stateful.fit(
        batches, epochs=2, shuffle=False, verbose=0, callbacks=[ZeroStates()]
    ).history["loss"]
    expected = reference_epochs(plain, stream_windows_as_list(), 2, 0.5)
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    for right, mine in zip(plain.get_weights(), stateful.get_weights(), strict=True):
        np.testing.assert_allclose(mine, right, atol=1e-4)


def stream_windows_as_list():
    return list(zip(*stream_windows(IDS, 4, 7), strict=True))


def test_validation_begins_afresh_and_leaves_nothing():
    stateful, plain = pair(4)
    stateful.compile(keras.optimizers.SGD(0.0), next_character_loss(), jit_compile=False)
    batches = one_pass_of_streams(IDS, 4, 7)
    expected = reference_epochs(plain, stream_windows_as_list(), 1, 0.0)[0]
    history = stateful.fit(
        batches,
        validation_data=batches,
        epochs=2,
        shuffle=False,
        verbose=0,
        callbacks=[ZeroStates()],
    ).history
    np.testing.assert_allclose(history["val_loss"], [expected, expected], rtol=1e-5)
    assert np.abs(stateful.layers[1].states[0].numpy()).max() == 0
    for _ in range(2):
        loss = stateful.evaluate(batches, verbose=0, callbacks=[ZeroStates()])
        assert loss == pytest.approx(expected, rel=1e-5)
    spoilt = [stateful.evaluate(batches, verbose=0) for _ in range(2)]
    assert abs(spoilt[1] - expected) > 1e-4


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_weights_fit_another_batch_size(cell, tmp_path):
    stateful, plain = pair(5, cell)
    stateful(IDS[:100].reshape(5, 20))  # a state that must not come along
    stateful.save_weights(tmp_path / "some.weights.h5")
    single = build_stateful(13, 1, cell, **SIZES)
    single.load_weights(tmp_path / "some.weights.h5")
    ids = IDS[None, :20]
    np.testing.assert_allclose(single(ids), plain(ids), atol=1e-5)


@pytest.mark.parametrize("unknown", [0.0, 9.0], ids=["unknown as likely", "unknown likely"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_text_is_that_of_the_other_generator(cell, unknown, alphabet):
    """Which draws from the softmax and never draws [UNK]: its own tests."""
    stateful, plain = pair(1, cell)
    for model in (stateful, plain):
        model.layers[-1].bias.assign([unknown] + [0.0] * 12)
    stateful(IDS[None])  # a state to forget
    for prompt in ["a", "🙂deaf"]:
        texts = generate(OneStep(plain), alphabet, [prompt], 20, temperature=0.8, seed=5)
        mine = generate_text(stateful, alphabet, prompt, temperature=0.8, length=20, seed=5)
        assert mine == texts[0]


def test_what_cannot_be_generated_is_refused(alphabet):
    stateful, _ = pair(1)
    many, _ = pair(2)
    with pytest.raises(ValueError, match="batch size of 1, received 2"):
        generate_text(many, alphabet, "a")
    with pytest.raises(ValueError, match=r"vocabulary: expected 13 ids, .* received 3"):
        generate_text(stateful, Vocabulary("ab"), "a")
    with pytest.raises(ValueError, match="temperature: expected"):
        generate_text(stateful, alphabet, "a", temperature=0)
    with pytest.raises(ValueError, match="length: expected"):
        generate_text(stateful, alphabet, "a", length=-1)
    with pytest.raises(ValueError, match="at least one character"):
        generate_text(stateful, alphabet, "")
    with pytest.raises(UnknownCharacterError, match="received 'z'"):
        generate_text(stateful, alphabet, "az")
    assert generate_text(stateful, alphabet, "a", length=0) == "a"
