"""What an element of a page shows before any weights are loaded: a sampler and a text -> numbers.

Whole numbers take the least room, so logits are kept in hundredths of a nat.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.metrics import witten_bell_probabilities
from charrnn.sampler import Sampler
from charrnn.vocabulary import UNKNOWN_ID

__all__ = [
    "LIKELIEST",
    "TEMPERATURES",
    "following",
    "given_to",
    "probabilities_of",
    "read_along",
    "states_along",
    "stored_colours",
    "stored_guess",
    "stored_pen",
]

# The places of the pen's slider, and how many characters it knows at each place of its text.
TEMPERATURES = np.arange(1, 21) / 10
LIKELIEST = 8
# Characters that the guessing game offers at each place, besides any other one.
CHIPS = 4
# Those that a character of the coloured text may be changed to.
LETTERS = 6
# Nats; e to this power is no probability that a reader sees.
LOWEST = -20
Logits = npt.NDArray[np.float64]


def read_along(sampler: Sampler, text: str) -> Logits:
    """Return the logits after each character of a text, shape (characters, vocabulary), float64."""
    return np.array([logits for logits, _ in _steps(sampler, text)])


def states_along(sampler: Sampler, text: str) -> Logits:
    """Return the outputs of all layers after each character, shape (characters, layers * units)."""
    return np.array([states for _, states in _steps(sampler, text)])


def _steps(sampler: Sampler, text: str) -> Iterator[tuple[Logits, Logits]]:
    """Give the logits and the outputs of all layers after each character of a text."""
    states = sampler.initial_states(1)
    for number in sampler.vocabulary.encode(text):
        logits, states = sampler.step(np.array([number]), states)
        outputs = np.concatenate([layer[0][0] for layer in states])
        yield logits[0].astype("float64"), outputs.astype("float64")


def given_to(sampler: Sampler, text: str, probabilities: Logits) -> Logits:
    """Return what each character but the first was given by the probabilities before it."""
    came = sampler.vocabulary.encode(text)[1:]
    return np.asarray(probabilities[np.arange(len(came)), came])


def probabilities_of(logits: Logits) -> Logits:
    """Return the softmax of logits, along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def following(sampler: Sampler, logits: Logits, came: str | None = None) -> list[Any]:
    """Return what may come at one place, as the pen reads it.

    Two sequences follow the characters, each as its differences, because small numbers take the
    least room: by how many hundredths of a nat the logit of each likely character is below the one
    of the character before it; then the logarithms of what the powers of all other characters sum
    up to at each of ``TEMPERATURES``, the power of the likeliest being 1, in twentieths of a nat.

    Args:
        sampler: whose vocabulary the logits are of.
        logits: shape (vocabulary,).
        came: the character that came, which stands behind the likely ones if it is none of them.

    Returns:
        The likeliest characters as one text, the first sequence, one shorter than the text, and
        the second.
    """
    known = np.delete(logits, UNKNOWN_ID)
    costs = known.max() - known
    order = np.argsort(costs, kind="stable")
    likely = order[:LIKELIEST]
    place = sampler.vocabulary.characters.find(came) if came else -1
    if place >= 0 and place not in likely:
        likely = np.append(likely, place)
    others = np.delete(costs, likely)
    with np.errstate(divide="ignore"):
        sums = np.array([np.log(np.exp(-others / heat).sum()) for heat in TEMPERATURES])
    steps = np.diff(np.round(100 * costs[likely]))
    levels = np.diff(np.round(20 * np.maximum(sums, LOWEST)), prepend=0)
    return [
        "".join(sampler.vocabulary.characters[n] for n in likely),
        *steps.astype(int).tolist(),
        *levels.astype(int).tolist(),
    ]


