import math
from itertools import islice

import numpy as np
import pytest

from charrnn import training
from charrnn.backend import keras, tf
from charrnn.checkpoints import RunState, load_best
from charrnn.model import CharacterModel
from charrnn.support.files import read_table, with_numbers
from charrnn.training import SelfTrainedModel, cosine_schedule, custom_loop, fit
from charrnn.windows import shuffled_batches, step_windows

STEPS = 4  # in an epoch
SIZES = {"vocabulary_size": 6, "embedding_size": 4, "units": 12}
random = np.random.default_rng(0)
inputs, targets = step_windows(random.integers(1, 6, 400).astype("int32"), 10)
others = step_windows(random.integers(1, 6, 101).astype("int32"), 10)


def batches(step):
    return shuffled_batches(inputs, targets, 8, seed=1, first_step=step)


def validation():
    return tf.data.Dataset.from_tensor_slices(others).batch(5)


def new_model(seed, optimizer=None, dropout=0.3, cls=None, **compile_arguments):
    keras.utils.set_random_seed(seed)
    if cls is None:
        model = CharacterModel(**SIZES, dropout=dropout)
    else:
        model = cls(**SIZES, dropout=dropout)
        model(inputs[:1])
    optimizer = optimizer or keras.optimizers.Adam(0.03)
    model.compile(optimizer=optimizer, loss=training.next_character_loss(), **compile_arguments)
    return model


def train(model, epochs, directory, batches=batches, **arguments):
    return fit(model, batches, validation(), epochs, STEPS, directory, verbose=0, **arguments)


def train_custom(model, epochs, directory, batches=batches, **arguments):
    return custom_loop(model, model.optimizer, batches, epochs, STEPS, directory, **arguments)


def assert_equal_weights(one, two):
    for left, right in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Four epochs of ``fit`` without an interruption: model, history, folder."""
    directory = tmp_path_factory.mktemp("straight")
    model = new_model(seed=1)
    return model, train(model, 4, directory), directory


# --- fit


@pytest.mark.slow
def test_fit_says_what_it_did(straight):
    _, history, directory = straight
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert [set(row) for row in history] == [{"epoch", "loss", "val_loss"}] * 4
    stored = with_numbers(read_table(directory / "history.csv"))
    for row, kept in zip(history, stored, strict=True):
        assert kept == pytest.approx(row, rel=1e-6)


@pytest.mark.slow
def test_fit_reports_the_validation_loss_of_its_model(straight):
    model, history, _ = straight
    expected = model.evaluate(validation(), verbose=0)
    assert history[-1]["val_loss"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_a_run_that_went_on_equals_one_without_an_interruption(straight, tmp_path):
    model, history, _ = straight
    train(new_model(seed=1), 2, tmp_path)
    again = new_model(seed=99)  # another process would draw other weights and other dropout
    rest = train(again, 4, tmp_path)
    assert_equal_weights(again, model)
    for row, expected in zip(rest, history, strict=True):
        assert row == pytest.approx(expected, abs=1e-6)
    for row, expected in zip(
        with_numbers(read_table(tmp_path / "history.csv")), history, strict=True
    ):
        assert row == pytest.approx(expected, abs=1e-6)
    for left, right in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_allclose(left.numpy(), right.numpy(), rtol=0, atol=1e-6)
    # Asked again, it has nothing to do, and gives the history.
    for row, expected in zip(train(again, 4, tmp_path), rest, strict=True):
        assert row == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_an_interruption_while_saving_leaves_a_run_to_go_on_from(straight, tmp_path, monkeypatch):
    model, history, _ = straight
    save = RunState.save

    def stop_in_epoch_3(self, epoch):
        if epoch == 3:  # the best weights have been written, the state has not
            raise KeyboardInterrupt
        save(self, epoch)

    monkeypatch.setattr(RunState, "save", stop_in_epoch_3)
    with pytest.raises(KeyboardInterrupt):
        train(new_model(seed=1), 4, tmp_path)
    monkeypatch.undo()
    again = new_model(seed=99)
    rest = train(again, 4, tmp_path)
    assert [row["epoch"] for row in rest] == [1, 2, 3, 4]
    assert rest[-1] == pytest.approx(history[-1], abs=1e-6)
    assert_equal_weights(again, model)


@pytest.mark.slow
@pytest.mark.parametrize("run", [train, train_custom])
def test_a_run_does_not_go_on_in_the_folder_of_another(tmp_path, run):
    def named(text, **settings):
        model = new_model(seed=1, **settings)
        return run(model, 2, tmp_path, made_from={"text": text})

    named("a text")
    named("a text")  # it has nothing to do
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for text, settings, name in [
        ("another text", {}, "text is another text, .* where it is a text"),
        ("a text", {"optimizer": keras.optimizers.Adam(1e-4)}, "optimizer's learning_rate is 9.9"),
        ("a text", {"dropout": 0.1}, "model's dropout is 0.1, .* where it is 0.3"),
    ]:
        with pytest.raises(ValueError, match=f"directory: expected a run whose {name}"):
            named(text, **settings)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept


@pytest.mark.parametrize("run", [train, train_custom])
def test_a_folder_that_another_run_uses_is_refused(tmp_path, run):
    model = new_model(seed=1)
    with (
        RunState(model, model.optimizer, tmp_path),
        pytest.raises(ValueError, match="directory: expected one that no other run uses"),
    ):
        run(model, 1, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_best_weights_are_those_of_the_best_epoch(tmp_path):
    """A text of two characters is learnt; on the other text the loss then rises."""
    ids = np.tile(np.array([1, 2], "int32"), 100)
    x, y = step_windows(ids, 10)
    model = new_model(seed=1, dropout=0.0)
    history = train(model, 5, tmp_path, lambda step: shuffled_batches(x, y, 8, first_step=step))
    losses = [row["val_loss"] for row in history]
    best = int(np.argmin(losses))
    assert best < 4
    assert losses[best] < losses[-1] - 0.1
    load_best(model, tmp_path)
    assert model.evaluate(validation(), verbose=0) == pytest.approx(losses[best], abs=1e-5)


@pytest.mark.slow
def test_a_text_without_surprise_is_learnt_to_nearly_zero(tmp_path):
    """The entropy of a periodic text is 0; a window's first character alone tells the rest."""
    ids = np.tile(np.array([1, 2, 3, 4, 5], "int32"), 60)
    x, y = step_windows(ids, 11)
    model = new_model(seed=1, dropout=0.0)
    steps = 60
    history = fit(
        model,
        lambda step: shuffled_batches(x, y, 8, first_step=step),
        tf.data.Dataset.from_tensor_slices((x, y)).batch(9),
        epochs=2,
        steps_per_epoch=steps,
        directory=tmp_path,
        verbose=0,
    )
    assert history[-1]["val_loss"] < 0.02
    assert history[0]["loss"] > history[1]["loss"] > history[1]["val_loss"] > 0


