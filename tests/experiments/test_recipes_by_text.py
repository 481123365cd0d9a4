"""What a trial in several scripts changes, and on what it is judged."""

from dataclasses import asdict
from itertools import groupby

import pytest

from charrnn.recipes import recipe_for
from charrnn.support.files import read_table
from experiments import recipes_by_text
from experiments.recipes_by_text import RECORD, TRIALS, Trial


def test_a_trial_changes_one_setting_of_the_rule(monkeypatch):
    monkeypatch.setenv("CHARRNN_FAST", "1")
    given = 1500, 100_000, 60.0
    rule = asdict(recipe_for(*given))
    for change, expected in [
        ("", {}),
        ("units=384", {"units": 384}),
        ("tied=0", {"tied": False, "embedding_dropout": 0.0}),
        ("weight_decay=0.5", {"weight_decay": 0.5}),
    ]:
        recipe = Trial("any", 0, change).recipe(*given)
        assert asdict(recipe) == rule | expected
        recipe.build(11)
    more = Trial("any", 0, "dropout=0.5").recipe(*given)
    assert (more.dropout, more.kernel_dropout, more.embedding_dropout) == (0.5, 0.3, 0.3)


def test_a_trial_learns_from_the_beginning_and_is_judged_on_the_tenth_before_the_last(monkeypatch):
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 1000)))
    monkeypatch.setattr(recipes_by_text.corpora, "load", lambda name: 10 * text)
    recipes_by_text.parts.cache_clear()
    training, choice, size = recipes_by_text.parts("any", 0)
    assert (len(training), len(choice), size) == (8100, 900, 1001)
    shorter, *_ = recipes_by_text.parts("any", 5000)
    assert len(shorter) == 4050
    # A trial of other seconds or of another rule is another one.
    key = recipes_by_text.key_of(Trial("any", 0, "units=384"), 60.0)
    assert (key["seconds"], key["units"], key["tied"]) == ("60", "384", "True")
    assert key["dropout"] == str(recipe_for(1000, 8100, 60.0).dropout)
    recipes_by_text.parts.cache_clear()


def test_no_change_of_the_rule_beats_it_in_the_record_by_more_than_a_hundredth(monkeypatch):
    monkeypatch.setenv("CHARRNN_FAST", "1")
    rows = read_table(RECORD)
    assert [(row["corpus"], int(row["characters"]), row["change"]) for row in rows] == [
        (trial.corpus, trial.characters, trial.change) for trial in TRIALS
    ]
    for text, group in groupby(rows, lambda row: (row["corpus"], row["characters"])):
        trials = {row["change"]: row for row in group}
        rule = trials.pop("")
        assert trials, text
        best = min(float(row["ratio"]) for row in trials.values())
        assert float(rule["ratio"]) <= best + 0.01, text
        for row in [rule, *trials.values()]:
            ratio = float(row["windows_loss"]) / float(row["n_gram"])
            assert float(row["ratio"]) == pytest.approx(ratio, abs=1e-4)
            # Reading the validation text comes on top; a machine that was busy shows here.
            assert float(row["elapsed"]) <= 1.1 * float(row["seconds"]), row
