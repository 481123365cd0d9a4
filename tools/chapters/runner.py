"""Run one chapter with papermill, with this Python interpreter and in the chapter's folder."""

import copy
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import ipykernel.kernelspec
import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError, strip_color

from charrnn.corpora import CorpusError
from tools.chapters.keras_folder import keras_home
from tools.chapters.notebooks import Notebook, read_chapter, write_notebook
from tools.chapters.outputs import clean, store_outputs


class ThisInterpreter(AsyncKernelManager):
    """Kernels of this very interpreter, whatever kernels the machine has installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification that the kernel is started from."""
        # A backend chosen for the runner's shell would leave the chapters without figures.
        env = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        # ipykernel's own log: that it is not encrypted, and its traceback when interrupted.
        content = ipykernel.kernelspec.get_kernel_dict(["--log-level=CRITICAL"])
        return KernelSpec(resource_dir=ipykernel.kernelspec.RESOURCES, **content | {"env": env})


class ChapterError(Exception):
    """A chapter that did not run to its end; the text says where and why."""


class Progress:
    """Which cell of a chapter runs: for the message of a failure, and shown on a terminal.

    Attributes:
        cell: the cell that was started last.
    """

    def __init__(self, name: str, notebook: Notebook) -> None:
        self.name, self.cells, self.cell = name, len(notebook.cells), None
        self.terminal = sys.stdout.isatty()
        self.started = time.monotonic()

    def start(self, cell: Any, cell_index: int) -> None:
        """Note the cell; nbclient calls this."""
        self.cell = cell
        self.show(f"cell {cell_index + 1}/{self.cells} {cell.id}")

    def show(self, text: str, end: str = "") -> None:
        """Write the chapter's line, over the last one where that is possible."""
        seconds = time.monotonic() - self.started
        line = f"{self.name:24} {text:36} {seconds:6.1f} s"
        if self.terminal:
            print(f"\r\x1b[K{line}", end=end, flush=True)
        elif end:
            print(line, end=end, flush=True)


def run(path: Path, target: Path, parameters: dict[str, Any], timeout: float) -> None:
    """Run one chapter and write it, with its outputs, once all of its cells have succeeded.

    Args:
        path: the chapter.
        target: where it goes; the same path stores the outputs in place.
        parameters: values for names of its parameters cell; none leaves the cells as they are.
        timeout: seconds per cell.

    Raises:
        ChapterError: if a cell fails, exceeds its time or takes the kernel down.
    """
    source = clean(read_chapter(path))
    progress = Progress(path.stem, source)
    progress.show("starting")
    reason = ""
    try:
        with keras_home(source):
            executed = papermill.execute_notebook(
                copy.deepcopy(source),
                None,
                parameters=parameters,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                cwd=path.parent,
                execution_timeout=timeout,
                kernel_manager_class=ThisInterpreter,
                coalesce_streams=True,
                on_cell_start=progress.start,
            )
    except CorpusError as error:  # of the text that Keras is to find
        progress.show("failed", end="\n")
        raise ChapterError(f"{path.stem}: {error}") from error
    except PapermillExecutionError as error:
        if error.ename == CorpusError.__name__:  # it says all that the reader of a text can do
            progress.show("failed", end="\n")
            raise ChapterError(f"{path.stem}: {error.evalue}") from error
        lines = strip_color("\n".join(error.traceback)).splitlines()
        reason = "\n".join(lines[-15:] or [f"{error.ename}: {error.evalue}"])
    except CellTimeoutError:
        reason = f"ran for more than {timeout:g} s (--timeout)"
    except DeadKernelError:
        reason = "the kernel died; was there enough memory?"
    if reason:
        progress.show("failed", end="\n")
        raise ChapterError(failure_message(path, source, progress.cell, reason))
    write_notebook(target, store_outputs(source, executed))
    progress.show(f"{len(source.cells)} cells", end="\n")


def failure_message(path: Path, source: Notebook, cell: Any, reason: str) -> str:
    """Return which cell of which chapter failed, with the start of its source and the reason."""
    ids = [original.id for original in source.cells]
    number = ids.index(cell.id) + 1 if cell.id in ids else "of parameters"
    lines = cell.source.splitlines()
    excerpt = textwrap.indent("\n".join(lines[:8] + (["…"] if len(lines) > 8 else [])), "    ")
    indented = textwrap.indent(reason, "    ")
    return f"{path.stem} failed in cell {number} (id {cell.id}):\n\n{excerpt}\n\n{indented}"
