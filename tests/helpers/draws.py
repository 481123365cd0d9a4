"""A test of whether drawn ids follow a distribution."""

import numpy as np


def softmax(logits, temperature=1.0):
    """Return probabilities of the known ids in float64; [UNK], id 0, gets none."""
    scores = np.asarray(logits, dtype="float64") / temperature
    scores[..., 0] = -np.inf
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return scores / scores.sum(axis=-1, keepdims=True)


def assert_drawn_from(probabilities, ids):
    """Pearson's chi-square, with ids that are rarer than five draws put together."""
    expected = probabilities * len(ids)
    observed = np.bincount(ids, minlength=len(expected))
    assert not observed[probabilities == 0].any()
    rare = expected < 5
    expected = np.append(expected[~rare], expected[rare].sum())
    observed = np.append(observed[~rare], observed[rare].sum())
    possible = expected > 0
    statistic = ((observed - expected)[possible] ** 2 / expected[possible]).sum()
    freedom = possible.sum() - 1
    assert freedom >= 3, "too few ids to say anything"
    # Its mean is `freedom`, its variance twice that.
    assert statistic < freedom + 4 * np.sqrt(2 * freedom)
