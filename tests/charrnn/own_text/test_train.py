"""What ``charrnn train`` does with a text of one's own, and what stays when it is ended."""

import dataclasses
import hashlib
import math
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from charrnn import corpora, metrics, recipes, timed_training
from charrnn.checkpoints import RunState
from charrnn.command_line import main
from charrnn.export import load_model
from charrnn.own_text import run as own_run
from charrnn.own_text import train as own_text
from charrnn.recipes import Recipe
from charrnn.support.files import read_table, with_numbers
from charrnn.support.locks import locked
from charrnn.vocabulary import Vocabulary
from charrnn.weights import read_weights
from tests.helpers.own_text import TINY, clock_text


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def names():
    return sorted(path.name for path in Path().iterdir())


def test_train_hands_on_its_options_and_the_beginning_of_the_text(calls):
    assert main(["train", "clock.txt", "--minutes", "1.5", "--seed", "7"]) == 0
    (((seconds, training, size, seed, validation, recipe, _), named),) = calls
    ids = Vocabulary(clock_text()).encode(clock_text())
    expected = recipes.recipe_for(10, 5400, 90.0)
    assert (seconds, size, seed, recipe) == (90.0, 11, 7, expected)
    np.testing.assert_array_equal(training, ids[:5400])
    np.testing.assert_array_equal(validation, ids[5400:])
    assert named["made_from"] == {
        "text": f"of SHA-256 {digest(clock_text())}",
        "from": "none",
        "units": expected.units,
        "layers": 1,
        "dropout": expected.dropout,
        "seed": 7,
        "validation": 600,
    }
    assert named["start"] is None
    assert named["directory"] == Path("clock.training")


def test_train_takes_two_minutes_and_the_seed_0_unless_told_otherwise(calls):
    assert main(["train", "clock.txt"]) == 0
    ((arguments, _),) = calls
    assert (arguments[0], arguments[3]) == (120.0, 0)


@pytest.mark.parametrize(
    ("characters", "validation"), [(6000, 600), (1000, 257), (2570, 257), (2580, 258), (770, 257)]
)
def test_a_tenth_of_the_text_is_kept_for_validation_and_a_window_at_least(
    calls, characters, validation
):
    Path("short.txt").write_text(clock_text()[:characters], encoding="utf-8")
    assert main(["train", "short.txt"]) == 0
    ((arguments, _),) = calls
    assert [len(arguments[place]) for place in (1, 4)] == [characters - validation, validation]
    assert read_weights("short").card["validation_characters"] == validation


