"""Rules for a chapter that stands alone: copied into an empty Colab it needs only TensorFlow.

It is marked by the notebook's metadata `"standalone": true`. Each rule takes a notebook's path and
content and returns messages; an empty list is a pass, and so are all other chapters.
"""

import ast
import re
import sys
from pathlib import Path

from tools.chapters.markdown import python_code
from tools.chapters.notebooks import Notebook, is_standalone, tags, where
from tools.chapters.output_rules import code_cells, visible_code
from tools.chapters.package_names import parsed

LINES = 80
# All of a tutorial, from its text to what it exports and a second way to train.
WHOLE = {"tutorials_system_a": 200}
# TensorFlow brings the other two.
MODULES = {"tensorflow", "keras", "numpy", *sys.stdlib_module_names}
ELSEWHERE = re.compile(r"charrnn|\bpip3?\b")


def marked(path: Path, notebook: Notebook) -> list[str]:
    """The mark is `true` or is not there."""
    if "standalone" in notebook.metadata and not is_standalone(notebook):
        value = notebook.metadata["standalone"]
        return [f"{path.stem}: expected the metadata standalone to be true, found {value!r}"]
    return []


def own_cells(path: Path, notebook: Notebook) -> list[str]:
    """It begins with its title; its set-up comes before all code, its parameters follow."""
    if not is_standalone(notebook):
        return []
    messages = []
    first = notebook.cells[0] if notebook.cells else None
    if (
        first is None
        or (first.id, first.cell_type) != ("title", "markdown")
        or not first.source.startswith("# ")
    ):
        messages.append(f"{path.stem}: expected cell 1 to be a heading with the id title")
    code = code_cells(notebook)
    if not code or code[0].id != "setup" or tags(code[0]) != ["setup", "hide-input"]:
        messages.append(
            f"{path.stem}: expected the first code cell to have the id setup and the tags setup, "
            "hide-input"
        )
    found = [(cell.id, tags(cell)) for cell in code if "parameters" in (cell.id, *tags(cell))]
    if found != [("parameters", ["parameters"])]:
        messages.append(f"{path.stem}: expected one cell with the id and the tag parameters")
    return messages


def needs_tensorflow_only(path: Path, notebook: Notebook) -> list[str]:
    """No code of it, in solutions neither, needs what TensorFlow does not bring."""
    if not is_standalone(notebook):
        return []
    messages = []
    for cell in notebook.cells:
        source = cell.source if cell.cell_type == "code" else python_code(cell.source)
        place = where(path.stem, notebook, cell)
        if found := ELSEWHERE.search(source):
            messages.append(f"{place}: {found[0]!r} in a chapter that stands alone")
        for node in ast.walk(parsed(source)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "."]
            for name in names:
                if name.split(".")[0] not in MODULES:
                    messages.append(f"{place}: imports {name}, which TensorFlow does not bring")
    return messages


def line_count(notebook: Notebook) -> int:
    """Return how many lines of code a page shows, without set-up, blank lines, comments."""
    lines = [
        line.strip()
        for cell in visible_code(notebook)
        if cell.id != "setup"
        for line in cell.source.splitlines()
    ]
    return sum(bool(line) and not line.startswith("#") for line in lines)


def short_code(path: Path, notebook: Notebook) -> list[str]:
    """What its page shows is few lines of code."""
    if not is_standalone(notebook):
        return []
    count, most = line_count(notebook), WHOLE.get(path.stem, LINES)
    if count > most:
        return [f"{path.stem}: {count} lines of code, expected at most {most}"]
    return []


RULES = (marked, own_cells, needs_tensorflow_only, short_code)
