"""Run the benchmark and write its results.

    .venv/bin/python -m benchmarks.run [--rounds 3] [--quick] [--output FILE]

10 to 20 minutes on two cores. Other work on the machine spoils the figures. With ``--quick`` sizes
are tiny, figures mean nothing, and results are written only where ``--output`` says.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.materials import write_materials
from benchmarks.processes import RESULTS, ROOT, Contender, Measurements, Runner, run_json
from benchmarks.rows import make_rows
from benchmarks.table import plain
from charrnn.support.commands import at_least, check_folder, run_command
from charrnn.support.files import write_atomically
from charrnn.weights import PRETRAINED, read_weights

__all__ = ["AFTER", "EACH_ROUND", "TRANSFORMER", "main", "measure"]

EACH_ROUND = [
    Contender("benchmarks.limits"),
    Contender("benchmarks.ours_training", ("--products", "bfloat16")),
    Contender("benchmarks.peers.torch_training", ("--products", "bfloat16"), peers=True),
    Contender("benchmarks.ours_training", ("--products", "float32")),
    Contender("benchmarks.peers.torch_training", ("--products", "float32"), peers=True),
    Contender("benchmarks.peers.system_a_training", ("--variant", "plain")),
    Contender("benchmarks.peers.system_a_training", ("--variant", "xla")),
    Contender("benchmarks.peers.system_a_training", ("--variant", "mixed_bfloat16")),
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
    Contender("benchmarks.sample_start"),
]


def measure(runner: Runner, rounds: int) -> Measurements:
    """Run all contenders in turn, then all again, so that a slow minute hits all alike.

    Raises:
        ContenderError: one failed.
    """
    measurements: Measurements = {}
    for number in range(1, rounds + 1):
        for contender in EACH_ROUND:
            runner.run(contender, measurements, f"round {number} of {rounds}")
    runner.run(TRANSFORMER, measurements, "once")
    seconds = str(measurements["transformer_seconds"][0])
    ours = Contender("benchmarks.ours_quality", ("--seconds", seconds))
    for contender in (ours, *AFTER):
        runner.run(contender, measurements, "once")
    card = read_weights(PRETRAINED).card
    measurements["best_model_windows"] = [card["windows_loss"]]
    return measurements


def results_file(machine: dict[str, Any]) -> Path:
    """Return where the results of a processor stand: its name, and whether it has bfloat16."""
    name = re.sub(r"[^a-z0-9]+", "-", machine["processor"].lower()).strip("-")
    return RESULTS / f"{name}{'-bfloat16' if machine['bfloat16_instructions'] else ''}.json"


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

    start = time.perf_counter()
    versions = 'import json, torch; print(json.dumps({"pytorch": torch.__version__}))'
    machine = run_json([sys.executable, "-m", "experiments.machine"])
    machine |= run_json([peers_python, "-c", versions])
    print(json.dumps(machine), flush=True)
    output = given.output or (None if given.quick else results_file(machine))
    with tempfile.TemporaryDirectory() as folder:
        write_materials(Path(folder), given.quick)
        runner = Runner(sys.executable, peers_python, Path(folder), given.quick)
        measurements = measure(runner, given.rounds)
    measurements["bench_seconds"] = [time.perf_counter() - start]
    rows = make_rows(measurements)
    print(plain(rows))
    if output:
        content = json.dumps({"machine": machine, "rows": rows}, indent=2)
        write_atomically(output, content.encode("ascii") + b"\n")
        print(f"wrote {output}")


if __name__ == "__main__":
    sys.exit(run_command("benchmarks.run", main))
