import math

import numpy as np
import pytest

from charrnn import model as model_module
from charrnn.backend import keras, tf
from charrnn.fast.gru import GRU
from charrnn.generation import Generator, OneStep, generate
from charrnn.metrics import cross_entropy
from charrnn.model import (
    CharacterModel,
    FoldedModel,
    TiedModel,
    for_generation,
    forward,
    new_model,
)
from charrnn.training import SelfTrainedModel, next_character_loss
from charrnn.vocabulary import Vocabulary


def random_ids(model, batch, time, seed=0):
    size = model.hyperparameters["vocabulary_size"]
    return np.random.default_rng(seed).integers(0, size, (batch, time)).astype("int32")


@pytest.fixture(scope="module")
def system_a():
    keras.utils.set_random_seed(1)
    return CharacterModel(vocabulary_size=66)


def test_figures_of_system_a(system_a):
    embedding, recurrent, dense = system_a.embedding, *system_a.recurrent, system_a.dense
    parameters = [layer.count_params() for layer in (embedding, recurrent, dense)]
    assert parameters == [16_896, 3_938_304, 67_650]
    assert system_a.count_params() == sum(parameters) == 4_022_850


@pytest.mark.slow
def test_an_untrained_model_knows_nothing(system_a):
    ids = random_ids(system_a, 64, 101)
    logits = system_a(ids[:, :-1])
    assert logits.shape == (64, 100, 66)
    assert logits.dtype == "float32"
    loss = cross_entropy(logits, ids[:, 1:])
    assert loss == pytest.approx(math.log(66), abs=0.01)


def test_figures_of_system_d():
    model = CharacterModel(vocabulary_size=65, cell="lstm")
    layers = [model.embedding, *model.recurrent, model.dense]
    assert [layer.count_params() for layer in layers] == [16_640, 5_246_976, 66_625]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_whole_sequence_equals_its_steps_with_the_state_carried(make_model, cell, layers):
    model = make_model(cell=cell, layers=layers)
    ids = random_ids(model, 3, 12)
    whole, last = model(ids, return_state=True)
    states, steps = model.initial_states(3), []
    for time in range(12):
        logits, states = model(ids[:, time : time + 1], states=states, return_state=True)
        steps.append(logits)
    np.testing.assert_allclose(np.concatenate(steps, axis=1), whole, atol=1e-5)
    np.testing.assert_allclose(
        [state for layer in states for state in layer],
        [state for layer in last for state in layer],
        atol=1e-5,
    )
    # In two parts, too, and the state matters.
    first, states = model(ids[:, :5], return_state=True)
    second = model(ids[:, 5:], states=states)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-5)
    assert np.abs(model(ids[:, 5:]) - second).max() > 0.1


def test_states_have_the_shapes_of_their_cell(gru, lstm):
    for model, count in ((gru, 1), (lstm, 2)):
        states = model.initial_states(5)
        assert [[tuple(s.shape) for s in layer] for layer in states] == [[(5, 8)] * count] * 2
        _, states = model(random_ids(model, 5, 3), return_state=True)
        assert [[tuple(s.shape) for s in layer] for layer in states] == [[(5, 8)] * count] * 2


def test_rows_of_a_batch_do_not_touch_each_other(gru):
    ids = random_ids(gru, 4, 9)
    together = gru(ids)
    alone = np.concatenate([gru(ids[row : row + 1]) for row in range(4)])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_prediction_does_not_see_what_follows(gru):
    ids = random_ids(gru, 1, 9)
    changed = ids.copy()
    changed[0, 6] = (changed[0, 6] + 1) % 12
    difference = np.abs(gru(ids) - gru(changed)).max(axis=-1)[0]
    assert difference[:6].max() < 1e-6
    assert difference[6] > 0.01


def test_dropout_acts_in_training_only():
    model = CharacterModel(vocabulary_size=10, embedding_size=6, units=8, dropout=0.5)
    ids = random_ids(model, 2, 20)
    np.testing.assert_array_equal(model(ids), model(ids))
    assert np.abs(model(ids, training=True) - model(ids, training=True)).max() > 1e-3
    without = CharacterModel(vocabulary_size=10, embedding_size=6, units=8)
    # Training steps are compiled: rounded otherwise in the last digits.
    np.testing.assert_allclose(without(ids, training=True), without(ids), rtol=0, atol=1e-6)


