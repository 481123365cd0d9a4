"""What a drawn figure shows."""

from typing import Any


def labels(axes: Any) -> list[str]:
    """Return the texts that stand in axes, in the order in which they were drawn."""
    return [text.get_text() for text in axes.texts if text.get_text()]
