"""What the models cost and reach: the alignment, the losses, and the record."""

import math

import numpy as np
import pytest

from charrnn import metrics
from charrnn.model import CharacterModel
from charrnn.support.files import read_record
from charrnn.weights import expected_shapes, read_weights, shipped
from experiments.scripts import EDITIONS, MODELS, aligned, character_losses, sentences

ROWS = read_record("scripts")
BY_CORPUS = {row["corpus"]: row for row in ROWS}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("读书。", "「讀\n書", ["读讀", "书書"]),  # marks and line breaks do not count
        ("我读书", "我書", ["我我"]),  # which of the two the other is cannot be told
        ("甲乙丙丁", "甲丙丁", ["甲甲", "丙丙", "丁丁"]),
        ("读 one 书", "讀 二 書", []),
        ("，。", "甲", []),
    ],
)
def test_only_han_characters_that_belong_together_are_aligned(one, other, expected):
    places, others = aligned(one, other)
    assert [one[i] + other[j] for i, j in zip(places, others, strict=True)] == expected


@pytest.mark.parametrize("characters", [2, 256, 257, 1200, 9000])
def test_losses_of_single_characters_are_those_of_the_stream(characters):
    model = CharacterModel(7, embedding_size=3, units=5)
    ids = np.random.default_rng(0).integers(1, 7, characters).astype("int32")
    losses = character_losses(model, ids)
    assert losses.shape == (characters - 1,)
    logits = model(ids[None, :-1])[0].numpy()  # all of it in one call
    for place in {0, 254, 255, 256, 600, 8500, characters - 2} & set(range(characters - 1)):
        alone = metrics.cross_entropy(logits[place], ids[place + 1])
        assert losses[place] == pytest.approx(alone, rel=1e-4), place


def test_sentences_are_counted():
    assert sentences("One. Two! Three?\n") == 3
    assert sentences("却说。二人曰：“去！”又") == 2


def test_the_record_has_all_corpora_and_what_the_models_say_of_themselves():
    assert [(row["corpus"], row["model"]) for row in ROWS] == list(MODELS.items())
    for row in ROWS:
        stored = read_weights(row["model"])
        assert row["file_bytes"] == shipped(row["model"]).stat().st_size
        assert row["symbols"] == len(stored.vocabulary) - 1
        shapes = expected_shapes(stored.hyperparameters).values()
        assert row["parameters"] == sum(math.prod(shape) for shape in shapes)
        assert row["characters"] == stored.card["validation_characters"]
        assert row["characters_read"] % stored.card["recipe"]["epochs"] == 0
        for name in ("windows_loss", "stream_loss"):
            assert row[name] == pytest.approx(stored.card[name], abs=2e-3)
        assert row["n_gram"] == pytest.approx(stored.card["n_gram_windows_loss"], abs=1e-4)
        assert row["context"] == stored.card["n_gram_context"]


def test_the_shared_characters_are_most_of_both_editions():
    simplified, traditional = (BY_CORPUS[name] for name in EDITIONS)
    for name in ("shared", "shared_sentences"):
        assert simplified[name] == traditional[name] > 0
    assert simplified["shared"] > 0.75 * simplified["characters"]
    assert simplified["shared_sentences"] <= simplified["sentences"]
    for row in ROWS:
        assert math.isnan(row["shared_loss"]) == (row["corpus"] not in EDITIONS)
