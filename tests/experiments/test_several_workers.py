"""A text trained on by several processes: as by one, also when some of them are lost on the way."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from charrnn.backend import tf
from charrnn.checkpoints import read_run
from charrnn.recipes import Recipe
from charrnn.sampler import Sampler
from charrnn.support.commands import run_command
from charrnn.weights import read_weights
from experiments import one_worker, several_workers, worker_processes
from tests.helpers.own_text import clock_text
from tools.chapters.notebooks import ROOT

WORDS = ["--steps", "12", "--every", "4", "--units", "8", "--batch-size", "8"]
ENDINGS = (".safetensors", ".history.csv")
# Seconds after which what does not end is a failure.
LIMIT = 240
# A worker, of which the second one is killed at step 8, after the states have been collected.
KILLED = """
import os, signal, sys
from charrnn.support.commands import run_command
from experiments import one_worker, several_workers

report = one_worker.Run.report

def killed(self, loss):
    report(self, loss)
    if (self.index, self.step) == (1, 8):
        os.kill(os.getpid(), signal.SIGKILL)

one_worker.Run.report = killed
sys.exit(run_command(several_workers.NAME, several_workers.main, several_workers.WORDS))
"""
# Starts two processes that would never end, and says their numbers when they work.
PARENT = """
import subprocess, sys
from experiments import worker_processes

class Popen(subprocess.Popen):
    def __init__(self, *words, **options):
        super().__init__(*words, **options)
        print(self.pid, flush=True)

subprocess.Popen = Popen
waits = "from experiments.worker_processes import end_with_parent\\nimport time\\n"
waits += "end_with_parent()\\nprint('begun')\\ntime.sleep(1000)"
worker_processes.run([sys.executable, "-c", waits], 2)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "clock.txt").write_text(clock_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))
    monkeypatch.delenv("TF_CONFIG", raising=False)
    return tmp_path


def command(monkeypatch, capsys, *words):
    """Run the script in this process; return its status and what it says."""
    monkeypatch.setattr(sys, "argv", ["several_workers", *words])
    status = run_command(several_workers.NAME, several_workers.main, several_workers.WORDS)
    told = capsys.readouterr()
    return status, told.out + told.err


def steps_of(said):
    """Return step -> loss as it is said."""
    return {
        int(line.split()[1]): float(line.split()[3])
        for line in said.splitlines()
        if line.startswith("step ")
    }


