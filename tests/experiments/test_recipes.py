from collections import defaultdict
from dataclasses import asdict
from statistics import mean

import pytest

from charrnn.recipes import QUICK
from charrnn.support.files import read_table, write_table
from experiments import recipes
from experiments.recipes import RECORD, TRIALS, Trial, took_its_time


def row(trial=TRIALS[0], seconds="90.1"):
    measured = {"seconds": seconds, "steps": "5", "windows_loss": "1.4000", "stream_loss": "1.3000"}
    return trial.settings() | measured


def test_every_trial_was_run_for_the_same_time():
    rows = read_table(RECORD)
    for trial, measured in zip(TRIALS, rows, strict=True):
        assert trial.settings().items() <= measured.items()
        assert took_its_time(measured, 90.0)


def test_the_recipe_is_the_best_of_the_trials():
    losses = defaultdict(list)
    for trial, measured in zip(TRIALS, read_table(RECORD), strict=True):
        losses[tuple((asdict(trial) | {"seed": None}).items())].append(
            float(measured["windows_loss"])
        )
    best = min(losses, key=lambda settings: mean(losses[settings]))
    assert dict(best) == asdict(Trial(**asdict(QUICK))) | {"seed": None}


def test_a_table_comes_back(tmp_path):
    assert read_table(tmp_path / "table.csv") == []
    rows = [row(trial) for trial in TRIALS[:3]]
    write_table(rows, tmp_path / "table.csv")
    assert read_table(tmp_path / "table.csv") == rows


@pytest.mark.parametrize(
    ("seconds", "known"), [("90.0", True), ("91.0", True), ("142.2", False), ("60.0", False)]
)
def test_a_trial_of_another_time_is_not_known(seconds, known):
    assert took_its_time(row(seconds=seconds), 90.0) is known


def test_a_run_goes_on_where_it_ended(tmp_path, monkeypatch, capsys):
    path = tmp_path / "recipes.csv"
    write_table([row(TRIALS[0]), row(TRIALS[1], "142.2"), row(TRIALS[2])], path)
    tried = []

    def measure_trial(trial, seconds, text):
        assert seconds == 90.0
        assert len(text.beginning) + len(text.choice) == len(text.text) - 111_540
        tried.append(trial)
        if len(tried) == 3:
            raise KeyboardInterrupt
        return {"seconds": 90.2, "steps": 5, "windows_loss": 1.4, "stream_loss": 1.3}

    monkeypatch.setattr(recipes, "RECORD", path)
    monkeypatch.setattr(recipes, "measure_trial", measure_trial)
    monkeypatch.setattr("sys.argv", ["recipes.py", "--store"])
    with pytest.raises(KeyboardInterrupt):
        recipes.main()
    assert tried == [TRIALS[1], TRIALS[3], TRIALS[4]]
    assert [float(measured["seconds"]) for measured in read_table(path)] == [
        90.1, 90.2, 90.1, 90.2,
    ]  # fmt: skip
    assert "optimizer_name Adam, seconds 90.2" in capsys.readouterr().out


def test_adam_takes_the_place_of_muon():
    assert type(Trial().build(5).optimizer).__name__ == "Muon"
    assert type(Trial(optimizer_name="Adam", units=4).build(5).optimizer).__name__ == "Adam"
