"""A text of one's own and a recipe for it, so small that a training takes a second."""

import numpy as np

from charrnn.recipes import Recipe

TINY = Recipe(embedding_size=4, units=8, batch_size=4, length=8)


def clock_text():
    """Return 6,000 characters, words drawn at random."""
    return "".join(np.random.default_rng(0).choice(["tick ", "tock ", "dong\n"], 1200))
