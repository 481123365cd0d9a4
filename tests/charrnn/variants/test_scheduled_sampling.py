"""Scheduled sampling: what is mixed into the inputs, and what training on it does."""

import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.model import CharacterModel
from charrnn.training import SelfTrainedModel, next_character_loss
from charrnn.variants import scheduled_sampling
from charrnn.variants.scheduled_sampling import ScheduledSamplingModel, mixed_inputs

SIZES = {"vocabulary_size": 7, "embedding_size": 4, "units": 8}
SEED = (3, 5)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    model = CharacterModel(**SIZES)
    # Clear preferences: drawings from nearly equal probabilities would test little.
    model.set_weights([5 * weight for weight in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def inputs():
    ids = np.random.default_rng(2).integers(1, 7, size=(6, 9))
    return tf.constant(ids, tf.int32)


def test_probability_0_leaves_the_inputs(model, inputs):
    assert np.array_equal(mixed_inputs(model, inputs, tf.constant(0.0), SEED), inputs)


@pytest.mark.parametrize("probability", [0.4, 1.0])
def test_each_own_character_is_drawn_after_what_was_read_before(model, inputs, probability):
    mixed = mixed_inputs(model, inputs, tf.constant(probability), SEED).numpy()
    logits = model(mixed)  # read as a whole, where the function went step by step
    own = (tf.random.stateless_uniform(inputs.shape, SEED) < probability).numpy()
    own[:, 0] = False
    assert own.any()
    for time in range(1, inputs.shape[1]):
        seed = tf.random.experimental.stateless_fold_in(SEED, time)
        drawn = tf.random.stateless_categorical(logits[:, time - 1], 1, seed)[:, 0]
        expected = np.where(own[:, time], drawn, inputs[:, time])
        assert np.array_equal(mixed[:, time], expected)
    assert np.array_equal(mixed[:, 0], inputs[:, 0])


def test_the_share_of_own_characters_is_the_probability():
    never_0 = CharacterModel(**SIZES)
    never_0.dense.bias.assign([-50.0] + 6 * [0.0])
    inputs = tf.zeros((200, 50), tf.int32)  # what differs is the model's own
    mixed = mixed_inputs(never_0, inputs, tf.constant(0.3), SEED).numpy()
    assert np.mean(mixed[:, 1:] != 0) == pytest.approx(0.3, abs=0.02)


def trained(model, inputs):
    model(inputs[:1])
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=next_character_loss())
    batch = tf.data.Dataset.from_tensors((inputs, tf.roll(inputs, -1, axis=1))).repeat()
    history = model.fit(batch, epochs=2, steps_per_epoch=3, shuffle=False, verbose=0)
    return model.get_weights(), history.history["loss"]


@pytest.mark.slow
def test_without_own_characters_it_is_teacher_forcing(inputs):
    keras.utils.set_random_seed(1)
    plain, plain_losses = trained(SelfTrainedModel(**SIZES), inputs)
    keras.utils.set_random_seed(1)
    scheduled, losses = trained(ScheduledSamplingModel(0.0, 4, **SIZES), inputs)
    assert losses == pytest.approx(plain_losses, abs=1e-6)
    for one, other in zip(plain, scheduled, strict=True):
        assert np.allclose(one, other, atol=1e-6)


@pytest.mark.slow
def test_with_own_characters_it_is_not(inputs):
    keras.utils.set_random_seed(1)
    plain, _ = trained(SelfTrainedModel(**SIZES), inputs)
    keras.utils.set_random_seed(1)
    scheduled, _ = trained(ScheduledSamplingModel(1.0, 1, **SIZES), inputs)
    assert not np.allclose(plain[0], scheduled[0], atol=1e-4)


@pytest.mark.slow
def test_fit_reports_the_mean_loss_of_an_epoch(inputs):
    keras.utils.set_random_seed(1)
    model = SelfTrainedModel(**SIZES)
    model(inputs)
    first = float(next_character_loss()(tf.roll(inputs, -1, axis=1), model(inputs)))
    _, losses = trained(model, inputs)
    assert losses[1] < losses[0] < first < 1.1 * losses[0]


def test_the_probability_rises_to_the_largest_and_stays_there(inputs, monkeypatch):
    """And each step has a seed of its own, which follows from that of the model."""
    mixed = []

    def record(model, ids, probability, seed):
        mixed.append((float(probability), seed.numpy().tolist()))
        return ids

    monkeypatch.setattr(scheduled_sampling, "mixed_inputs", record)
    model = ScheduledSamplingModel(0.8, 4, seed=7, **SIZES)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=next_character_loss())
    for _ in range(6):
        model.train_step((inputs, tf.roll(inputs, -1, axis=1)))
    probabilities, seeds = zip(*mixed, strict=True)
    assert probabilities == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 0.8])
    assert seeds == tuple([7, step] for step in range(6))


def test_the_model_reads_the_mixed_inputs_and_predicts_the_targets_as_they_are(inputs, monkeypatch):
    others, targets = tf.reverse(inputs, [1]), tf.roll(inputs, -1, axis=1)
    monkeypatch.setattr(scheduled_sampling, "mixed_inputs", lambda *arguments: others)
    model = ScheduledSamplingModel(0.8, 4, **SIZES)
    model.set_weights([5 * weight for weight in model.get_weights()])
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=next_character_loss())
    expected = float(next_character_loss()(targets, model(others)))
    assert float(next_character_loss()(targets, model(inputs))) != pytest.approx(expected, abs=1e-2)
    assert float(model.train_step((inputs, targets))["loss"]) == pytest.approx(expected, abs=1e-6)


def test_another_seed_draws_other_characters(model, inputs):
    one, same, other, later = (
        mixed_inputs(model, inputs, tf.constant(1.0), seed).numpy().tolist()
        for seed in ((3, 5), (3, 5), (4, 5), (3, 6))
    )
    assert one == same
    assert one != other
    assert one != later


@pytest.mark.parametrize(
    ("largest", "steps", "message"),
    [
        (1.5, 4, "largest: expected a probability from 0 to 1, received 1.5"),
        (-0.1, 4, "largest: expected a probability from 0 to 1, received -0.1"),
        (float("nan"), 4, "largest: expected a probability from 0 to 1, received nan"),
        (0.5, 0, "steps: expected at least 1, received 0"),
    ],
)
def test_an_impossible_schedule(largest, steps, message):
    with pytest.raises(ValueError, match=message):
        ScheduledSamplingModel(largest, steps, **SIZES)