def poison(model):
    """Return batches that make the model's loss NaN when they are asked for."""

    def poisoned(step):
        model.dense.set_weights([np.full((12, 6), np.nan), np.zeros(6)])
        return batches(step)

    return poisoned


@pytest.mark.slow
@pytest.mark.parametrize("run", [train, train_custom])
def test_a_loss_that_is_not_finite_never_reaches_the_state(tmp_path, run):
    run(new_model(seed=1), 1, tmp_path)
    kept = sorted((path.name, path.read_bytes()) for path in tmp_path.iterdir())
    model = new_model(seed=2)
    with pytest.raises(FloatingPointError, match="loss: expected a finite number, received nan"):
        run(model, 2, tmp_path, poison(model))
    assert sorted((path.name, path.read_bytes()) for path in tmp_path.iterdir()) == kept


def test_the_folder_of_another_model_is_refused_and_kept(straight):
    _, _, directory = straight
    kept = {path.name for path in directory.iterdir()}
    other = CharacterModel(**SIZES | {"units": 13}, dropout=0.3)
    other.compile(optimizer="adam", loss=training.next_character_loss())
    for run in (train, train_custom):
        with pytest.raises(ValueError, match=r"expected a run whose model's units is 13, .* is 12"):
            run(other, 5, directory)
    assert {path.name for path in directory.iterdir()} == kept


def test_the_folder_of_another_optimizer_is_refused(straight):
    _, _, directory = straight
    model = new_model(seed=1, optimizer=keras.optimizers.SGD(0.1, momentum=0.9))
    message = "directory: expected a run whose optimizer's learning_rate is 0.1"
    with pytest.raises(ValueError, match=message):
        train(model, 5, directory)


# --- a train_step of one's own


