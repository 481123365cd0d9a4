"""Train on a text of one's own, on one machine or on several, for so many training steps.

    python -m experiments.several_workers TEXT [--output MODEL] [--steps 1000] [--workers 2]

On one machine this is one process, which uses the GPUs that there are. ``--workers 2`` starts two
on this machine, to try what several machines do. On several machines start it once on each, with
the same text and options and with ``TF_CONFIG`` set as TensorFlow describes it, for example

    {"cluster": {"worker": ["one.example:2222", "two.example:2222"]},
     "task": {"type": "worker", "index": 0}}

on the first and ``"index": 1`` on the second. The rows of a batch, ``--batch-size`` of them, are
divided among the workers; however many there are, the steps are the same but for rounding (with
``CHARRNN_MATMUL_DTYPE=float32`` to six digits of the loss, without dropout).

Worker 0 alone writes: each ``--every`` steps the state, all workers' rows in one file, to the
folder ``MODEL.training``, and at the end the model. The same command, started again after a worker
was lost, goes on from there exactly, also with another number of workers.
"""

import argparse
import os
import sys
from pathlib import Path

from charrnn.checkpoints import STATE
from charrnn.own_text import files
from charrnn.own_text.train import LARGEST, name_of
from charrnn.support.commands import at_least, number_above, run_command
from charrnn.weights import model_file
from experiments import worker_processes

NAME = "experiments.several_workers"
WORDS = {"batch_size": "--batch-size", "source": "TEXT", "ids": "TEXT"}


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    command = argparse.ArgumentParser(
        prog=f"python -m {NAME}",
        description=str(__doc__),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("text", metavar="TEXT", help="as for `python -m charrnn train`")
    command.add_argument("--output", help="the model's file (default: named after the text)")
    command.add_argument(
        "--steps", type=at_least(1), default=1000, help="of training (default: 1000)"
    )
    command.add_argument(
        "--every",
        type=at_least(1),
        default=100,
        help="steps between two reports, at which the state is saved (default: 100)",
    )
    command.add_argument(
        "--batch-size",
        type=at_least(1),
        default=32,
        help="rows on all workers together (default: 32)",
    )
    command.add_argument("--units", type=at_least(1), help="default: by the text")
    command.add_argument("--layers", type=at_least(1), help="default: 1")
    command.add_argument("--dropout", type=float, help="default: by how often the text is read")
    command.add_argument("--learning-rate", type=number_above(0), help="default: 0.01")
    command.add_argument("--seed", type=at_least(0), default=0, help="of the first weights")
    command.add_argument("--replace", action="store_true", help="replace the model of that name")
    command.add_argument(
        "--workers", type=at_least(1), default=1, help="processes on this machine (default: 1)"
    )
    command.add_argument("--started", action="store_true", help=argparse.SUPPRESS)
    return command


def output_of(given: argparse.Namespace) -> Path:
    """Return the model's file."""
    return model_file(given.output, "--output") if given.output else name_of(given.text)


def check(given: argparse.Namespace, workers: int) -> None:
    """Raise ValueError for options that cannot be, before anything is read or started."""
    for name, largest in LARGEST.items():
        if (value := getattr(given, name)) is not None and value > largest:
            raise ValueError(f"--{name}: expected at most {largest}, received {value}")
    if given.dropout is not None and not 0 <= given.dropout < 1:
        raise ValueError(f"--dropout: expected at least 0 and below 1, received {given.dropout:g}")
    if given.batch_size % workers:
        raise ValueError(
            f"--batch-size: expected a multiple of {workers}, the number of workers, received "
            f"{given.batch_size}"
        )


def check_output(output: Path, replace: bool) -> None:
    """Raise ValueError if the model's files may not be written; a run that did not end may."""
    unfinished = (files.folder_of(output) / STATE).is_file()
    files.check_output(output, unfinished and not replace, replace)


def main() -> int | None:
    """Train, or start the processes that do."""
    given = parser().parse_args()
    if given.workers > 1 and not given.started:
        if "TF_CONFIG" in os.environ:
            raise ValueError("--workers: expected none where TF_CONFIG says what they are")
        if given.text == "-":
            raise ValueError(
                "TEXT: expected a file, an address or a name, which each worker reads, received -"
            )
        check(given, given.workers)
        check_output(output_of(given), given.replace)
        command = [sys.executable, "-m", NAME, "--started", *sys.argv[1:]]
        return worker_processes.run(command, given.workers)
    if given.started:
        worker_processes.end_with_parent()
    index, addresses = worker_processes.place()
    check(given, max(len(addresses), 1))
    output = output_of(given)
    if index == 0:
        check_output(output, given.replace)

    from experiments.one_worker import train  # TensorFlow: a process that starts others has none

    train(given, output, index, addresses)
    return None


if __name__ == "__main__":
    sys.exit(run_command(NAME, main, WORDS))
