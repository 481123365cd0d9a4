"""Memory and waiting times of ``train`` and ``evaluate`` with a long text.

    python -m benchmarks.long_texts [FOLDER] [--megabytes 50] [--text shakespeare] [--minutes 0.3]

The text is made of parts of a short one, each with a number before it, in the folder, or in a
temporary one; it needs room for twice its size, and is removed. Peak memory is what the system
counted for the process at most, pages of mapped files among it.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contender import report
from benchmarks.user_commands import seconds_to_report, start
from charrnn.corpora import load
from charrnn.support.commands import number_above, run_command

__all__ = ["main", "write_long_text"]

PART = 100_000  # characters
# ``ru_maxrss`` counts in these.
UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Run:
    """What a command took.

    Attributes:
        gib: peak memory.
        seconds: from its start to its end.
        report_seconds: from its start to the first report of a training, if there is one.
    """

    gib: float
    seconds: float
    report_seconds: float | None


def write_long_text(text: str, size: int, path: Path) -> None:
    """Write a text of so many bytes or a little more, made of parts of a short one, to a file."""
    draw, written = random.Random(0), 0
    with path.open("wb") as file:
        while written < size:
            first = draw.randrange(max(len(text) - PART, 1))
            part = f"{written:,}\n{text[first : first + PART]}\n".encode()
            file.write(part)
            written += len(part)


def measured(command: list[str], folder: Path) -> Run:
    """Run a command of the package.

    Raises:
        ValueError: it failed; it has told why.
    """
    began = time.perf_counter()
    process = start(command, folder)
    assert process.stdout is not None
    with process.stdout as lines:
        first = seconds_to_report(lines, began)
        for _ in lines:  # until it ends
            pass
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ValueError(
            f"{' '.join(command)}: expected it to succeed, received status {process.returncode}"
        )
    return Run(usage.ru_maxrss * UNIT / 2**30, time.perf_counter() - began, first)


def main() -> None:
    """Make the text, train, evaluate, report."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="default: a temporary one")
    parser.add_argument("--megabytes", type=number_above(0), default=50)
    parser.add_argument("--text", default="shakespeare", help="name or path of the short text")
    parser.add_argument("--minutes", type=number_above(0), default=0.3, help="to train")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a short text")
    given = parser.parse_args()
    size = "1gb" if given.megabytes == 1000 else f"{given.megabytes:g}mb"
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / "long.txt"
        write_long_text(
            load(given.text), int((0.1 if given.quick else given.megabytes) * 1e6), path
        )
        minutes = "0.05" if given.quick else f"{given.minutes:g}"
        train = measured(["train", path.name, "--minutes", minutes], path.parent)
        evaluate = measured(["evaluate", path.name, "--model", "long"], path.parent)
    values = {
        f"memory_{size}_gib": train.gib,
        f"first_report_{size}_seconds": train.report_seconds,
        f"memory_evaluate_{size}_gib": evaluate.gib,
        f"evaluate_{size}_seconds": evaluate.seconds,
    }
    report({name: value for name, value in values.items() if value is not None})


if __name__ == "__main__":
    sys.exit(run_command("benchmarks.long_texts", main))
