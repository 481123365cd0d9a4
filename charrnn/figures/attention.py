"""Attention weights -> a picture of where each position of a text looks."""

import numpy as np
import numpy.typing as npt

from charrnn.figures.library import Figure, to_rgb
from charrnn.figures.look import COLOURS, TEXT, new_figure, styled
from charrnn.figures.plots import visible

__all__ = ["squares"]


@styled
def squares(text: str, weights: npt.ArrayLike) -> Figure:
    """Draw where each position of a text looks: a row of squares, darker for a larger weight.

    Squares of later positions are left out.

    Args:
        text: up to about 30 characters.
        weights: shape (time, positions), each row with the sum 1.

    Raises:
        ValueError: the weights are not one row and one column for each character.
    """
    table = np.asarray(weights, dtype=float)
    if table.shape != (len(text), len(text)):
        raise ValueError(
            f"weights: expected shape ({len(text)}, {len(text)}) as there are characters, "
            f"received {table.shape}"
        )
    figure, axes = new_figure(height=5.4)
    # Opacity instead of white, so that the ground of the page is the colour of weight 0.
    squares = np.zeros((*table.shape, 4))
    squares[..., :3], squares[..., 3] = to_rgb(COLOURS[0]), table
    axes.imshow(squares, interpolation="nearest")
    for own in range(len(text)):
        # The stairs along each position itself: nothing is seen beyond them.
        axes.plot(
            [own - 0.5, own + 0.5, own + 0.5], [own - 0.5, own - 0.5, own + 0.5], c=TEXT, lw=1
        )
    signs = ["↵" if character == "\n" else visible(character) for character in text]
    axes.set_xticks(range(len(text)), signs, family="monospace")
    axes.set_yticks(range(len(text)), signs, family="monospace")
    axes.tick_params(length=0)
    axes.set(xlabel="looks at", ylabel="position")
    return figure
