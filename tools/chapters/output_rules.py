"""Rules for what a committed notebook stores: executed, in order, quiet, small, the same anywhere.

Each rule takes a notebook's path and content and returns messages; an empty list is a pass.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from tools.chapters.notebooks import Cell, Notebook, alternative_text, notebook_text, tags, where
from tools.chapters.outputs import CELL_KEYS, INJECTED, NOTEBOOK_KEYS

HIDDEN = "remove-cell"
NOTEBOOK_BYTES, FIGURE_BYTES = 300_000, 40_000
# "UserWarning: …", "WARNING:tensorflow: …", and the lines of TensorFlow's own log
WARNING = re.compile(r"\w*Warning:|\bWARNING\b|^[WEI]\d{4} \d\d:\d\d:\d\d", re.M)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# No address such as https://example.org/home/x: there a letter stands before the slash.
MACHINE_PATH = re.compile(
    r"(?<![\w.)/-])(?:/(?:root|home|work|tmp|Users|mnt|var|private)/[^\s'\"`)]+|[A-Z]:\\Users\\\S+)"
)


def code_cells(notebook: Notebook) -> list[Cell]:
    """Return the code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def visible_code(notebook: Notebook) -> list[Cell]:
    """Return the code cells that the page shows."""
    return [cell for cell in code_cells(notebook) if HIDDEN not in tags(cell)]


def output_texts(cell: Cell) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of a cell's outputs, no images; the kind is a stream or a MIME type."""
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            yield output.name, "".join(output.text)
        for kind, data in output.get("data", {}).items():
            if kind != "image/png":
                yield kind, data if isinstance(data, str) else str(data)


def executed_in_order(path: Path, notebook: Notebook) -> list[str]:
    """Every code cell has its execution count, 1…n; nbval passes a cell without one silently."""
    messages = []
    for number, cell in enumerate(code_cells(notebook), 1):
        if not cell.source.strip():
            messages.append(f"{where(path.stem, notebook, cell)}: an empty code cell; remove it")
        elif cell.execution_count != number:
            messages.append(
                f"{where(path.stem, notebook, cell)}: expected execution count {number}, "
                f"found {cell.execution_count}; run: make outputs"
            )
    return messages


def quiet(path: Path, notebook: Notebook) -> list[str]:
    """No standard error, error, warning or control character is stored."""
    messages = []
    for cell in code_cells(notebook):
        place = where(path.stem, notebook, cell)
        if any(output.output_type == "error" for output in cell.outputs):
            messages.append(f"{place}: stores an error")
        for kind, text in output_texts(cell):
            if kind == "stderr":
                messages.append(f"{place}: stores standard error: {text[:80]!r}")
            if found := WARNING.search(text):
                messages.append(f"{place}: stores a warning: {found[0]!r}")
            if found := CONTROL.search(text):
                messages.append(f"{place}: stores the control character {found[0]!r}")
    return messages


def independent_of_the_run(path: Path, notebook: Notebook) -> list[str]:
    """No metadata of a run or editor is stored, no injected cell, no path of a machine."""
    messages = []
    for key in sorted(NOTEBOOK_KEYS & notebook.metadata.keys()):
        messages.append(f"{path.stem}: stores the metadata {key}; run: make outputs")
    for cell in notebook.cells:
        place = where(path.stem, notebook, cell)
        for key in sorted(CELL_KEYS & cell.metadata.keys()):
            messages.append(f"{place}: stores the metadata {key}; run: make outputs")
        if cell.metadata.get("tags") == []:
            messages.append(f"{place}: stores empty tags; run: make outputs")
        if INJECTED in tags(cell):
            messages.append(f"{place}: is papermill's; run: make outputs")
        for text in (cell.source, *(text for _, text in output_texts(cell))):
            if found := MACHINE_PATH.search(text):
                messages.append(f"{place}: names a path of one machine: {found[0]}")
    return messages


def small(path: Path, notebook: Notebook) -> list[str]:
    """A notebook stays under 300 KB and a figure under 40 KB, five languages carry them."""
    messages = []
    if (size := len(notebook_text(notebook).encode())) >= NOTEBOOK_BYTES:
        messages.append(f"{path.stem}: {size:,} bytes, expected under {NOTEBOOK_BYTES:,}")
    for cell in code_cells(notebook):
        for output in cell.outputs:
            size = len(base64.b64decode(output.get("data", {}).get("image/png", "")))
            if size >= FIGURE_BYTES:
                place = where(path.stem, notebook, cell)
                messages.append(f"{place}: a figure of {size:,} bytes, expected {FIGURE_BYTES:,}")
    return messages


def figures_have_words(path: Path, notebook: Notebook) -> list[str]:
    """A cell that stores an image has alternative text at metadata.mystnb.image.alt."""
    messages = []
    for cell in code_cells(notebook):
        image = any(
            kind.startswith("image/") for output in cell.outputs for kind in output.get("data", {})
        )
        if image and not alternative_text(cell):
            place = where(path.stem, notebook, cell)
            messages.append(f"{place}: a figure without metadata.mystnb.image.alt")
    return messages


RULES = (executed_in_order, quiet, independent_of_the_run, small, figures_have_words)