def stored_pen(sampler: Sampler, text: str, at: int, prompt: str, length: int) -> dict[str, Any]:
    """Return what the pen stores: a text, and the one that always takes the likeliest character.

    Args:
        sampler: the model.
        text: the text that the pen shows at first.
        at: the place in it that is under the thumb.
        prompt: what the other text begins with.
        length: characters of the other text after its prompt.
    """
    greedy = sampler.generate([prompt], length, temperature=1e-6)[0]
    texts = {"text": text, "greedy": greedy}
    places = {
        name: [
            following(sampler, logits, came)
            for logits, came in zip(read_along(sampler, content), [*content[1:], None], strict=True)
        ]
        for name, content in texts.items()
    }
    return {
        "text": text,
        "at": at,
        "places": places["text"],
        "greedy": {"text": greedy, "places": places["greedy"]},
    }


def stored_guess(
    sampler: Sampler, training: str, passage: str, places: Sequence[int]
) -> dict[str, Any]:
    """Return what the guessing game stores: what two models expect at some places of a passage.

    The counts are those of *Counting*: a context of four, mixed with the shorter ones.

    Args:
        sampler: the network.
        training: what the counts are of.
        passage: text that neither of the two has read; all its characters are known.
        places: rising, the first one at least 4.
    """
    vocabulary = sampler.vocabulary
    size = len(vocabulary) - 1  # without [UNK], which never comes
    came = vocabulary.encode(passage, strict=True) - 1
    network = probabilities_of(read_along(sampler, passage)[:, UNKNOWN_ID + 1 :])
    # Each place with each character that might have come, four characters before them.
    asked = [[*came[place - 4 : place], sign] for place in places for sign in range(size)]
    mixed = witten_bell_probabilities(
        vocabulary.encode(training) - 1, np.ravel(asked), size, 4
    ).reshape(len(places), size, 5)[:, :, -1]
    found = []
    begin = 0
    for place, counts in zip(places, mixed, strict=True):
        expected = network[place - 1]
        best = np.argsort(-(counts + expected), kind="stable")[:CHIPS]
        found.append(
            {
                "before": passage[begin:place],
                "came": passage[place],
                "chips": [vocabulary.characters[sign] for sign in np.sort(best)],
                "counts": _guessed(vocabulary.characters, counts, came[place]),
                "network": _guessed(vocabulary.characters, expected, came[place]),
            }
        )
        begin = place + 1
    return {"size": size, "places": found, "after": passage[begin:]}


def _guessed(characters: str, probabilities: Logits, came: int) -> tuple[str, float]:
    """Return a model's first choice, and its surprise at the character that came, in nats."""
    return characters[int(probabilities.argmax())], round(float(-np.log(probabilities[came])), 3)


def stored_colours(
    sampler: Sampler, text: str, units: Sequence[int], at: int, sign: str
) -> dict[str, Any]:
    """Return what the coloured text stores, all numbers in hundredths.

    Args:
        sampler: a model with one layer or more; units are counted through all of them.
        text: the text.
        units: whose values after each character are stored.
        at: the place whose character is changed, and what changes is stored.
        sign: what it is changed to.
    """
    logits, states = read_along(sampler, text), states_along(sampler, text)
    chances = probabilities_of(logits)
    surprise = [0.0, *-np.log(given_to(sampler, text, chances))]
    other = probabilities_of(read_along(sampler, text[:at] + sign + text[at + 1 :]))
    changes = 0.5 * np.abs(chances - other).sum(axis=1)
    return {
        "text": text,
        "at": at,
        "surprise": _hundredths(surprise),
        "units": [[unit, _hundredths(states[:, unit])] for unit in units],
        "change": {"at": at, "sign": sign, "values": _hundredths(changes[at:])},
        "letters": _frequent(sampler),
    }


def _frequent(sampler: Sampler) -> list[str]:
    """Return what a reader may change a character to: those of the largest biases, a space."""
    characters = sampler.vocabulary.characters
    order = np.argsort(-sampler.output_bias[UNKNOWN_ID + 1 :], kind="stable")
    frequent = [characters[n] for n in order if characters[n] != " "][:LETTERS]
    return frequent + [" "] * (" " in characters)


def _hundredths(values: npt.ArrayLike) -> list[int]:
    """Return numbers as whole hundredths."""
    found: list[int] = np.round(100 * np.asarray(values)).astype(int).tolist()
    return found
