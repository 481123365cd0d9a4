"""The processes of ``experiments.several_workers`` on one machine: started, read, ended together.

None outlives the one that started it, however that ends, and none waits for one that is lost.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from charrnn.support.console import complain, say
from charrnn.support.interrupts import Interrupts

__all__ = ["end_with_parent", "free_ports", "place", "run"]

# Seconds that a process has to end in, when it is told to or when another one has come to its end.
ENDING, LAST = 5.0, 120.0
# A processor's cores are divided among the workers: of the threads that wait for one another in
# each product, every one has one. What TensorFlow logs when a peer is lost, is said in other words.
SETTINGS = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONUNBUFFERED": "1",
}


def place() -> tuple[int, list[str]]:
    """Return which worker this process is, from 0, and the addresses of all; none: it is alone.

    Raises:
        ValueError: ``TF_CONFIG`` is set, and says something else.
    """
    words = os.environ.get("TF_CONFIG")
    if not words:
        return 0, []
    try:
        config = json.loads(words)
        addresses, task = config["cluster"]["worker"], config["task"]
        index = task["index"]
        right = (
            config["cluster"].keys() == {"worker"}
            and task["type"] == "worker"
            and isinstance(addresses, list)
            and all(isinstance(address, str) for address in addresses)
            and type(index) is int
            and 0 <= index < len(addresses)
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        right = False
    if not right:
        raise ValueError(
            'TF_CONFIG: expected {"cluster": {"worker": [ADDRESSES]}, "task": {"type": "worker", '
            f'"index": NUMBER}}}}, the number below that of addresses, received {words:.200}'
        )
    return index, addresses


class Worker:
    """A process, whose lines are read as they come.

    Attributes:
        process: as it was started.
        errors: what it has written to its standard error.
    """

    def __init__(self, command: Sequence[str], index: int, addresses: list[str]) -> None:
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # its end is the end of this process
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **SETTINGS, "TF_CONFIG": json.dumps(config)},
        )
        self.errors: list[str] = []
        tell = say if index == 0 else lambda line: None
        self.readers = [
            threading.Thread(target=_read, args=(stream, take), daemon=True)
            for stream, take in (
                (self.process.stdout, tell),
                (self.process.stderr, self.errors.append),
            )
        ]
        for reader in self.readers:
            reader.start()

    def end(self) -> None:
        """End the process, if it has not ended."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(ENDING)
            except subprocess.TimeoutExpired:  # as a stopped one
                self.process.kill()
                self.process.wait()
        for reader in self.readers:
            reader.join(ENDING)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def _read(stream: Any, take: Any) -> None:
    for line in stream:
        take(line.rstrip("\n"))


def run(command: Sequence[str], count: int) -> int:
    """Run a command as several workers on this machine; say what the first one says.

    Returns:
        0 if all have come to their end, 1 if one has failed: the others are ended then.

    Raises:
        KeyboardInterrupt: this process was told to end; the workers are ended.
    """
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    with Interrupts(), ExitStack() as ended:
        workers = []
        for index in range(count):
            workers.append(Worker(command, index, addresses))
            ended.callback(workers[-1].end)
        failed = _wait(workers)
        if failed is None:
            return 0
        code = workers[failed].process.poll()  # before this process ends it
    complain(_what_happened(failed, code, workers[failed].errors))
    return 1


def free_ports(count: int) -> list[int]:
    """Return ports of this machine on which nobody listens now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait(workers: Sequence[Worker]) -> int | None:
    """Wait until all have ended or one has failed; return its number, or None."""
    last = None
    while True:
        codes = [worker.process.poll() for worker in workers]
        # First one that was killed: the others may have noticed already.
        if failed := [index for index, code in enumerate(codes) if code]:
            return min(failed, key=lambda index: codes[index] or 0)
        if None not in codes:
            return None
        if 0 in codes:
            last = last or time.monotonic()
            if time.monotonic() > last + LAST:
                return codes.index(None)
        time.sleep(0.05)


def _what_happened(index: int, code: int | None, errors: Sequence[str]) -> str:
    """Return a sentence about the worker that ended first, and what to do."""
    if code is not None and code > 0 and errors:
        return errors[-1]  # one sentence of its own
    how = f"ended by signal {-code}" if code and code < 0 else "lost"
    return (
        f"experiments.several_workers: worker {index} was {how}, and the others have been ended; "
        "start the same command again, without --replace: it goes on from the last state saved"
    )


def end_with_parent() -> None:
    """End this process when the one that has started it ends, whatever happens to that."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
