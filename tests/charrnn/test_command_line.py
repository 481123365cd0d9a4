"""``python -m charrnn``: what a user sees, in this process and in fresh ones."""

import contextlib
import hashlib
import os
import runpy
import subprocess
import sys
import warnings
from dataclasses import replace

import pytest

from charrnn import command_line, corpora, encoded, recipes, weights
from charrnn.command_line import main
from charrnn.export import save_model
from charrnn.sampler import Sampler
from charrnn.texts.findings import findings
from charrnn.texts.survey import survey
from charrnn.weights import PRETRAINED, read_weights, shipped, write_weights
from tests.helpers.own_text import TINY, clock_text


def run(*arguments):
    command = [sys.executable, "-X", "utf8", "-W", "error", "-m", "charrnn", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a text and a model that was trained on it.

    The text is so short that its passes end the run, long before the time is up.
    """
    folder = tmp_path_factory.mktemp("own")
    (folder / "clock.txt").write_text(clock_text(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(recipes, "recipe_for", lambda *given: TINY)
        patch.setattr(recipes, "MAX_PASSES", 2)
        assert main(["train", "clock.txt", "--minutes", "60"]) == 0
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
# Nor what takes a tenth of its time, all together.
loaded |= {"pooch", "requests", "subprocess", "importlib.metadata"} & set(sys.modules)
assert not loaded, loaded
"""
    command = [sys.executable, "-X", "utf8", "-W", "error", "-c", script]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert result.stderr == ""
    (expected,) = Sampler.load(PRETRAINED).generate(["ROMEO:"], 300, seed=5)
    assert result.stdout == expected + "\n"
    assert len(expected) == 306


def test_a_survey_names_the_loss_that_a_training_has_to_beat(trained, capsys):
    assert main(["survey", str(trained / "clock.txt")]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines == list(findings(survey(clock_text())))
    loss = read_weights(trained / "clock").card["n_gram_loss"]
    kept = len(clock_text()) // 10
    assert f"on the last {kept} characters: {loss:.3f} nats per character; " in last


def test_a_survey_of_a_short_text_counts_no_n_grams(tmp_path, capsys):
    for length, ends in ((513, "too short for n-grams, which take 514 characters"), (514, "lower")):
        (tmp_path / "x.txt").write_text(("abc" * 200)[:length], encoding="utf-8")
        assert main(["survey", str(tmp_path / "x.txt")]) == 0
        assert capsys.readouterr().out.rstrip().endswith(ends)
    assert main(["survey", str(tmp_path / "none.txt")]) == 1
    assert capsys.readouterr().err.startswith("charrnn survey: file: expected")


def test_sample_takes_its_options(capsys):
    options = ["--prompt", "JULIET:\n", "--length", "80", "--temperature", "0.7"]
    assert main(["sample", *options, "--top-k", "9", "--top-p", "0.9", "--seed", "3"]) == 0
    (expected,) = Sampler.load(PRETRAINED).generate(["JULIET:\n"], 80, 0.7, 3, 9, 0.9)
    assert capsys.readouterr().out == expected + "\n"


def test_without_options_the_packages_model_writes_a_thousand_characters(monkeypatch):
    asked = []
    monkeypatch.setattr(Sampler, "write", lambda _, *given: asked.append(given) or [])
    assert main(["sample", "--seed", "0"]) == 0
    assert asked == [("\n", 1000, 1.0, 0, None, None)]


def test_without_options_the_packages_model_is_evaluated_on_its_own_text():
    options = command_line._parser().parse_args(["evaluate"])
    assert (options.model, options.file) == (str(PRETRAINED), None)


def test_sample_without_a_seed_writes_another_text_each_time(capsys):
    texts = set()
    for _ in range(3):
        assert main(["sample", "--length", "60"]) == 0
        texts.add(capsys.readouterr().out)
    assert len(texts) == 3


@pytest.mark.slow
def test_train_writes_a_model_that_samples(trained, capsys):
    card = read_weights(trained / "clock").card
    assert card["validation_characters"] == 600
    assert card["recipe"]["units"] == 8
    # The source of the words has log(3) / 5 = 0.22; the model had 0.27 under both protocols.
    assert 0.2 < card["stream_loss"] < 0.5
    assert card["windows_loss"] == pytest.approx(card["stream_loss"], abs=0.1)
    assert main(["sample", "--model", str(trained / "clock"), "--length", "40"]) == 0
    assert set(capsys.readouterr().out) <= set("tick tock dong\n")


@pytest.mark.slow
def test_evaluate_reads_what_the_model_was_not_trained_on(trained, capsys, monkeypatch):
    monkeypatch.chdir(trained)
    card = read_weights("clock").card
    assert main(["evaluate", "clock.txt", "--model", "clock"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "600 of 6,000 characters, those that the model was not trained on"
    assert lines[1] == "evaluating on 599 characters: some seconds for each protocol"
    assert lines[2].startswith(
        f"windows of 256, zero state in each: {card['windows_loss']:.4f} nats"
    )
    assert lines[3].startswith(
        f"stream, state carried over the text: {card['stream_loss']:.4f} nats"
    )


@pytest.mark.slow
@pytest.mark.parametrize("first", [200, None])
def test_evaluate_reads_what_no_training_of_the_model_read(trained, capsys, tmp_path, first):
    """The model went on from one that kept fewer characters of the same text, or does not say."""
    model = read_weights(trained / "clock")
    before = {"corpus_sha256": model.card["corpus_sha256"], "validation_characters": first}
    write_weights(replace(model, card=model.card | {"from": before}), tmp_path / "model")
    words = ["evaluate", str(trained / "clock.txt"), "--model", str(tmp_path / "model")]
    assert main(words) == 0
    said = capsys.readouterr().out.splitlines()[0]
    assert said == (
        "200 of 6,000 characters, those that the model was not trained on"
        if first
        else "6,000 of 6,000 characters; the model was trained on parts of it, and its card does "
        "not say which"
    )


@pytest.mark.slow
def test_evaluate_takes_another_text_whole(trained, capsys, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("tick tock!\n" * 40, encoding="utf-8")
    assert main(["evaluate", "--model", str(trained / "clock"), str(other)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "440 of 440 characters; this is not the text that the model was trained on,",
        "or it has changed since: then the model may have been trained on parts of it",
        "40 of them are not in the model's vocabulary",
    ]


@pytest.mark.slow
def test_evaluate_says_that_the_text_has_changed(trained, capsys, tmp_path):
    changed = tmp_path / "clock.txt"
    changed.write_text(clock_text() + "!", encoding="utf-8")
    assert main(["evaluate", "--model", str(trained / "clock"), str(changed)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("6,001 of 6,001 characters; this is not the text that the model")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fixture", "characters"),
    [
        ("shakespeare", "shakespeare", (111_540, 1_115_394)),
        ("great-expectations", "book", (99_390, 993_905)),
    ],
)
def test_the_models_of_the_package_are_evaluated_on_what_they_were_not_trained_on(
    capsys, request, name, fixture, characters
):
    """The parallel streams give the card's losses, which are those of the single stream."""
    request.getfixturevalue(fixture)  # skips where the book cannot be had
    given = [] if name == "shakespeare" else ["--model", str(shipped(name))]
    assert main(["evaluate", *given]) == 0
    lines = capsys.readouterr().out.splitlines()
    part, whole = characters
    assert lines[0] == (
        f"{part:,} of {whole:,} characters, those that the model was not trained on"
    )
    card = read_weights(shipped(name)).card
    for line, protocol in zip(lines[-2:], ("windows_loss", "stream_loss"), strict=True):
        received = float(line.split(": ")[1].split()[0])
        assert received == pytest.approx(card[protocol], abs=1e-3)


@pytest.mark.slow
def test_evaluate_reads_a_text_that_is_shorter_than_a_window(capsys, tmp_path):
    for characters, code in [(1, 1), (2, 0), (256, 0), (257, 0)]:
        (tmp_path / "x.txt").write_text("e" * characters, encoding="utf-8")
        assert main(["evaluate", str(tmp_path / "x.txt")]) == code
        output = capsys.readouterr()
        if code:
            assert "text: expected at least 2 characters, received 1\n" in output.err
        else:
            assert ("windows of 256: none, for the text has only" in output.out) == (
                characters < 257
            )
            assert "stream, state carried over the text: " in output.out


@pytest.mark.parametrize("corpus", ["/etc/hostname", "http://127.0.0.1:9/x", 7, None, ["x"]])
def test_a_card_chooses_no_file_and_no_address(
    tmp_path, capsys, alphabet, make_model, corpus, monkeypatch
):
    monkeypatch.setattr(encoded, "read", lambda *_, **__: pytest.fail("a text was read"))
    save_model(make_model(), alphabet, tmp_path / "model", {"corpus": corpus})
    assert main(["evaluate", "--model", str(tmp_path / "model")]) == 1
    assert "file: expected a text, because only models of named corpora" in (
        capsys.readouterr().err
    )


@pytest.mark.slow
@pytest.mark.parametrize("kept", [None, -5, 0, 1, 10**9, "x", 2.5, True])
def test_a_card_that_makes_no_sense_evaluates_the_whole_text(
    tmp_path, capsys, alphabet, make_model, kept
):
    text = "abcdefg\n" * 40
    (tmp_path / "x.txt").write_text(text, encoding="utf-8")
    card = {
        "corpus_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "validation_characters": kept,
    }
    save_model(make_model(), alphabet, tmp_path / "model", card)
    assert main(["evaluate", str(tmp_path / "x.txt"), "--model", str(tmp_path / "model")]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("320 of 320 characters; the model was trained on parts of it")


def test_a_warning_is_one_line(capsys, monkeypatch):
    def warn(source, **_):
        warnings.warn("another edition", stacklevel=2)
        raise corpora.CorpusError("but no text")

    monkeypatch.setattr(encoded, "read", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["evaluate", "clock.txt"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["charrnn evaluate: another edition", "charrnn evaluate: but no text"]


def test_an_interruption_is_told(capsys, monkeypatch):
    def interrupt(source, **_):
        raise KeyboardInterrupt

    monkeypatch.setattr(encoded, "read", interrupt)
    assert main(["evaluate", "clock.txt"]) == 130
    assert capsys.readouterr().err == "\ncharrnn evaluate: stopped\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nowhere.txt"], "charrnn train: file: expected a corpus name"),
        (["train", "x.txt", "--output", "no/folder/x"], "--output: expected an existing folder"),
        (["train", "x.txt", "--output", ""], "--output: expected the name of a model, received ''"),
        (["train", "x.txt", "--output", "folder/"], "--output: expected the name of a model, rec"),
        (["train", "x.txt", "--minutes", "0"], "--minutes: expected a number above 0, received 0"),
        (
            ["train", "x.txt", "--minutes", "-1"],
            "--minutes: expected a number above 0, rec",
        ),
        (
            ["train", "x.txt", "--minutes", "nan"],
            "--minutes: expected a number above 0, rec",
        ),
        (["train", "x.txt", "--seed", "-1"], "--seed: expected 0 to 2147483647, received -1"),
        (["sample", "--prompt", "中"], "sample: --prompt: expected characters of the vocabulary"),
        (["sample", "--prompt", ""], "sample: --prompt: expected texts of at least one character"),
        (["sample", "--length", "-1"], "--length: expected a whole number of at least 0"),
        (["sample", "--top-p", "2"], "--top-p: expected a number from 1e-30 to 1, received 2.0"),
        (["sample", "--seed", "-1"], "--seed: expected a whole number from 0 to 2147483647"),
        (["sample", "--temperature", "0"], "--temperature: expected a number from 1e-30 to 1e+30"),
        (["sample", "--top-k", "0"], "--top-k: expected a whole number of at least 1"),
        (["sample", "--model", "nothing"], "--model: expected the file nothing.safetensors"),
        (["evaluate", "--model", "nothing"], "--model: expected the file nothing.safetensors"),
    ],
)
def test_errors_are_one_line(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    output = capsys.readouterr()
    assert message in output.err
    assert output.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_evaluate_without_a_text_of_its_own_asks_for_one(tmp_path, capsys, alphabet, make_model):
    save_model(make_model(), alphabet, tmp_path / "model", {"windows_loss": 1.0})
    assert main(["evaluate", "--model", str(tmp_path / "model")]) == 1
    message = "charrnn evaluate: file: expected a text, because only models of named corpora"
    assert capsys.readouterr().err.startswith(message)


def test_a_model_in_a_language_writes_by_its_name_or_says_where_it_is(
    tmp_path, monkeypatch, capsys, alphabet, make_model
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        weights, "shipped", lambda name: tmp_path / "models" / f"{name}.safetensors"
    )
    assert main(["sample", "--model", "ru"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("charrnn sample: --model: expected the name of a model that is here")
    assert f"folder models of {weights.REPOSITORY}" in error
    assert error.count("\n") == 1
    save_model(make_model(), alphabet, tmp_path / "models" / "ru")
    digest = hashlib.sha256((tmp_path / "models" / "ru.safetensors").read_bytes()).hexdigest()
    monkeypatch.setitem(weights.LANGUAGES, "ru", digest)
    assert main(["sample", "--model", "ru", "--prompt", "abc", "--length", "5"]) == 0
    output = capsys.readouterr()
    assert (len(output.out), output.err) == (9, "")


def test_a_model_of_a_named_corpus_is_evaluated_on_that(
    tmp_path, monkeypatch, capsys, alphabet, make_model
):
    asked, text = [], encoded.encode(lambda: iter(["abcdefg" * 30]), "x", None, 0, alphabet)
    monkeypatch.setattr(encoded, "read", lambda name, **_: asked.append(name) or text)
    save_model(make_model(), alphabet, tmp_path / "model", {"corpus": "ru-gogol"})
    assert main(["evaluate", "--model", str(tmp_path / "model")]) == 0
    assert asked == ["ru-gogol"]
    assert "stream, state carried" in capsys.readouterr().out


def test_an_interruption_while_modules_are_loaded_is_quiet():
    script = (
        "import runpy, sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'charrnn.weights':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "runpy.run_module('charrnn', run_name='__main__')"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (130, b"", b"")


def test_a_warning_that_nobody_reads_ends_nothing(monkeypatch):
    """As when both outputs of a training go to ``head``, and its disk is full."""
    done = []

    def warn(source, **_):
        warnings.warn("disk full", stacklevel=2)
        done.append(source)
        raise corpora.CorpusError("no text")

    monkeypatch.setattr(encoded, "read", warn)
    reading, writing = os.pipe()
    os.close(reading)
    monkeypatch.setattr(sys, "stderr", os.fdopen(writing, "w", 1, "utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["evaluate", "clock.txt"]) == 1
    assert done == ["clock.txt"]
    with contextlib.suppress(OSError):
        sys.stderr.close()


def test_without_standard_error_nothing_goes_to_standard_output(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["sample", "--seed", "-1"]) == 1
    assert capsys.readouterr().out == ""


def test_the_module_answers_help_and_wrong_commands():
    result = run("--help")
    assert result.returncode == 0
    for command in ("train", "sample", "evaluate"):
        assert command in result.stdout
    assert run("write").returncode == 2


@pytest.mark.parametrize("command", ["sample", "page", "train"])
def test_what_writes_has_one_thread_for_products(monkeypatch, command):
    """A second one slows them down many times where the machine is busy."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setattr(sys, "argv", ["charrnn", command])
    runpy.run_module("charrnn.__main__", run_name="started")
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
