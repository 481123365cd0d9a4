"""Where the results of a processor stand, and how they are written."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import RESULTS
from benchmarks.rows import Row
from charrnn.support.files import write_atomically

__all__ = ["results_file", "write_results"]


def results_file(machine: dict[str, Any], ending: str = "") -> Path:
    """Return the file of a processor: its name, whether it has bfloat16, and an ending."""
    name = re.sub(r"[^a-z0-9]+", "-", machine["processor"].lower()).strip("-")
    return RESULTS / f"{name}{'-bfloat16' if machine['bfloat16_instructions'] else ''}{ending}.json"


def write_results(machine: dict[str, Any], rows: Sequence[Row], path: Path | None) -> None:
    """Write rows and what they were measured on, and say so; with None do nothing."""
    if path is not None:
        content = json.dumps({"machine": machine, "rows": rows}, indent=2)
        write_atomically(path, content.encode("ascii") + b"\n")
        print(f"wrote {path}")
