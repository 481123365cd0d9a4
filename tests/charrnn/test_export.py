"""Files that others load, seen from a process that has no charrnn (TensorFlow brings Keras)."""

import json
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy

from charrnn import export
from charrnn.backend import keras, tf
from charrnn.export import load_model, save_model, save_saved_model
from charrnn.generation import Generator, generate
from charrnn.vocabulary import Vocabulary
from charrnn.weights import PRETRAINED, read_weights

# Each with a batch size and prompt lengths of its own.
REQUESTS = [
    (["a"], 12, 1.0, 0),
    (["bag", "é", "🙂deaf\n"], 30, 0.7, 5),
    (["ab" * 40] * 7 + ["g"], 3, 1.5, 2),
    (["中"], 0, 1.0, 1),
]

# Reads a folder and requests, prints the texts or, where it fails, the error.
STRANGER = """
import json, os, sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "charrnn":
            raise ImportError(f"{name} is refused here")

sys.meta_path.insert(0, Refuse())
import tensorflow as tf

texts = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
for prompts, length, temperature, seed in json.loads(sys.argv[2]):
    try:
        result = texts(
            prompts=tf.constant(prompts),
            length=tf.constant(length),
            temperature=tf.constant(temperature),
            seed=tf.constant(seed),
        )
        print(json.dumps([text.decode() for text in result["texts"].numpy()]))
    except tf.errors.InvalidArgumentError as error:
        print(json.dumps(str(error)))
assert "charrnn" not in sys.modules
"""


def ask_a_stranger(folder, requests):
    command = [sys.executable, "-I", "-c", STRANGER, str(folder), json.dumps(requests)]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def generator(lstm, alphabet):
    return Generator(lstm, alphabet)


@pytest.mark.slow
def test_a_saved_model_gives_the_same_texts_in_a_process_without_charrnn(
    generator, alphabet, tmp_path
):
    save_saved_model(generator, tmp_path / "model")
    *texts, unknown, empty, cold = ask_a_stranger(
        tmp_path / "model",
        [*REQUESTS, (["a", "xyz"], 5, 1.0, 0), (["a", ""], 5, 1.0, 0), (["a"], 5, 0.0, 0)],
    )
    assert "prompts: expected known characters" in unknown
    assert "prompts: expected at least one character" in empty
    assert "temperature: expected a number from 1e-30 to 1e+30" in cold
    for (prompts, *numbers), received in zip(REQUESTS, texts, strict=True):
        assert received == generate(generator.one_step, alphabet, prompts, *numbers)


