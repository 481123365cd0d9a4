"""What the script that trains the models of the book leaves, on a text of a few words."""

import hashlib
from dataclasses import asdict, replace

import numpy as np
import pytest

from charrnn.export import load_model
from charrnn.generation import Generator
from charrnn.metrics import windows_loss
from charrnn.recipes import Recipe
from charrnn.support.files import read_table
from charrnn.texts import writing
from charrnn.vocabulary import Vocabulary
from charrnn.weights import read_weights
from experiments import pretrained
from experiments.pretrained import (
    SPECIFICATIONS,
    Specification,
    divide_logits,
    losses_by_temperature,
    unknown_words_by_temperature,
    written,
)

TEXT = "".join(np.random.default_rng(0).choice(["tick ", "tock ", "dong\n"], 1200))
TINY = Recipe(embedding_size=4, units=8, batch_size=4, length=16, weight_decay=0.1)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the script for a model of the text; return the folder where it stores."""
    monkeypatch.setattr(pretrained.corpora, "load", lambda name: TEXT)
    monkeypatch.setitem(SPECIFICATIONS, "ru", Specification("clock", 3, TINY))
    monkeypatch.setattr(pretrained, "shipped", lambda name: tmp_path / f"{name}.safetensors")
    monkeypatch.setattr(pretrained, "RECORDS", tmp_path)
    monkeypatch.setattr(pretrained, "TEXT_LENGTH", 50)

    def main(*words):
        directory = ["--directory", str(tmp_path / "run")]
        monkeypatch.setattr("sys.argv", ["pretrained", "ru", *directory, *words])
        pretrained.main()
        return tmp_path

    return main


@pytest.mark.slow
def test_what_is_stored_is_the_last_epoch_and_what_is_said_of_it(run, capsys):
    folder = run("--store")
    card = read_weights(folder / "ru").card
    assert card["corpus_sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert card["recipe"] == asdict(TINY) | {"epochs": 3, "seed": 1}
    assert (card["epoch"], card["validation_characters"]) == (3, 600)
    record = read_table(folder / "pretrained_ru.csv")
    assert [int(row["epoch"]) for row in record] == [1, 2, 3]
    assert float(record[-1]["windows_loss"]) == pytest.approx(card["windows_loss"], abs=1e-3)
    model, vocabulary = load_model(folder / "ru")
    loss = windows_loss(model, vocabulary.encode(TEXT[-600:]))
    assert loss == pytest.approx(card["windows_loss"], abs=1e-4)
    # Words of five letters, drawn from three: about a fifth of ln 3, 0.22, at least.
    assert 0.2 < card["n_gram_windows_loss"] < 0.3
    assert 0 <= card["copied_runs"] <= 1
    digest = hashlib.sha256((folder / "ru.safetensors").read_bytes()).hexdigest()
    assert f"ru: {digest}" in capsys.readouterr().out


@pytest.mark.slow
def test_a_choice_leaves_the_end_of_the_text_aside_and_stores_nothing(run, monkeypatch, capsys):
    folder = run("--choice", "--epochs", "1")
    said = capsys.readouterr().out
    assert "'validation_characters': 540" in said
    assert hashlib.sha256(TEXT[:-600].encode()).hexdigest() in said
    assert [path.name for path in folder.iterdir()] == ["run"]
    assert "losses by temperature: {1.0: " in said
    # All words of the clock stand in its training text.
    assert "unknown words by temperature (real text 0.000): {1.0: " in said


@pytest.mark.slow
def test_words_that_the_text_lacks_are_counted_at_each_temperature(monkeypatch):
    monkeypatch.setattr(pretrained, "TEXT_LENGTH", 200)
    vocabulary = Vocabulary(TEXT)
    model = TINY.build(len(vocabulary))
    shares = unknown_words_by_temperature(model, vocabulary, TEXT, 600)
    assert list(shares) == list(pretrained.CHOICES)
    for temperature in (1.0, 1.15):
        texts = written(Generator(model, vocabulary), TEXT, 600, temperature)
        expected = writing.unknown_words(texts, TEXT[:-600])
        assert shares[temperature] == pytest.approx(expected, abs=1e-3)
        assert expected > 0.5  # an untrained model writes no words


@pytest.mark.parametrize("tied", [False, True])
def test_a_temperature_divides_the_logits(tied):
    model = replace(TINY, tied=tied).build(7)
    model.dense.bias.assign(np.arange(7.0))
    ids = np.array([[1, 2, 3]])
    before = model(ids).numpy()
    divide_logits(model, 2.0)
    np.testing.assert_allclose(model(ids), before / 2, rtol=1e-6)


@pytest.mark.slow
def test_losses_by_temperature_are_those_of_divided_logits_and_leave_the_model():
    model = TINY.build(7)
    model.dense.bias.assign(3 * np.arange(7.0))
    ids = np.random.default_rng(0).integers(0, 7, 300)
    before = model.get_weights()
    losses = losses_by_temperature(model, ids)
    for weights, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weights, expected)
    assert losses[1.0] == pytest.approx(windows_loss(model, ids), abs=1e-4)
    divide_logits(model, 1.1)
    assert losses[1.1] == pytest.approx(windows_loss(model, ids), abs=1e-4)
    # Uniform ids: the surer, the worse.
    assert losses[1.1] < losses[1.0] - 0.1
