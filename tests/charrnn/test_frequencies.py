import numpy as np
import pytest

from charrnn import frequencies
from charrnn.frequencies import count, log_frequencies, stand_ins

# Id 0 is [UNK]; 4 and 5 occur once, 6 and 7 never.
IDS = np.array([1, 2, 1, 3, 4, 3, 2, 1, 5, 1], "uint8")
COUNTS = np.array([0, 4, 2, 2, 1, 1, 0, 0])


@pytest.mark.parametrize("together", [3, 10, 100])
def test_a_text_is_counted_in_pieces(monkeypatch, together):
    monkeypatch.setattr(frequencies, "COUNTED", together)
    np.testing.assert_array_equal(count(IDS, 8), COUNTS)


def test_what_occurs_once_shares_with_what_is_missing():
    shares = np.exp(log_frequencies(COUNTS))
    np.testing.assert_allclose(
        shares / shares[1] * 4, [0.1, 4, 2, 2, 0.5, 0.5, 0.5, 0.5], rtol=1e-6
    )
    assert shares.sum() == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("counts", [[0, 4, 2, 1], [0, 4, 2, 0]])
def test_without_both_there_is_nothing_to_share(counts):
    shares = np.exp(log_frequencies(np.array(counts)))
    expected = np.maximum(counts, 0.1)
    np.testing.assert_allclose(shares, expected / expected.sum(), rtol=1e-6)
    assert stand_ins(np.array(counts), 0) is None


def test_what_no_text_here_has_is_not_missing():
    """Of the ids that never occur, 6 stands in the validation text; 7 is another model's."""
    later = np.array([0, 3, 0, 0, 0, 0, 2, 0])
    shares = np.exp(log_frequencies(COUNTS, later))
    np.testing.assert_allclose(shares / shares[1] * 4, [0.1, 4, 2, 2, 0.5, 0.5, 1, 0.1], rtol=1e-6)
    drawn = stand_ins(COUNTS, 3, later)(np.tile(IDS, (100, 1)), 5)
    assert set(np.unique(drawn)) == {1, 2, 3, 4, 5, 6}
    assert stand_ins(COUNTS, 3, np.zeros(8, int)) is None


def test_half_of_what_occurs_once_is_taken_for_what_is_missing():
    change = stand_ins(COUNTS, 3)
    rows = np.tile(IDS, (2000, 1))
    changed = change(rows, 5)
    once = np.isin(rows, [4, 5])
    assert changed.dtype == rows.dtype
    np.testing.assert_array_equal(changed[~once], rows[~once])
    kinds, drawn = np.unique(changed[once], return_counts=True)
    np.testing.assert_array_equal(kinds, [4, 5, 6, 7])
    # 4,000 draws with a probability of a quarter each: 5 standard deviations are 137.
    assert (abs(drawn - 1000) < 137).all()
    np.testing.assert_array_equal(change(rows, 5), changed)
    assert (change(rows, 6) != changed).any()
    assert (stand_ins(COUNTS, 4)(rows, 5) != changed).any()
