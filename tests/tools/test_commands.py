"""The list of commands, and how they introduce themselves."""

import importlib
import re
from pathlib import Path

import pytest

import tools
from tools.chapters.notebooks import ROOT

COMMANDS = sorted(path.stem for path in (ROOT / "tools").glob("[a-z]*.py"))
FOLDERS = ["tools.chapters", "tools.translation", "tools.site"]


def listed(doc: str) -> list[str]:
    """Return what a docstring describes in a line each: a name, two spaces or more, words."""
    return re.findall(r"^ *(\w+) {2,}\w", doc, re.M)


def test_the_commands_are_listed() -> None:
    assert sorted(listed(tools.__doc__ or "")) == COMMANDS
    assert len(COMMANDS) <= 11


@pytest.mark.parametrize("name", FOLDERS)
def test_the_modules_of_a_folder_are_listed(name: str) -> None:
    package = importlib.import_module(name)
    (folder,) = map(Path, package.__path__)
    modules = {path.stem for path in folder.glob("[a-z]*.py")}
    folders = {path.parent.name for path in folder.glob("*/__init__.py")}
    assert sorted(listed(package.__doc__ or "")) == sorted(modules | folders)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_how_it_is_called(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = importlib.import_module(f"tools.{name}")
    with pytest.raises(SystemExit, match="0"):
        command.main(["--help"])
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: python -m tools.{name} ")
    assert f"python -m tools.{name}" in (command.__doc__ or "")
