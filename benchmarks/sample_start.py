"""The wait for a first text: start of the process to its end, the shipped weights."""

import subprocess
import sys

from benchmarks.contender import arguments, median_seconds, report

COMMAND = [sys.executable, "-m", "charrnn", "sample", "--prompt", "ROMEO:", "--length", "1000"]


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__))
    seconds = median_seconds(
        lambda: subprocess.run(COMMAND, check=True, stdout=subprocess.DEVNULL),
        1 if given.quick else 5,
    )
    report({"sample_start_seconds": seconds})


if __name__ == "__main__":
    main()
