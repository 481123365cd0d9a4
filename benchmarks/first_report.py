"""The wait for a training's first report: start of ``train`` on tiny Shakespeare to that line."""

import signal
import tempfile
import time
from pathlib import Path

from benchmarks.contender import arguments, report
from benchmarks.user_commands import seconds_to_report, start


def main() -> None:
    """Measure, end the training as a user does, and report."""
    given = arguments(str(__doc__))
    source = str(given.folder / "text.txt") if given.quick else "shakespeare"
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        process = start(["train", source, "--output", "model", "--minutes", "2"], Path(folder))
        assert process.stdout is not None
        with process.stdout as lines:
            seconds = seconds_to_report(lines, began)
            process.send_signal(signal.SIGINT)
            for _ in lines:  # until it ends
                pass
        process.wait()
    if seconds is None:
        raise ValueError(f"train: expected a report, received none, status {process.returncode}")
    report({"first_report_seconds": seconds})


if __name__ == "__main__":
    main()
