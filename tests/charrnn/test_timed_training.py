"""A training that is bound by time: when it ends, what it reports, what it keeps.

The time is made up: a clock that counts how often it is read goes on by one second a step.
"""

import itertools
import math

import numpy as np
import pytest

from charrnn import checkpoints, metrics, recipes, timed_training
from charrnn.backend import tf
from charrnn.checkpoints import best_row
from charrnn.frequencies import KEPT
from charrnn.recipes import Recipe
from charrnn.timed_training import train_for
from charrnn.windows import endless_streams

TINY = Recipe(embedding_size=4, units=8, batch_size=4, length=8, warmup_steps=2)
TEXT = np.tile(np.arange(1, 11, dtype="int32"), 60)


class Idle(Recipe):
    """Leaves a model as it was at the beginning; each batch starts from zeros."""

    def rate(self, step, progress):
        return 0.0


IDLE = Idle(embedding_size=4, units=8, batch_size=4, length=8, fresh_every=1)
# Learning the text makes it worse at this one.
BACKWARDS = TEXT[::-1].copy()


def steps():
    """Return a clock that goes on by a second a step."""
    return itertools.count().__next__


class Reports(list):
    """Keeps what was reported; stops the run, as Ctrl+C does, at the report of a number."""

    def __init__(self, stop_at=None):
        super().__init__()
        self.stop_at = stop_at

    def __call__(self, progress):
        self.append(progress)
        if len(self) == self.stop_at:
            raise KeyboardInterrupt

    @property
    def progress(self):
        return [told.share for told in self]

    @property
    def losses(self):
        return [told.loss for told in self]

    @property
    def validation(self):
        return [told.validation_loss for told in self]


@pytest.fixture
def endless(monkeypatch):
    monkeypatch.setattr(recipes, "MAX_PASSES", 10**9)


@pytest.mark.slow
def test_it_takes_the_time_it_is_given_and_learns(endless):
    reports = Reports()
    model = train_for(400, TEXT, 11, recipe=TINY, report=reports, clock=steps())
    # A step a second, a report after each twentieth of the time.
    assert reports.progress == pytest.approx([number / 20 for number in range(1, 21)])
    assert reports.validation == [None] * 20
    # Each character follows from the one before. The loss was 0.02 after these steps.
    assert metrics.stream_loss(model, TEXT) < 0.3 < reports.losses[0] < 1.5 * math.log(11)


@pytest.mark.slow
def test_after_a_long_step_there_is_one_report(endless):
    """The first step compiles, and takes a quarter of the time here; then comes a pause."""
    times = iter([0, 25, 26, 28, 34, 35, 65, 66, 71, 74, 101])
    reports = Reports()
    arguments = {"recipe": TINY, "validation": TEXT[:300], "report": reports}
    train_for(100, TEXT, 11, clock=times.__next__, **arguments)
    assert reports.progress == [0.25, 0.34, 0.35, 0.65, 0.71, 1.01]
    assert None not in reports.validation
    assert list(times) == []  # no step after the end


@pytest.mark.slow
def test_a_long_run_reports_every_minute(endless):
    reports = Reports()
    clock = itertools.count(0, 20).__next__
    train_for(2000, TEXT, 11, recipe=TINY, report=reports, clock=clock)
    # A twentieth of the time is 100 seconds.
    expected = sorted({*range(60, 100, 60), *range(100, 2001, 100), *range(160, 2000, 100)})
    assert [told.seconds for told in reports] == expected


@pytest.mark.slow
def test_a_machine_that_sleeps_does_not_train_meanwhile(endless):
    times = iter([0, 1, 2, 3 + 8 * 3600, *(4 + 8 * 3600 + second for second in range(100))])
    reports = Reports()
    train_for(60, TEXT, 11, recipe=TINY, report=reports, clock=times.__next__)
    assert reports[-1].seconds == 60
    assert reports[-1].step == 60 - timed_training.LONGEST_STEP + 1