def test_train_shows_the_best_n_gram(calls, capsys):
    assert main(["train", "clock.txt"]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == "6,000 characters, 10 different ones; the last 600 are kept for validation"
    ids = Vocabulary(clock_text()).encode(clock_text()) - 1  # from 0, without [UNK]
    losses = [  # on the two windows that the model is evaluated on
        -np.log(metrics.witten_bell_probabilities(ids[:5400], ids[5400:], 10, order)[1:513]).mean()
        for order in range(6)
    ]
    best = np.argmin(losses)
    assert 0 < best < 5  # no end of the range by accident
    assert second == (
        f"best n-gram ({best} characters of context): {losses[best]:.3f} nats per character"
    )


def test_the_model_is_there_at_its_report_and_says_how_to_go_on(calls, capsys, monkeypatch):
    there = []
    trained = timed_training.train_for

    def train_for(*arguments, **named):
        model = trained(*arguments, **named)
        there.append(read_weights("mine").card)
        return model

    monkeypatch.setattr(timed_training, "train_for", train_for)
    monkeypatch.setattr(sys, "argv", ["charrnn"])
    assert main(["train", "clock.txt", "--output", "mine"]) == 0
    assert names() == ["clock.txt", "mine.safetensors"]
    model, _ = load_model("mine")
    ids = Vocabulary(clock_text()).encode(clock_text())[5400:]
    losses = metrics.windows_loss(model, ids), metrics.stream_loss(model, ids)
    card = read_weights("mine").card
    assert (card["windows_loss"], card["stream_loss"]) == pytest.approx(losses, abs=1e-4)
    assert there == [{k: v for k, v in card.items() if k not in ("windows_loss", "stream_loss")}]
    assert card["corpus_sha256"] == digest(clock_text())
    assert "corpus" not in card  # what a user's file is called is nobody's business
    assert (card["seconds"], card["validation_loss"]) == (60, 2.5)
    recipe = card["recipe"]
    assert recipe.pop("seed") == 0
    assert Recipe(**recipe) == recipes.recipe_for(10, 5400, 120.0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "training for 2 minutes; Ctrl+C ends it and keeps the best weights"
    assert lines[3] == "100%  loss 2.250  validation 2.500"
    assert set(lines[4].strip()) <= set("tick tock dong⏎")
    assert lines[5] == "evaluating on 599 characters: some seconds for each protocol"
    assert lines[6] == f"windows: {card['windows_loss']:.3f} nats per character"
    assert lines[7] == f"stream: {card['stream_loss']:.3f} nats per character"
    assert lines[8].startswith(
        f"not better than the best n-gram: {card['windows_loss']:.3f} against"
    )
    assert card["n_gram_loss"] == pytest.approx(float(lines[1].split()[-4]), abs=1e-3)
    assert lines[11].startswith(clock_text()[5400:5404])
    assert lines[-2:] == ["saved as mine.safetensors", "more: charrnn sample --model mine"]


def test_the_name_of_a_named_corpus_is_on_the_card(calls, monkeypatch, capsys):
    corpus = dataclasses.replace(
        corpora.CORPORA["shakespeare"],
        files=(corpora.File("clock.txt", digest(clock_text()), "https://nowhere.example"),),
    )
    monkeypatch.setitem(corpora.CORPORA, "shakespeare", corpus)
    monkeypatch.setenv("CHARRNN_DATA", ".")
    assert main(["train", "shakespeare"]) == 0
    assert read_weights("./shakespeare").card["corpus"] == "shakespeare"
    # Not the model of the package.
    assert capsys.readouterr().out.endswith(f"sample --model .{os.sep}shakespeare\n")


@pytest.mark.parametrize("output", ["clock", "clock.safetensors", "./clock"])
def test_a_model_that_is_there_is_kept_or_replaced_on_request(calls, capsys, output):
    Path("clock.safetensors").write_text("mine")
    assert main(["train", "clock.txt", "--output", output]) == 1
    error = capsys.readouterr().err
    assert "--output: expected a new name, received 'clock': clock.safetensors exists; " in error
    assert "--replace replaces it" in error
    assert calls == []
    assert Path("clock.safetensors").read_text() == "mine"
    assert main(["train", "clock.txt", "--output", output, "--replace"]) == 0
    assert read_weights("clock").card["seconds"] == 60
    assert names() == ["clock.safetensors", "clock.txt"]


def test_the_losses_of_a_replaced_model_go_with_it(calls):
    """Whatever ends the new run: they would stand beside a model that is not theirs."""
    Path("clock.safetensors").write_text("mine")
    Path("clock.history.csv").write_text("seconds,step,loss\n1,2,3\n")
    assert main(["train", "clock.txt", "--replace"]) == 0
    assert names() == ["clock.safetensors", "clock.txt"]


def test_a_run_that_did_not_end_is_kept_or_replaced_on_request(calls, capsys):
    model = TINY.build(11)
    RunState(model, model.optimizer, "clock.training").save(3)
    assert main(["train", "clock.txt"]) == 1
    assert "--resume goes on with it, --replace begins anew" in capsys.readouterr().err
    assert calls == []
    assert main(["train", "clock.txt", "--replace"]) == 0
    assert names() == ["clock.safetensors", "clock.txt"]


def test_resume_wants_a_run_that_did_not_end(calls, capsys):
    assert main(["train", "clock.txt", "--resume"]) == 1
    error = capsys.readouterr().err
    assert "--resume: expected a run that did not end in clock.training, received none" in error
    assert names() == ["clock.txt"]


@pytest.mark.parametrize("left", ["history.csv", "best.safetensors"])
def test_a_run_that_lost_its_state_is_told_before_the_training(calls, capsys, left):
    Path("clock.training").mkdir()
    Path("clock.training", left).write_text("x")
    assert main(["train", "clock.txt"]) == 1
    assert main(["train", "clock.txt", "--resume"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert f"received 'clock': clock.training holds {left} of another run; --replace" in first
    assert "received one without its state.safetensors; --replace begins anew" in second
    assert calls == []
    assert main(["train", "clock.txt", "--replace"]) == 0
    assert names() == ["clock.safetensors", "clock.txt"]


def test_a_file_in_the_place_of_the_runs_folder_is_told(calls, capsys):
    Path("clock.training").write_text("mine")
    assert main(["train", "clock.txt", "--replace"]) == 1
    assert capsys.readouterr().err == (
        "charrnn train: --output: expected clock.training, where the run is kept, to be free or a "
        "folder, received a file\n"
    )
    assert Path("clock.training").read_text() == "mine"


@pytest.fixture
def run_of_clock(tmp_path, monkeypatch):
    """A run in ``clock.training``, begun with the seed 3, of a recipe whose models are small."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(recipes, "recipe_for", lambda *given: TINY)
    Path("clock.txt").write_text(clock_text(), encoding="utf-8")
    Path("other.txt").write_text(clock_text()[:-1], encoding="utf-8")
    model = TINY.build(11)
    made_from = {
        "text": f"of SHA-256 {digest(clock_text())}",
        "units": 8,
        "layers": 1,
        "dropout": 0.0,
        "seed": 3,
        "validation": 600,
        "recipe": dataclasses.asdict(TINY),
    }
    state = RunState(model, model.optimizer, "clock.training", made_from)
    row = {"seconds": 50.0, "loss": 2.5, "validation_loss": 2.25}
    state.history.append(row)
    state.directory.mkdir()
    state.save_best(row)
    state.save(3)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("clock.txt", "--seed 0", "expected --seed 3, with which {run}, received 0"),
        ("other.txt", "--seed 3", "expected the text that {run} with, received another one"),
        ("clock.txt", "--seed 3 --units 9", "expected --units 8, with which {run}, received 9"),
        ("clock.txt", "--seed 3 --layers 2", "expected --layers 1, with which {run}, received 2"),
        (
            "clock.txt",
            "--seed 3 --dropout 0.5",
            "expected --dropout 0.0, with which {run}, received 0.5",
        ),
        (
            "clock.txt",
            "--seed 3 --validation 700",
            "expected --validation 600, with which {run}, received 700",
        ),
    ],
)
def test_resume_says_in_the_words_of_its_user_what_differs(
    run_of_clock, capsys, text, options, message
):
    assert main(["train", text, "--output", "clock", "--resume", *options.split()]) == 1
    error = capsys.readouterr().err
    told = message.format(run="the run in clock.training began")
    assert error.startswith(f"charrnn train: --resume: {told}")
    assert error.endswith("; --replace begins anew\n")
    assert error.count("\n") == 1


def test_resume_says_that_the_recipe_is_another_one(run_of_clock, capsys, monkeypatch):
    """As where a version, a GPU or CHARRNN_FAST chooses other settings than before."""
    other = dataclasses.replace(TINY, learning_rate=0.5)
    monkeypatch.setattr(recipes, "recipe_for", lambda *given: other)
    words = ["train", "clock.txt", "--output", "clock", "--resume", "--seed", "3"]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith("charrnn train: --resume: expected the version of charrnn, the kind of")
    assert error.endswith(
        "that the run in clock.training began with, received others, whose recipe is another one; "
        "--replace begins anew\n"
    )


def test_resume_names_the_file_that_is_missing(run_of_clock, capsys):
    Path("clock.training/best.safetensors").unlink()
    assert main(["train", "clock.txt", "--resume", "--seed", "3"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("charrnn train: --resume: expected the file ")
    assert "best.safetensors', which does not exist" in error


def test_the_card_of_a_run_that_finds_nothing_better_tells_what_it_found_before(
    run_of_clock, capsys
):
    assert main(["train", "clock.txt", "--resume", "--seed", "3", "--minutes", "0.5"]) == 0
    card = read_weights("clock").card
    assert (card["seconds"], card["validation_loss"]) == (50, 2.25)
    said = "training for 0.5 minutes in all, 50 seconds of which are done; Ctrl+C ends it"
    assert said in capsys.readouterr().out


def test_a_run_goes_on_with_its_dropout_whatever_the_time_is_now(run_of_clock, monkeypatch):
    tiny = recipes.recipe_for()
    monkeypatch.setattr(recipes, "recipe_for", lambda *given: tiny.with_dropout(0.48))
    assert main(["train", "clock.txt", "--resume", "--seed", "3", "--minutes", "0.5"]) == 0
    assert read_weights("clock").card["recipe"]["dropout"] == 0.0


def test_two_trainings_of_one_name_are_refused(calls, capsys):
    Path("clock.training").mkdir()
    with locked("clock.training/in-use", ""):
        assert main(["train", "clock.txt"]) == 1
    assert "expected a name that no other training uses, received 'clock'" in (
        capsys.readouterr().err
    )
    assert calls == []


def test_a_disk_without_room_is_told_before_the_training(calls, capsys, monkeypatch):
    wanted = []

    def room(path, size):
        wanted.append((path, size))
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(own_run, "check_room", room)
    assert main(["train", "clock.txt"]) == 1
    assert "No space left on device: 'clock.safetensors'" in capsys.readouterr().err
    assert calls == []
    assert names() == ["clock.txt"]
    # The model, the best weights, two states of at most three numbers a weight: eight times.
    weights = 11 * 64 + 64 * 768 + 256 * 768 + 2 * 768 + 257 * 11
    assert wanted == [(Path("clock.safetensors"), 4 * 8 * weights)]


def test_a_run_is_not_replaced_where_there_is_no_room_for_another(calls, capsys, monkeypatch):
    model = TINY.build(11)
    RunState(model, model.optimizer, "clock.training").save(3)

    def room(path, size):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(own_run, "check_room", room)
    assert main(["train", "clock.txt", "--replace"]) == 1
    assert RunState(model, model.optimizer, "clock.training").restore() == 3


def test_a_model_that_cannot_be_saved_where_it_should_is_saved_elsewhere(
    calls, capsys, monkeypatch
):
    save = own_run.Run.save

    def full(self, model):
        if self.output.parent == Path():
            raise OSError(28, "No space left on device", str(self.output))
        save(self, model)

    monkeypatch.setattr(own_run.Run, "save", full)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["train", "clock.txt"]) == 1
    first, last = capsys.readouterr().err.splitlines()
    assert first.endswith("No space left on device: 'clock.safetensors'; training goes on")
    place = Path(last.rsplit("the model has been saved as ")[1])
    try:
        assert read_weights(place).card["seconds"] == 60
    finally:
        place.unlink()
        place.parent.rmdir()


def test_a_folder_that_cannot_be_removed_at_the_end_is_a_warning(calls, capsys, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("charrnn.checkpoints.delete_run", refuse)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["train", "clock.txt"]) == 0
    output = capsys.readouterr()
    assert output.out.splitlines()[-1].endswith("sample --model clock")
    assert "'clock.training'; clock.training is not needed any more" in output.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("too short " * 30, "text: expected at least 770 characters, received 300"),
        ("a" * 3000, "text: expected at least two different characters, received 'a'"),
    ],
)
def test_a_text_that_cannot_be_trained_on_leaves_nothing(calls, capsys, text, message):
    Path("short.txt").write_text(text, encoding="utf-8")
    assert main(["train", "short.txt"]) == 1
    assert capsys.readouterr().err == f"charrnn train: {message}\n"
    assert calls == []
    assert names() == ["clock.txt", "short.txt"]


@pytest.mark.slow
def test_the_least_text_is_enough_for_training_and_one_character_less_is_not():
    ids = np.tile(np.arange(1, 11, dtype="int32"), 80)
    kept = 257
    recipe = Recipe(embedding_size=4, units=8)
    train = timed_training.train_for
    training = ids[: own_run.LEAST - kept]
    train(1e-3, training, 11, validation=ids[:kept], recipe=recipe)
    with pytest.raises(ValueError, match="ids: expected at least 513 characters"):
        train(1e-3, training[1:], 11, validation=ids[:kept], recipe=recipe)


@pytest.mark.parametrize("source", ["-", "/dev/stdin"])
def test_a_text_without_a_name_needs_one_for_its_model(source, capsys):
    assert main(["train", source]) == 1
    assert "--output: expected a name, for " in capsys.readouterr().err


def test_a_text_whose_name_begins_like_a_home_folder(calls, capsys):
    Path("clock.txt").rename("~clock.txt")
    assert main(["train", "./~clock.txt"]) == 0
    assert names() == ["~clock.safetensors", "~clock.txt"]
    more = capsys.readouterr().out.splitlines()[-1].split()[-1].strip("'\"")
    assert read_weights(more).card["seconds"] == 60
    assert read_weights("./~clock").card["seconds"] == 60


def test_a_model_is_named_after_its_text(tmp_path):
    assert own_text.name_of("a/my.txt") == Path("my.safetensors")
    assert own_text.name_of("http://host/x/my.v2.txt?key=1") == Path("my.v2.safetensors")


@pytest.mark.slow
def test_a_loss_that_is_not_finite_is_told_and_the_best_weights_are_saved(
    tmp_path, capsys, monkeypatch
):
    class Diverging(Recipe):
        def rate(self, step, progress):
            return super().rate(step, progress) if progress < 0.5 else math.nan

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        recipes, "recipe_for", lambda *given: Diverging(4, 8, batch_size=4, length=8)
    )
    monkeypatch.setattr(recipes, "MAX_PASSES", 1)
    (tmp_path / "clock.txt").write_text(clock_text(), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as for a user; in tests they are errors
        assert main(["train", "clock.txt", "--minutes", "60"]) == 0
    output = capsys.readouterr()
    assert output.err.startswith("charrnn train: loss: expected a finite number, received nan at")
    assert output.err.endswith("ended early, with the best weights until then\n")
    assert output.err.count("\n") == 1
    reported = [float(line.split()[-1]) for line in output.out.splitlines() if "% " in line]
    assert 9 <= len(reported) <= 11
    assert read_weights("clock").card["windows_loss"] == pytest.approx(min(reported), abs=0.2)


# --- the end of a process, in fresh ones

# Trains a tiny model in small steps of made-up time, and does something at the report of a number.
PROGRAM = """
import itertools, os, signal, sys, time
from charrnn import recipes, timed_training
from charrnn.own_text import train as own_text
from charrnn.__main__ import main
recipes.recipe_for = lambda *given: recipes.Recipe(4, 8, batch_size=4, length=8)
recipes.MAX_PASSES, timed_training.SAVING = 10**9, 0.0
train_for, reports = timed_training.train_for, itertools.count(1)

def slow(*given, **named):
    *rest, report = given
    def told(progress):
        report(progress)
        if next(reports) == int(sys.argv.pop(1)):
            for name in sys.argv.pop(1).split("+"):
                os.kill(os.getpid(), getattr(signal, name))
                time.sleep(0.1)
        sys.argv.insert(1, STOP), sys.argv.insert(2, SIGNALS)
    return train_for(*rest, told, **named | {"clock": itertools.count().__next__})

STOP, SIGNALS = sys.argv[1:3]
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a background job
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and under nohup
timed_training.train_for = slow
sys.exit(main(sys.argv[3:]))
"""


def train_until(report, signals, *options):
    """Train in the current folder; send signals to the process itself at a report."""
    arguments = ["train", "clock.txt", "--minutes", "2", *options]
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(report), signals, *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clock.txt").write_text(clock_text(), encoding="utf-8")


def best_loss(output):
    return min(float(line.split()[-1]) for line in output.splitlines() if "% " in line)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends signals of POSIX")
@pytest.mark.parametrize(
    ("signals", "code"),
    [("SIGINT", 0), ("SIGINT+SIGINT", 0), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGKILL", -9)],
)
def test_whatever_ends_it_the_best_weights_stay_and_the_run_goes_on(here, signals, code):
    ended = train_until(5, signals)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert read_weights("clock").card["validation_loss"] == pytest.approx(
        best_loss(ended.stdout), abs=1e-3
    )
    if signals != "SIGKILL":
        assert "to go on: " in ended.stdout
        assert "saved as clock.safetensors" in ended.stdout
        assert ("windows: " in ended.stdout) == (code == 0)
    rest = train_until(0, "", "--resume")
    assert (rest.returncode, rest.stderr) == (0, "")
    shares = [int(line[:4].strip(" %")) for line in rest.stdout.splitlines() if "% " in line]
    assert shares == list(range(30, 101, 5))
    assert names() == ["clock.history.csv", "clock.safetensors", "clock.txt"]
    history = with_numbers(read_table("clock.history.csv"))  # of both parts of the run
    seconds = [row["seconds"] for row in history]
    assert (len(seconds), seconds) == (20, sorted(set(seconds)))
    lowest = min(best_loss(ended.stdout), best_loss(rest.stdout))
    assert read_weights("clock").card["validation_loss"] == pytest.approx(lowest, abs=1e-3)
