"""``python -m charrnn``: what a user sees, in this process and in fresh ones."""

import json
import subprocess
import sys

import numpy as np
import pytest

from charrnn import recipes
from charrnn.command_line import main
from charrnn.recipes import Recipe
from charrnn.sampler import Sampler
from charrnn.weights import PRETRAINED, read_weights

TINY = Recipe(embedding_size=4, units=8, batch_size=4, length=8)


def run(*arguments):
    command = [sys.executable, "-X", "utf8", "-W", "error", "-m", "charrnn", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a text and a model that was trained on it."""
    folder = tmp_path_factory.mktemp("own")
    words = np.random.default_rng(0).choice(["tick ", "tock ", "dong\n"], 1200)
    (folder / "clock.txt").write_text("".join(words), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(recipes, "QUICK", TINY)
        assert main(["train", "clock.txt", "--minutes", "0.1"]) == 0
    return folder


def test_sampling_from_the_shipped_weights_needs_no_tensorflow():
    script = """
import runpy, sys
sys.argv[1:] = ["sample", "--prompt", "ROMEO:", "--length", "300", "--seed", "5"]
try:
    runpy.run_module("charrnn", run_name="__main__")
except SystemExit as stop:
    assert stop.code == 0
loaded = {"tensorflow", "keras", "matplotlib"} & set(sys.modules)
assert not loaded, loaded
"""
    command = [sys.executable, "-X", "utf8", "-W", "error", "-c", script]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert result.stderr == ""
    (expected,) = Sampler.load(PRETRAINED).generate(["ROMEO:"], 300, seed=5)
    assert result.stdout == expected + "\n"
    assert len(expected) == 306


def test_sample_takes_its_options(capsys):
    options = ["--prompt", "JULIET:\n", "--length", "80", "--temperature", "0.7"]
    assert main(["sample", *options, "--top-k", "9", "--top-p", "0.9", "--seed", "3"]) == 0
    (expected,) = Sampler.load(PRETRAINED).generate(["JULIET:\n"], 80, 0.7, 3, 9, 0.9)
    assert capsys.readouterr().out == expected + "\n"


def test_sample_without_a_seed_writes_another_text_each_time(capsys):
    texts = set()
    for _ in range(3):
        assert main(["sample", "--length", "60"]) == 0
        texts.add(capsys.readouterr().out)
    assert len(texts) == 3


@pytest.mark.slow
def test_train_writes_a_model_that_samples(trained, capsys):
    card = read_weights(trained / "clock").card
    assert card["corpus"] == "clock.txt"
    assert card["validation_characters"] == 600
    assert card["recipe"]["units"] == 8
    assert 0 < card["stream_loss"] <= card["windows_loss"] < 2.5
    assert main(["sample", "--model", str(trained / "clock"), "--length", "40"]) == 0
    assert set(capsys.readouterr().out) <= set("tick tock dong\n")


@pytest.mark.slow
def test_evaluate_reads_what_the_model_was_not_trained_on(trained, capsys, monkeypatch):
    monkeypatch.chdir(trained)
    card = read_weights("clock").card
    assert main(["evaluate", "--model", "clock"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "600 of 6,000 characters, those that the model was not trained on"
    assert lines[1].startswith(
        f"windows of 256, fresh state in each: {card['windows_loss']:.4f} nats"
    )
    assert lines[2].startswith(
        f"stream, state carried over the text: {card['stream_loss']:.4f} nats"
    )


@pytest.mark.slow
def test_evaluate_takes_another_text_whole(trained, capsys, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("tick tock!\n" * 40, encoding="utf-8")
    assert main(["evaluate", "--model", str(trained / "clock"), str(other)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["440 of 440 characters", "40 of them are not in the model's vocabulary"]


@pytest.mark.slow
def test_train_keeps_what_is_there(trained, capsys, monkeypatch):
    monkeypatch.chdir(trained)
    before = (trained / "clock.safetensors").read_bytes()
    assert main(["train", "clock.txt"]) == 1
    assert "--output: expected a new name, received 'clock'" in capsys.readouterr().err
    assert (trained / "clock.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nowhere.txt"], "charrnn train: source: expected a corpus name"),
        (["train", "x.txt", "--output", "no/folder/x"], "--output: expected an existing folder"),
        (["sample", "--prompt", "中"], "charrnn sample: "),
        (["sample", "--temperature", "0"], "temperature: expected a finite number above 0"),
        (["sample", "--top-k", "0"], "top_k: expected a whole number of at least 1"),
        (["sample", "--model", "nothing"], "path: expected the file nothing.safetensors"),
        (["evaluate", "--model", "nothing"], "path: expected the file nothing.safetensors"),
    ],
)
def test_errors_are_one_line(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    output = capsys.readouterr()
    assert message in output.err
    assert output.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_text_that_is_too_short_leaves_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.txt").write_text("too short " * 30, encoding="utf-8")
    assert main(["train", "short.txt"]) == 1
    assert "expected at least 513 characters" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["short.txt"]


def test_the_module_answers_help_and_wrong_commands():
    result = run("--help")
    assert result.returncode == 0
    for command in ("train", "sample", "evaluate"):
        assert command in result.stdout
    assert run("write").returncode == 2


@pytest.mark.slow
def test_the_card_is_json_that_others_can_read(trained):
    content = json.loads((trained / "clock.json").read_bytes())
    assert content["characters"] == "\n cdgiknot"
