"""What of an executed notebook is kept: outputs and execution counts, nothing of the run."""

import copy

from tools.chapters.notebooks import Notebook, tags

# Metadata of a run or of the program that showed the notebook: removed here, refused by the rules.
NOTEBOOK_KEYS = {"papermill", "widgets"}
CELL_KEYS = {"papermill", "execution", "ExecuteTime", "scrolled", "collapsed"}
INJECTED = "injected-parameters"  # papermill's tag for the cell it adds


def clean(notebook: Notebook) -> Notebook:
    """Remove in place what depends on the run or on the program that wrote the file."""
    for key in NOTEBOOK_KEYS:
        notebook.metadata.pop(key, None)
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.cells = [cell for cell in notebook.cells if INJECTED not in tags(cell)]
    for cell in notebook.cells:
        for key in CELL_KEYS:
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
