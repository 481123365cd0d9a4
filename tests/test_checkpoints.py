import numpy as np
import pytest

from charrnn.backend import keras
from charrnn.checkpoints import RunState, check_loss, read_history, write_history
from charrnn.model import build


def new_state(directory, seed):
    keras.utils.set_random_seed(seed)
    model = build(vocabulary_size=5, embedding_size=3, units=4, dropout=0.5)
    return RunState(model, keras.optimizers.Adam(0.1), directory)


def test_a_history_comes_back(tmp_path):
    history = [
        {"epoch": 1.0, "loss": 2.5, "val_loss": 2.25},
        {"epoch": 2.0, "loss": 1e-9, "val_loss": 123456.5},
    ]
    write_history(history, tmp_path / "history.csv")
    assert read_history(tmp_path / "history.csv") == history
    assert (tmp_path / "history.csv").read_text().startswith("epoch,loss,val_loss\n1,2.5,2.25\n")


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_refused(loss):
    check_loss(0.0, 1)
    with pytest.raises(FloatingPointError, match=f"received {loss} in epoch 3; try a lower"):
        check_loss(loss, 3)


def test_a_new_folder_has_no_epochs(tmp_path):
    assert new_state(tmp_path / "run", 1).restore() == 0


def test_weights_optimizer_and_seeds_come_back(tmp_path):
    state = new_state(tmp_path, 1)
    ids = np.ones((2, 3), "int32")
    state.model(ids, training=True)  # dropout moves its seed
    gradients = [np.ones(weights.shape, "float32") for weights in state.model.trainable_variables]
    optimizer = state.manager.checkpoint.optimizer
    optimizer.apply_gradients(zip(gradients, state.model.trainable_variables, strict=True))
    state.save(3)

    other = new_state(tmp_path, 2)
    assert other.restore() == 3
    variables = state.model.variables + optimizer.variables
    copies = other.model.variables + other.manager.checkpoint.optimizer.variables
    for variable, copy in zip(variables, copies, strict=True):
        np.testing.assert_array_equal(variable.numpy(), copy.numpy())
    # The next dropout is the same, too.
    expected = state.model(ids, training=True)
    np.testing.assert_array_equal(other.model(ids, training=True), expected)


def test_one_state_is_kept_and_its_predecessor_goes_last(tmp_path, monkeypatch):
    state = new_state(tmp_path, 1)
    state.save(1)
    state.save(2)
    assert len(list(tmp_path.glob("*.index"))) == 1

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(state.manager.checkpoint, "_write", stop, raising=False)
    monkeypatch.setattr(state.manager.checkpoint, "write", stop)
    with pytest.raises(KeyboardInterrupt):
        state.save(3)
    assert new_state(tmp_path, 2).restore() == 2


def test_the_state_of_a_model_of_other_sizes_is_refused(tmp_path):
    new_state(tmp_path, 1).save(1)
    model = build(vocabulary_size=5, embedding_size=3, units=4, layers=2, dropout=0.5)
    with pytest.raises(ValueError, match=r"received '.*' with .*; choose another folder"):
        RunState(model, keras.optimizers.Adam(), tmp_path).restore()
