import hashlib
import json
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from charrnn import weights
from charrnn.recipes import Recipe
from charrnn.support.files import read_record
from charrnn.vocabulary import Vocabulary
from charrnn.weights import (
    LANGUAGES,
    PRETRAINED,
    SHIPPED,
    StoredModel,
    expected_shapes,
    find_model,
    model_file,
    read_weights,
    shipped,
    write_weights,
)
from charrnn.windows import split_by_position
from experiments.pretrained import SEED, SPECIFICATIONS
from tests.conftest import load_book
from tests.helpers.damage import every_flip_and_cut

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


def test_a_model_is_one_file(path, tmp_path):
    assert list(tmp_path.iterdir()) == [model_file(path)]


def test_a_name_may_have_dots(tmp_path):
    write_weights(new_model(), tmp_path / "v1.2")
    assert [file.name for file in tmp_path.iterdir()] == ["v1.2.safetensors"]
    assert_equal_models(read_weights(tmp_path / "v1.2"), new_model())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("my", "my.safetensors"),
        ("my.safetensors", "my.safetensors"),
        ("my.json", "my.safetensors"),
        ("my.safetensors.json", "my.safetensors"),
        ("a.b", "a.b.safetensors"),
        ("folder/my", "folder/my.safetensors"),
        (Path("folder/my"), "folder/my.safetensors"),
        ("~/my", "/home/me/my.safetensors"),
    ],
)
def test_the_file_is_found_from_what_a_user_types(monkeypatch, typed, expected):
    monkeypatch.setenv("HOME", "/home/me")
    assert model_file(typed) == Path(expected)


@pytest.mark.parametrize(
    "typed", ["", "dir/", ".safetensors", "dir/.json", ".", "..", "dir/..", "~nobody-here/my", "\0"]
)
def test_what_names_no_file_is_refused(typed):
    with pytest.raises(ValueError, match=r"^--output: expected .*, received"):
        model_file(typed, "--output")


def test_a_folder_of_that_name_is_refused(tmp_path):
    (tmp_path / "my.safetensors").mkdir()
    with pytest.raises(ValueError, match=r"my\.safetensors, which is a folder"):
        model_file(tmp_path / "my")


def test_half_precision_is_read_as_single(tmp_path):
    model = new_model()
    half = {name: array.astype("float16") for name, array in model.arrays.items()}
    write_weights(replace(model, arrays=half), tmp_path / "model")
    for name, array in read_weights(tmp_path / "model").arrays.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, half[name])


def test_others_read_the_arrays(path):
    arrays = load(model_file(path).read_bytes())
    assert {name: array.shape for name, array in arrays.items()} == expected_shapes(SIZES)


@pytest.mark.slow
def test_every_flipped_bit_and_every_cut_is_noticed(path):
    file = model_file(path)
    for data in every_flip_and_cut(file.read_bytes()):
        file.write_bytes(data)
        with pytest.raises(ValueError, match=r"model\.safetensors: (damaged|expected)"):
            read_weights(path)


@pytest.mark.parametrize("position", [0, 8, 400, -1])
def test_a_flipped_bit_is_noticed(path, position):
    file = model_file(path)
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.safetensors: (damaged|expected)"):
        read_weights(path)


def test_a_missing_file_is_named(path):
    model_file(path).unlink()
    with pytest.raises(ValueError, match=r"expected the file .*model\.safetensors, which does not"):
        read_weights(path)


def write_pair(model, path):
    """Write a model as two files, which is how they were written once."""
    data = save(model.arrays)
    content = {
        "hyperparameters": model.hyperparameters,
        "characters": model.vocabulary.characters,
        "sha256": hashlib.sha256(data).hexdigest(),
        "card": model.card,
    }
    model_file(path).write_bytes(data)
    path.with_name(f"{path.name}.json").write_bytes(json.dumps(content, indent=2).encode("ascii"))


def test_an_earlier_pair_is_read(tmp_path):
    write_pair(new_model(), tmp_path / "v1.2")
    for ending in ("", ".json", ".safetensors"):
        assert_equal_models(read_weights(tmp_path / f"v1.2{ending}"), new_model())


