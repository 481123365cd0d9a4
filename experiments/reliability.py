"""What a user can do to ``charrnn train`` and to the command line, at random, and what is lost.

    python -m experiments.reliability signals kills silence command_lines

Each part prints its row, and --store writes it to the package's record. The tests hold a small part
of the same, in fewer rounds.
"""

import argparse
import contextlib
import io
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from charrnn import corpora
from charrnn.support.files import RECORDS, read_table, write_table
from charrnn.weights import read_weights

__all__ = ["PARTS", "command_line", "command_lines", "kills", "main", "signals", "silence"]

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


VALUES = [
    "0",
    "1",
    "-1",
    "1e-46",
    "1e300",
    "nan",
    "inf",
    "-inf",
    "0.5",
    "1e-30",
    "5",
    "99999999999",
]
VALUES += ["1000000000000", "", "x", "é", "\udcff", "0x10", "2.5", "1e999", "-0", "٣"]


def command_line(draw: random.Random, paths: list[str]) -> list[str]:
    """Return the words of a random command line, most of which get past the parser."""

    def some(*words: str) -> str:
        return draw.choice(words)

    number = draw.choice(VALUES)
    whole = draw.choice(["0", "1", "3", "-1", "7", "99999999999", "1000000000000", number])
    path = draw.choice(paths)
    command = draw.choice(["sample"] * 5 + ["evaluate"] * 3 + ["train"] * 3 + ["write"])
    options = {
        "sample": [
            ["--model", path],
            ["--prompt", some("a", "ROMEO:", "", "\n", "中", "\udcff", "tick", "\0", "e" * 5000)],
            ["--length", whole],
            ["--temperature", number],
            ["--top-k", whole],
            ["--top-p", number],
            ["--seed", whole],
        ],
        "evaluate": [["--model", path], [draw.choice(paths)]],
        "train": [
            [draw.choice(paths)],
            ["--output", draw.choice(paths)],
            ["--minutes", some("0.001", number)],
            ["--seed", whole],
            ["--resume"],
            ["--replace"],
        ],
    }.get(command, [])
    chosen = [option for option in options if draw.random() < 0.5]
    if command == "train" and options[0] not in chosen:
        chosen.append(options[0])
    return [command, *(word for option in chosen for word in option)]


class Sink(io.StringIO):
    """Standard output that somebody has read enough of after so many characters."""

    def write(self, text: str) -> int:
        if self.tell() > 20_000:
            raise BrokenPipeError
        return super().write(text)


@contextlib.contextmanager
def small_work() -> Iterator[None]:
    """Let ``train`` take a tiny recipe and few steps, and evaluations few characters."""
    from charrnn import own_text, recipes

    before = recipes.QUICK, recipes.MAX_PASSES, own_text.EVALUATED
    recipes.QUICK = recipes.Recipe(embedding_size=4, units=8, batch_size=4, length=8)
    recipes.MAX_PASSES, own_text.EVALUATED = 0.01, 2000
    try:
        yield
    finally:
        recipes.QUICK, recipes.MAX_PASSES, own_text.EVALUATED = before


def run_in_time(run: Callable[[list[str]], int], words: list[str], seconds: int = 60) -> int:
    """Run a command line; an error if it takes so long."""

    def late(*_: object) -> None:
        raise AssertionError(f"{words} took more than {seconds} seconds")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        return run(words)
    finally:
        signal.alarm(0)


def materials(folder: Path) -> list[str]:
    """Fill a folder with texts and models, sound and broken ones; return words that name them."""
    texts = {
        "clock.txt": "tick tock dong\n" * 60,
        "one.txt": "a" * 900,
        "a.txt": "a",
        "short.txt": "tick " * 20,
        "empty.txt": "",
        "spaces.txt": " \n" * 500,
        "page.html": "<!DOCTYPE html><html>" + "x y" * 400,
        "-dash.txt": "tick tock\n" * 100,
        "[1].txt": "tick tock\n" * 100,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "u16.txt").write_text("tick tock\n" * 100, encoding="utf-16")
    (folder / "nul.txt").write_bytes(b"tick\0tock\n" * 100)
    (folder / "latin.txt").write_bytes("façade\n".encode("latin-1") * 200)
    (folder / "broken.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0" + b"x" * 30)
    (folder / "folder").mkdir()
    extra = ["no/where", "folder", "folder/", "", "~nobody/x", "clock", "broken", "new", "/proc/m"]
    extra += ["shakespeare", "http://127.0.0.1:9/x.txt", "ftp://x", "\udcff", "x" * 300, "../", "."]
    return [*texts, "u16.txt", "nul.txt", "latin.txt", *extra]


def command_lines(rounds: int = 1000, seed: int = 3) -> dict[str, Any]:
    """Run random command lines in this process; count errors that are not told in one line."""
    from charrnn.command_line import main as run

    draw, wrong, parsed = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name), small_work():
        paths = materials(Path())
        with contextlib.redirect_stdout(Sink()):
            run(["train", "clock.txt", "--minutes", "0.01"])
        for number in range(rounds):
            words = command_line(draw, paths)
            output, errors = Sink(), io.StringIO()
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
                try:
                    code: int | str | None = run_in_time(run, words)
                except SystemExit as stop:
                    code = stop.code
                except BaseException:
                    code = traceback.format_exc()
            parsed += code != 2
            if number % 100 == 99:
                print(f"{number + 1} command lines, {wrong} wrong", flush=True)
            told = errors.getvalue()
            if isinstance(code, str) or (code == 1 and not told.startswith("charrnn ")):
                wrong += 1
                print(f"{words!r}: {code}\n{told}", flush=True)
    print(f"{rounds} command lines, {parsed} past the parser, {wrong} wrong")
    return {"tried": rounds, "wrong": wrong, "parsed": parsed}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "signals": signals,
    "kills": kills,
    "silence": silence,
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
    main()
