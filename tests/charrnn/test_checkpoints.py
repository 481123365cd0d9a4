import numpy as np
import pytest

from charrnn.backend import keras
from charrnn.checkpoints import RunState, check_loss, resume_history, write_history
from charrnn.model import CharacterModel


def new_run(seed):
    keras.utils.set_random_seed(seed)
    model = CharacterModel(vocabulary_size=5, embedding_size=3, units=4, dropout=0.5)
    return model, keras.optimizers.Adam(0.1)


def test_a_history_comes_back(tmp_path):
    history = [
        {"epoch": 1.0, "loss": 2.5, "val_loss": 2.25},
        {"epoch": 2.0, "loss": 1e-9, "val_loss": 123456.5},
    ]
    write_history(history, tmp_path / "history.csv")
    assert resume_history(tmp_path / "history.csv", 2) == history
    assert (tmp_path / "history.csv").read_text().startswith("epoch,loss,val_loss\n1,2.5,2.25\n")


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_refused(loss):
    check_loss(0.0, 1)
    with pytest.raises(FloatingPointError, match=f"received {loss} in epoch 3; try a lower"):
        check_loss(loss, 3)


def test_a_new_folder_has_no_epochs(tmp_path):
    assert RunState(*new_run(1), tmp_path / "run").restore() == 0


@pytest.mark.slow
def test_weights_optimizer_and_seeds_come_back(tmp_path):
    model, optimizer = new_run(1)
    state = RunState(model, optimizer, tmp_path)
    ids = np.ones((2, 3), "int32")
    model(ids, training=True)  # dropout moves its seed
    gradients = [np.ones(weights.shape, "float32") for weights in model.trainable_variables]
    optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    state.save(3)

    copy, its_optimizer = new_run(2)
    assert RunState(copy, its_optimizer, tmp_path).restore() == 3
    variables = model.variables + optimizer.variables
    for one, other in zip(variables, copy.variables + its_optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    # The next dropout is the same, too.
    np.testing.assert_array_equal(model(ids, training=True), copy(ids, training=True))


def test_one_state_is_kept_and_its_predecessor_goes_last(tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    state = RunState(*new_run(1), tmp_path)
    state.save(1)
    state.save(2)
    assert len(list(tmp_path.glob("*.index"))) == 1
    monkeypatch.setattr(state.manager.checkpoint, "_write", stop)
    with pytest.raises(KeyboardInterrupt):
        state.save(3)
    assert RunState(*new_run(2), tmp_path).restore() == 2


@pytest.mark.parametrize("changes", [{"layers": 2}, {"units": 6}])
def test_the_state_of_a_model_of_other_sizes_is_refused(tmp_path, changes):
    RunState(*new_run(1), tmp_path).save(1)
    sizes = {"vocabulary_size": 5, "embedding_size": 3, "units": 4, "dropout": 0.5}
    model = CharacterModel(**sizes | changes)
    with pytest.raises(ValueError, match=r"received '.*' with .*; choose another folder"):
        RunState(model, keras.optimizers.Adam(), tmp_path).restore()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_and_the_state_before_stays(tmp_path, value):
    model, optimizer = new_run(1)
    state = RunState(model, optimizer, tmp_path)
    state.save(1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    model.dense.bias.assign([0.0, value, 0.0, 0.0, 0.0])
    with pytest.raises(FloatingPointError, match=r"weights of shape \(5,\): .* in epoch 2"):
        state.save(2)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
