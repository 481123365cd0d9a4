"""What of an executed notebook is kept: outputs and execution counts, nothing of the run."""

import copy

from tools.chapters.notebooks import Notebook, tags

INJECTED = "injected-parameters"  # papermill's tag for the cell it adds


def clean(notebook: Notebook) -> Notebook:
    """Remove in place what depends on the run or on the program that wrote the file."""
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.cells = [cell for cell in notebook.cells if INJECTED not in tags(cell)]
    for cell in notebook.cells:
        for key in ("papermill", "execution", "ExecuteTime", "scrolled", "collapsed"):
            cell.metadata.pop(key, None)
        if not tags(cell):
            cell.metadata.pop("tags", None)
    return notebook


def store_outputs(source: Notebook, executed: Notebook) -> Notebook:
    """Return `source` with the outputs and counts of `executed`, and with its injected cell."""
    result = clean(copy.deepcopy(source))
    originals = iter(result.cells)
    cells = []
    for cell in executed.cells:
        if INJECTED in tags(cell):
            cell.id = INJECTED  # papermill draws an id at random
            cell.metadata = {"tags": [INJECTED]}
            cells.append(cell)
            continue
        original = next(originals)
        if original.cell_type == "code":
            original.outputs, original.execution_count = cell.outputs, cell.execution_count
        cells.append(original)
    result.cells = cells
    return result