def test_an_earlier_pair_that_does_not_fit_is_refused(tmp_path):
    path = tmp_path / "model"
    write_pair(new_model(units=2), tmp_path / "other")
    damage = {
        "without a description": lambda: path.with_suffix(".json").unlink(),
        "of another model": lambda: path.with_suffix(".json").write_bytes(
            (tmp_path / "other.json").read_bytes()
        ),
        "half": lambda: path.with_suffix(".json").write_text('{"hyper'),
        "deep": lambda: path.with_suffix(".json").write_text("[" * 100_000),
    }
    for change in damage.values():
        write_pair(new_model(), path)
        change()
        with pytest.raises(ValueError, match=r"model\.safetensors: expected a model of charrnn"):
            read_weights(path)


def test_a_new_model_takes_the_place_of_both_files(tmp_path):
    path = tmp_path / "model"
    write_pair(new_model(), path)
    write_weights(new_model(units=5), path)
    assert list(tmp_path.iterdir()) == [model_file(path)]
    assert_equal_models(read_weights(path), new_model(units=5))


def test_an_earlier_description_beside_a_new_model_is_not_believed(path, tmp_path):
    """A process that is killed between the two steps leaves it."""
    write_pair(new_model(units=5), tmp_path / "old")
    (tmp_path / "old.json").rename(path.with_suffix(".json"))
    assert_equal_models(read_weights(path), new_model())


def test_json_files_of_the_user_stay(path):
    path.with_suffix(".json").write_text('{"card": 1}')
    write_weights(new_model(units=5), path)
    assert_equal_models(read_weights(path), new_model(units=5))
    assert path.with_suffix(".json").read_text() == '{"card": 1}'


def refused_when_written(tmp_path, message, **changes):
    with pytest.raises(ValueError, match=message):
        write_weights(replace(new_model(), **changes), tmp_path / "other")
    assert not list(tmp_path.glob("*other*"))


def test_a_vocabulary_of_another_size_is_not_written(tmp_path):
    message = r"a vocabulary of 4 ids, .* received 3"
    refused_when_written(tmp_path, message, vocabulary=Vocabulary("ab"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": 5}, r"an array recurrent\.0\.kernel of shape \(2, 15\), received \(2, 9\)"),
        ({"layers": 1}, "three for each of 1 layers, received 9"),
        ({"cell": "lstm"}, r"an array recurrent\.0\.kernel of shape \(2, 12\), received \(2, 9\)"),
        ({"layers": 10**9}, "three for each of 1000000000 layers"),
        ({"tied": True}, r"an array dense\.kernel of shape \(3, 2\), received \(3, 4\)"),
    ],
)
def test_arrays_of_other_shapes_are_not_written(tmp_path, changes, message):
    refused_when_written(tmp_path, message, hyperparameters=SIZES | changes)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_weights_that_are_no_numbers_are_not_written(tmp_path, value, dtype):
    arrays = {name: array.astype(dtype) for name, array in new_model().arrays.items()}
    arrays["dense.bias"][1] = value
    message = r"finite numbers in dense\.bias, received NaN or infinity"
    refused_when_written(tmp_path, message, arrays=arrays)


@pytest.mark.parametrize(
    "card", [None, [], {"loss": float("nan")}, {"path": Path()}, {"a": {1, 2}}, {"loss": 1e400}]
)
def test_a_card_that_json_does_not_hold_is_not_written(tmp_path, card):
    refused_when_written(tmp_path, "other.*: card: expected a dict of what JSON holds", card=card)


@pytest.mark.parametrize("tied", [False, True])
def test_a_file_may_say_whether_its_output_is_tied(tmp_path, tied):
    write_weights(new_model(tied=tied), tmp_path / "model")
    model = read_weights(tmp_path / "model")
    assert model.hyperparameters == SIZES | {"tied": tied}
    assert model.arrays["dense.kernel"].shape == ((3, 2) if tied else (3, 4))


