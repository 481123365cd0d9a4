"""What every command line does with numbers and errors."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn.support.commands import at_least, check_folder, number_above, run_command


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "", "nan"])
def test_a_whole_number_from_a_limit_on(text: str) -> None:
    assert at_least(1)("1") == 1
    with pytest.raises(argparse.ArgumentTypeError, match=r"at least 1, received '"):
        at_least(1)(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "many", ""])
def test_a_number_above_a_limit(text: str) -> None:
    assert number_above(0)("0.5") == 0.5
    with pytest.raises(argparse.ArgumentTypeError, match=r"above 0, received '"):
        number_above(0)(text)


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ValueError("x: expected one"), 1, "name: x: expected one"),
        (PermissionError(13, "Permission denied", "a"), 1, "name: [Errno 13] Permission"),
        (ValueError(), 1, "name: ValueError()"),
        (KeyboardInterrupt(), 130, "name: stopped"),
    ],
)
def test_an_error_is_told_in_one_line(error, status, line, capsys) -> None:
    def main() -> None:
        raise error

    assert run_command("name", main) == status
    (told,) = capsys.readouterr().err.strip().splitlines()
    assert told.startswith(line)


def test_a_folder_is_tried_and_not_made(tmp_path) -> None:
    check_folder(tmp_path / "new" / "folder")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "x", Path("/proc/x")):
        with pytest.raises(OSError):  # noqa: PT011
            check_folder(folder)


def test_the_status_is_the_command_s() -> None:
    assert run_command("name", lambda: None) == 0
    assert run_command("name", lambda: 3) == 3


def test_an_error_of_the_program_stays_one() -> None:
    with pytest.raises(KeyError):
        run_command("name", lambda: {}["x"])


def test_a_reader_that_has_gone_is_no_error() -> None:
    code = (
        "import sys; from charrnn.support.commands import run_command\n"
        "def main():\n    while True: print('line')\n"
        "sys.exit(run_command('name', main))"
    )
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", code], stdout=pipe, stderr=pipe)
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()
    assert process.wait() == 0
    assert process.stderr
    assert process.stderr.read() == b""
    process.stderr.close()
