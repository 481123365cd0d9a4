"""Commands of the repository with wrong values: one line that names it, no traceback."""

import importlib
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from charrnn.support.commands import run_command
from tools.chapters.notebooks import ROOT

NOTEBOOKS = {"list": "[]", "object": "{}", "broken": "{", "version": '{"nbformat": "x"}'}
RESULTS = {"list": "[]", "object": "{}", "broken": "{", "rows": '{"rows": [{"id": 3}]}'}
NUMBERS = {
    "experiments.cells": "--steps",
    "experiments.pretrained": "--epochs",
    "experiments.recipes": "--seconds",
    "experiments.scheduled_sampling": "--steps",
    "experiments.several_workers": "--steps",
    "experiments.stateful": "--steps",
    "experiments.system_a": "--epochs",
    "benchmarks.folded": "--turns",
    "benchmarks.long_texts": "--megabytes",
    "benchmarks.run": "--rounds",
}
NEEDED = {
    "experiments.pretrained": ["shakespeare"],
    "experiments.several_workers": ["my.txt"],
    "experiments.system_a": ["--part", "whole"],
}


def last_line(monkeypatch, capsys, name: str, *words: str) -> str:
    """Run a command as ``python -m`` does; return the last line of what it says."""
    main = importlib.import_module(name).main
    monkeypatch.setattr(sys, "argv", [name, *words])
    with suppress(SystemExit):  # of argparse
        assert run_command(name, main) != 0
    told = capsys.readouterr()
    return (told.err + told.out).strip().splitlines()[-1]


@pytest.mark.parametrize("value", ["0", "-1", "nan", "many", ""])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_none_is_refused(monkeypatch, capsys, name, value) -> None:
    words = [*NEEDED.get(name, []), f"{NUMBERS[name]}={value}"]
    line = last_line(monkeypatch, capsys, name, *words)
    assert f"argument {NUMBERS[name]}: expected" in line
    assert repr(value) in line


@pytest.mark.parametrize("content", RESULTS)
@pytest.mark.parametrize("name", ["benchmarks.table", "benchmarks.picture"])
def test_results_that_are_none_are_named(monkeypatch, capsys, tmp_path, name, content) -> None:
    path = tmp_path / "results.json"
    path.write_text(RESULTS[content])
    line = last_line(monkeypatch, capsys, name, str(path))
    assert line == f"{name}: {path}: expected results of benchmarks.run, received others"
    assert str(tmp_path) in last_line(monkeypatch, capsys, name, str(tmp_path))


@pytest.mark.parametrize("content", NOTEBOOKS)
@pytest.mark.parametrize("name", ["tools.execute", "tools.check_notebooks", "tools.solutions"])
def test_a_notebook_that_is_none_is_named(monkeypatch, capsys, tmp_path, name, content) -> None:
    path = tmp_path / "chapter.ipynb"
    path.write_text(NOTEBOOKS[content])
    main = importlib.import_module(name).main
    assert run_command(name, lambda: main([str(path)])) in (1, 2)
    told = capsys.readouterr()
    line = (told.out + told.err).splitlines()[0]
    assert f"{path}: expected a Jupyter notebook" in line


def test_every_command_tells_its_errors_so() -> None:
    started = [
        path
        for folder in ("tools", "experiments", "benchmarks")
        for path in (ROOT / folder).glob("*.py")
        if "add_argument" in path.read_text("utf-8") or folder == "tools"
    ]
    # Started by benchmarks.run alone, which shows what went wrong in them.
    contenders = {"contender.py", "__init__.py"}
    without = [
        path.name
        for path in started
        if "sys.exit(run_command(" not in path.read_text("utf-8") and path.name not in contenders
    ]
    assert [Path(name).stem for name in without] == []
