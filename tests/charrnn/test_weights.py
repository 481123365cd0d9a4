import json
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest
from safetensors.numpy import load, save

from charrnn import weights
from charrnn.support.files import read_record, sha256
from charrnn.vocabulary import Vocabulary
from charrnn.weights import (
    PRETRAINED,
    SHIPPED,
    StoredModel,
    expected_shapes,
    read_weights,
    shipped,
    write_weights,
)
from experiments.pretrained import RECIPE, SEED

SIZES = {
    "vocabulary_size": 4,
    "embedding_size": 2,
    "units": 3,
    "layers": 2,
    "cell": "gru",
    "dropout": 0.0,
}


def new_model(**changes):
    hyperparameters = SIZES | changes
    random = np.random.default_rng(0)
    arrays = {
        name: random.normal(size=shape).astype("float32")
        for name, shape in expected_shapes(hyperparameters).items()
    }
    return StoredModel(hyperparameters, Vocabulary("aé\n"), {"corpus": "none"}, arrays)


@pytest.fixture
def path(tmp_path):
    write_weights(new_model(), tmp_path / "model")
    return tmp_path / "model"


def assert_equal_models(one, other):
    assert one.hyperparameters == other.hyperparameters
    assert one.vocabulary.characters == other.vocabulary.characters
    assert one.card == other.card
    assert one.arrays.keys() == other.arrays.keys()
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, other.arrays[name])


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 3])
def test_names_and_shapes_are_keras_own(make_model, cell, layers):
    model = make_model(cell=cell, layers=layers)
    shapes = expected_shapes(model.hyperparameters)
    assert list(shapes.values()) == [weights.shape for weights in model.get_weights()]
    endings = [variable.path.rsplit("/")[-1] for variable in model.weights]
    assert [name.rsplit(".")[-1] for name in shapes] == ["embedding", *endings[1:]]


@pytest.mark.parametrize("ending", ["", ".json", ".safetensors"])
def test_a_model_comes_back(path, ending):
    assert_equal_models(read_weights(f"{path}{ending}"), new_model())


def test_a_name_may_have_dots(tmp_path):
    write_weights(new_model(), tmp_path / "v1.2")
    assert {file.name for file in tmp_path.iterdir()} == {"v1.2.json", "v1.2.safetensors"}
    assert_equal_models(read_weights(tmp_path / "v1.2"), new_model())


def test_half_precision_is_read_as_single(path, tmp_path):
    arrays = {name: array.astype("float16") for name, array in new_model().arrays.items()}
    (tmp_path / "model.safetensors").write_bytes(save(arrays))
    change_description(path, sha256=sha256(tmp_path / "model.safetensors"))
    model = read_weights(path)
    for name, array in model.arrays.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, arrays[name])


def test_others_read_the_arrays(path):
    arrays = load(path.with_name("model.safetensors").read_bytes())
    assert {name: array.shape for name, array in arrays.items()} == expected_shapes(SIZES)


def change_description(path, **changes):
    file = path.with_suffix(".json")
    content = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


@pytest.mark.parametrize("position", [0, 8, 400, -1])
def test_a_flipped_bit_is_noticed(path, position):
    file = path.with_suffix(".safetensors")
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.safetensors: damaged, .*expected SHA-256"):
        read_weights(path)


@pytest.mark.parametrize("ending", [".safetensors", ".json"])
def test_a_truncated_file_is_noticed(path, ending):
    file = path.with_suffix(ending)
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(ValueError, match=rf"model\{ending}: (damaged|expected)"):
        read_weights(path)


@pytest.mark.parametrize("ending", [".safetensors", ".json"])
def test_a_missing_file_is_named(path, ending):
    path.with_suffix(ending).unlink()
    with pytest.raises(ValueError, match=rf"expected the file .*model\{ending}, which does not"):
        read_weights(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"characters": None},
        {"characters": ""},
        {"characters": 5},
        {"card": None},
        {"sha256": None},
        {"hyperparameters": None},
        {"hyperparameters": [1]},
        {"hyperparameters": {"units": 3}},
        {"hyperparameters": SIZES | {"cell": "rnn"}},
        {"hyperparameters": SIZES | {"units": "3"}},
        {"hyperparameters": SIZES | {"layers": -1}},
        {"hyperparameters": SIZES | {"more": 1}},
    ],
)
def test_a_damaged_description_is_refused(path, changes):
    change_description(path, **changes)
    with pytest.raises(ValueError, match=r"model\.json: expected"):
        read_weights(path)