def test_a_saved_model_replaces_the_old_one_whole(generator, tmp_path):
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    for name in ("saved_model.pb", "fingerprint.pb", "variables/variables.data-00001-of-00002"):
        (folder / name).write_text("old")
    save_saved_model(generator, folder)
    assert not (folder / "variables/variables.data-00001-of-00002").exists()
    assert list(tf.saved_model.load(str(folder)).signatures) == ["serving_default"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("files", [("thesis.tex",), ("saved_model.pb", "thesis.tex"), ("x.pb",)])
def test_a_folder_that_is_no_saved_model_stays(generator, tmp_path, monkeypatch, files):
    for name in files:
        (tmp_path / name).write_text("years")
    monkeypatch.setattr(export.tf.saved_model, "save", lambda *_, **__: pytest.fail("work began"))
    with pytest.raises(ValueError, match="expected a new or empty folder, or one that this"):
        save_saved_model(generator, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        files, "years"
    )


@pytest.mark.parametrize("name", ["run[1]", "a\\b", "what?", "a*"])
def test_a_folder_that_tensorflow_could_not_read_again_is_refused(generator, tmp_path, name):
    with pytest.raises(ValueError, match="directory: expected a path without"):
        save_saved_model(generator, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_other_names_are_read_again(generator, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    save_saved_model(generator, "~/a] {b} é")
    assert tf.saved_model.load(str(tmp_path / "a] {b} é"))


def ask(folder, prompts, *numbers):
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    length, temperature, seed = map(tf.constant, numbers)
    texts = serve(prompts=tf.constant(prompts), length=length, temperature=temperature, seed=seed)
    return [text.decode() for text in texts["texts"].numpy()]


@pytest.mark.slow
@pytest.mark.parametrize("choice", [{"top_k": 1}, {"top_p": 0.4}, {"top_k": 3, "top_p": 0.7}])
def test_a_saved_model_draws_from_the_likely_characters_that_its_generator_does(
    make_model, alphabet, tmp_path, choice
):
    model = make_model(seed=2)
    request = ["a", "bag"], 40, 1.0, 3
    restricted = Generator(model, alphabet, **choice)
    save_saved_model(restricted, tmp_path / "model")
    expected = generate(restricted.one_step, alphabet, *request)
    assert expected != generate(Generator(model, alphabet).one_step, alphabet, *request)
    assert ask(tmp_path / "model", *request) == expected


def test_layers_are_traced_without_cudnn_and_have_it_back_afterwards(
    make_model, alphabet, tmp_path, monkeypatch
):
    """No machine without a GPU has an operation of cuDNN."""
    seen = []

    def inner_loop(layer, *arguments, **options):
        seen.append(layer.use_cudnn)
        return original(layer, *arguments, **options)

    model = make_model(cell="lstm", layers=2)
    model.recurrent[1].use_cudnn = True
    original = keras.layers.LSTM.inner_loop
    monkeypatch.setattr(keras.layers.LSTM, "inner_loop", inner_loop)
    save_saved_model(Generator(model, alphabet), tmp_path / "model")
    assert seen
    assert set(seen) == {False}
    assert [layer.use_cudnn for layer in model.recurrent] == ["auto", True]


def test_cudnn_is_back_after_a_failure(lstm):
    def fail():
        assert [layer.use_cudnn for layer in lstm.recurrent] == [False, False]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        export.without_cudnn(lstm)(fail)()  # as a decorator
    assert [layer.use_cudnn for layer in lstm.recurrent] == ["auto", "auto"]


def test_a_failing_export_leaves_the_old_folder(generator, tmp_path, monkeypatch):
    def fail(module, path, **_):
        tf.io.gfile.GFile(f"{path}/half", "w").write("half")
        raise OSError("disk full")

    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "saved_model.pb").write_text("old")
    monkeypatch.setattr(export.tf.saved_model, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        save_saved_model(generator, folder)
    assert [path.name for path in folder.iterdir()] == ["saved_model.pb"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_model_comes_back_from_its_files(make_model, alphabet, tmp_path, cell):
    model = make_model(seed=4, cell=cell, layers=2)
    save_model(model, alphabet, tmp_path / "model", {"corpus": "none"})
    again, vocabulary = load_model(tmp_path / "model")
    assert again.hyperparameters == model.hyperparameters
    assert vocabulary.characters == alphabet.characters
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    ids = alphabet.encode("bad 🙂")[None]
    np.testing.assert_array_equal(model(ids), again(ids))


@pytest.mark.parametrize(("half", "dtype"), [(False, np.float32), (True, np.float16)])
def test_weights_are_stored_in_the_format_that_was_asked_for(gru, alphabet, tmp_path, half, dtype):
    save_model(gru, alphabet, tmp_path / "model", {"corpus": "none"}, half)
    stored = safetensors.numpy.load_file(tmp_path / "model.safetensors")
    assert {array.dtype.type for array in stored.values()} == {dtype}
    again, _ = load_model(tmp_path / "model")
    for one, other in zip(gru.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one.astype(dtype), other)


def test_the_card_comes_back(gru, alphabet, tmp_path):
    save_model(gru, alphabet, tmp_path / "model", {"corpus": "none"})
    assert read_weights(tmp_path / "model").card == {"corpus": "none"}
    save_model(gru, alphabet, tmp_path / "other")
    assert read_weights(tmp_path / "other").card == {}


def test_without_a_path_it_is_the_model_of_the_package():
    model, vocabulary = load_model()
    stored = read_weights(PRETRAINED)
    assert model.hyperparameters == stored.hyperparameters
    assert vocabulary.characters == stored.vocabulary.characters


def test_the_vocabulary_of_another_model_is_refused(gru, tmp_path):
    with pytest.raises(ValueError, match="expected a vocabulary of 13 ids"):
        save_model(gru, Vocabulary("abc"), tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e5])
def test_weights_that_the_file_does_not_hold_are_refused(
    make_model, alphabet, tmp_path, value, half
):
    model = make_model()
    weights = model.get_weights()
    weights[0][1, 2] = value
    model.set_weights(weights)
    if value == 1e5 and not half:
        save_model(model, alphabet, tmp_path / "model")
        assert load_model(tmp_path / "model")[0].get_weights()[0][1, 2] == 1e5
        return
    message = "half: expected weights up to 65,504, received 100,000 in embedding"
    message = message if value == 1e5 else "expected finite numbers in embedding"
    with pytest.raises(ValueError, match=message):
        save_model(model, alphabet, tmp_path / "model", half=half)
    assert not list(tmp_path.iterdir())
