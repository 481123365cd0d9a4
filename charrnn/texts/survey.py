"""Text -> what to know about its code points before a model is trained on it.

A model learns code points, not letters: what looks equal on the screen may be two symbols, and a
symbol that occurs once teaches nothing.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass

from charrnn.vocabulary import check_text

__all__ = ["Survey", "script", "survey"]


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
    if least < 1:
        raise ValueError(f"least: expected at least 1, received {least}")
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