def alive(number):
    """Return whether a process works still; one that has ended may have no parent to say so to."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until_ended(numbers):
    deadline = time.monotonic() + LIMIT
    while any(map(alive, numbers)):
        assert time.monotonic() < deadline, "processes outlive the one that started them"
        time.sleep(0.05)


def a_worker_is_killed():
    """Train as on several machines, with nobody above the workers; return what the first one says.

    It ends by itself, as TensorFlow has missed the other one for ten seconds.
    """
    addresses = [f"127.0.0.1:{port}" for port in worker_processes.free_ports(2)]
    words = [sys.executable, "-c", KILLED, "clock.txt", *WORDS, "--output", "two"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    processes = []
    for index in range(2):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, **worker_processes.SETTINGS, "TF_CONFIG": json.dumps(task)}
        processes.append(subprocess.Popen(words, env=environment, **pipes))
    try:
        told = [process.communicate(timeout=LIMIT) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert [process.returncode for process in processes] == [1, -signal.SIGKILL], told
    assert told[0][1] == (
        "experiments.several_workers: worker: expected all 2 to answer, received silence from one "
        "of them; start all workers again with the same commands: they go on after the last state "
        "that was saved\n"
    )
    return told[0][0]


@pytest.mark.slow
def test_workers_of_which_one_is_killed_do_what_one_process_does(folder, monkeypatch, capfd):
    status, said = command(monkeypatch, capfd, "clock.txt", *WORDS, "--output", "one")
    assert status == 0, said
    right = steps_of(said)
    assert list(right) == [4, 8, 12]

    killed = a_worker_is_killed()
    assert list(steps_of(killed)) == [4, 8]
    words = ["clock.txt", *WORDS, "--output", "two", "--workers", "2"]
    status, said = command(monkeypatch, capfd, *words)
    assert status == 0, said
    assert "going on after step 8\n" in said
    assert "12 steps of 2 x 4 rows of 64 characters" in said
    assert steps_of(killed) | steps_of(said) == pytest.approx(right, abs=1.1e-6)
    for name, array in read_weights("one").arrays.items():
        np.testing.assert_allclose(read_weights("two").arrays[name], array, atol=2e-6)
    assert read_weights("two").card == read_weights("one").card
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["clock.txt", *(f"{name}{end}" for name in ("one", "two") for end in ENDINGS)]
    )
    # It writes as any model does.
    (text,) = Sampler.load("two").generate(["tick"], 20)
    assert len(text) == 24


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes as Linux shows them")
def test_workers_end_with_the_process_that_started_them(folder):
    words = [sys.executable, "-c", PARENT]
    with subprocess.Popen(words, stdout=subprocess.PIPE, encoding="utf-8") as parent:
        watch = threading.Timer(LIMIT, parent.kill)
        watch.start()
        lines = [parent.stdout.readline() for _ in range(3)]
        parent.kill()
        watch.cancel()
    assert lines.pop() == "begun\n"
    numbers = [int(line) for line in lines]
    wait_until_ended(numbers)


@pytest.mark.slow
def test_a_run_that_is_stopped_goes_on_exactly(folder, monkeypatch, capsys):
    words = ["clock.txt", *WORDS, "--layers", "2", "--dropout", "0.4"]
    assert command(monkeypatch, capsys, *words, "--output", "whole")[0] == 0

    def stopped(text, **options):
        say(text, **options)
        if text.startswith("step 8"):
            raise KeyboardInterrupt

    say = one_worker.say
    with monkeypatch.context() as patched:
        patched.setattr(one_worker, "say", stopped)
        status, said = command(monkeypatch, capsys, *words, "--output", "part")
    assert status == 130
    assert list(steps_of(said)) == [4, 8]
    assert [row["step"] for row in read_run("part.training")[0]] == [4, 8]
    # Another run does not go on there.
    status, told = command(monkeypatch, capsys, *words, "--seed", "1", "--output", "part")
    assert (status, told.splitlines()[-1]) == (
        1,
        "experiments.several_workers: --output: expected --seed 0, with which the run in "
        "part.training began, received 1; --replace begins anew",
    )
    status, said = command(monkeypatch, capsys, *words, "--output", "part")
    assert status == 0
    assert list(steps_of(said)) == [12]
    for name, array in read_weights("whole").arrays.items():
        np.testing.assert_array_equal(read_weights("part").arrays[name], array)
    assert Path("part.history.csv").read_text().count("\n") == 4
    # What has been trained is not overwritten, but on demand.
    status, told = command(monkeypatch, capsys, *words, "--output", "part")
    assert (status, told.splitlines()[-1]) == (
        1,
        "experiments.several_workers: --output: expected a new name, received 'part': "
        "part.safetensors exists; --replace replaces it",
    )
    status, said = command(
        monkeypatch, capsys, *words, "--output", "part", "--seed", "1", "--replace"
    )
    assert status == 0
    assert list(steps_of(said)) == [4, 8, 12]
    assert read_weights("part").card["recipe"]["seed"] == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["clock.txt", "--workers", "2", "--batch-size", "3"],
            "--batch-size: expected a multiple of 2, the number of workers, received 3",
        ),
        (["clock.txt", "--units", "5000"], "--units: expected at most 4096, received 5000"),
        (
            ["clock.txt", "--dropout", "1"],
            "--dropout: expected at least 0 and below 1, received 1",
        ),
        (
            ["-", "--output", "x", "--workers", "2"],
            "TEXT: expected a file, an address or a name, which each worker reads, received -",
        ),
        (
            ["short.txt", "--batch-size", "4"],
            "text: expected at least 770 characters, received 100",
        ),
        (
            ["clock.txt", "--batch-size", "100"],
            "TEXT: expected at least 6401 characters for 100 window(s) of 64 and their targets, "
            "received 5400",
        ),
        (["clock.txt", "--output", "no/x"], "--output: expected an existing folder, received 'no'"),
        (["nothing.txt"], "TEXT: expected a corpus name"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(folder, monkeypatch, capfd, words, told):
    (folder / "short.txt").write_text("tick tock " * 10)
    monkeypatch.setenv("CHARRNN_FAST", "1")
    status, said = command(monkeypatch, capfd, *words)
    assert status == 1
    assert said.splitlines()[-1].startswith(f"experiments.several_workers: {told}")
    assert "Traceback" not in said
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["clock.txt", "short.txt"]


def test_what_a_worker_says_is_passed_on(folder, capfd):
    fails = "import os, sys; print('step'); sys.exit('x: expected 1, received 2')"
    assert worker_processes.run([sys.executable, "-c", fails], 2) == 1
    assert capfd.readouterr().err == "x: expected 1, received 2\n"
    works = "import json, os; print(json.loads(os.environ['TF_CONFIG'])['task']['index'])"
    assert worker_processes.run([sys.executable, "-c", works], 3) == 0
    assert capfd.readouterr() == ("0\n", "")


def test_a_worker_that_is_killed_ends_the_others(folder, capfd):
    """The first one is told to end, and does."""
    words = (
        "import os, signal, time\n"
        "if '\"index\": 1' in os.environ['TF_CONFIG']:\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "time.sleep(1000)"
    )
    assert worker_processes.run([sys.executable, "-c", words], 2) == 1
    assert capfd.readouterr().err == (
        "experiments.several_workers: worker 1 was ended by signal 9, and the others have been "
        "ended; start the same command again, without --replace: it goes on from the last state "
        "saved\n"
    )


def test_a_worker_that_does_not_end_is_ended(folder, monkeypatch, capfd):
    """The first one has come to its end; the other one waits, and takes no notice of SIGTERM."""
    monkeypatch.setattr(worker_processes, "ENDING", 0.5)
    monkeypatch.setattr(worker_processes, "LAST", 1.0)
    waits = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "time.sleep(1000 if '\"index\": 1' in os.environ['TF_CONFIG'] else 0)"
    )
    assert worker_processes.run([sys.executable, "-c", waits], 2) == 1
    assert "worker 1 was lost, and the others have been ended" in capfd.readouterr().err


@pytest.mark.parametrize(
    "config",
    [
        "{",
        "[]",
        '{"cluster": {}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": "0"}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "chief", "index": 0}}',
        '{"cluster": {"worker": "a:1"}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["a:1"], "ps": []}, "task": {"type": "worker", "index": 0}}',
    ],
)
def test_a_cluster_that_cannot_be_is_told(folder, monkeypatch, capsys, config):
    monkeypatch.setenv("TF_CONFIG", config)
    status, said = command(monkeypatch, capsys, "clock.txt")
    assert status == 1
    assert said.startswith('experiments.several_workers: TF_CONFIG: expected {"cluster": ')
    assert said.endswith(f"received {config}\n")


def test_a_place_in_a_cluster_is_read(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert worker_processes.place() == (0, [])
    config = {"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    assert worker_processes.place() == (1, ["a:1", "b:2"])


def test_workers_with_other_texts_or_options_are_refused(monkeypatch):
    strategy = tf.distribute.get_strategy()
    one_worker.agree(strategy, {"seed": 0})
    said = []

    def first(strategy, values):
        said.append(int(values[0]))
        return [tf.constant(said[0], tf.int64)]

    monkeypatch.setattr(one_worker.workers, "from_the_first", first)
    one_worker.agree(strategy, {"seed": 0})
    with pytest.raises(ValueError, match="TEXT: expected the text and the options of worker 0"):
        one_worker.agree(strategy, {"seed": 1})


def test_each_worker_leaves_out_other_numbers(monkeypatch):
    monkeypatch.setenv("CHARRNN_FAST", "1")
    recipe = Recipe(embedding_size=4, units=8, batch_size=4, length=8).with_dropout(0.5)
    ids = np.arange(200) % 7
    found = []
    for index in range(2):
        strategy = tf.distribute.get_strategy()
        run = one_worker.Run(strategy, recipe, ids, 8, seed=3, index=index)
        run.keep_in(Path("nowhere"), {})
        run.step = 0
        monkeypatch.setattr(run.state, "restore", lambda: 0)
        run.restore()
        found.append([seeds.numpy() for seeds in run.model.non_trainable_variables])
    assert len(found[0]) == 2  # of outputs, of recurrent kernels
    for one, other in zip(*found, strict=True):
        assert (other - one).tolist() == [1, 0]


def test_a_recipe_is_that_of_the_rules_for_what_is_read():
    given = Namespace(units=None, layers=None, batch_size=64, learning_rate=None, dropout=None)
    given.steps = 2000
    recipe = one_worker.recipe_of(given, 60, 1_000_000)
    assert (recipe.batch_size, recipe.units, recipe.learning_rate) == (64, 640, 0.01)
    # Read 8.2 times: dropout grows with each doubling above three.
    assert recipe.dropout == pytest.approx(0.12 * np.log2(2000 * 64 * 64 / 3e6), abs=0.005)
    given.dropout = 0.0
    assert one_worker.recipe_of(given, 60, 1_000_000).dropout == 0
