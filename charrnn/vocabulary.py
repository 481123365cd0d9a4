"""Text <-> ids."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

__all__ = [
    "UNKNOWN",
    "UNKNOWN_ID",
    "UnknownCharacterError",
    "Vocabulary",
    "as_characters",
    "as_ids",
    "check_known",
    "check_text",
    "code_points",
]

UNKNOWN = "[UNK]"
#: The id of every character that a vocabulary lacks.
UNKNOWN_ID = 0


class UnknownCharacterError(ValueError):
    """A text has characters that the vocabulary lacks."""


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """Return the Unicode code points of a text, shape (characters,)."""
    # A lone surrogate is no text, but Python strings can hold one: it counts as unknown.
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


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


def as_characters(characters: Iterable[str]) -> str:
    """Return the characters in order, each once.

    Raises:
        ValueError: there is none, or an item is not one character.
    """
    unique = sorted(set(characters))
    if not unique:
        raise ValueError("characters: expected at least one, received none")
    for character in unique:
        if len(character) != 1:
            raise ValueError(f"characters: expected single characters, received {character!r}")
    return "".join(unique)


def as_ids(ids: npt.ArrayLike, size: int) -> npt.NDArray[np.int64]:
    """Return ids as an integer array; raise ValueError if one is outside 0 … size - 1."""
    array = np.asarray(ids)
    if array.size == 0:
        array = array.astype("int64")
    if array.dtype.kind not in "iu":
        raise ValueError(f"ids: expected integers, received {array.dtype}")
    if array.size and not 0 <= array.min() <= array.max() < size:
        raise ValueError(f"ids: expected 0 to {size - 1}, received {array.min()} to {array.max()}")
    return array.astype("int64")


def check_known(text: str, ids: npt.NDArray[np.int32]) -> None:
    """Raise UnknownCharacterError if an id of ``text`` is the unknown one."""
    positions = np.flatnonzero(ids == UNKNOWN_ID)
    if positions.size:
        unknown = "".join(sorted({text[position] for position in positions}))
        raise UnknownCharacterError(
            f"text: expected characters of the vocabulary, received {unknown!r} "
            f"({positions.size} times, first at position {positions[0]})"
        )


class Vocabulary:
    """The characters of a text and their ids: 1 for the first in code point order, 0 for unknown.

    Attributes:
        characters: the known characters in code point order; ``characters[i]`` has id ``i + 1``.
    """

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = as_characters(characters)
        self.code_points = code_points(self.characters)
        self.symbols = np.array([UNKNOWN, *self.characters], dtype=object)

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str, strict: bool = False) -> npt.NDArray[np.int32]:
        """Return the ids of a text.

        Args:
            text: any text.
            strict: refuse unknown characters; otherwise they get id 0.

        Returns:
            Ids, shape (characters,), int32.

        Raises:
            UnknownCharacterError: ``strict``, and the text has unknown characters.
        """
        points = code_points(text)
        places = np.searchsorted(self.code_points, points)
        places = np.minimum(places, len(self.code_points) - 1)
        known = self.code_points[places] == points
        ids = np.where(known, places + 1, UNKNOWN_ID).astype("int32")
        if strict:
            check_known(text, ids)
        return ids

    def decode(self, ids: npt.ArrayLike) -> str:
        """Return the text of ids, shape (characters,); id 0 reads ``[UNK]``."""
        return "".join(self.symbols[as_ids(ids, len(self))])
