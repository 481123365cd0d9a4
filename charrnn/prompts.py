"""Prompts -> ids, checked, for every way of generating."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from charrnn.vocabulary import Vocabulary

__all__ = ["check_likely", "check_sampling", "encode_prompts"]


def check_sampling(length: int, temperature: float) -> None:
    """Raise ValueError for a number of characters or a temperature that cannot be.

    Args:
        length: characters to add to each prompt, at least 0.
        temperature: what logits are divided by, above 0.
    """
    if length < 0:
        raise ValueError(f"length: expected at least 0, received {length}")
    if not 0 < temperature < float("inf"):
        raise ValueError(
            f"temperature: expected a finite number above 0, received {temperature}; "
            "a temperature close to 0 takes the most likely character"
        )


def check_likely(top_k: int | None, top_p: float | None) -> None:
    """Raise ValueError for a choice of likely characters that cannot be.

    Args:
        top_k: how many characters may be drawn, at least 1; None for all.
        top_p: probability that the characters which may be drawn have together, above 0 and at
            most 1; None for all.
    """
    if top_k is not None and (type(top_k) is not int or top_k < 1):
        raise ValueError(f"top_k: expected a whole number of at least 1, received {top_k!r}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p: expected above 0 and at most 1, received {top_p}")


def encode_prompts(
    prompts: Sequence[str], vocabulary: Vocabulary
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the ids of several prompts, and their lengths.

    Args:
        prompts: one or more texts of one or more characters, of any lengths.
        vocabulary: of the model.

    Returns:
        Ids, shape (prompts, longest), int32, filled up with 0; lengths, shape (prompts,), int32.

    Raises:
        UnknownCharacterError: a prompt has characters that the vocabulary lacks.
        ValueError: there is no prompt, or one is empty, or ``prompts`` is a single text.
    """
    if isinstance(prompts, str):
        raise ValueError(f"prompts: expected a list of texts, received the text {prompts!r}")
    if not prompts or not all(prompts):
        raise ValueError(
            "prompts: expected texts of at least one character, "
            f"received {list(prompts)!r}; a line end is a neutral beginning"
        )
    rows = [vocabulary.encode(prompt, strict=True) for prompt in prompts]
    lengths = np.array([len(row) for row in rows], dtype="int32")
    ids = np.zeros((len(rows), lengths.max()), dtype="int32")
    for row, values in zip(ids, rows, strict=True):
        row[: len(values)] = values
    return ids, lengths
