import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.chapters import code, standalone_chapter, tiny_chapter, write_chapter
from tools.chapters.notebooks import ROOT, chapter_paths
from tools.chapters.reachable import missing_corpus


def run(path: Path) -> "subprocess.CompletedProcess[str]":
    """Run a chapter's solutions in a fresh interpreter."""
    command = [sys.executable, "-m", "tools.solutions", str(path)]
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_solutions_run(path: Path) -> None:
    if reason := missing_corpus(path):
        pytest.skip(reason)
    result = run(path)
    assert result.returncode == 0, result.stderr


def test_solutions_of_a_good_chapter_run_silently(tmp_path: Path) -> None:
    cells = [
        code("print", "from IPython.display import HTML\ndisplay(HTML('x'))\nprint(PROFILE)"),
        code("train", "raise RuntimeError('left out')", "slow"),
        code("source", "import inspect\nassert 'return 2' in inspect.getsource(double)"),
    ]
    result = run(write_chapter(tmp_path, tiny_chapter(*cells)))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_chapter_that_stands_alone_finds_its_text(tmp_path: Path) -> None:
    read = "path = os.path.join(os.environ['KERAS_HOME'], 'datasets', FILE)"
    cell = code("read", f"{read}\nassert len(open(path).read()) == 1_115_394")
    result = run(write_chapter(tmp_path, standalone_chapter(cell)))
    assert (result.returncode, result.stderr) == (0, "")


def test_a_failing_solution_is_named(tmp_path: Path) -> None:
    notebook = tiny_chapter()
    notebook.cells[-1].source = notebook.cells[-1].source.replace("half = 0.5", "half = 0.6")
    result = run(write_chapter(tmp_path, notebook))
    assert result.returncode == 1
    assert "01_tiny exercise 2 (2. Double a half.) failed" in result.stderr
    assert "assert double(half) == 1" in result.stderr
    assert "exercise 1" not in result.stderr


def test_a_solution_does_not_see_another_ones_names(tmp_path: Path) -> None:
    notebook = tiny_chapter()
    notebook.cells[-1].source = (
        notebook.cells[-1]
        .source.replace("half = 0.5\n", "")
        .replace("assert", "half = 0.5\nassert", 1)
    )
    result = run(write_chapter(tmp_path, notebook))
    assert result.returncode == 1
    assert "name 'half' is not defined" in result.stderr


def test_a_failing_cell_is_named(tmp_path: Path) -> None:
    cells = [code("train", "loss = 1", "slow"), code("plot", "print(loss)")]
    result = run(write_chapter(tmp_path, tiny_chapter(*cells)))
    assert result.returncode == 1
    assert "01_tiny cell 8 (plot) failed (cells tagged slow were left out" in result.stderr
    assert "name 'loss' is not defined" in result.stderr


def test_an_unknown_chapter_is_an_error(tmp_path: Path) -> None:
    result = run(tmp_path / "99_none.ipynb")
    assert result.returncode == 1
    assert "99_none" in result.stderr
    assert "Traceback" not in result.stderr
