import math
from collections import defaultdict

import numpy as np
import pytest

from charrnn import metrics
from charrnn.metrics import (
    cross_entropy,
    stream_loss,
    unigram_loss,
    windows_loss,
    witten_bell_loss,
)
from charrnn.windows import split_by_position

random = np.random.default_rng(0)


def test_bits_and_perplexity():
    assert metrics.bits(math.log(2)) == pytest.approx(1)
    assert metrics.bits(math.log(256)) == pytest.approx(8)
    assert metrics.perplexity(math.log(65)) == pytest.approx(65)
    assert metrics.perplexity(0) == 1


def test_cross_entropy_is_its_definition():
    logits = random.normal(0, 3, (4, 5, 7))
    targets = random.integers(0, 7, (4, 5))
    losses = []
    for row, ids in zip(logits, targets, strict=True):
        for scores, target in zip(row, ids, strict=True):
            total = sum(math.exp(score) for score in scores)
            losses.append(-math.log(math.exp(scores[target]) / total))
    assert cross_entropy(logits, targets) == pytest.approx(sum(losses) / 20, rel=1e-12)


def test_cross_entropy_of_equal_logits_is_the_logarithm_of_their_number():
    assert cross_entropy(np.full((3, 65), 7.0), [0, 5, 64]) == pytest.approx(math.log(65))


def test_cross_entropy_does_not_overflow():
    assert cross_entropy([[1e4, 0.0]], [1]) == pytest.approx(1e4)
    assert cross_entropy([[-1e4, 0.0]], [1]) == 0


def test_shapes_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match=r"targets: expected shape \(2, 3\), received \(2,\)"):
        cross_entropy(np.zeros((2, 3, 5)), [1, 2])


@pytest.fixture(scope="module")
def ids(gru):
    size = gru.hyperparameters["vocabulary_size"]
    return np.random.default_rng(1).integers(0, size, 200).astype("int32")


@pytest.mark.slow
def test_windows_loss_starts_each_window_afresh(gru, ids):
    expected = np.mean(
        [
            cross_entropy(gru(ids[None, i : i + 16])[0], ids[i + 1 : i + 17])
            for i in range(0, 199 - 16, 16)
        ]
    )
    for batch_size in (5, 64):
        loss = windows_loss(gru, ids, length=16, batch_size=batch_size)
        assert loss == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_stream_loss_is_that_of_one_whole_sequence(gru, lstm, ids):
    for model, lengths in ((gru, [1, 16, 199]), (lstm, [16])):
        expected = cross_entropy(model(ids[None, :-1])[0], ids[1:])
        for length in lengths:
            assert stream_loss(model, ids, length) == pytest.approx(expected, abs=1e-6)
    assert abs(windows_loss(lstm, ids, 16) - expected) > 1e-3


def test_texts_too_short_for_a_protocol_are_refused(gru):
    with pytest.raises(ValueError, match="ids: expected at least 2 characters, received 1"):
        stream_loss(gru, np.array([1], dtype="int32"))
    with pytest.raises(ValueError, match="ids: expected at least 257 characters"):
        windows_loss(gru, np.ones(256, dtype="int32"))


def test_unigram_loss_of_known_counts():
    training, validation = np.array([0, 0, 1]), np.array([0, 2])
    assert unigram_loss(training, validation, 3) == pytest.approx(-math.log(3 / 6 * 1 / 6) / 2)


def test_baselines_of_tiny_shakespeare(shakespeare_ids):
    """Over 65 symbols, [UNK] not among them; the last 111,540 characters are for validation."""
    training, validation = split_by_position(shakespeare_ids - 1, 111_540)
    assert unigram_loss(training, validation, 65) == pytest.approx(3.347, abs=5e-4)
    assert witten_bell_loss(training, validation, 65, 5) == pytest.approx(1.698, abs=5e-4)


def plain_witten_bell(training, validation, size, context):
    """Witten-Bell by recursion over dictionaries, one character at a time."""
    counts = defaultdict(lambda: defaultdict(int))
    for order in range(context + 1):
        for end in range(order, len(training)):
            counts[training[end - order : end]][training[end]] += 1

    def probability(history, character):
        shorter = probability(history[1:], character) if history else 1 / size
        followers = counts.get(history)
        if followers is None:
            return shorter
        total, kinds = sum(followers.values()), len(followers)
        return (followers.get(character, 0) + kinds * shorter) / (total + kinds)

    losses = [
        -math.log(probability(validation[max(0, end - context) : end], character))
        for end, character in enumerate(validation)
    ]
    return sum(losses) / len(losses)


@pytest.mark.parametrize("context", [0, 1, 2, 5])
@pytest.mark.parametrize("cut", [500, 10, 3, 1])
def test_witten_bell_equals_a_plain_one(shakespeare, context, cut):
    """Also where the validation text, or the training text, is shorter than a context."""
    text = shakespeare[:3000]
    symbols = sorted(set(text))
    ids = np.array([symbols.index(character) for character in text], dtype="int32")
    for training, validation in ((2000, cut), (cut, 500)):
        expected = plain_witten_bell(
            text[:training], text[2000 : 2000 + validation], len(symbols), context
        )
        loss = witten_bell_loss(
            ids[:training], ids[2000 : 2000 + validation], len(symbols), context
        )
        assert loss == pytest.approx(expected, abs=1e-12)


def test_witten_bell_is_a_distribution():
    training = np.array([0, 1, 2, 0, 1, 0, 2, 2, 1], dtype="int32")
    losses = [
        witten_bell_loss(training, np.array([0, 1, last]), 4, 2) * 3
        - witten_bell_loss(training, np.array([0, 1]), 4, 2) * 2
        for last in range(4)
    ]
    assert sum(math.exp(-loss) for loss in losses) == pytest.approx(1)


@pytest.mark.parametrize("context", [-1, 10])
def test_a_context_that_does_not_fit_its_number_is_refused(context):
    with pytest.raises(ValueError, match=f"context: expected 0 to 9, received {context}"):
        witten_bell_loss(np.zeros(20, "int32"), np.zeros(20, "int32"), 65, context)