@pytest.mark.slow
def test_each_step_has_the_rate_of_its_place_in_the_run(endless):
    asked = []

    class Asking(Idle):
        def rate(self, step, progress):
            asked.append((step, progress))
            return 0.25 * step

    recipe = Asking(embedding_size=4, units=8, batch_size=4, length=8)
    model = train_for(4, TEXT, 11, recipe=recipe, clock=steps())
    assert asked == [(0, 0.0), (1, 0.25), (2, 0.5), (3, 0.75)]
    assert float(model.optimizer.learning_rate) == 0.75


@pytest.mark.slow
def test_the_loss_is_the_mean_since_the_last_report(endless):
    text = np.random.default_rng(1).integers(1, 11, 500).astype("int32")
    reports = Reports()
    model = train_for(40, text, 11, recipe=IDLE, report=reports, clock=steps())
    batches = itertools.islice(endless_streams(text, 4, 8), 40)
    losses = [metrics.cross_entropy(model(inputs), targets) for inputs, targets in batches]
    means = np.reshape(losses, (20, 2)).mean(axis=1)
    assert np.std(means) > 5e-4
    assert reports.losses == pytest.approx(means, abs=1e-5)


def test_a_model_begins_with_the_frequencies_of_the_text():
    model = train_for(1, TEXT, 12, recipe=IDLE, clock=steps())
    expected = np.maximum(np.bincount(TEXT, minlength=12), 0.1)
    np.testing.assert_allclose(model.dense.bias, np.log(expected / expected.sum()), rtol=1e-6)


def test_a_model_learns_to_expect_what_only_the_validation_text_has():
    """An eleventh id occurs once, a twelfth never: without stand-ins it would have 1e-5 of it."""
    text = TEXT.copy()
    text[300] = 11
    model = train_for(40, text, 13, recipe=TINY, clock=steps())
    p = np.exp(model(text[None, :200]).numpy())
    p /= p.sum(axis=-1, keepdims=True)
    assert 0.2 < p[..., 12].mean() * len(text) / KEPT < 5


@pytest.mark.slow
def test_a_short_text_ends_the_run_early():
    """Sixteen passes over 600 characters, 8 characters in each of 8 places a step."""
    reports, clock = Reports(), steps()
    recipe = Recipe(embedding_size=4, units=8, length=8)
    model = train_for(1e9, TEXT, 11, recipe=recipe, report=reports, clock=clock)
    assert clock() == 1 + 16 * 600 / (8 * 8)
    assert reports.progress[-1] == 1
    assert len(reports) == timed_training.REPORTS
    assert model.carried.states[0][0].shape == (8, 8)  # rows, units


@pytest.mark.parametrize(
    ("characters", "expected"), [(100, 8), (32_000, 8), (100_000, 25), (500_000, 125)]
)
def test_a_text_is_read_in_so_many_places_that_its_passes_have_a_thousand_steps(
    characters, expected
):
    assert timed_training.rows_read_at_once(characters, 64) == expected
    passes = 1000 * 64 * expected / characters  # of a thousand steps of so many rows
    assert passes == pytest.approx(recipes.MAX_PASSES) or expected == timed_training.MIN_ROWS


@pytest.mark.slow
def test_no_text_is_read_in_more_places_than_the_recipe_says():
    model = train_for(1, np.tile(TEXT, 100), 11, recipe=TINY, clock=steps())
    assert model.carried.states[0][0].shape == (4, 8)


@pytest.mark.slow
def test_equal_seeds_begin_with_equal_weights_and_others_do_not():
    one, same, other = (
        train_for(1, TEXT, 11, seed, recipe=IDLE, clock=steps()).get_weights() for seed in (1, 1, 2)
    )
    for index in range(2):  # the embedding and the kernel; others may begin with zeros
        np.testing.assert_array_equal(one[index], same[index])
        assert not np.allclose(one[index], other[index])


class Kill(BaseException):
    """The end of a process."""


def run_in(directory, reports, seconds=40, **arguments):
    """Train in a folder, a second a step."""
    given = {"recipe": TINY, "validation": TEXT[:300], "made_from": {"text": "ten"}} | arguments
    return train_for(seconds, TEXT, 11, report=reports, clock=steps(), directory=directory, **given)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run without a stop: its model, its reports."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "MAX_PASSES", 10**9)
        reports = Reports()
        return run_in(tmp_path_factory.mktemp("whole"), reports), reports


