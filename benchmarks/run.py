"""Run the benchmark and write its results.

    .venv/bin/python -m benchmarks.run [--rounds 3] [--quick] [--output FILE]

20 minutes on two cores. Other work on the machine spoils the figures. With ``--quick`` sizes
are tiny, figures mean nothing, and results are written only where ``--output`` says.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.materials import write_materials
from benchmarks.processes import ROOT, Contender, Measurements, Runner, run_json
from benchmarks.result_files import results_file, write_results
from benchmarks.rows import make_rows
from benchmarks.table import plain
from charrnn.support.commands import at_least, check_folder, run_command
from charrnn.weights import PRETRAINED, StoredModel, read_weights

__all__ = ["AFTER", "EACH_ROUND", "TRANSFORMER", "check_shipped", "main", "many", "measure"]

# What the shipped model may have and take.
MOST_PARAMETERS, MOST_MINUTES = 2_400_000, 40


def _torch(products: str) -> list[Contender]:
    return [
        Contender(
            "benchmarks.peers.torch_training", ("--products", products, "--way", way), peers=True
        )
        for way in ("eager", "compiled")
    ]


EACH_ROUND = [
    Contender("benchmarks.limits"),
    Contender("benchmarks.ours_training", ("--symbols", "few", "--products", "bfloat16")),
    *_torch("bfloat16"),
    Contender("benchmarks.ours_training", ("--symbols", "few", "--products", "float32")),
    *_torch("float32"),
    Contender("benchmarks.peers.system_a_training", ("--symbols", "few", "--variant", "plain")),
    Contender("benchmarks.peers.system_a_training", ("--symbols", "few", "--variant", "xla")),
    Contender(
        "benchmarks.peers.system_a_training", ("--symbols", "few", "--variant", "mixed_bfloat16")
    ),
    Contender("benchmarks.ours_generation", ("--way", "sampler")),
    Contender("benchmarks.ours_generation", ("--way", "graph")),
    Contender("benchmarks.peers.system_a_generation"),
    Contender("benchmarks.peers.torch_generation", peers=True),
    Contender("benchmarks.ours_data"),
    Contender("benchmarks.peers.system_a_data"),
]
# Once: these train for minutes, or hardly vary.
TRANSFORMER = Contender("benchmarks.peers.transformer", peers=True)
AFTER = [
    Contender("benchmarks.ngram"),
    Contender("benchmarks.ours_evaluation"),
    Contender("benchmarks.ours_reading"),
    Contender("benchmarks.first_report"),
    Contender("benchmarks.sample_start"),
    Contender("benchmarks.page_speed"),
]


def many(products: str) -> list[Contender]:
    """Return the contenders with many symbols, both in a number format."""
    variant = "mixed_bfloat16" if products == "bfloat16" else "plain"
    theirs = ("--symbols", "many", "--variant", variant)
    return [
        Contender("benchmarks.ours_training", ("--symbols", "many", "--products", products)),
        Contender("benchmarks.peers.system_a_training", theirs),
    ]


def check_shipped(stored: StoredModel) -> None:
    """Raise ValueError if the shipped model is larger, or took longer, than it may."""
    parameters = sum(array.size for array in stored.arrays.values())
    if parameters > MOST_PARAMETERS:
        raise ValueError(
            f"shipped model: expected {MOST_PARAMETERS:,} parameters at most, received "
            f"{parameters:,}"
        )
    minutes = stored.card.get("minutes")
    if not (isinstance(minutes, int | float) and 0 < minutes <= MOST_MINUTES):
        raise ValueError(
            f"shipped model: expected a card with {MOST_MINUTES} minutes of training at most, "
            f"received {minutes!r}"
        )


def measure(runner: Runner, rounds: int, products: str) -> Measurements:
    """Run all contenders in turn, then all again, so that a slow minute hits all alike.

    Args:
        runner: starts them.
        rounds: how often those of ``EACH_ROUND`` run.
        products: number format that the machine multiplies best.

    Raises:
        ContenderError: one failed.
    """
    measurements: Measurements = {}
    for number in range(1, rounds + 1):
        for contender in (*EACH_ROUND, *many(products)):
            runner.run(contender, measurements, f"round {number} of {rounds}")
    runner.run(TRANSFORMER, measurements, "once")
    seconds = str(measurements["transformer_seconds"][0])
    ours = Contender("benchmarks.ours_quality", ("--seconds", seconds))
    options = ("--seconds", seconds, "--products", products)
    large = Contender("benchmarks.peers.transformer_large", options, peers=True)
    for contender in (ours, large, *AFTER):
        runner.run(contender, measurements, "once")
    return measurements


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--peers-python", default="_build/peers/bin/python")
    parser.add_argument("--output", type=Path, help="default: benchmarks/results/PROCESSOR.json")
    parser.add_argument("--rounds", type=at_least(1), default=3)
    parser.add_argument("--quick", action="store_true", help="a smoke run of tiny sizes")
    given = parser.parse_args(arguments)
    peers_python = str(ROOT / given.peers_python)
    if not Path(peers_python).is_file():
        parser.error(f"--peers-python: {given.peers_python} does not exist: run make bench")

    if given.output:
        check_folder(given.output.parent)  # before some minutes' work
    check_shipped(read_weights(PRETRAINED))

    start = time.perf_counter()
    versions = 'import json, torch; print(json.dumps({"pytorch": torch.__version__}))'
    machine = run_json([sys.executable, "-m", "experiments.machine"])
    machine |= run_json([peers_python, "-c", versions])
    print(json.dumps(machine), flush=True)
    products = "bfloat16" if machine["bfloat16_instructions"] else "float32"
    with tempfile.TemporaryDirectory() as folder:
        write_materials(Path(folder), given.quick)
        runner = Runner(sys.executable, peers_python, Path(folder), given.quick)
        measurements = measure(runner, given.rounds, products)
    measurements["bench_seconds"] = [time.perf_counter() - start]
    rows = make_rows(measurements)
    print(plain(rows))
    write_results(machine, rows, given.output or (None if given.quick else results_file(machine)))


if __name__ == "__main__":
    sys.exit(run_command("benchmarks.run", main))
