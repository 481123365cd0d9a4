import subprocess
import sys

import numpy as np
import pytest

from charrnn.backend import keras, tf
from charrnn.checkpoints import (
    RunState,
    check_loss,
    delete_run,
    keep_history,
    load_best,
    read_run,
    write_history,
)
from charrnn.model import CharacterModel
from charrnn.support.arrays import read_arrays, write_arrays

SIZES = {"vocabulary_size": 5, "embedding_size": 3, "units": 4, "dropout": 0.5}
HISTORY_OF_THREE = [{"epoch": 1.0, "loss": 2.5, "val_loss": 2.25}]
HISTORY = [{"epoch": 1.0, "loss": 2.5}, {"epoch": 2.0, "loss": 0.1 + 0.2}]


def new_run(seed):
    keras.utils.set_random_seed(seed)
    return CharacterModel(**SIZES), keras.optimizers.Adam(0.1)


@pytest.fixture
def saved(tmp_path):
    """The folder of a run of two epochs, with all that stands in one."""
    state = RunState(*new_run(1), tmp_path / "run", {"text": "tick"})
    state.history = [dict(row) for row in HISTORY]
    state.save_best(HISTORY[0])
    state.save(2)
    return tmp_path / "run"


def test_a_history_for_people(tmp_path):
    history = [
        {"epoch": 1.0, "loss": 2.5, "val_loss": 2.25},
        {"epoch": 2.0, "loss": 1e-9, "val_loss": 123456.5},
    ]
    write_history(history, tmp_path / "history.csv")
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert lines == ["epoch,loss,val_loss", "1,2.5,2.25", "2,1e-09,123456.5"]


def test_a_row_of_a_history_may_lack_a_number(tmp_path):
    write_history([{"epoch": 0.0, "val_loss": 3.0}, *HISTORY_OF_THREE], tmp_path / "history.csv")
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert lines == ["epoch,loss,val_loss", "0,,3", "1,2.5,2.25"]


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_refused(loss):
    check_loss(0.0, 1)
    with pytest.raises(FloatingPointError, match=f"received {loss} in epoch 3; try a lower"):
        check_loss(loss, 3)


def test_a_new_folder_has_no_epochs(tmp_path):
    assert RunState(*new_run(1), tmp_path / "run").restore() == 0


def test_a_history_comes_back_to_the_last_digit(saved):
    state = RunState(*new_run(2), saved, {"text": "tick"})
    assert state.restore() == 2
    assert state.history == HISTORY


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


def test_the_best_weights_come_back(saved):
    best, _ = new_run(1)
    model, _ = new_run(2)
    assert load_best(model, saved) == HISTORY[0]
    for one, two in zip(best.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.raises(ValueError, match=r"directory: expected the file '.*best\.safetensors'"):
        load_best(model, saved.parent)
    other = CharacterModel(**SIZES | {"units": 6})
    with pytest.raises(ValueError, match="whose weights has variables of shapes"):
        load_best(other, saved)


@pytest.mark.parametrize(
    ("made_from", "message"),
    [
        ({"text": "tock"}, "a run whose text is tock, received '.*', where it is tick"),
        ({}, "a run whose text is none, received '.*', where it is tick"),
        ({"text": "tick" * 30}, "whose text is of SHA-256 [0-9a-f]{64}, received"),
    ],
)
def test_the_run_of_another_text_is_refused(saved, made_from, message):
    with pytest.raises(ValueError, match=message):
        RunState(*new_run(1), saved, made_from).restore()


def test_a_run_may_go_on_with_another_measure(saved):
    """As a model that was compiled anew with a metric."""
    state = RunState(*new_run(1), saved, {"text": "tick"})
    state.restore()
    state.history.append({"epoch": 4.0, "loss": 0.5, "accuracy": 0.75})
    state.save(4)
    lines = (saved / "history.csv").read_text(encoding="utf-8").splitlines()
    assert lines == ["epoch,loss,accuracy", "1,2.5,", "2,0.3,", "4,0.5,0.75"]


@pytest.mark.parametrize("kind", [np.asarray, lambda ids: [ids], tf.constant])
def test_the_run_of_other_ids_is_refused(tmp_path, kind):
    """One of thousands differs, where NumPy prints dots."""
    ids, others = np.arange(5000), np.arange(5000)
    others[2500] = 0
    RunState(*new_run(1), tmp_path, {"ids": kind(ids)}).save(3)
    assert RunState(*new_run(1), tmp_path, {"ids": kind(ids.copy())}).restore() == 3
    with pytest.raises(ValueError, match="a run whose ids is of SHA-256"):
        RunState(*new_run(1), tmp_path, {"ids": kind(others)}).restore()


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(ValueError, match="directory: expected a folder or a new name"):
            RunState(*new_run(1), place).__enter__()


@pytest.mark.parametrize("changes", [{"layers": 2}, {"units": 6}, {"dropout": 0.25}])
def test_the_state_of_another_model_is_refused(saved, changes):
    model = CharacterModel(**SIZES | changes)
    ((name, value),) = changes.items()
    message = f"directory: expected a run whose model's {name} is {value}, .*; choose another fold"
    with pytest.raises(ValueError, match=message):
        RunState(model, keras.optimizers.Adam(0.1), saved, {"text": "tick"}).restore()


def test_the_state_of_another_optimizer_is_refused(saved):
    message = "whose optimizer's learning_rate is 0.2.*, received .*, where it is 0.1"
    with pytest.raises(ValueError, match=message):
        RunState(new_run(1)[0], keras.optimizers.Adam(0.2), saved, {"text": "tick"}).restore()


def test_variables_of_other_shapes_and_types_are_refused(tmp_path):
    """Of a model that is not this package's: its sizes are not known, its variables are."""

    def model(units):
        network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)])
        return network, keras.optimizers.SGD()

    RunState(*model(3), tmp_path).save(1)
    with pytest.raises(ValueError, match=r"model has variables of shapes \[\(2, 4\), \(4,\)\]"):
        RunState(*model(4), tmp_path).restore()
    path = tmp_path / "state.safetensors"
    arrays, description = read_arrays(path, "the state of a run")
    arrays["model/0001"] = arrays["model/0001"].astype("float64")
    write_arrays(path, "the state of a run", arrays, description)
    with pytest.raises(ValueError, match=r"expected float32 numbers, received .* with float64"):
        RunState(*model(3), tmp_path).restore()


