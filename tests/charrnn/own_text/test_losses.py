"""What a model and an n-gram lose on the same characters of a text."""

import numpy as np
import pytest

from charrnn import metrics
from charrnn.backend import tf
from charrnn.own_text import losses as own_losses
from charrnn.vocabulary import Vocabulary
from charrnn.windows import WINDOW
from tests.helpers.own_text import TINY, clock_text


def test_the_n_gram_is_scored_on_the_characters_that_the_model_predicts():
    """Each part of the text, with the contexts before it; without [UNK], which never occurs."""
    random = np.random.default_rng(1)
    training, validation = random.integers(1, 11, 5000), random.integers(1, 11, 3000)
    parts = metrics.parallel_streams(3000, 400, 4)
    losses = []
    for order in range(6):
        p = metrics.witten_bell_probabilities(training - 1, validation - 1, 10, order)
        scored = np.concatenate([p[part.start + 1 : part.stop] for part in parts])
        assert len(scored) == 400
        losses.append(-np.log(scored).mean())
    context, loss = own_losses.best_n_gram(training, validation, 11, parts)
    assert context == np.argmin(losses)
    assert loss == pytest.approx(min(losses), abs=1e-12)


def test_an_evaluation_takes_fewer_characters_where_there_are_more_symbols(capsys, monkeypatch):
    monkeypatch.setattr(own_losses, "PROBABILITIES", 11_000)
    model = TINY.build(11)
    ids = Vocabulary(clock_text()).encode(clock_text())
    limits = []
    monkeypatch.setattr(metrics, "windows_loss", lambda *_, limit: limits.append(limit))
    monkeypatch.setattr(metrics, "stream_loss", lambda *_, streams: limits.append(streams))
    assert [name for name, _ in own_losses.losses(model, ids)] == ["windows_loss", "stream_loss"]
    assert limits == [1000, metrics.parallel_streams(6000, 1000)]
    assert "evaluating on 1,000 characters, spread over the text" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("characters", "most"),
    [(257, 10**6), (512, 10**6), (513, 10**6), (5000, 10**6), (5000, 1000), (5121, 256)],
)
def test_the_n_gram_is_asked_for_the_targets_of_the_windows_that_are_read(characters, most):
    """The oracle is the loss of a model that looks one character back, summed by hand."""
    random = np.random.default_rng(0)
    ids = random.integers(1, 11, characters).astype("int32")
    table = random.normal(0, 2, (11, 11)).astype("float32")

    def model(ids):
        return tf.gather(table, ids)

    model.hyperparameters = {"vocabulary_size": 11}
    parts = own_losses.windows_read(characters, most)
    assert all(part.stop - part.start == WINDOW + 1 for part in parts)
    loss = np.log(np.exp(table).sum(axis=1, keepdims=True)) - table
    expected = np.mean([loss[ids[part][:-1], ids[part][1:]] for part in parts])
    assert metrics.windows_loss(model, ids, limit=most) == pytest.approx(expected, abs=1e-5)
