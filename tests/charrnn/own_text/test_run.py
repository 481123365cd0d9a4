"""What a run of ``charrnn train`` is told, shows and leaves."""

import itertools
import json
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from charrnn import checkpoints, recipes, timed_training
from charrnn.command_line import main
from charrnn.encoded import encode
from charrnn.export import as_stored, save_model
from charrnn.model import CharacterModel
from charrnn.own_text import run as own_run
from charrnn.own_text.origin import merge
from charrnn.recipes import QUICK
from charrnn.support.interrupts import Interrupts
from charrnn.timed_training import Progress
from charrnn.vocabulary import Vocabulary
from charrnn.weights import read_weights
from tests.helpers.own_text import TINY, clock_text


def options(calls):
    """Return what the only call of ``train_for`` was given: arguments by place, by name."""
    (call,) = calls
    return call


def test_units_layers_and_dropout_take_the_place_of_the_recipes(calls):
    words = ["--units", "24", "--layers", "2", "--dropout", "0.25"]
    assert main(["train", "clock.txt", *words]) == 0
    recipe = options(calls)[0][5]
    assert (recipe.units, recipe.layers, recipe.dropout) == (24, 2, 0.25)
    assert recipe.embedding_size == QUICK.embedding_size
    card = read_weights("clock").card["recipe"]
    assert (card["units"], card["layers"], card["dropout"]) == (24, 2, 0.25)


def test_no_dropout_is_an_option_too(calls, monkeypatch):
    monkeypatch.setattr(recipes, "recipe_for", lambda *given: QUICK.with_dropout(0.5))
    assert main(["train", "clock.txt", "--dropout", "0"]) == 0
    recipe = options(calls)[0][5]
    assert (recipe.dropout, recipe.kernel_dropout) == (0.0, 0.0)


def test_validation_says_how_many_characters_are_kept(calls, capsys):
    assert main(["train", "clock.txt", "--validation", "1000"]) == 0
    arguments, named = options(calls)
    assert [len(arguments[place]) for place in (1, 4)] == [5000, 1000]
    assert named["made_from"]["validation"] == 1000
    assert "; the last 1,000 are kept for validation" in capsys.readouterr().out
    assert read_weights("clock").card["validation_characters"] == 1000