def test_halves_of_surrogate_pairs_come_back_or_are_not_written(tmp_path):
    """Side by side in JSON, the last first half and the first second half are one character."""
    comes_back = replace(new_model(), vocabulary=Vocabulary("a\ud800\ud801"))
    write_weights(comes_back, tmp_path / "model")
    assert_equal_models(read_weights(tmp_path / "model"), comes_back)
    message = "halves of surrogate pairs"
    refused_when_written(tmp_path, message, vocabulary=Vocabulary("a\ud83d\ude42"[:3]))


def test_the_packages_model_is_there():
    model = read_weights(PRETRAINED)
    assert model.hyperparameters["vocabulary_size"] == len(model.vocabulary) == 66
    assert 1.3 < model.card["windows_loss"] < 1.44
    assert 1.3 < model.card["stream_loss"] < model.card["windows_loss"]
    assert all(np.isfinite(array).all() for array in model.arrays.values())
    assert PRETRAINED.stat().st_size < 8_200_000
    assert sum(array.size for array in model.arrays.values()) <= 2_400_000
    recipe = {**asdict(Recipe()), **model.card["recipe"]}  # with what it had no other value for
    specification = SPECIFICATIONS["shakespeare"]
    expected = {"epochs": specification.epochs, "seed": SEED}
    assert recipe == asdict(specification.recipe) | expected
    record = read_record("pretrained_shakespeare")
    assert len(record) == specification.epochs
    # The last epoch's weights, with the logits divided by a temperature above 1 afterwards.
    assert record[-1]["epoch"] == model.card["epoch"] == specification.epochs
    assert model.card["temperature"] == specification.temperature > 1
    assert model.card["windows_loss"] < record[-1]["windows_loss"] < 1.39
    assert_minutes(record, model.card)


def assert_minutes(record, card):
    """At most forty, on at most two cores."""
    minutes = sum(row["seconds"] for row in record) / 60
    assert minutes == pytest.approx(card["minutes"], abs=0.06)
    assert minutes <= 40
    assert card["machine"]["cores"] <= 2


def test_the_model_of_great_expectations_is_that_of_its_record():
    path = shipped("great-expectations")
    model = read_weights(path)
    sizes = model.hyperparameters
    assert (sizes["embedding_size"], sizes["units"]) == (256, 1024)  # system C's
    assert len(model.vocabulary) == 74  # of the clean text, and [UNK]
    assert all(np.isfinite(array).all() for array in model.arrays.values())
    assert path.stat().st_size < 8_200_000
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
@pytest.mark.parametrize("name", [*SHIPPED, *LANGUAGES])
def test_the_cards_losses_are_those_of_the_weights(name):
    from charrnn.export import load_model
    from charrnn.metrics import windows_loss
    from charrnn.own_text.losses import best_n_gram, windows_read

    card = read_weights(name).card
    text, last = load_book(card["corpus"]), card["validation_characters"]
    model, vocabulary = load_model(name)
    training, validation = split_by_position(vocabulary.encode(text, strict=True), last)
    assert windows_loss(model, validation) == pytest.approx(card["windows_loss"], abs=0.002)
    if "n_gram_windows_loss" in card:
        parts = windows_read(last, most=last)
        context, n_gram = best_n_gram(training, validation, len(vocabulary), parts)
        assert context == card["n_gram_context"]
        assert n_gram == pytest.approx(card["n_gram_windows_loss"], abs=1e-4)


@pytest.mark.parametrize("name", [*SHIPPED, *LANGUAGES])
def test_the_cards_texts_are_those_that_are_loaded(name):
    specification = SPECIFICATIONS[name]
    text = load_book(specification.corpus)
    card = read_weights(name).card
    assert card["corpus"] == specification.corpus
    assert card["corpus_sha256"] == hashlib.sha256(text.encode("utf-8")).hexdigest()
    last = card["validation_characters"]
    assert last == specification.validation or specification.validation is None
    assert len(text) // 10 - last in (0, -1)


def test_another_model_in_the_place_of_the_packages_own_is_refused(tmp_path, monkeypatch):
    own = tmp_path / "shakespeare.safetensors"
    write_weights(new_model(), own)
    read_weights(own)  # elsewhere it is a model like any other
    monkeypatch.setattr(weights, "shipped", lambda name: tmp_path / f"{name}.safetensors")
    with pytest.raises(ValueError, match="not the model of this package"):
        read_weights(own)