@pytest.mark.parametrize("fast", ["0", "1"])
def test_dropout_follows_every_layer(monkeypatch, fast):
    """With dropout the second layer reads other outputs in each row; the first never does."""
    monkeypatch.setenv("CHARRNN_FAST", fast)
    keras.utils.set_random_seed(1)
    model = CharacterModel(vocabulary_size=10, embedding_size=6, units=50, layers=2, dropout=0.5)
    ids = np.repeat(random_ids(model, 1, 5), 200, axis=0)
    logits, states = forward(model, ids, training=True)
    first, second = (state.numpy().std(axis=0).max() for (state,) in states)
    assert first < 1e-6 < 1e-3 < second
    assert logits.numpy().std(axis=0).max() > 1e-3


@pytest.mark.parametrize("fast", ["0", "1"])
def test_dropout_keeps_the_expectation(monkeypatch, fast):
    """Of the dense layer's input: half of it is left out, the rest doubled."""
    monkeypatch.setenv("CHARRNN_FAST", fast)
    keras.utils.set_random_seed(1)
    model = CharacterModel(vocabulary_size=10, embedding_size=6, units=40, dropout=0.5)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0, 0.5, weights.shape) for weights in model.get_weights()])
    ids = np.repeat(random_ids(model, 1, 4), 2000, axis=0)
    free, drawn = model(ids[:1]).numpy()[0], forward(model, ids, training=True)[0].numpy()
    error = drawn.std(axis=0) / np.sqrt(len(ids))  # (time, vocabulary)
    assert error.min() > 1e-3
    assert (abs(drawn.mean(axis=0) - free) < 5 * error).all()


def gradients(model, ids):
    with tf.GradientTape() as tape:
        logits, states = forward(model, ids[:, :-1], training=True)
        loss = next_character_loss()(ids[:, 1:], logits)
    found = tape.gradient(loss, model.trainable_variables)
    return [logits, *tf.nest.flatten(states), *map(tf.convert_to_tensor, found)]


@pytest.mark.parametrize(
    "options", [{}, {"layers": 3}, {"cell": "lstm"}, {"vocabulary_size": 400}], ids=str
)
def test_a_training_step_is_the_same_with_and_without_fast(monkeypatch, options):
    sizes = {"vocabulary_size": 13, "embedding_size": 6, "units": 8} | options
    random, received = np.random.default_rng(0), []
    weights = None
    for fast in ("0", "1"):
        monkeypatch.setenv("CHARRNN_FAST", fast)
        model = CharacterModel(**sizes)
        weights = weights or [random.normal(0, 0.6, w.shape) for w in model.get_weights()]
        model.set_weights(weights)
        received.append(gradients(model, random_ids(model, 5, 21)))
    for right, mine in zip(*received, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-5, atol=1e-5)


def test_the_switch_and_the_machine_decide_which_layers_run(monkeypatch):
    def kinds():
        model = CharacterModel(vocabulary_size=5, embedding_size=2, units=3)
        return type(model.recurrent[0]), type(for_generation(model))

    monkeypatch.delenv("CHARRNN_FAST", raising=False)
    assert kinds() == (GRU, FoldedModel)
    monkeypatch.setattr(model_module, "on_gpu", lambda: True)
    assert kinds() == (keras.layers.GRU, FoldedModel)
    monkeypatch.setenv("CHARRNN_FAST", "0")
    assert kinds() == (keras.layers.GRU, CharacterModel)
    monkeypatch.setenv("CHARRNN_FAST", "no")
    with pytest.raises(ValueError, match="CHARRNN_FAST: expected '0' or '1', received 'no'"):
        kinds()