@pytest.mark.parametrize("left", ["history.csv", "best.safetensors", "checkpoint"])
def test_a_run_without_its_state_is_refused_and_not_begun_anew(saved, left):
    (saved / "checkpoint").touch()  # an earlier version's
    for path in saved.iterdir():
        if path.name != left:
            path.unlink()
    message = f"directory: expected state.safetensors beside {left}, received"
    with pytest.raises(ValueError, match=message):
        RunState(*new_run(1), saved, {"text": "tick"}).restore()


def test_a_damaged_state_is_one_sentence_that_names_the_file(saved):
    """Every cut at a step, every flip at a step; ``support.arrays`` tries all of them."""
    for name in ("state.safetensors", "best.safetensors"):
        whole = (saved / name).read_bytes()
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 4
        for data in (b"", whole[:7], whole[: len(whole) // 2], whole[:-1], bytes(flipped)):
            (saved / name).write_bytes(data)
            model, optimizer = new_run(1)
            state = RunState(model, optimizer, saved, {"text": "tick"})
            with pytest.raises(ValueError, match=name) as caught:
                state.restore() if name.startswith("state") else load_best(model, saved)
            assert "\n" not in str(caught.value)
        (saved / name).write_bytes(whole)


def test_one_state_is_kept_and_stays_until_the_next_is_whole(saved, monkeypatch):
    state = RunState(*new_run(1), saved, {"text": "tick"})
    state.restore()
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    assert set(before) == {"state.safetensors", "best.safetensors", "history.csv"}

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        state.save(3)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_and_the_state_before_stays(saved, value):
    model, optimizer = new_run(1)
    state = RunState(model, optimizer, saved, {"text": "tick"})
    state.restore()
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    model.dense.bias.assign([0.0, value, 0.0, 0.0, 0.0])
    with pytest.raises(FloatingPointError, match=r"weights of shape \(5,\): .* in epoch 3"):
        state.save(3)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


def test_a_history_that_is_not_finite_is_refused(saved):
    state = RunState(*new_run(1), saved, {"text": "tick"})
    state.restore()
    state.history.append({"epoch": 3.0, "val_loss": np.nan})
    with pytest.raises(FloatingPointError, match="val_loss: expected a finite number"):
        state.save(3)


def test_the_home_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    RunState(*new_run(1), "~/run").save(1)
    assert (tmp_path / "run" / "state.safetensors").is_file()


@pytest.mark.parametrize("name", ["a[1]", "back\\slash", "50%", "é 中"])
def test_a_folder_may_have_any_name(tmp_path, name):
    RunState(*new_run(1), tmp_path / name).save(1)
    assert RunState(*new_run(2), tmp_path / name).restore() == 1


def test_a_folder_is_held_by_one_run(tmp_path):
    with RunState(*new_run(1), tmp_path / "run"):
        with pytest.raises(ValueError, match="directory: expected one that no other run uses"):
            RunState(*new_run(1), tmp_path / "run").__enter__()
        script = (
            "import sys; from charrnn.support.locks import locked\n"
            "try:\n    locked(sys.argv[1], 'taken').__enter__()\n"
            "except ValueError as error:\n    print(error)"
        )
        command = [sys.executable, "-c", script, tmp_path / "run" / "lock"]
        assert subprocess.check_output(command, text=True) == "taken\n"
    assert not list((tmp_path / "run").iterdir())
    with RunState(*new_run(1), tmp_path / "run"):
        pass


def test_a_run_can_be_read_without_its_model(saved):
    history, made_from = read_run(saved)
    assert history == HISTORY
    assert made_from["text"] == "tick"
    assert made_from["model's units"] == "4"
    (saved / "state.safetensors").unlink()
    with pytest.raises(ValueError, match=r"directory: expected the file .*state\.safetensors'"):
        read_run(saved)


def test_a_history_can_be_kept_where_the_run_is_deleted(saved, tmp_path):
    lines = (saved / "history.csv").read_text()
    assert keep_history(saved, tmp_path / "x.csv")
    delete_run(saved)
    assert list(saved.iterdir()) == []
    assert (tmp_path / "x.csv").read_text() == lines
    assert not keep_history(saved, tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == lines


def test_a_history_is_written_more_often_than_the_state(saved):
    state = RunState(*new_run(1), saved, {"text": "tick"})
    assert (state.restore(), state.rows_saved) == (2, 2)
    state.history.append({"epoch": 3.0, "loss": 1.5})
    state.write_history()
    assert len((saved / "history.csv").read_text().splitlines()) == 4
    assert state.rows_saved == 2
    assert read_run(saved)[0] == HISTORY
    state.save(3)
    assert state.rows_saved == 3
    assert read_run(saved)[0] == state.history
