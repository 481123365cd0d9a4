import numpy as np
import pytest

from charrnn.figures.attention import squares

TEXT = "I a\nm"
WEIGHTS = np.tril(np.arange(1.0, 26.0).reshape(5, 5))
WEIGHTS /= WEIGHTS.sum(axis=1, keepdims=True)


def test_a_square_is_as_dark_as_its_weight():
    (axes,) = squares(TEXT, WEIGHTS).axes
    (image,) = axes.images
    np.testing.assert_allclose(image.get_array()[..., 3], WEIGHTS)
    assert len(np.unique(image.get_array()[..., :3].reshape(-1, 3), axis=0)) == 1


def test_both_axes_show_the_text_and_what_cannot_be_seen():
    (axes,) = squares(TEXT, WEIGHTS).axes
    for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
        signs = [tick.get_text() for tick in ticks]
        assert [signs[place] for place in (0, 2, 3, 4)] == ["I", "a", "↵", "m"]
        assert signs[1].strip()


def test_other_weights_than_one_row_and_column_a_character_are_refused():
    with pytest.raises(ValueError, match=r"expected shape \(5, 5\).*received \(5, 4\)"):
        squares(TEXT, WEIGHTS[:, :4])