def killed_at(report):
    """Return reports that end the process at one of them."""

    def told(progress):
        reports.append(progress)
        if len(reports) == report:
            raise Kill

    reports = Reports()
    told.reports = reports
    return told


@pytest.mark.slow
@pytest.mark.parametrize("report", [1, 4, 5, 13, 20])
def test_a_killed_run_goes_on_from_its_last_state(endless, whole, tmp_path, report):
    """A report every 2 seconds, a state every 6: the same steps, losses and weights follow."""
    model, expected = whole
    with pytest.raises(Kill):
        run_in(tmp_path, killed_at(report))
    rest = Reports()
    again = run_in(tmp_path, rest)
    # States are saved at the reports 1, 4, 7, ...: after 2, 8, 14 seconds.
    saved = (report - 1) // 3 * 3 + 1
    assert [told.step for told in rest] == [told.step for told in expected[saved:]]
    assert rest.validation == pytest.approx(expected.validation[saved:], abs=1e-5)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert run_in(tmp_path, Reports()) is not None  # nothing is left to do


@pytest.mark.slow
def test_a_run_that_went_on_keeps_weights_that_were_better_before(endless, tmp_path):
    """The text is learnt, so that the loss on its reverse rises."""
    reports = killed_at(15)
    with pytest.raises(Kill):
        run_in(tmp_path, reports, 120, validation=BACKWARDS)
    rest = Reports()
    model = run_in(tmp_path, rest, 120, validation=BACKWARDS)
    lowest = min(reports.reports.validation)
    assert lowest < min(rest.validation) - 0.01
    assert not any(told.is_best for told in rest)
    assert metrics.windows_loss(model, BACKWARDS) == pytest.approx(lowest, abs=1e-5)


@pytest.mark.slow
def test_the_best_weights_are_kept_before_they_are_reported(endless, tmp_path):
    reports = killed_at(2)
    with pytest.raises(Kill):
        run_in(tmp_path, reports)
    row = best_row(tmp_path)
    assert (
        row["validation_loss"] == min(reports.reports.validation) == reports.reports.validation[1]
    )


@pytest.mark.slow
def test_another_text_seed_or_recipe_does_not_go_on(endless, tmp_path):
    with pytest.raises(Kill):
        run_in(tmp_path, killed_at(3))
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for changes, name in [
        ({"made_from": {"text": "twelve"}}, "text is twelve"),
        ({"seed": 5}, "seed is 5"),
        ({"recipe": IDLE}, "recipe is"),
    ]:
        with pytest.raises(ValueError, match=f"directory: expected a run whose {name}"):
            run_in(tmp_path, None, **changes)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept


