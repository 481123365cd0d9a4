"""Top-k and nucleus sampling: one distribution in every way of generating."""

import numpy as np
import pytest

from charrnn import generation, sampler
from charrnn.backend import tf
from charrnn.export import save_model
from charrnn.generation import Generator, OneStep, generate
from charrnn.sampler import Sampler
from tests.helpers.draws import assert_drawn_from, softmax

CHOICES = [(None, None), (3, None), (None, 0.6), (5, 0.8), (1, None), (None, 1e-9)]


def likely(probabilities, top_k, top_p):
    """The ids of one row that may be drawn, found one after the other."""
    order = sorted(range(len(probabilities)), key=lambda index: -probabilities[index])
    order = order[:top_k]
    if top_p is None:
        return set(order)
    kept, total = set(), sum(probabilities[index] for index in order)
    for index in order:
        if sum(probabilities[other] for other in kept) >= top_p * total:
            break
        kept.add(index)
    return kept


def as_array(keep, logits, *choice):
    return np.asarray(keep(logits, *choice))


@pytest.mark.parametrize("keep", [generation.keep_likely, sampler.keep_likely])
@pytest.mark.parametrize("choice", CHOICES)
def test_the_likely_ids_are_kept_as_they_are(keep, choice):
    logits = np.random.default_rng(0).normal(0, 2, (200, 13)).astype("float32")
    logits[:, 0] = -np.inf  # as [UNK] is
    received = as_array(keep, logits, *choice)
    for before, after, row in zip(logits, received, softmax(logits), strict=True):
        kept = set(np.flatnonzero(np.isfinite(after)))
        assert kept == likely(row, *choice) - {0}
        np.testing.assert_array_equal(after[sorted(kept)], before[sorted(kept)])


@pytest.mark.parametrize("keep", [generation.keep_likely, sampler.keep_likely])
def test_equals_stay_together_and_too_many_are_all(keep):
    logits = np.float32([[0, 1, 1, 2, -1]])
    assert np.isfinite(as_array(keep, logits, 2, None)).tolist() == [
        [False, True, True, True, False]
    ]
    for everything in [(5, None), (50, None), (None, 1.0)]:
        np.testing.assert_array_equal(as_array(keep, logits, *everything), logits)


@pytest.fixture(scope="module")
def ways(gru, alphabet, tmp_path_factory):
    """Each way of drawing one character after each prompt."""
    path = tmp_path_factory.mktemp("model") / "gru"
    save_model(gru, alphabet, path)

    def stepwise(prompts, seed, *choice):
        return generate(OneStep(gru, *choice), alphabet, prompts, 1, 0.9, seed)

    def in_one_graph(prompts, seed, *choice):
        texts = Generator(gru, alphabet, *choice)(tf.constant(prompts), 1, 0.9, seed)
        return [text.decode() for text in texts.numpy()]

    def in_numpy(prompts, seed, top_k, top_p):
        return Sampler.load(path).generate(prompts, 1, 0.9, seed, top_k, top_p)

    return {"step by step": stepwise, "in one graph": in_one_graph, "in NumPy": in_numpy}


@pytest.mark.parametrize("choice", [(None, None), (6, None), (None, 0.97), (8, 0.98)])
@pytest.mark.parametrize("way", ["step by step", "in one graph", "in NumPy"])
def test_every_way_draws_from_the_same_distribution(ways, way, choice, gru, alphabet):
    logits = np.array(gru(alphabet.encode("bad")[None]))[0, -1]
    expected = softmax(logits, 0.9)
    kept = likely(expected, *choice)
    expected = np.where([index in kept for index in range(len(expected))], expected, 0)
    texts = ways[way](["bad"] * 4000, 2, *choice)
    drawn = alphabet.encode("".join(text[-1] for text in texts), strict=True)
    assert_drawn_from(expected / expected.sum(), drawn)


def test_step_by_step_and_one_graph_write_the_same(ways):
    prompts = ["bad", "fed\n", "a"] * 10
    assert ways["step by step"](prompts, 3, 6, 0.9) == ways["in one graph"](prompts, 3, 6, 0.9)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ((0, None), "top_k: expected a whole number of at least 1, received 0"),
        ((2.5, None), "top_k: expected a whole number of at least 1, received 2.5"),
        ((None, 0.0), "top_p: expected a number from 1e-30 to 1, received 0.0"),
        ((None, 1.1), "top_p: expected a number from 1e-30 to 1, received 1.1"),
        ((None, float("nan")), "top_p: expected a number from 1e-30 to 1, received nan"),
    ],
)
def test_what_cannot_be_is_refused(ways, choice, message):
    for way in ways.values():
        with pytest.raises(ValueError, match=message):
            way(["a"], 0, *choice)
