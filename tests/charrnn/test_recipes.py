"""Sizes and settings: what follows from a text and a time, and what is built from them."""

from dataclasses import replace

import pytest

from charrnn.model import new_model
from charrnn.recipes import Recipe, recipe_for


def test_the_rate_rises_and_falls():
    recipe = Recipe(learning_rate=1e-2, warmup_steps=50)
    assert [recipe.rate(step, 0.0) for step in (0, 24, 49, 500)] == pytest.approx(
        [1e-2 / 50, 5e-3, 1e-2, 1e-2]
    )
    assert recipe.rate(500, 0.5) == pytest.approx(1e-2 * 0.51)
    assert recipe.rate(500, 1.0) == pytest.approx(1e-2 / 50)


@pytest.mark.parametrize(
    ("symbols", "characters", "seconds", "sizes", "dropout"),
    [
        (65, 1_000_000, 120, (64, 640, False), 0.0),  # read three times
        (300, 500_000, 120, (64, 640, False), 0.12),  # six times
        (301, 500_000, 60, (256, 512, True), 0.0),
        (301, 100_000, 120, (256, 512, True), 0.48),  # as often as there is
        (65, 10_000, 1e9, (64, 256, False), 0.29),
        (65, 149_999, 120, (64, 256, False), 0.29),
        (65, 150_000, 120, (64, 640, False), 0.29),
        (65, 10**9, 120, (64, 640, False), 0.0),
    ],
)
def test_the_recipe_follows_from_the_text_and_the_time(
    monkeypatch, symbols, characters, seconds, sizes, dropout
):
    monkeypatch.setenv("CHARRNN_FAST", "1")
    recipe = recipe_for(symbols, characters, seconds)
    assert (recipe.embedding_size, recipe.units, recipe.tied) == sizes
    assert recipe.dropout == dropout
    assert recipe.kernel_dropout == pytest.approx(0.6 * dropout)
    assert recipe.embedding_dropout == (recipe.kernel_dropout if recipe.tied else 0.0)
    monkeypatch.setenv("CHARRNN_FAST", "0")  # Keras' layer has neither
    none = {"kernel_dropout": 0.0, "embedding_dropout": 0.0}
    assert recipe_for(symbols, characters, seconds) == replace(recipe, **none)
    recipe_for(symbols, characters, seconds).build(symbols + 1)


def test_a_recipe_builds_what_it_says(monkeypatch):
    monkeypatch.setenv("CHARRNN_FAST", "1")  # kernel dropout needs it
    sizes = {"embedding_size": 4, "units": 8, "layers": 2, "dropout": 0.125, "tied": True}
    with pytest.raises(
        ValueError, match=r"embedding_dropout: expected 0 without .*, received 0\.5"
    ):
        Recipe(embedding_dropout=0.5).build(11)
    settings = {"batch_size": 6, "fresh_every": 3}
    settings |= {"kernel_dropout": 0.25, "embedding_dropout": 0.5}
    recipe = Recipe(**sizes, **settings, muon_scale=0.5, clip_norm=2.0, learning_rate=0.03)
    model = recipe.build(11)
    assert model.hyperparameters == {"vocabulary_size": 11, "cell": "gru", **sizes}
    assert [layer.kernel_dropout for layer in model.recurrent] == [0.25, 0.25]
    assert model.embedding_dropout == 0.5
    assert model.carried.fresh_every == 3
    assert model.carried.states[1][0].shape == (6, 8)
    assert (model.optimizer.scale, model.optimizer.clip_norm) == (0.5, 2.0)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.03)
    assert recipe.hyperparameters(11) == model.hyperparameters
    sizes = {"vocabulary_size": 11, "embedding_size": 64, "units": 640, "layers": 1, "cell": "gru"}
    assert Recipe().hyperparameters(11) == {**sizes, "dropout": 0.0}
    assert new_model(Recipe(units=4).hyperparameters(11)).hyperparameters["units"] == 4