@pytest.mark.parametrize(
    ("kept", "works"), [(256, False), (257, True), (5487, True), (5488, False)]
)
def test_there_is_a_window_to_validate_on_and_enough_to_train_on(calls, capsys, kept, works):
    assert main(["train", "clock.txt", "--validation", str(kept)]) == (0 if works else 1)
    told = f"--validation: expected 257 to 5,487 of the 6,000 characters, received {kept:,}"
    assert (told in capsys.readouterr().err) != works


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--units", "0"], "--units: expected 1 to 4096, received 0"),
        (["--units", "5000"], "--units: expected 1 to 4096, received 5000"),
        (["--layers", "9"], "--layers: expected 1 to 8, received 9"),
        (["--dropout", "1"], "--dropout: expected at least 0 and below 1, received 1"),
        (["--dropout", "nan"], "--dropout: expected at least 0 and below 1, received nan"),
        (["--validation", "0"], "--validation: expected 257 to 5,487 of the 6,000 characters, rec"),
        (["--from", "nothing"], "--from: expected the file nothing.safetensors, which does not "),
        (["--from", "x/"], "--from: expected the name of a model, received 'x/'"),
        (["--from", "old", "--units", "9"], "--units: expected 8, as the model has that --from "),
        (["--from", "old", "--layers", "2"], "--layers: expected 1, as the model has that --from"),
        (["--from", "lstm"], "--from: expected a model of GRU layers, received one of lstm"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line_before_the_training(
    calls, capsys, words, message, old, make_model, alphabet
):
    save_model(make_model(cell="lstm"), alphabet, "lstm")
    before = sorted(Path().iterdir())
    assert main(["train", "clock.txt", *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"charrnn train: {message}")
    assert error.count("\n") == 1
    assert calls == []
    assert sorted(Path().iterdir()) == before


# --- going on from a model


@pytest.fixture
def old(calls, make_model):
    """A model of some characters of the text and of others, in ``old.safetensors``."""
    vocabulary = Vocabulary("tick tock é中")
    model = make_model(vocabulary_size=len(vocabulary), dropout=0.3)
    card = {"corpus": "x", "corpus_sha256": "ab", "recipe": {}}
    save_model(model, vocabulary, "old", card)
    return as_stored(model, vocabulary, card)


def test_training_goes_on_from_a_model_with_both_vocabularies(calls, capsys, old):
    assert main(["train", "clock.txt", "--from", "old"]) == 0
    arguments, named = options(calls)
    merged = merge(old, clock_text())
    assert merged.vocabulary.characters == "".join(sorted(set("tick tock é中" + clock_text())))
    ids = merged.vocabulary.encode(clock_text())
    np.testing.assert_array_equal(np.concatenate([arguments[1], arguments[4]]), ids)
    assert arguments[2] == len(merged.vocabulary)
    recipe = arguments[5]
    assert (recipe.units, recipe.embedding_size, recipe.layers) == (8, 6, 1)
    assert (
        recipe.dropout == recipes.recipe_for(10, 5400, 120.0).dropout == 0.29
    )  # it depends on the text, not on the model
    # Lower rates were tried: they reach less in any time, on the same text and on another one.
    assert recipe.learning_rate == QUICK.learning_rate
    for received, expected in zip(named["start"], merged.arrays.values(), strict=True):
        np.testing.assert_array_equal(received, expected)
    digest = sha256(Path("old.safetensors").read_bytes()).hexdigest()
    assert named["made_from"]["from"] == digest
    model = read_weights("clock")
    assert model.vocabulary.characters == merged.vocabulary.characters
    assert model.card["from"] == {
        "name": "old",
        "sha256": digest,
        "characters": 8,
        "corpus": "x",
        "corpus_sha256": "ab",
    }
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("6,000 characters, 10 different ones; ")
    # Of "tick tock dong\n" the line end, d, g and n.
    assert lines[1] == "going on from old, for which 4 of them are new"


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("rule", [recipes.FEW, recipes.MANY])
def test_the_output_is_that_of_the_model_gone_on_from(calls, make_model, monkeypatch, tied, rule):
    """Whatever the rule says for the symbols of the text: the weights to begin with fit."""
    vocabulary = Vocabulary("tick tock")
    sizes = {"vocabulary_size": len(vocabulary)} | ({"tied": True} if tied else {})
    save_model(make_model(**sizes), vocabulary, "old")
    monkeypatch.setattr(recipes, "recipe_for", lambda *given: rule.with_dropout(0.4))
    assert main(["train", "clock.txt", "--from", "old"]) == 0
    arguments, named = options(calls)
    recipe = arguments[5]
    assert (recipe.tied, recipe.embedding_size, recipe.units) == (tied, 6, 8)
    assert recipe.embedding_dropout == (recipe.kernel_dropout if tied else 0.0)
    recipe.build(arguments[2]).set_weights(named["start"])


def test_the_n_gram_knows_the_characters_of_the_text_alone(make_model):
    """It is that of a training without another model, to the last digit."""
    text = "".join(np.random.default_rng(3).choice(list("uvwxyz"), 4000))
    vocabulary = Vocabulary("abcdefghijklmnopqrst")
    model = as_stored(make_model(vocabulary_size=len(vocabulary)), vocabulary)
    also = encode(lambda: iter([text]), "text", also=vocabulary.characters)
    merged = own_run.Run(also, Path("x"), None, own_run.Options(), (model, {"characters": 20}))
    runs = [run_of(text), merged]
    assert [len(run.vocabulary) for run in runs] == [7, 27]
    found = [run.count(run.text.ids[:3000], run.text.ids[3000:]) for run in runs]
    assert found[0] == found[1]


def test_the_model_that_is_gone_on_from_stays(calls, capsys, old):
    before = Path("old.safetensors").read_bytes()
    assert main(["train", "clock.txt", "--from", "old", "--output", "old"]) == 1
    assert (
        "received 'old': old.safetensors exists; --replace replaces it" in capsys.readouterr().err
    )
    assert main(["train", "clock.txt", "--from", "old"]) == 0
    assert Path("old.safetensors").read_bytes() == before
    assert main(["train", "clock.txt", "--from", "old", "--output", "old", "--replace"]) == 0
    assert read_weights("old").card["from"]["sha256"] == sha256(before).hexdigest()


def test_a_model_that_was_trained_on_what_is_kept_now_is_told(calls, capsys, make_model):
    vocabulary = Vocabulary(clock_text())
    text = sha256(clock_text().encode()).hexdigest()
    more = "100 of the characters that are kept now: the losses here say too little"
    unknown = (
        "this text, and its card does not say on which part: the losses here may say too little"
    )
    for kept, told in ((500, more), (600, None), (700, None), (True, unknown)):
        card = {"corpus_sha256": text, "validation_characters": kept}
        save_model(make_model(vocabulary_size=11), vocabulary, "old", card)
        assert main(["train", "clock.txt", "--from", "old", "--replace"]) == 0
        said = capsys.readouterr().out
        assert ("it was trained on" in said) == bool(told)
        assert f"it was trained on {told}\n" in said or not told


@pytest.fixture
def begun(calls, old, monkeypatch):
    """A run that goes on from a model and was interrupted after a report; nothing is trained.

    It has the name of that model, which it has replaced.
    """
    Path("other.safetensors").write_bytes(Path("old.safetensors").read_bytes())

    def train_for(seconds, training, size, seed, validation, recipe, report, **named):
        model = recipe.build(size)
        if named["start"] is not None:
            model.set_weights(named["start"])
        made_from = {**named["made_from"], "recipe": {}}
        with checkpoints.RunState(model, model.optimizer, named["directory"], made_from) as state:
            if not state.restore():
                row = {"seconds": 7.0, "step": 1.0, "loss": 2.5, "validation_loss": 2.25}
                state.history.append(row)
                state.save_best(row)
                state.save(1)
        report(Progress(0.5, 7.0, 1, 2.5, 2.25, True, model))
        return model

    monkeypatch.setattr(timed_training, "train_for", train_for)
    monkeypatch.setattr(checkpoints, "delete_run", lambda _: None)  # as if it had not ended
    monkeypatch.setattr(checkpoints, "keep_history", lambda *_: False)
    assert main(["train", "clock.txt", "--from", "old", "--output", "old", "--replace"]) == 0


def test_a_run_that_replaced_the_model_it_began_with_goes_on(begun, capsys):
    entry = read_weights("old").card["from"]
    again = ["train", "clock.txt", "--output", "old", "--resume"]
    assert main([*again, "--from", "old"]) == 0
    assert read_weights("old").card["from"] == entry
    assert "2 minutes in all, 7 seconds of which are done" in capsys.readouterr().out
    assert main([*again, "--from", "other"]) == 0  # the same model
    assert main(again) == 1
    assert "--resume: expected --from and a model, as when the run in old.training began, " in (
        capsys.readouterr().err
    )


def test_a_run_that_goes_on_wants_the_model_it_began_with(begun, capsys, make_model, alphabet):
    save_model(make_model(), alphabet, "third")
    assert main(["train", "clock.txt", "--output", "old", "--resume", "--from", "third"]) == 1
    error = capsys.readouterr().err
    assert "--resume: expected the model after --from that the run in old.training began with" in (
        error
    )


def test_a_run_that_began_anew_goes_on_without_a_model(begun, calls, capsys):
    assert main(["train", "clock.txt", "--output", "new"]) == 0
    assert main(["train", "clock.txt", "--output", "new", "--resume", "--from", "other"]) == 1
    error = capsys.readouterr().err
    assert "--resume: expected no --from, as when the run in new.training began, received" in error


@pytest.mark.slow
def test_without_a_step_the_loss_is_that_of_the_model(tmp_path, monkeypatch, make_model):
    """And a training that makes it worse leaves it as it was."""
    from charrnn import metrics

    class Worse(recipes.Recipe):
        def rate(self, step, progress):
            return 10.0

    ids = Vocabulary(clock_text()).encode(clock_text())
    start = make_model(vocabulary_size=11).get_weights()
    reports = []
    model = timed_training.train_for(
        10,
        ids[:5000],
        11,
        0,
        ids[5000:],
        Worse(6, 8, batch_size=4, length=8),
        reports.append,
        itertools.count().__next__,
        start=start,
    )
    first = reports[0]
    assert (first.share, first.seconds, first.step, first.loss) == (0.0, 0.0, 0, None)
    untrained = CharacterModel(11, 6, 8)
    untrained.set_weights(start)
    expected = metrics.windows_loss(untrained, ids[5000:])
    assert first.validation_loss == pytest.approx(expected, abs=1e-5)
    assert min(told.validation_loss for told in reports[1:]) > expected
    for received, weights in zip(model.get_weights(), start, strict=True):
        np.testing.assert_array_equal(received, weights)


# --- reports


def run_of(text, **wanted):
    pieces = encode(lambda: iter([text]), "text")
    return own_run.Run(pieces, Path("x.safetensors"), Interrupts(), own_run.Options(**wanted))


def test_a_report_shows_one_line_of_what_the_model_writes(make_model):
    run = run_of(clock_text())
    model = make_model(vocabulary_size=11)
    shown = run.sample(model)
    assert len(shown) == 60
    assert set(shown) <= set("tick tock dong⏎")  # no line end
    assert shown == run.sample(model)  # always the same draws


def test_a_sample_is_no_part_of_the_time_that_is_trained(monkeypatch):
    seconds = iter([10.0, 11.0, 14.0, 15.0])
    monkeypatch.setattr(own_run.time, "perf_counter", lambda: next(seconds))
    clock = own_run.Clock()
    assert clock() == 10
    with clock.stopped():  # from 11 to 14
        pass
    assert clock() == 12


def test_the_time_of_a_sample_is_left_out(calls, monkeypatch):
    left_out = []

    def sample(self, model):
        left_out.append(self.clock.left_out)
        time.sleep(0.02)
        return ""

    monkeypatch.setattr(own_run.Run, "sample", sample)
    trained = timed_training.train_for

    def train_for(*arguments, **named):
        model = trained(*arguments, **named)
        left_out.append(named["clock"].left_out)
        return model

    monkeypatch.setattr(timed_training, "train_for", train_for)
    assert main(["train", "clock.txt"]) == 0
    before, after = left_out
    assert before == 0.0
    assert after >= 0.02


def test_one_minute_is_no_minutes(calls, capsys):
    assert main(["train", "clock.txt", "--minutes", "1"]) == 0
    assert "training for 1 minute; Ctrl+C" in capsys.readouterr().out


# --- the history


def leaves_a_history(monkeypatch, lines="seconds,step,loss,validation_loss\n60,7,2.25,2.5\n"):
    """Let the run leave what ``RunState`` leaves."""
    trained = timed_training.train_for

    def train_for(*arguments, **named):
        (named["directory"] / "history.csv").write_text(lines)
        return trained(*arguments, **named)

    monkeypatch.setattr(timed_training, "train_for", train_for)
    return lines


def test_the_history_stays_beside_the_model(calls, capsys, monkeypatch):
    lines = leaves_a_history(monkeypatch)
    assert main(["train", "clock.txt"]) == 0
    assert Path("clock.history.csv").read_text() == lines
    assert "history of the losses: clock.history.csv" in capsys.readouterr().out
    assert not Path("clock.training").exists()


def test_a_history_that_is_there_is_kept_or_replaced_on_request(calls, capsys, monkeypatch):
    lines = leaves_a_history(monkeypatch)
    Path("clock.history.csv").write_text("seconds,step,loss\n1,1,1\n")
    assert main(["train", "clock.txt"]) == 1
    assert "received 'clock': clock.history.csv exists; --replace" in capsys.readouterr().err
    assert calls == []
    assert main(["train", "clock.txt", "--replace"]) == 0
    assert Path("clock.history.csv").read_text() == lines


@pytest.mark.parametrize("content", [b"date,price\n1,2\n", b"", b"\xff\xfe", b"step,loss\n"])
def test_a_table_of_somebody_else_is_never_replaced(calls, capsys, content):
    Path("clock.history.csv").write_bytes(content)
    Path("clock.safetensors").write_text("x")
    assert main(["train", "clock.txt", "--replace"]) == 1
    assert (
        "--output: expected clock.history.csv, where the losses are kept, to be free or the "
        in (capsys.readouterr().err)
    )
    assert calls == []
    assert Path("clock.history.csv").read_bytes() == content


@pytest.mark.slow
def test_the_history_has_a_row_for_each_report(tmp_path, monkeypatch):
    """Also where the state is saved less often, as it takes longer."""
    monkeypatch.setattr(timed_training, "SAVING", 50.0)
    ids = Vocabulary(clock_text()).encode(clock_text())
    reports = []
    timed_training.train_for(
        100,
        ids[:5000],
        11,
        0,
        ids[5000:],
        TINY,
        reports.append,
        itertools.count().__next__,
        tmp_path,
    )
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert lines[0] == "seconds,step,loss,validation_loss"
    assert len(lines) == 1 + len(reports) == 21
    for line, told in zip(lines[1:], reports, strict=True):
        expected = (told.seconds, told.step, told.loss, told.validation_loss)
        assert [float(value) for value in line.split(",")] == pytest.approx(expected, rel=1e-5)
    saved, _ = checkpoints.read_run(tmp_path)
    assert len(saved) in (11, 12)  # the first report and one after 50 seconds
    assert json.loads(json.dumps(saved)) == saved


def test_what_goes_on_is_typed_with_all_that_was_wanted(calls, capsys, monkeypatch, old):
    from charrnn.command_line import _as_typed_again

    wanted = own_run.Options(1.5, 7, 24, 2, 0.25, 300, "my model")
    typed = _as_typed_again(wanted)
    assert typed in (
        "--minutes 1.5 --seed 7 --units 24 --layers 2 --dropout 0.25 --validation 300 "
        "--from 'my model'",
        "--minutes 1.5 --seed 7 --units 24 --layers 2 --dropout 0.25 --validation 300 "
        '--from "my model"',
    )
    assert _as_typed_again(own_run.Options()) == "--minutes 2 --seed 0"


def test_a_run_that_was_done_before_it_went_on_has_not_diverged(make_model):
    """A process that was killed after the last report goes on with no report."""
    run = run_of(clock_text())
    run.prepare(TINY)
    run.n_gram, run.history = 1.0, [{"seconds": 120.0, "loss": 2.0, "validation_loss": 2.0}]
    assert "no longer finite" not in run.verdict(2.0, stopped=False)
    run.report(Progress(0.5, 60.0, 7, 2.0, 2.5, False, make_model(vocabulary_size=11)))
    assert "no longer finite" in run.verdict(2.0, stopped=False)
