import math
import subprocess
import sys
import tracemalloc
from collections import defaultdict

import numpy as np
import pytest

from charrnn import metrics
from charrnn.backend import tf
from charrnn.export import load_model
from charrnn.metrics import (
    cross_entropy,
    parallel_streams,
    stream_loss,
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


def test_a_mean_of_no_target_is_refused():
    with pytest.raises(ValueError, match=r"targets: expected at least one, received shape \(0,\)"):
        cross_entropy(np.zeros((0, 5)), [])


@pytest.mark.parametrize("part", [1, 7, 12, 10**6])
def test_cross_entropy_is_the_same_in_parts_of_any_size(monkeypatch, part):
    logits = random.normal(0, 3, (2, 5, 6)).astype("float32")
    targets = random.integers(0, 6, (2, 5))
    scores = np.exp(logits.astype("float64"))
    chosen = np.take_along_axis(scores, targets[..., None], axis=-1)[..., 0]
    monkeypatch.setattr(metrics, "PART", part)
    expected = -np.log(chosen / scores.sum(axis=-1)).mean()
    assert cross_entropy(logits, targets) == pytest.approx(expected, rel=1e-12)


def test_cross_entropy_of_many_symbols_takes_less_memory_than_the_logits():
    """In float64, as it is computed, all of them would take several times as much."""
    logits = np.zeros((64, 32, 8000), "float32")
    targets = np.zeros((64, 32), "int32")
    tracemalloc.start()
    try:
        assert cross_entropy(logits, targets) == pytest.approx(math.log(8000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < logits.nbytes / 1.5


def test_metrics_and_windows_are_there_without_tensorflow():
    script = """
import sys
import numpy as np
from charrnn import metrics, windows
ids = np.arange(600, dtype="int32") % 7
metrics.witten_bell_loss(*windows.split_by_position(ids, 60), 7)
metrics.cross_entropy(np.zeros((2, 7)), [1, 2])
windows.stream_windows(ids, 2, 10)
loaded = {"tensorflow", "keras"} & set(sys.modules)
assert not loaded, loaded
"""
    command = [sys.executable, "-W", "error", "-c", script]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stderr


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


def test_windows_loss_takes_any_function_of_ids():
    def uniform(ids):
        return tf.zeros([*tf.unstack(tf.shape(ids)), 7])

    loss = windows_loss(uniform, np.arange(50) % 7, length=16)
    assert loss == pytest.approx(math.log(7))


@pytest.mark.slow
def test_stream_loss_is_that_of_one_whole_sequence(gru, lstm, ids):
    for model, lengths in ((gru, [1, 16, 199]), (lstm, [16])):
        expected = cross_entropy(model(ids[None, :-1])[0], ids[1:])
        for length in lengths:
            assert stream_loss(model, ids, length) == pytest.approx(expected, abs=1e-6)
    assert abs(windows_loss(lstm, ids, 16) - expected) > 1e-3


class Table:
    """A model without a state: the logits of a character depend on the one before alone."""

    def __init__(self, logits):
        self.logits = tf.constant(logits, tf.float32)  # (vocabulary, vocabulary)
        self.hyperparameters = {"vocabulary_size": len(logits)}

    def initial_states(self, batch_size):
        return [[tf.zeros((batch_size, 1))]]

    def __call__(self, ids, states=None, return_state=False):
        logits = tf.gather(self.logits, ids)
        return (logits, states) if return_state else logits


def test_many_losses_in_a_row_are_the_same_and_warn_of_nothing(monkeypatch):
    """TensorFlow took the graphs of five losses for one that was traced again and again."""
    said = []
    monkeypatch.setattr(tf.get_logger(), "warning", lambda *message: said.append(message))
    ids = random.integers(0, 7, 49).astype("int32")
    model = Table(random.normal(0, 3, (7, 7)))
    expected = cross_entropy(model(ids[:-1]), ids[1:])
    for _ in range(6):
        assert stream_loss(model, ids) == pytest.approx(expected, abs=1e-6)
        assert windows_loss(model, ids, 16) == pytest.approx(expected, abs=1e-6)
    assert said == []


def test_texts_too_short_for_a_protocol_are_refused(gru):
    with pytest.raises(ValueError, match="ids: expected at least 2 characters, received 1"):
        stream_loss(gru, np.array([1], dtype="int32"))
    with pytest.raises(ValueError, match="ids: expected at least 257 characters"):
        windows_loss(gru, np.ones(256, dtype="int32"))


@pytest.mark.parametrize("characters", [2, 3, 255, 257, 513, 1000, 12345])
@pytest.mark.parametrize("limit", [1, 100, 10**9])
def test_parallel_streams_predict_every_character_once_or_as_many_as_wanted(characters, limit):
    parts = parallel_streams(characters, limit)
    predicted = [place for part in parts for place in range(part.start + 1, part.stop)]
    assert len(set(predicted)) == len(predicted)
    assert min(part.start for part in parts) >= 0
    assert max(part.stop for part in parts) <= characters
    if limit >= characters:
        assert predicted == list(range(1, characters))
    else:
        assert 1 <= len(predicted) <= max(limit, len(parts))
    # Evenly: the places between two parts are as far apart as the next ones.
    steps = np.diff([part.start for part in parts])
    assert set(steps) <= {steps[0]} if len(steps) else len(parts) == 1


@pytest.mark.slow
def test_the_stream_loss_of_parallel_streams_is_that_of_one(lstm):
    """Within what the characters before the warm-up can still change."""
    ids = random.integers(1, 13, 2000).astype("int32")
    whole = stream_loss(lstm, ids)
    for streams, length in [(4, 2000), (7, 50), (5, 1)]:
        parts = parallel_streams(len(ids), 10**9, streams)
        assert len(parts) == streams
        assert stream_loss(lstm, ids, length, parts) == pytest.approx(whole, abs=1e-4)


def test_a_limited_stream_loss_reads_the_parts_alone():
    ids = random.integers(0, 7, 3000).astype("int32")
    model = Table(random.normal(0, 3, (7, 7)))
    parts = parallel_streams(len(ids), 500, 4)
    places = np.concatenate([np.arange(part.start, part.stop - 1) for part in parts])
    assert len(places) == 500
    expected = cross_entropy(model(ids[places]), ids[places + 1])
    assert stream_loss(model, ids, streams=parts) == pytest.approx(expected, abs=1e-6)


def test_a_limited_windows_loss_reads_windows_from_all_parts():
    ids = random.integers(0, 7, 161).astype("int32")
    model = Table(random.normal(0, 3, (7, 7)))
    # Ten windows of 16, every third of them: 0, 3, 6, 9.
    places = np.concatenate([np.arange(16 * number, 16 * number + 16) for number in (0, 3, 6, 9)])
    expected = cross_entropy(model(ids[places]), ids[places + 1])
    assert windows_loss(model, ids, 16, limit=64) == pytest.approx(expected, abs=1e-6)
    whole = cross_entropy(model(ids[:-1]), ids[1:])
    assert windows_loss(model, ids, 16, limit=160) == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("positions", [10**6, 8])
def test_the_memory_of_a_loss_does_not_grow_with_the_vocabulary(monkeypatch, positions):
    """Logits computed at once are bounded: where symbols are many, they are of few time steps."""
    monkeypatch.setattr(metrics, "PART", 70)
    monkeypatch.setattr(metrics, "POSITIONS", positions)
    sizes = []

    class Measured(Table):
        def __call__(self, ids, states=None, return_state=False):
            measure = tf.numpy_function(
                lambda ids: sizes.append(7 * ids.size) or ids, [ids], "int32"
            )
            return super().__call__(tf.ensure_shape(measure, ids.shape), states, return_state)

    ids = random.integers(0, 7, 301).astype("int32")
    model = Measured(random.normal(0, 3, (7, 7)))
    expected = cross_entropy(Table(model.logits)(ids[:-1]), ids[1:])
    for streams in (None, parallel_streams(len(ids), 10**9, 4)):
        assert stream_loss(model, ids, streams=streams) == pytest.approx(expected, abs=1e-6)
    assert max(sizes) == min(10 * 70, 7 * positions)
    assert windows_loss(model, ids, 20) == pytest.approx(expected, abs=1e-6)
    assert max(sizes) == 10 * 70


def test_losses_agree_with_float64_where_symbols_are_thousands():
    ids = random.integers(0, 3000, 3001).astype("int32")
    model = Table(random.normal(0, 6, (3000, 3000)))
    expected = cross_entropy(model(ids[:-1]), ids[1:])
    parts = parallel_streams(len(ids), 10**9, 4)
    assert stream_loss(model, ids, streams=parts) == pytest.approx(expected, abs=1e-6)
    assert windows_loss(model, ids, 200) == pytest.approx(expected, abs=1e-6)


@pytest.fixture
def switched_on(monkeypatch):
    """The fast forward pass, whatever the environment says; its products are float32."""
    monkeypatch.setenv("CHARRNN_FAST", "1")
    monkeypatch.setenv("CHARRNN_MATMUL_DTYPE", "float32")


def two_losses(model, ids):
    parts = parallel_streams(len(ids), 10**9)
    return windows_loss(model, ids), stream_loss(model, ids, streams=parts)


@pytest.mark.slow
@pytest.mark.parametrize(("layers", "symbols"), [(1, 13), (2, 13), (1, 400)])
def test_the_fast_way_agrees_with_the_plain_one(
    switched_on, monkeypatch, make_model, layers, symbols
):
    model = make_model(layers=layers, vocabulary_size=symbols)
    ids = random.integers(0, symbols, 3000).astype("int32")
    fast = two_losses(model, ids)
    monkeypatch.setenv("CHARRNN_MATMUL_DTYPE", "bfloat16")
    assert two_losses(model, ids) != fast  # it has been multiplied in another format
    monkeypatch.setenv("CHARRNN_FAST", "0")
    assert two_losses(model, ids) == pytest.approx(fast, abs=1e-6)


@pytest.mark.slow
def test_products_in_bfloat16_change_the_losses_of_the_packages_model_little(
    switched_on, monkeypatch, shakespeare
):
    """Each by less than 1e-4 nats over its validation text, as ``model.for_evaluation`` says."""
    model, vocabulary = load_model()
    ids = vocabulary.encode(shakespeare[-111_540:])
    exact = two_losses(model, ids)
    monkeypatch.setenv("CHARRNN_MATMUL_DTYPE", "bfloat16")
    narrow = two_losses(model, ids)
    assert narrow != exact
    assert narrow == pytest.approx(exact, abs=1e-4)


def test_weights_that_change_between_losses_are_read_anew(make_model):
    model = make_model()
    ids = random.integers(0, 13, 300).astype("int32")
    before = windows_loss(model, ids), stream_loss(model, ids)
    model.set_weights([weights / 2 for weights in model.get_weights()])
    after = windows_loss(model, ids), stream_loss(model, ids)
    assert max(after) < min(before) - 0.1


def test_the_n_gram_of_tiny_shakespeare(shakespeare_ids):
    """Over 65 symbols, [UNK] not among them; the last 111,540 characters are for validation."""
    training, validation = split_by_position(shakespeare_ids - 1, 111_540)
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


@pytest.mark.parametrize(("training", "validation"), [(2000, 500), (3, 500), (2000, 2), (1, 1)])
def test_one_pass_gives_what_each_context_gives(shakespeare, training, validation):
    """Ids of one byte among them, as they are mapped from a file."""
    symbols = sorted(set(shakespeare[:3000]))
    ids = np.array([symbols.index(sign) for sign in shakespeare[:3000]], dtype="uint8")
    seen, wanted = ids[:training], ids[2000 : 2000 + validation]
    found = list(metrics.witten_bell_by_context(seen, wanted, len(symbols), 5))
    assert len(found) == min(6, training, validation)
    for context, probabilities in enumerate(found):
        loss = plain_witten_bell(
            shakespeare[:training], shakespeare[2000 : 2000 + validation], len(symbols), context
        )
        assert -np.log(probabilities).mean() == pytest.approx(loss, abs=1e-12)


def test_witten_bell_is_a_distribution():
    training = np.array([0, 1, 2, 0, 1, 0, 2, 2, 1], dtype="int32")
    losses = [
        witten_bell_loss(training, np.array([0, 1, last]), 4, 2) * 3
        - witten_bell_loss(training, np.array([0, 1]), 4, 2) * 2
        for last in range(4)
    ]
    assert sum(math.exp(-loss) for loss in losses) == pytest.approx(1)


def test_the_only_character_of_a_text_is_certain():
    ids = np.zeros(20, "int32")
    assert metrics.longest_context(1) >= 5
    assert witten_bell_loss(ids, ids, 1, 5) == 0


@pytest.mark.parametrize("size", [2, 3, 65, 256, 8000])
def test_the_longest_context_is_the_longest_whose_grams_have_64_bits(size):
    context = metrics.longest_context(size)
    assert size ** (context + 1) <= 2**63 < size ** (context + 2)


@pytest.mark.parametrize("context", [-1, 10])
def test_a_context_that_does_not_fit_its_number_is_refused(context):
    with pytest.raises(ValueError, match=f"context: expected 0 to 9, received {context}"):
        witten_bell_loss(np.zeros(20, "int32"), np.zeros(20, "int32"), 65, context)
