"""For `pytest --nbval`: missing corpora, and the solutions of the exercises.

Cells of a chapter whose corpus is missing are skipped, by the rule of
`tools.chapters.reachable`. Where CHARRNN_DATA is set, nothing is skipped.
A chapter that stands alone finds its text in Keras' folder. After its last
cell each solution runs in the chapter's kernel, where a reader types it.
"""

from collections import defaultdict
from contextlib import ExitStack
from itertools import groupby

import pytest
from nbformat.v4 import new_code_cell
from nbval.plugin import IPyNbCell, NbCellError
from tools.chapters.keras_folder import keras_home
from tools.chapters.notebooks import read_chapter, solutions
from tools.chapters.reachable import missing_corpus


def alone(code, name):
    """Return code that runs other code in a copy of the kernel's names."""
    # TensorFlow's AutoGraph and tracebacks read source through linecache.
    lines = code.splitlines(keepends=True)
    kept = (len(code), None, lines, name)
    return (
        f'__import__("linecache").cache[{name!r}] = {kept!r}\n'
        f'exec(compile({code!r}, {name!r}, "exec"), dict(globals()))'
    )


class SolutionItem(IPyNbCell):
    """A solution, run as a cell whose outputs are compared with nothing."""

    def __init__(self, name, parent, solution):
        cell = new_code_cell(alone(solution.code, f"<{name}>"))
        super().__init__(name, parent, solution.number, cell, defaultdict(bool))
        self.code = solution.code

    def raise_cell_error(self, message, *args, **kwargs):
        message = f"{self.name}: {message}"
        raise NbCellError(self.cell_num, message, self.code, *args, **kwargs)

    def reportinfo(self):
        path, line, place = super().reportinfo()
        return path, line, f"{place.rpartition('::')[0]}::{self.name}"


def solution_items(file, cells):
    """Return the solutions of a chapter, none where only some cells run."""
    code = [cell for cell in file.nb.cells if cell.cell_type == "code"]
    if len(cells) < len(code):
        return []
    return [
        SolutionItem.from_parent(
            file, name=f"Exercise {solution.number}", solution=solution
        )
        for solution in solutions(file.nb)[0]
    ]


def pytest_collection_modifyitems(config, items):
    """Mark the cells before the kernel of their chapter is started."""
    together = []
    for parent, group in groupby(items, key=lambda item: item.parent):
        cells = list(group)
        together += cells
        if isinstance(cells[0], IPyNbCell):
            together += solution_items(parent, cells)
    items[:] = together
    paths = {item.path for item in items if item.path.suffix == ".ipynb"}
    reasons = {path: missing_corpus(path) for path in paths}
    for item in items:
        if reason := reasons.get(item.path):
            item.add_marker(pytest.mark.skip(reason=reason))
    held = ExitStack()
    config.add_cleanup(held.close)
    held.enter_context(keras_home(*map(read_chapter, paths)))
