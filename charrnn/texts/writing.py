"""Texts -> measures of how they are written, counted without any model.

A loss says how well a model predicts real text. These measures look at what it writes.
"""

import math
import re
from collections.abc import Iterator, Sequence

__all__ = ["copied_runs", "unknown_words", "unpaired_marks"]


def copied_runs(texts: Sequence[str], known: str, length: int = 20) -> float:
    """Return the share of runs of ``length`` characters in ``texts`` that stand in ``known``.

    A run begins at each character of a text that has so many characters after it; NaN without runs.

    Raises:
        ValueError: ``length`` is below 1.
    """
    if length < 1:
        raise ValueError(f"length: expected at least 1, received {length}")

    def runs(text: str) -> Iterator[str]:
        return (text[first : first + length] for first in range(len(text) - length + 1))

    stand = set(runs(known))
    found = [run in stand for text in texts for run in runs(text)]
    return sum(found) / len(found) if found else math.nan


def unknown_words(texts: Sequence[str], known: str) -> float:
    """Return the share of words in ``texts`` that the text ``known`` lacks; NaN without words.

    A word is a run of letters and apostrophes, in lower case. The first and the last word of each
    text do not count: they may be cut.
    """
    pattern = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
    words = [word for text in texts for word in pattern.findall(text.lower())[1:-1]]
    vocabulary = set(pattern.findall(known.lower()))
    return sum(word not in vocabulary for word in words) / len(words) if words else math.nan


def unpaired_marks(texts: Sequence[str], opening: str = "“", closing: str = "”") -> float:
    """Return the share of the quotation marks in ``texts`` that have no partner; NaN without marks.

    A mark that opens has its partner if the next mark closes. A closing mark at the beginning of a
    text and an opening one at its end do not count: their partners may be cut off.

    Raises:
        ValueError: the two marks are equal.
    """
    if opening == closing:
        raise ValueError(f"closing: expected another mark than {opening!r}, received the same")
    unpaired = total = 0
    for text in texts:
        marks = re.findall(f"[{re.escape(opening + closing)}]", text)
        marks = marks[bool(marks) and marks[0] == closing :]
        if marks and marks[-1] == opening:
            marks.pop()
        pairs = sum(marks[i : i + 2] == [opening, closing] for i in range(len(marks)))
        total += len(marks)
        unpaired += len(marks) - 2 * pairs
    return unpaired / total if total else math.nan
