"""Trainings that are ended: by signals, by a kill, by their time; and what is lost.

Parts of ``experiments.reliability``.
"""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from charrnn import corpora
from charrnn.weights import read_weights

__all__ = ["kills", "signals", "silence"]

SIGNALS = [["SIGINT"], ["SIGINT", "SIGINT"], ["SIGTERM"], ["SIGHUP"]]
REPORT = re.compile(r" *(\d+)%  loss .*validation ([\d.]+)")


class Training:
    """A process that trains; its lines are read as they come, each with its time."""

    def __init__(self, folder: Path, text: Path | str, minutes: float, *options: str) -> None:
        command = [sys.executable, "-u", "-m", "charrnn", "train", str(text)]
        command += ["--output", "model", "--minutes", str(minutes), *options]
        self.lines: list[tuple[float, str]] = []
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # As in the foreground: in a background job it would be ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])},
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or []:
            self.lines.append((time.monotonic(), line.decode("utf-8", "replace").rstrip()))

    @property
    def reports(self) -> list[tuple[int, float]]:
        """Percent and validation loss of each report so far."""
        found = [REPORT.fullmatch(line) for _, line in self.lines]
        return [(int(match[1]), float(match[2])) for match in found if match]

    def wait_for_report(self) -> None:
        """Wait until there is a report, or the end."""
        while not self.reports and self.process.poll() is None:
            time.sleep(0.05)

    def end(self) -> list[str]:
        """Wait for the end; return all lines."""
        self.process.wait()
        time.sleep(0.2)
        return [line for _, line in self.lines]


def beginning(folder: Path, characters: int = 60_000) -> Path:
    """Return a file with the beginning of tiny Shakespeare."""
    path = folder / "own.txt"
    path.write_text(corpora.load("shakespeare")[:characters], encoding="utf-8")
    return path


def signals(rounds: int = 40, minutes: float = 0.25, seed: int = 1) -> dict[str, Any]:
    """End trainings by signals at random moments after the first report; count what is lost."""
    draw, lost = random.Random(seed), 0
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            training = Training(folder, beginning(folder), minutes)
            training.wait_for_report()
            time.sleep(draw.uniform(0, minutes * 60 + 4))
            ended = training.process.poll() is not None
            for sent in SIGNALS[number % len(SIGNALS)]:
                training.process.send_signal(getattr(signal, sent))
                time.sleep(draw.uniform(0, 0.5))
            lines = training.end()
            best = min(loss for _, loss in training.reports)
            try:
                kept = read_weights(folder / "model").card["validation_loss"]
            except (ValueError, OSError):
                kept = None
            # Printed with three digits; a report may have been drawn and not printed.
            good = kept is not None and kept <= best + 6e-4
            good &= not any("Traceback" in line for line in lines)
            lost += not good
            if not good:
                print("\n".join(lines))
            words, share = " ".join(SIGNALS[number % len(SIGNALS)]), training.reports[-1][0]
            print(f"{words}: at {share}%, ended before {ended}, kept {kept}, {good}", flush=True)
    return {"tried": rounds, "wrong": lost}


def kills(rounds: int = 20, minutes: float = 0.25, seed: int = 2) -> dict[str, Any]:
    """Kill trainings at random moments and resume them; count those that lose too much."""
    draw, wrong = random.Random(seed), 0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            text = beginning(folder)
            training = Training(folder, text, minutes)
            training.wait_for_report()
            time.sleep(draw.uniform(0, minutes * 60 * 0.9))
            training.process.kill()
            training.end()
            before = training.reports
            again = Training(folder, text, minutes, "--resume")
            lines = again.end()
            # A state is saved every five seconds of training at least, or at each report.
            least = before[-1][0] - max(100 / 20, 100 * 6 / (minutes * 60)) - 5
            first = again.reports[0][0] if again.reports else 100
            good = again.process.returncode == 0 and first >= least
            good &= not any("Traceback" in line for line in lines)
            good &= read_weights(folder / "model").card["validation_loss"] <= 6e-4 + min(
                loss for _, loss in [*before, *again.reports]
            )
            good &= sorted(path.name for path in folder.iterdir()) == [
                "model.safetensors",
                "own.txt",
            ]
            wrong += not good
            if not good:
                print("\n".join([*training.end(), *lines]))
            print(f"killed at {before[-1][0]}%, went on at {first}%, {good}", flush=True)
    return {"tried": rounds, "wrong": wrong}


def silence(minutes: float = 0.3) -> dict[str, Any]:
    """Train on tiny Shakespeare; return the longest time without a line after 100 %, in seconds."""
    with tempfile.TemporaryDirectory() as name:
        training = Training(Path(name), "shakespeare", minutes)
        training.end()
        times = [moment for moment, _ in training.lines]
        whole = max(place for place, (_, line) in enumerate(training.lines) if "% " in line)
        gaps = [after - before for before, after in pairwise(times[whole:])]
        print(f"longest time without a line after 100 %: {max(gaps):.1f} s")
    return {"tried": 1, "wrong": int(max(gaps) > 10), "seconds": f"{max(gaps):.1f}"}
