import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.chapters import code, standalone_chapter, tiny_chapter, write_chapter
from tools.chapters.notebooks import (
    ROOT,
    Notebook,
    chapter_paths,
    find_chapters,
    read_chapter,
    solutions,
    tags,
)


def run(path: Path) -> "subprocess.CompletedProcess[str]":
    """Run a chapter's solutions in a fresh interpreter."""
    command = [sys.executable, "-m", "tools.solutions", str(path)]
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["windows"])
def test_solutions_of_a_chapter_of_the_book_run(name: str) -> None:
    """The others run under nbval, after the cells that are compared there anyway."""
    result = run(*find_chapters([name], chapter_paths()))
    assert result.returncode == 0, result.stderr


def names(code: str) -> tuple[set[str], set[str]]:
    """Return the names that some code binds and those it reads as it runs, whatever the scope."""
    bound: set[str] = set()
    read: set[str] = set()
    nodes: list[ast.AST] = [ast.parse(code)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.FunctionDef):
            bound.add(node.name)
            continue  # what it reads is needed where it is called, which may be a slow cell
        elif isinstance(node, ast.ClassDef):
            bound.add(node.name)
        nodes += ast.iter_child_nodes(node)
    return bound, read


def needed_of_slow_cells(notebook: Notebook) -> set[str]:
    """Return names that slow cells alone bind and that other cells or solutions read."""
    bound: dict[bool, set[str]] = {False: set(), True: set()}
    read: set[str] = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            slow = "slow" in tags(cell)
            own_bound, own_read = names(cell.source)
            bound[slow] |= own_bound
            read |= set() if slow else own_read
    for solution in solutions(notebook)[0]:
        own_bound, own_read = names(solution.code)
        read |= own_read - own_bound
    return read & (bound[True] - bound[False])


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_solutions_and_other_cells_need_no_slow_cell(path: Path) -> None:
    assert needed_of_slow_cells(read_chapter(path)) == set()


def test_what_needs_a_slow_cell_is_found() -> None:
    train = code("train", "loss: float = 1\ndef again(): return loss", "slow")
    fast = [code("plot", "print(again())"), code("other", "double(2)")]
    assert needed_of_slow_cells(tiny_chapter(train, *fast)) == {"again"}
    in_solution = tiny_chapter(train)
    in_solution.cells[-1].source = in_solution.cells[-1].source.replace("half = 0.5", "half = loss")
    assert needed_of_slow_cells(in_solution) == {"loss"}


def nbval(chapter: Any, folder: Path, *selected: str) -> "subprocess.CompletedProcess[str]":
    """Run a chapter, or some cells, as `make test` does."""
    place = folder / "notebooks" / "en"
    place.mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "conftest.py", place.parent)
    path = write_chapter(place, chapter)
    options = ["-q", "--nbval", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    command = [sys.executable, "-m", "pytest", *options]
    command += [f"{path}::{name}" for name in selected] or [str(place)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_nbval_runs_solutions_after_all_cells_each_alone(tmp_path: Path) -> None:
    """A slow cell runs, too; a solution sees the cells' names, not those of another solution."""
    inspect = code("source", "import inspect\nx = 1", "slow")
    notebook = tiny_chapter(inspect)
    first, second = (
        "assert inspect.getsource(own)\nx = 2\n",
        "assert x == 1 and 'own' not in globals()\n",
    )
    own = "def own():\n    return 1\n"
    text = notebook.cells[-1].source
    begin = text.replace("```python\n", f"```python\n{own}{first}", 1)
    head, middle, tail = begin.partition("```python\n")
    tail = tail.replace("```python\n", f"```python\n{second}", 1)
    notebook.cells[-1].source = head + middle + tail
    result = nbval(notebook, tmp_path)
    assert result.returncode == 0, result.stdout
    assert "7 passed" in result.stdout


def test_nbval_names_a_failing_solution(tmp_path: Path) -> None:
    notebook = tiny_chapter()
    notebook.cells[-1].source = notebook.cells[-1].source.replace("half = 0.5", "half = 0.6")
    result = nbval(notebook, tmp_path)
    assert result.returncode == 1
    assert "1 failed, 5 passed" in result.stdout
    assert re.search(r"^FAILED \S*01_tiny\.ipynb::Exercise 2 ", result.stdout, re.M)
    assert "Exercise 2: Cell execution caused an exception" in result.stdout
    assert "half = 0.6\nassert double(half) == 1\n" in result.stdout
    assert "assert double(half) == 1" in result.stdout


def test_nbval_of_some_cells_runs_no_solution(tmp_path: Path) -> None:
    assert "\n2 passed" in nbval(tiny_chapter(), tmp_path, "Cell 0", "Cell 1").stdout


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