@pytest.mark.slow
def test_a_full_disk_does_not_end_the_training(endless, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    reports = Reports()
    monkeypatch.setattr("os.fsync", full)
    with pytest.warns(RuntimeWarning, match="No space left.* goes"):
        run_in(tmp_path, reports)
    assert len(reports) == 20
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_no_state_is_saved_whose_best_weights_are_not(endless, tmp_path, monkeypatch):
    """The disk is full at the third report, and has room again at the fourth, which is no best."""
    before = checkpoints.write_arrays
    writes = []

    def write_arrays(path, kind, *rest):
        writes.append(path.name)
        if path.name == "best.safetensors" and writes.count(path.name) == 3:
            raise OSError(28, "No space left on device")
        before(path, kind, *rest)

    monkeypatch.setattr(checkpoints, "write_arrays", write_arrays)
    monkeypatch.setattr(timed_training, "SAVING", 0.0)
    validation_losses = iter([2.5, 2.4, 2.3, 2.6])
    monkeypatch.setattr(
        timed_training,
        "next_character_loss",
        lambda: (
            lambda targets, logits: tf.py_function(lambda: next(validation_losses), [], tf.float32)
        ),
    )
    with pytest.warns(RuntimeWarning, match="No space left"), pytest.raises(Kill):
        run_in(tmp_path, killed_at(4))
    history, _ = checkpoints.read_run(tmp_path)
    assert best_row(tmp_path)["validation_loss"] == pytest.approx(2.4)
    assert [row["validation_loss"] for row in history] == pytest.approx([2.5, 2.4])


@pytest.mark.slow
def test_the_best_weights_are_kept():
    reports = Reports()
    model = train_for(
        120, TEXT, 11, recipe=TINY, validation=BACKWARDS, report=reports, clock=steps()
    )
    assert len(reports) == 20
    assert reports.validation[-1] > min(reports.validation) + 0.1
    loss = metrics.windows_loss(model, BACKWARDS)
    assert loss == pytest.approx(min(reports.validation), abs=1e-5)


@pytest.mark.slow
def test_an_interruption_returns_the_best_so_far():
    reports = Reports(stop_at=3)
    model = train_for(
        60, TEXT, 11, recipe=TINY, validation=TEXT[:300], report=reports, clock=steps()
    )
    assert len(reports) == 3
    loss = metrics.windows_loss(model, TEXT[:300])
    assert loss == pytest.approx(min(reports.validation), abs=1e-5)


@pytest.mark.slow
def test_an_interruption_before_anything_was_kept_is_one():
    with pytest.raises(KeyboardInterrupt):
        train_for(60, TEXT, 11, recipe=TINY, report=Reports(stop_at=1), clock=steps())


class Diverging(Recipe):
    """Sound for as many steps as there are in ten reports, then the weights become NaN."""

    def rate(self, step, progress):
        return super().rate(step, progress) if step < 30 else math.nan


@pytest.fixture
def diverging():
    return Diverging(embedding_size=4, units=8, batch_size=4, length=8, warmup_steps=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        # A report every three steps: the 31st step breaks the weights, the 32nd has no loss.
        (60, "loss: expected a finite number, received nan at training step 33; try a lower"),
        # A report at step 31, whose own loss is from before.
        (20 * 31 / 10, "validation loss: expected a finite number, received nan at training"),
    ],
)
def test_a_loss_that_is_not_finite_ends_the_run_with_the_best_weights(diverging, seconds, message):
    reports = Reports()
    arguments = {"recipe": diverging, "validation": TEXT[:300], "report": reports}
    with pytest.warns(
        RuntimeWarning, match=f"^{message}.*; training has ended early, with the best"
    ):
        model = train_for(seconds, TEXT, 11, clock=steps(), **arguments)
    assert 9 <= len(reports) <= 10
    assert np.isfinite(reports.losses).all()
    loss = metrics.windows_loss(model, TEXT[:300])
    assert loss == pytest.approx(min(reports.validation), abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("validation", [None, TEXT[:300]])
def test_a_loss_that_is_not_finite_from_the_beginning_is_an_error(validation):
    class Broken(Recipe):
        def rate(self, step, progress):
            return math.nan

    recipe = Broken(embedding_size=4, units=8, batch_size=4, length=8)
    with pytest.raises(FloatingPointError, match="loss: expected a finite number, received nan"):
        train_for(60, TEXT, 11, recipe=recipe, validation=validation, clock=steps())


def test_validation_windows_come_from_all_parts():
    rows = np.arange(250)[:, None]
    for symbols, most in ((66, 100), (4_000, 29)):
        inputs, targets = timed_training._spread(rows, rows + 1, symbols)
        assert 0.8 * most <= len(inputs) <= most
        assert inputs[0] == 0
        assert inputs[-1] >= 240
        np.testing.assert_array_equal(targets, inputs + 1)


@pytest.mark.parametrize("seconds", [0, -1.0, math.inf, math.nan])
def test_a_time_that_cannot_be_is_refused(seconds):
    with pytest.raises(ValueError, match="seconds: expected a number above 0, received"):
        train_for(seconds, TEXT, 11, recipe=TINY)


def test_a_text_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="ids: expected at least 33 characters"):
        train_for(5, TEXT[:20], 11, recipe=TINY)
    with pytest.raises(ValueError, match="ids: expected at least 257 characters"):
        train_for(5, TEXT, 11, recipe=TINY, validation=TEXT[:20])
