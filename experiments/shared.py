"""What several experiments share: tiny Shakespeare as they cut it, their warm-up."""

from dataclasses import dataclass

from charrnn import corpora, windows
from charrnn.vocabulary import Vocabulary
from charrnn.windows import Ids

__all__ = ["CHOICE", "VALIDATION", "Shakespeare", "warmup"]

VALIDATION = 111_540  # characters at the end, a tenth
CHOICE = 100_386  # characters before them, a tenth of the rest


@dataclass(frozen=True)
class Shakespeare:
    """Tiny Shakespeare as ids, cut by position.

    Attributes:
        text: all of it.
        vocabulary: of the text.
        training: the first nine tenths, shape (characters,).
        validation: the last tenth, on which losses are reported.
        beginning: the first nine tenths of ``training``.
        choice: its last tenth, on which settings are chosen.
    """

    text: str
    vocabulary: Vocabulary
    training: Ids
    validation: Ids
    beginning: Ids
    choice: Ids

    @classmethod
    def load(cls) -> "Shakespeare":
        """Fetch, encode and cut the text."""
        text = corpora.load("shakespeare")
        vocabulary = Vocabulary(text)
        training, validation = windows.split_by_position(vocabulary.encode(text), VALIDATION)
        beginning, choice = windows.split_by_position(training, CHOICE)
        return cls(text, vocabulary, training, validation, beginning, choice)


def warmup(steps: int) -> int:
    """Return in how many of a short run's steps the learning rate rises."""
    return steps // 16