# --- models that have names


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder in place of those of the package and of the clone; a user works in another one."""
    monkeypatch.setattr(weights, "shipped", lambda name: tmp_path / f"models/{name}.safetensors")
    (tmp_path / "own").mkdir()
    monkeypatch.chdir(tmp_path / "own")
    write_weights(new_model(), tmp_path / "models" / "ru")
    digest = hashlib.sha256((tmp_path / "models" / "ru.safetensors").read_bytes()).hexdigest()
    monkeypatch.setitem(LANGUAGES, "ru", digest)
    return tmp_path / "models"


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_models_in_languages_are_in_a_clone(name):
    """Each is that of its record's last epoch, and better than its n-gram."""
    file = shipped(name)
    assert file == Path(__file__).parents[2] / "models" / f"{name}.safetensors"
    assert file.stat().st_size <= 8_000_000
    card, specification = read_weights(name).card, SPECIFICATIONS[name]
    assert card["corpus"] == specification.corpus
    assert card["corpus"].startswith(name)
    stored = {"epochs": specification.epochs, "seed": SEED}
    assert card["recipe"] == asdict(specification.recipe) | stored
    record = read_record(f"pretrained_{name.replace('-', '_')}")
    assert len(record) == specification.epochs == card["epoch"] == record[-1]["epoch"]
    assert record[-1]["windows_loss"] == pytest.approx(card["windows_loss"], abs=0.001)
    assert_minutes(record, card)
    # Of the Korean stories there is little to learn from.
    assert card["windows_loss"] < card["n_gram_windows_loss"] or name == "ko"
    assert 0 <= card["copied_runs"] < 0.05


def test_readme_says_what_the_cards_say():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for name in LANGUAGES:
        card = read_weights(name).card
        losses = f"{card['windows_loss']:.3f} | {card['n_gram_windows_loss']:.3f}"
        rest = f"{card['copied_runs']:.1%} | {card['minutes']:.0f} minutes"
        (row,) = [line for line in readme.splitlines() if line.startswith(f"| `{name}` |")]
        assert row.endswith(f"| {losses} | {rest} |")
    card = read_weights("shakespeare").card
    losses = f"{card['windows_loss']:.3f} | {card['stream_loss']:.3f}"
    (row,) = [line for line in readme.splitlines() if line.startswith("| weights that come with")]
    assert row.endswith(
        f"{card['recipe']['units']} units | {losses} | {card['minutes']:.0f} minutes |"
    )


def test_a_model_of_the_package_is_found_by_its_name():
    assert find_model("great-expectations") == shipped("great-expectations")


def test_a_model_in_a_language_is_found_by_its_name(models):
    assert_equal_models(read_weights("ru"), new_model())
    with pytest.raises(ValueError, match=r"expected the file ru.safetensors, which does not exist"):
        read_weights("./ru")


def test_a_model_in_a_language_that_is_not_here_is_said_to_be_elsewhere(models):
    message = r"^path: expected the name of a model that is here, received 'ko'.*; get ko\.safet"
    with pytest.raises(ValueError, match=message):
        read_weights("ko")


def test_what_is_neither_file_nor_name_is_told_the_names():
    with pytest.raises(ValueError, match=r"does not exist, or the name of a model \(shakespeare, "):
        read_weights("shakspeare")


@pytest.mark.parametrize("name", ["ru", "ko", "shakespeare"])
def test_a_file_of_the_users_own_comes_before_the_model_of_its_name(models, name):
    own = replace(new_model(), card={"mine": 1})
    write_weights(own, name)
    with pytest.warns(UserWarning, match=rf"^the model {name}\.safetensors of this folder is read"):
        assert read_weights(name).card == {"mine": 1}
    for path in (f"./{name}", f"{name}.safetensors", Path(name).absolute()):
        assert read_weights(path).card == {"mine": 1}


def test_another_model_in_the_place_of_one_in_a_language_is_refused(models, monkeypatch):
    monkeypatch.setitem(LANGUAGES, "ru", hashlib.sha256(b"another").hexdigest())
    for path in ("ru", models / "ru"):
        with pytest.raises(ValueError, match="not the model of this package"):
            read_weights(path)
