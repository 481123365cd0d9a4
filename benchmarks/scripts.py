"""Train for two minutes, and for one, in each language of the book; measure long texts; write it.

    .venv/bin/python -m benchmarks.scripts [--quick] [--output FILE]

17 to 30 minutes on two cores. Other work on the machine spoils the figures. A ratio of losses is
value / baseline, the loss over that of the best n-gram: below 1 the model is better. A language
whose text cannot be had is left out, and a line says so. With ``--quick`` the texts are short,
figures mean nothing, and results are written only where ``--output`` says.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.processes import Contender, Measurements, Runner, run_json
from benchmarks.result_files import results_file, write_results
from benchmarks.rows import GIB, NATS, SECONDS, Goal, make_rows
from benchmarks.table import plain
from benchmarks.two_minutes import CORPORA
from charrnn.corpora import CorpusError, load
from charrnn.support.commands import check_folder, run_command

__all__ = ["LONG_TEXTS", "available", "main", "measure", "tables"]

LONG_TEXTS = [Contender("benchmarks.long_texts", ("--megabytes", size)) for size in ("50", "1000")]


def tables(languages: Iterable[str]) -> tuple[dict[str, str], dict[str, Goal]]:
    """Return what is measured, with its unit, and what compares, as of ``rows.make_rows``."""
    measured, goals = {"scripts_seconds": SECONDS}, {}
    for language in languages:
        measured[f"n_gram_{language}"] = NATS
        for name in (f"quick_{language}", f"half_quick_{language}"):
            goals[name] = Goal((name,), NATS, (f"n_gram_{language}",))
    for size in ("50mb", "1gb"):
        measured[f"memory_evaluate_{size}_gib"] = GIB
        measured |= {f"{name}_{size}_seconds": SECONDS for name in ("first_report", "evaluate")}
        goals[f"memory_{size}_gib"] = Goal((f"memory_{size}_gib",), GIB)
    return measured, goals


def available() -> list[str]:
    """Return the languages whose text can be had; say which is left out, and why."""
    found = []
    for language, corpus in CORPORA.items():
        try:
            load(corpus)  # fetches it, too
        except CorpusError as error:
            print(f"{language} is left out: {error}", flush=True)
        else:
            found.append(language)
    return found


def measure(runner: Runner, languages: Iterable[str]) -> Measurements:
    """Run everything once.

    Raises:
        ContenderError: one failed.
    """
    trained = [
        Contender("benchmarks.two_minutes", ("--language", language)) for language in languages
    ]
    measurements: Measurements = {}
    for contender in (*trained, *LONG_TEXTS):
        runner.run(contender, measurements, "once")
    return measurements


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "--output", type=Path, help="default: benchmarks/results/PROCESSOR-scripts.json"
    )
    parser.add_argument("--quick", action="store_true", help="a smoke run of short texts")
    given = parser.parse_args(arguments)
    if given.output:
        check_folder(given.output.parent)  # before the work of many minutes

    start = time.perf_counter()
    machine = run_json([sys.executable, "-m", "experiments.machine"])
    languages = available()
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(sys.executable, sys.executable, Path(folder), given.quick)
        measurements = measure(runner, languages)
    measurements["scripts_seconds"] = [time.perf_counter() - start]
    rows = make_rows(measurements, *tables(languages))
    print(plain(rows))
    write_results(
        machine, rows, given.output or (None if given.quick else results_file(machine, "-scripts"))
    )


if __name__ == "__main__":
    sys.exit(run_command("benchmarks.scripts", main))
