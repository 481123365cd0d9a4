"""`make setup`: which Python it takes, and two at once; with stand-ins, so nothing is installed."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("cat", "chmod", "dirname", "env", "find", "make", "mkdir", "rm", "sh", "sleep", "touch")

# A Python of another version: this one, which says that it is another.
INTERPRETER = """#!/bin/sh
if [ "$1" = -m ]; then  # -m venv FOLDER
  echo "begin $3 $0" >>log
  mkdir -p "$3/bin"
  cat >"$3/bin/python" <<'PIP'
#!/bin/sh
while [ -e hold ]; do sleep 0.01; done
echo "pip $*" >>log
PIP
  chmod +x "$3/bin/python"
  exit
fi
script=$2
shift 2
exec {executable} -c "import sys; sys.version_info = ({version}, 0, 'final', 0)
$script" "$@"
"""


@pytest.fixture
def checkout(tmp_path):
    """A folder with what set-up reads, and a PATH with nothing but the tools that it needs."""
    for name in ("Makefile", ".ci/set-up"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1, 1))
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in TOOLS:
        (programs / name).symlink_to(shutil.which(name))
    return tmp_path


def add_python(checkout, name, minor):
    file = checkout / "programs" / name
    file.write_text(INTERPRETER.format(executable=sys.executable, version=f"3, {minor}"))
    file.chmod(0o755)


def start(checkout, *arguments):
    environment = {"PATH": str(checkout / "programs"), "HOME": str(checkout)}
    return subprocess.Popen(
        ["make", "setup", *arguments],
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )


def start_and_hold(checkout):
    """Start a set-up that has begun and does not go on while there is a file `hold`."""
    (checkout / "hold").touch()
    process = start(checkout)
    while not log(checkout):
        assert process.poll() is None
        time.sleep(0.01)
    return process


def set_up(checkout, *arguments):
    process = start(checkout, *arguments)
    output, _ = process.communicate()
    return process.returncode, output


def log(checkout):
    file = checkout / "log"
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ({"python3": 11}, "python3"),
        ({"python3": 13, "python3.12": 12}, "python3"),
        ({"python3": 14, "python3.12": 12, "python3.11": 11}, "python3.12"),
        ({"python3": 14, "python3.12": 12, "python3.13": 13}, "python3.13"),
        ({"python3": 9, "python3.11": 11}, "python3.11"),
        ({"python3.11": 11}, "python3.11"),
    ],
)
def test_the_first_python_that_suits_is_taken(checkout, there, taken):
    for name, minor in there.items():
        add_python(checkout, name, minor)
    status, output = set_up(checkout)
    assert status == 0, output
    assert log(checkout)[0] == f"begin .venv {checkout / 'programs' / taken}"
    assert (checkout / ".venv/set-up-complete").exists()


def test_a_python_that_was_named_is_taken_or_refused(checkout):
    add_python(checkout, "python3", 12)
    add_python(checkout, "mine", 13)
    add_python(checkout, "new", 14)
    status, output = set_up(checkout, "PYTHON=new")
    assert status != 0
    assert "new is Python 3.14, expected 3.11, 3.12 or 3.13" in output
    assert log(checkout) == []
    status, output = set_up(checkout, "PYTHON=mine")
    assert status == 0, output
    assert log(checkout)[0].endswith("/mine")


def test_without_a_python_the_message_says_what_to_install(checkout):
    status, output = set_up(checkout)
    assert status != 0
    assert "python3 not found; " in output
    assert "install Python 3.11, 3.12 or 3.13, or name one: make PYTHON=python3.12" in output
    add_python(checkout, "python3", 14)
    status, output = set_up(checkout)
    assert status != 0
    assert "python3 is Python 3.14, expected 3.11, 3.12 or 3.13" in output
    assert "install Python 3.11, 3.12 or 3.13" in output
    assert not (checkout / ".venv").exists()


def test_two_at_once_set_up_once(checkout):
    add_python(checkout, "python3", 12)
    first = start_and_hold(checkout)
    second = start(checkout)
    assert any("another one is at work, waiting for it" in line for line in second.stdout)
    (checkout / "hold").unlink()
    outputs = [process.communicate()[0] for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0], outputs
    assert len([line for line in log(checkout) if line.startswith("begin")]) == 1
    assert "another one is at work" not in outputs[0]


def test_a_set_up_that_was_killed_blocks_nobody(checkout):
    add_python(checkout, "python3", 12)
    process = start_and_hold(checkout)
    os.killpg(process.pid, 9)
    process.communicate()
    (checkout / "hold").unlink()
    assert not (checkout / ".venv/set-up-complete").exists()
    status, output = set_up(checkout)
    assert status == 0, output
    # Anew: what the killed one left is not trusted.
    assert len([line for line in log(checkout) if line.startswith("begin")]) == 2


def test_new_requirements_bring_the_environment_up_to_date(checkout):
    add_python(checkout, "python3", 12)
    assert set_up(checkout)[0] == 0
    assert set_up(checkout) == (0, "make: Nothing to be done for 'setup'.\n")
    before = len(log(checkout))
    kept = checkout / ".venv/kept"
    kept.touch()
    # Later than any file here, whatever the machine's clock does meanwhile.
    later = time.time() + 3600
    os.utime(checkout / "requirements.txt", (later, later))
    status, output = set_up(checkout)
    assert status == 0, output
    assert len(log(checkout)) > before
    assert kept.exists()
