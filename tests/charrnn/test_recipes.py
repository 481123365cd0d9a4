"""A recipe that is bound by time: when it ends, what it keeps."""

import math
import time

import numpy as np
import pytest

from charrnn import metrics, recipes
from charrnn.recipes import Recipe, train_for

TINY = Recipe(embedding_size=4, units=8, batch_size=4, length=8, warmup_steps=2)
TEXT = np.tile(np.arange(1, 11, dtype="int32"), 60)


@pytest.fixture
def endless(monkeypatch):
    monkeypatch.setattr(recipes, "MOST_PASSES", 10**9)


def test_the_rate_rises_and_falls():
    recipe = Recipe(learning_rate=1e-2, warmup_steps=50)
    assert [recipe.rate(step, 0.0) for step in (0, 24, 49, 500)] == pytest.approx(
        [1e-2 / 50, 5e-3, 1e-2, 1e-2]
    )
    assert recipe.rate(500, 0.5) == pytest.approx(1e-2 * 0.51)
    assert recipe.rate(500, 1.0) == pytest.approx(1e-2 / 50)


@pytest.mark.slow
def test_it_takes_the_time_it_is_given_and_learns(endless):
    reports = []
    start = time.perf_counter()
    model = train_for(5.0, TEXT, 11, recipe=TINY, report=lambda *given: reports.append(given))
    assert 5.0 <= time.perf_counter() - start < 8.0
    progress, losses, validation = zip(*reports, strict=True)
    assert list(progress) == sorted(progress)
    assert progress[-1] >= 1
    assert set(validation) == {None}
    assert losses[-1] < losses[0]
    assert metrics.stream_loss(model, TEXT) < 1.0 < math.log(11)


@pytest.mark.slow
def test_a_short_text_ends_the_run_early():
    reports = []
    train_for(600.0, TEXT, 11, recipe=TINY, report=lambda *given: reports.append(given))
    assert reports[-1][0] >= 1
    # A step reads 32 characters; the run ended after eight passes over 600.
    assert len(reports) == recipes.REPORTS


@pytest.mark.parametrize(
    ("characters", "expected"), [(100, 8), (60_000, 8), (200_000, 25), (1_000_000, 32)]
)
def test_a_short_text_is_read_in_fewer_places(monkeypatch, characters, expected):
    sizes = []
    monkeypatch.setattr(
        recipes, "endless_streams", lambda ids, rows, length: sizes.append(rows) or iter([])
    )
    monkeypatch.setattr(Recipe, "build", lambda *given: None)
    with pytest.raises(AttributeError):
        train_for(1.0, np.zeros(characters, "int32"), 11)
    assert sizes == [expected]


@pytest.mark.slow
def test_the_best_weights_are_kept(monkeypatch):
    """The validation text is the training text backwards: learning makes it worse."""
    losses = []
    arguments = {"recipe": TINY, "validation": TEXT[::-1].copy()}
    model = train_for(
        600.0,
        TEXT,
        11,
        report=lambda progress, loss, validation: losses.append(validation),
        **arguments,
    )
    assert losses[-1] > min(losses) + 0.1
    assert metrics.windows_loss(model, TEXT[::-1]) == pytest.approx(min(losses), abs=1e-5)


@pytest.mark.slow
def test_an_interruption_returns_the_best_so_far():
    def stop_at_the_third(progress, loss, validation):
        losses.append(validation)
        if len(losses) == 3:
            raise KeyboardInterrupt

    losses = []
    model = train_for(600.0, TEXT, 11, recipe=TINY, validation=TEXT[:300], report=stop_at_the_third)
    assert metrics.windows_loss(model, TEXT[:300]) == pytest.approx(min(losses), abs=1e-5)


@pytest.mark.slow
def test_an_interruption_before_anything_was_kept_is_one():
    def stop(progress, loss, validation):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_for(600.0, TEXT, 11, recipe=TINY, report=stop)


def test_validation_windows_come_from_all_parts():
    rows = np.arange(250)[:, None]
    inputs, targets = recipes._spread(rows, rows + 1)
    assert len(inputs) <= recipes.VALIDATION_WINDOWS
    assert inputs[0] == 0
    assert inputs[-1] >= 247
    np.testing.assert_array_equal(targets, inputs + 1)


@pytest.mark.parametrize("seconds", [0, -1.0, math.inf, math.nan])
def test_a_time_that_cannot_be_is_refused(seconds):
    with pytest.raises(ValueError, match="seconds: expected a number above 0, received"):
        train_for(seconds, TEXT, 11, recipe=TINY)


def test_a_text_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="ids: expected at least 33 characters"):
        train_for(5.0, TEXT[:20], 11, recipe=TINY)
    with pytest.raises(ValueError, match="ids: expected at least 257 characters"):
        train_for(5.0, TEXT, 11, recipe=TINY, validation=TEXT[:20])