def test_the_fast_pass_is_for_training_alone(monkeypatch):
    monkeypatch.setenv("CHARRNN_FAST", "1")

    def refuse(*given):
        raise AssertionError("fast")

    model = CharacterModel(vocabulary_size=5, embedding_size=2, units=3)
    monkeypatch.setattr(model_module, "training_layers", refuse)
    ids = np.zeros((1, 4), "int32")
    forward(model, ids)
    model(ids, training=True)
    with pytest.raises(AssertionError, match="fast"):
        forward(model, ids, training=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "cell"),
    [
        ("float64", "gru"),
        ("mixed_bfloat16", "gru"),
        ("mixed_float16", "gru"),
        ("mixed_float16", "lstm"),
    ],
)
def test_other_dtype_policies_train_and_generate(policy, cell):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        keras.utils.set_random_seed(1)
        vocabulary = Vocabulary("abcdefghij")
        model = SelfTrainedModel(vocabulary_size=11, embedding_size=6, units=16, cell=cell)
        ids = np.tile(np.arange(1, 11, dtype="int32"), 20)
        batch = [windows[None] for windows in (ids[:-1], ids[1:])]
        model.compile(keras.optimizers.Adam(0.03), next_character_loss(), jit_compile=False)
        losses = model.fit(*batch, epochs=20, verbose=0).history["loss"]
        assert losses[-1] < 0.5 * losses[0]
        (expected,) = generate(OneStep(model), vocabulary, ["abc"], 6, seed=1)
        (received,) = Generator(model, vocabulary)(["abc"], 6, 1.0, 1).numpy()
        assert received.decode() == expected
    finally:
        keras.config.set_dtype_policy(before)


def test_keras_saves_and_clones_a_whole_model(tmp_path):
    model = CharacterModel(10, 3, units=4, layers=2, dropout=0.25)
    model.save(tmp_path / "x.keras")
    ids = random_ids(model, 2, 5)
    for again in (keras.models.load_model(tmp_path / "x.keras"), keras.models.clone_model(model)):
        assert type(again) is CharacterModel
        assert again.hyperparameters == model.hyperparameters
        again.set_weights(model.get_weights())
        np.testing.assert_array_equal(again(ids), model(ids))
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "x.keras")(ids), model(ids))


def test_hyperparameters_make_an_equal_model():
    arguments = {
        "vocabulary_size": 10,
        "embedding_size": 3,
        "units": 4,
        "layers": 2,
        "cell": "lstm",
        "dropout": 0.1,
    }
    for kind, expected in ((CharacterModel, arguments), (TiedModel, arguments | {"tied": True})):
        model = kind(**arguments)
        assert model.hyperparameters == expected
        again = new_model(model.hyperparameters)
        assert type(again) is kind
        again.set_weights(model.get_weights())
        ids = random_ids(model, 2, 5)
        np.testing.assert_array_equal(model(ids), again(ids))
    assert type(new_model(arguments | {"tied": False})) is CharacterModel


def test_a_tied_model_scores_with_its_embedding(monkeypatch):
    """By the definition: the state, led to the embedding's size, times each row of it."""
    monkeypatch.setenv("CHARRNN_FAST", "0")
    model = TiedModel(vocabulary_size=7, embedding_size=3, units=5)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(size=array.shape) for array in model.get_weights()])
    embeddings, *_, kernel, bias = model.get_weights()
    assert (kernel.shape, bias.shape) == ((5, 3), (7,))
    ids = random_ids(model, 2, 6)
    hidden = model.recurrent[0](embeddings[ids])[0].numpy()
    expected = np.einsum("bts,sf,vf->btv", hidden, kernel, embeddings) + bias
    np.testing.assert_allclose(model(ids), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("vocabulary_size", 0),
        ("embedding_size", -1),
        ("units", 1.5),
        ("units", "8"),
        ("layers", 0),
        ("cell", "rnn"),
        ("dropout", 1),
        ("dropout", -0.1),
        ("tied", 1),
        ("tied", False),
    ],
)
def test_a_model_that_cannot_be_is_refused(argument, value):
    arguments = {"vocabulary_size": 10, "embedding_size": 3, "units": 4} | {argument: value}
    kind = TiedModel if argument == "tied" else CharacterModel
    with pytest.raises(ValueError, match=f"{argument}: expected .*, received {value!r}"):
        kind(**arguments)
