"""Contenders -> measurements: each contender in a fresh process, one after the other."""

import json
import math
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    "RESULTS",
    "ROOT",
    "SHOWN",
    "Contender",
    "ContenderError",
    "Measurements",
    "Runner",
    "run_json",
]

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"  # a file for each processor
# That of README's table and picture.
SHOWN = RESULTS / "intel-r-xeon-r-processor-bfloat16.json"

# Row id -> one value for each round.
Measurements = dict[str, list[float]]


class ContenderError(ValueError):
    """A contender that failed; the message has its standard error stream."""


@dataclass(frozen=True)
class Contender:
    """A module that measures something.

    Attributes:
        module: its dotted name.
        options: command line after the folder of materials.
        peers: whether it runs in the peers' environment.
    """

    module: str
    options: tuple[str, ...] = ()
    peers: bool = False


def run_json(command: Sequence[str]) -> dict[str, Any]:
    """Run a command in the repository's root and return the JSON object of its last line.

    Raises:
        ContenderError: it failed, or printed something else.
    """
    ended = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    name = " ".join(command)
    if ended.returncode:
        raise ContenderError(f"{name}\nended with status {ended.returncode}:\n{ended.stderr}")
    try:
        content = json.loads(ended.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise ContenderError(
            f"{name}\nexpected a JSON object as the last line, received {ended.stdout[-200:]!r}\n"
            f"{ended.stderr}"
        )
    return content


@dataclass(frozen=True)
class Runner:
    """How contenders are started.

    Attributes:
        python: interpreter of this book.
        peers_python: interpreter that has PyTorch.
        folder: of ``materials.write_materials``.
        quick: tiny sizes.
    """

    python: str
    peers_python: str
    folder: Path
    quick: bool

    def run(self, contender: Contender, measurements: Measurements, label: str) -> None:
        """Run one contender, add what it measured to ``measurements``, print a line.

        Raises:
            ContenderError: it failed, or a value is not a finite number above 0.
        """
        start = time.perf_counter()
        python = self.peers_python if contender.peers else self.python
        quick = ("--quick",) if self.quick else ()
        command = [python, "-m", contender.module, str(self.folder), *contender.options, *quick]
        measured = run_json(command)
        for name, value in measured.items():
            if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
                raise ContenderError(
                    f"{contender.module}: expected a finite {name} above 0, received {value!r}"
                )
            measurements.setdefault(name, []).append(float(value))
        values = ", ".join(f"{name} {value:,.5g}" for name, value in measured.items())
        print(f"{label}: {values} [{time.perf_counter() - start:.0f} s]", flush=True)
