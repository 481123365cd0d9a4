import math

import numpy as np
import pytest

from charrnn.backend import keras
from charrnn.metrics import cross_entropy
from charrnn.model import CharacterModel, build


def random_ids(model, batch, time, seed=0):
    size = model.hyperparameters["vocabulary_size"]
    return np.random.default_rng(seed).integers(0, size, (batch, time)).astype("int32")


@pytest.fixture(scope="module")
def system_a():
    keras.utils.set_random_seed(1)
    return build(vocabulary_size=66)


def test_figures_of_system_a(system_a):
    embedding, recurrent, dense = system_a.embedding, *system_a.recurrent, system_a.dense
    parameters = [layer.count_params() for layer in (embedding, recurrent, dense)]
    assert parameters == [16_896, 3_938_304, 67_650]
    assert system_a.count_params() == sum(parameters) == 4_022_850


def test_an_untrained_model_knows_nothing(system_a):
    ids = random_ids(system_a, 64, 101)
    logits = system_a(ids[:, :-1])
    assert logits.shape == (64, 100, 66)
    assert logits.dtype == "float32"
    loss = cross_entropy(logits, ids[:, 1:])
    assert loss == pytest.approx(math.log(66), abs=0.01)


def test_figures_of_system_d():
    model = build(vocabulary_size=65, cell="lstm")
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
    model = build(vocabulary_size=10, embedding_size=6, units=8, dropout=0.5)
    ids = random_ids(model, 2, 20)
    np.testing.assert_array_equal(model(ids), model(ids))
    assert np.abs(model(ids, training=True) - model(ids, training=True)).max() > 1e-3
    without = build(vocabulary_size=10, embedding_size=6, units=8)
    # Training steps are compiled: rounded otherwise in the last digits.
    np.testing.assert_allclose(without(ids, training=True), without(ids), rtol=0, atol=1e-6)


def test_dropout_keeps_the_expectation():
    """Of the dense layer's input: half of it is left out, the rest doubled."""
    keras.utils.set_random_seed(1)
    model = build(vocabulary_size=10, embedding_size=6, units=1000, dropout=0.5)
    model.dense.set_weights([np.ones((1000, 10)), np.zeros(10)])
    model.recurrent = [lambda hidden, initial_state: (np.ones((1, 1, 1000), "float32"), None)]
    ids = random_ids(model, 1, 1)
    assert float(model(ids)[0, 0, 0]) == pytest.approx(1000)
    logit = float(model(ids, training=True)[0, 0, 0])
    assert logit != pytest.approx(1000, abs=0.1)
    assert logit == pytest.approx(1000, abs=4 * math.sqrt(1000))


def test_hyperparameters_make_an_equal_model():
    arguments = {
        "vocabulary_size": 10,
        "embedding_size": 3,
        "units": 4,
        "layers": 2,
        "cell": "lstm",
        "dropout": 0.1,
    }
    model = build(**arguments)
    assert model.hyperparameters == arguments
    again = build(**model.hyperparameters)
    again.set_weights(model.get_weights())
    ids = random_ids(model, 2, 5)
    np.testing.assert_array_equal(model(ids), again(ids))


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
    ],
)
def test_a_model_that_cannot_be_is_refused(argument, value):
    arguments = {"vocabulary_size": 10, "embedding_size": 3, "units": 4} | {argument: value}
    with pytest.raises(ValueError, match=f"{argument}: expected .*, received {value!r}"):
        CharacterModel(**arguments)
