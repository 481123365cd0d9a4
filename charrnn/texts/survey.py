"""Text -> what to know about its code points before a model is trained on it.

A model learns code points, not letters: what looks equal on the screen may be two symbols, and a
symbol that occurs once teaches nothing.
"""

import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "UNICODE",
    "Survey",
    "check_least",
    "check_text",
    "frequent_characters",
    "script",
    "spelling_loss",
    "survey",
]

# How many characters Unicode has room for: code points without the surrogates, which stand for
# halves of characters in UTF-16 and are no characters themselves.
UNICODE = 0x110000 - 0x800


@dataclass(frozen=True)
class Survey:
    """Counts of one text, all in characters, that is in code points, unless another unit is named.

    Attributes:
        characters: length.
        utf8_bytes: length in UTF-8, in bytes.
        symbols: different characters.
        rare_symbols: symbols that occur fewer than ``least`` times.
        rare_share: share of the text that these symbols make, 0 to 1.
        nfc: length after composition (Unicode's normal form C).
        nfd: length after decomposition (normal form D).
        is_nfc: whether composition leaves the text as it is.
        is_nfd: whether decomposition leaves the text as it is.
        marks: combining marks (general categories Mn, Mc and Me).
        right_to_left: share of characters of scripts that run from right to left, 0 to 1.
        controls: control characters (Cc) except tabs and line feeds.
        invisible: format characters (Cf), among them soft hyphens and zero-width joiners.
        replacements: U+FFFD, which a decoder writes where it met bytes that it cannot read.
        scripts: letters by script, the most frequent first.
    """

    characters: int
    utf8_bytes: int
    symbols: int
    rare_symbols: int
    rare_share: float
    nfc: int
    nfd: int
    is_nfc: bool
    is_nfd: bool
    marks: int
    right_to_left: float
    controls: int
    invisible: int
    replacements: int
    scripts: dict[str, int]


def check_text(text: str) -> None:
    """Raise ValueError if a text is empty or holds half a character, which UTF-8 cannot write."""
    if not text:
        raise ValueError("text: expected at least one character, received none")
    for position, character in enumerate(text):
        if "\ud800" <= character <= "\udfff":
            raise ValueError(
                f"text: expected Unicode characters, received the lone surrogate "
                f"{character!r} at position {position}"
            )


def check_least(least: int) -> None:
    """Raise ValueError unless ``least`` is a number of times that a character can occur."""
    if least < 1:
        raise ValueError(f"least: expected at least 1, received {least}")


def script(character: str) -> str:
    """Return the script of a letter as the first word of its Unicode name: LATIN, HANGUL, CJK.

    Coarse: a name may begin with another word, as HALFWIDTH KATAKANA LETTER A does.
    """
    return unicodedata.name(character, "UNNAMED").partition(" ")[0]


def survey(text: str, least: int = 5) -> Survey:
    """Return what to look at in a text first.

    Args:
        text: at least one character.
        least: a symbol that occurs fewer times counts as rare.

    Raises:
        ValueError: an empty text, half a character, or ``least`` below 1.
    """
    check_text(text)
    check_least(least)
    counts = Counter(text)
    rare = [number for number in counts.values() if number < least]
    nfc, nfd = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    kinds: Counter[str] = Counter()
    scripts: Counter[str] = Counter()
    right_to_left = 0
    for character, number in counts.items():
        category = unicodedata.category(character)
        kinds[category] += number
        if category.startswith("L"):
            scripts[script(character)] += number
        if unicodedata.bidirectional(character) in ("R", "AL"):
            right_to_left += number
    return Survey(
        characters=len(text),
        utf8_bytes=len(text.encode("utf-8")),
        symbols=len(counts),
        rare_symbols=len(rare),
        rare_share=sum(rare) / len(text),
        nfc=len(nfc),
        nfd=len(nfd),
        is_nfc=nfc == text,
        is_nfd=nfd == text,
        marks=kinds["Mn"] + kinds["Mc"] + kinds["Me"],
        right_to_left=right_to_left / len(text),
        controls=kinds["Cc"] - counts["\n"] - counts["\t"],
        invisible=kinds["Cf"],
        replacements=counts["\ufffd"],
        scripts=dict(scripts.most_common()),
    )


def frequent_characters(text: str, least: int) -> str:
    """Return the characters that occur at least ``least`` times, in code point order.

    ``Vocabulary`` of them gives every other character the id 0, ``[UNK]``.

    Raises:
        ValueError: ``least`` is below 1.
    """
    check_least(least)
    counts = Counter(text)
    return "".join(sorted(sign for sign in counts if counts[sign] >= least))


def spelling_loss(training: str, text: str, known: Collection[str]) -> npt.NDArray[np.float64]:
    """Return what it costs to say which unknown character stands at each place, in nats.

    A model whose vocabulary is ``known`` predicts ``[UNK]``, not the character. The second part of
    the prediction, which character it is, is made here without a context: the r unknown characters
    of the training text, t of them different, have the probability (count + t / rest) / (r + t);
    ``rest`` is the number of all characters of Unicode outside ``known``. So every text that can be
    written has a finite loss, and the probabilities add up to 1.

    Args:
        training: the text that the model learned from.
        text: what it predicts.
        known: the characters of its vocabulary.

    Returns:
        Shape (characters of ``text``,), 0 where the character is known; to be added to the loss
        of the model at the same place.

    Source: the estimate is Witten and Bell's of 1991, as in ``metrics.witten_bell_probabilities``.
    """
    known = frozenset(known)
    counts = Counter(sign for sign in training if sign not in known)
    rare, kinds = counts.total(), max(len(counts), 1)
    uniform = kinds / (UNICODE - len(known))
    share = np.array([1.0 if s in known else counts[s] + uniform for s in text])
    unknown = np.array([s not in known for s in text], dtype=bool)
    return np.where(unknown, np.log(rare + kinds) - np.log(share), 0.0)
