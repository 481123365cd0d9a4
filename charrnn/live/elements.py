"""The live elements as HTML: what stands there without a script, and beside it what is stored."""

import html
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from charrnn.figures.coloured import coloured_text
from charrnn.live.stored import (
    given_to,
    probabilities_of,
    read_along,
    stored_colours,
    stored_guess,
    stored_pen,
)
from charrnn.sampler import Sampler
from charrnn.weights import shipped

__all__ = ["colours", "element", "guess", "pen"]

# Characters of the text that always takes the likeliest: enough to see that it goes round.
GREEDY = 220
# Over the columns of the table where no script runs: the first choice of each model, its surprise.
GUESS_HEADS = ("", "came", "n-gram", "-ln p", "GRU", "-ln p")


def element(name: str, model: str, stored: dict[str, Any], fallback: str) -> str:
    """Return an element.

    Args:
        name: "pen", "guess" or "colours".
        model: name of the model that it may load.
        stored: what it knows without one.
        fallback: HTML that is seen where no script runs.
    """
    data = html.escape(json.dumps(stored, ensure_ascii=False, separators=(",", ":")))
    return (
        f'<div class="live" data-live="{name}" data-model="{model}" data-stored="{data}">'
        f"{fallback}</div>"
    )


def pen(text: str, at: int, prompt: str, model: str = "shakespeare") -> str:
    """Return the pen over a text whose characters stand on the colours of their probabilities.

    Args:
        text: what it shows at first.
        at: the place in it that is under the thumb.
        prompt: what the text begins with that always takes the likeliest character.
        model: name of a model that comes with the book.
    """
    sampler = Sampler.load(shipped(model))
    given = given_to(sampler, text, probabilities_of(read_along(sampler, text)))
    fallback = coloured_text(text, np.concatenate([[0], given]))
    return element("pen", model, stored_pen(sampler, text, at, prompt, GREEDY), fallback)


def guess(training: str, passage: str, places: Sequence[int], model: str = "shakespeare") -> str:
    """Return the guessing game over a passage, a table of what two models guess where it stands.

    Arguments as of ``stored_guess``, with the name of the network.
    """
    stored = stored_guess(Sampler.load(shipped(model)), training, passage, places)
    rows = []
    for place in stored["places"]:
        cells = [repr(place["before"][-12:])[1:-1], repr(place["came"])[1:-1]]
        for first, nats in (place["counts"], place["network"]):
            cells += [repr(first)[1:-1], f"{nats:.2f}"]
        rows.append("".join(f"<td>{html.escape(cell)}</td>" for cell in cells))
    heads = "".join(f"<th>{head}</th>" for head in GUESS_HEADS)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return element("guess", model, stored, table)


def colours(
    text: str,
    units: Sequence[int],
    at: int,
    sign: str,
    way: str = "unit",
    model: str = "shakespeare",
) -> str:
    """Return the coloured text; where no script runs, by the way that is shown first.

    Args:
        text: the text.
        units: the units whose values are stored; the first one is shown first.
        at: the place whose character is changed.
        sign: what it is changed to.
        way: what the colours say at first: "unit", "surprise", or "change".
        model: name of a model that comes with the book.
    """
    stored = stored_colours(Sampler.load(shipped(model)), text, units, at, sign)
    change = np.zeros(len(text))
    change[at:] = stored["change"]["values"]
    ways = {"unit": stored["units"][0][1], "surprise": stored["surprise"], "change": change}
    values = np.array(ways[way], dtype="float64")
    fallback = coloured_text(text, values / max(np.abs(values).max(), 1e-9))
    return element("colours", model, stored | {"way": way}, fallback)