@pytest.mark.slow
def test_the_own_train_step_equals_keras(tmp_path):
    one, own = new_model(seed=1), new_model(seed=1, cls=SelfTrainedModel)
    before = own.get_weights()
    data = next(iter(batches(0)))
    losses = [model.fit(*data, batch_size=8, epochs=1, verbose=0) for model in (one, own)]
    assert losses[0].history["loss"] == pytest.approx(losses[1].history["loss"], abs=1e-6)
    assert_equal_weights(one, own)
    assert np.abs(before[0] - own.get_weights()[0]).max() > 1e-3


# --- the custom loop


@pytest.mark.slow
def test_the_custom_loop_goes_on_exactly(tmp_path):
    model, again = new_model(seed=1), new_model(seed=1)
    losses = train_custom(model, 4, tmp_path / "straight")
    first = train_custom(again, 2, tmp_path / "parts")
    again = new_model(seed=99)
    rest = train_custom(again, 4, tmp_path / "parts")
    assert first + rest == pytest.approx(losses, abs=1e-6)
    assert_equal_weights(model, again)
    assert train_custom(again, 4, tmp_path / "parts") == []


@pytest.mark.slow
def test_the_custom_loop_equals_fit_but_for_clipping(straight, tmp_path):
    model, history, _ = straight
    own = new_model(seed=1)
    losses = train_custom(own, 4, tmp_path, clip_norm=1e6)
    assert losses == pytest.approx([row["loss"] for row in history], abs=1e-5)
    for left, right in zip(model.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)


def test_the_custom_loop_saves_every_few_epochs_and_the_last(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(RunState, "save", lambda self, epoch: saved.append(epoch))
    train_custom(new_model(seed=1), 5, tmp_path, save_every=2)
    assert saved == [2, 4, 5]


def test_the_custom_loop_reports(tmp_path, capsys):
    losses = train_custom(new_model(seed=1), 1, tmp_path, report_every=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.rsplit(" ", 1)[0] for line in lines] == [
        "epoch 1 step 2 loss",
        "epoch 1 step 4 loss",
    ]
    assert lines[-1] == f"epoch 1 step 4 loss {losses[0]:.2f}"


@pytest.mark.slow
def test_clipping_is_by_the_norm_of_all_gradients_together(tmp_path):
    """One step of plain descent, against NumPy and against Keras."""
    clip, rate = 0.01, 0.5
    model = new_model(seed=1, dropout=0.0, optimizer=keras.optimizers.SGD(rate))
    peer = new_model(
        seed=1, dropout=0.0, optimizer=keras.optimizers.SGD(rate, global_clipnorm=clip)
    )
    before = model.get_weights()
    x, y = next(islice(batches(0), 1))
    with tf.GradientTape() as tape:
        loss = training.next_character_loss()(y, model(x))
    gradients = tape.gradient(loss, model.trainable_variables)
    # TensorFlow and Keras take the norm of the embedding's gradient before they add up the rows
    # of a character that occurs several times.
    parts = [getattr(gradient, "values", gradient).numpy() for gradient in gradients]
    norm = math.sqrt(sum(float((part**2).sum()) for part in parts))
    assert norm > 2 * clip
    custom_loop(model, model.optimizer, batches, 1, 1, tmp_path, clip_norm=clip)
    for old, new, gradient in zip(before, model.get_weights(), gradients, strict=True):
        gradient = tf.convert_to_tensor(gradient).numpy()
        np.testing.assert_allclose(new, old - rate * gradient * clip / norm, atol=1e-6)
    peer.fit(x, y, batch_size=8, verbose=0)
    assert_equal_weights(model, peer)


# --- the rest


def test_the_loss_is_the_mean_cross_entropy_in_nats():
    logits, ids = random.normal(size=(2, 3, 5)), random.integers(0, 5, (2, 3))
    chosen = np.exp(np.take_along_axis(logits, ids[..., None], -1))[..., 0]
    expected = -np.log(chosen / np.exp(logits).sum(-1)).mean()
    assert float(training.next_character_loss()(ids, logits)) == pytest.approx(expected, rel=1e-5)


def test_the_schedule_is_its_formula():
    schedule = cosine_schedule(0.01, steps=200, warmup_steps=20)
    for step in (0, 1, 10, 20, 21, 100, 199, 200, 300):
        if step < 20:
            expected = 0.01 * step / 20
        else:
            done = min(step - 20, 180) / 180
            expected = 0.01 * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
        assert float(schedule(step)) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("warmup", [-1, 20])
def test_a_warm_up_as_long_as_the_run_is_refused(warmup):
    with pytest.raises(ValueError, match=f"warmup_steps: expected 0 to 19 .* received {warmup}"):
        cosine_schedule(0.01, steps=20, warmup_steps=warmup)
