"""A model's file -> description and arrays, as a program without this book's package reads it."""

import json
from pathlib import Path
from typing import Any

from safetensors import safe_open

__all__ = ["read_stored"]


def read_stored(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the description and the arrays of the model at ``path``, which has no ending."""
    with safe_open(path.with_suffix(".safetensors"), "np") as file:
        (head,) = map(json.loads, file.metadata().values())
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    return head["description"], arrays