def test_a_vocabulary_of_another_size_is_refused(path, tmp_path):
    change_description(path, characters="\nabé")
    with pytest.raises(ValueError, match=r"a vocabulary of 4 ids, .* received 5"):
        read_weights(path)
    model = new_model()
    other = StoredModel(model.hyperparameters, Vocabulary("ab"), {}, model.arrays)
    with pytest.raises(ValueError, match=r"a vocabulary of 4 ids, .* received 3"):
        write_weights(other, tmp_path / "other")
    assert not list(tmp_path.glob("other*"))


@pytest.mark.parametrize("changes", [{"units": 5}, {"layers": 1}, {"cell": "lstm"}])
def test_arrays_of_other_shapes_are_refused(path, tmp_path, changes):
    change_description(path, hyperparameters=SIZES | changes)
    with pytest.raises(ValueError, match=r"expected arrays .*, received other ones"):
        read_weights(path)
    model = new_model()
    other = StoredModel(SIZES | changes, model.vocabulary, {}, model.arrays)
    with pytest.raises(ValueError, match=r"expected arrays .*, received other ones"):
        write_weights(other, tmp_path / "other")
    assert not list(tmp_path.glob("other*"))


def test_the_packages_model_is_there():
    model = read_weights(PRETRAINED)
    assert model.hyperparameters["vocabulary_size"] == len(model.vocabulary) == 66
    assert 1.3 < model.card["windows_loss"] < 1.44
    assert 1.3 < model.card["stream_loss"] < model.card["windows_loss"]
    assert all(np.isfinite(array).all() for array in model.arrays.values())
    size = sum(PRETRAINED.with_suffix(end).stat().st_size for end in (".safetensors", ".json"))
    assert size < 8_200_000
    assert model.card["recipe"] == {
        **asdict(RECIPE),
        "epochs": model.card["recipe"]["epochs"],
        "seed": SEED,
    }
    record = read_record("pretrained_shakespeare")
    assert len(record) == model.card["recipe"]["epochs"]
    best = min(record, key=lambda row: row["windows_loss"])
    assert best["epoch"] == model.card["epoch"]
    assert best["windows_loss"] == pytest.approx(model.card["windows_loss"], abs=0.001)
    assert sum(row["seconds"] for row in record) / 60 == pytest.approx(
        model.card["minutes"], abs=0.06
    )
    assert model.card["minutes"] <= 40


def test_the_model_of_great_expectations_is_that_of_its_record():
    path = shipped("great-expectations")
    model = read_weights(path)
    sizes = model.hyperparameters
    assert (sizes["embedding_size"], sizes["units"]) == (256, 1024)  # system C's
    assert len(model.vocabulary) == 74  # of the clean text, and [UNK]
    assert all(np.isfinite(array).all() for array in model.arrays.values())
    assert path.with_suffix(".safetensors").stat().st_size < 8_200_000
    card = model.card
    record = read_record("pretrained_great_expectations")
    assert len(record) == card["recipe"]["epochs"] == 20
    assert all(later["loss"] < row["loss"] for row, later in pairwise(record))
    best = min(record, key=lambda row: row["windows_loss"])
    assert best["epoch"] == card["epoch"] < 15
    assert record[-1]["windows_loss"] > best["windows_loss"] + 0.1
    assert best["windows_loss"] == pytest.approx(card["windows_loss"], abs=0.001)
    assert best["stream_loss"] == pytest.approx(card["stream_loss"], abs=0.001)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_the_cards_losses_are_those_of_the_weights(name, request):
    from charrnn.export import load_model
    from charrnn.metrics import windows_loss

    text = request.getfixturevalue({"great-expectations": "book"}.get(name, name))
    model, vocabulary = load_model(shipped(name))
    card = read_weights(shipped(name)).card
    validation = vocabulary.encode(text[-card["validation_characters"] :], strict=True)
    assert windows_loss(model, validation) == pytest.approx(card["windows_loss"], abs=0.002)


def test_a_changed_description_of_the_packages_own_model_is_refused(tmp_path, monkeypatch):
    own = tmp_path / "shakespeare"
    for end in (".safetensors", ".json"):
        content = PRETRAINED.with_suffix(end).read_bytes()
        own.with_suffix(end).write_bytes(content.replace(b'"epoch": 2', b'"epoch": 3'))
    read_weights(own)  # elsewhere it is a model like any other
    monkeypatch.setattr(weights, "shipped", lambda name: tmp_path / name)
    with pytest.raises(ValueError, match="not the model of this package"):
        read_weights(own)
