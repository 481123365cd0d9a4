"""``charrnn`` on the command line, started as a user does: in another folder, read line by line."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.processes import ROOT

__all__ = ["seconds_to_report", "start"]

REPORT = re.compile(r" *\d+%.*validation ")


def start(command: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    """Start a command of the package in a folder; its standard output is to be read."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "charrnn", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )


def seconds_to_report(lines: Iterable[str], began: float) -> float | None:
    """Return when the first report of a training comes, in seconds, and read no further.

    Args:
        lines: standard output.
        began: when the process was started, by ``time.perf_counter``.
    """
    for line in lines:
        if REPORT.match(line):
            return time.perf_counter() - began
    return None
