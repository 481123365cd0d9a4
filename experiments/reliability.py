"""What a user can do to a training, its files and the command line at random, and what is lost.

    python -m experiments.reliability signals kills silence damage command_lines

Each part prints its row; ``--store`` writes it to the package's record, which
``guides/reliability.md`` shows. The tests hold a small part of the same.
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from charrnn.support.commands import run_command
from charrnn.support.files import RECORDS, read_table, write_table
from experiments.endings import kills, signals, silence
from experiments.odd_input import command_lines, damage

__all__ = ["PARTS", "main"]

PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "signals": signals,
    "kills": kills,
    "silence": silence,
    "damage": damage,
    "command_lines": command_lines,
}


def main() -> None:
    """Measure parts, and store what they give."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--store", action="store_true", help="write the package's record")
    given = parser.parse_args()
    rows = {row["part"]: row for row in read_table(RECORDS / "reliability.csv")}
    for part in given.parts:
        measured = {"part": part, "tried": "", "wrong": "", "seconds": "", "parsed": ""}
        rows[part] = measured | {name: str(value) for name, value in PARTS[part]().items()}
        print(rows[part], flush=True)
        if given.store:
            write_table([rows[name] for name in PARTS if name in rows], RECORDS / "reliability.csv")


if __name__ == "__main__":
    sys.exit(run_command("experiments.reliability", main))
