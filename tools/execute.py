"""Run chapters with papermill: copies into a folder, or the stored outputs in place.

    python -m tools.execute                          all chapters, copies under _build/
    python -m tools.execute 4 --profile full         one chapter, the reference recipe
    python -m tools.execute 4 -p SEED 7              one parameter changed
    python -m tools.execute 4 --in-place             its outputs stored, in every language
    python -m tools.execute --in-place               those of all chapters: `make outputs`
    python -m tools.execute --keep-unreachable       what `make book` calls: a chapter whose corpus
                                                     cannot be had keeps its committed outputs

A chapter is named by its place in the toc, its name or its path. It runs in its own folder, as
under nbval and Jupyter, with this Python interpreter.
"""

import argparse
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

from tools import translations
from tools.chapters.notebooks import (
    ROOT,
    Notebook,
    chapter_paths,
    find_chapters,
    read_chapter,
    write_notebook,
)
from tools.chapters.outputs import clean, store_outputs
from tools.chapters.parameters import chapter_parameters, given_value, known_parameters
from tools.chapters.reachable import missing_corpus
from tools.translation.languages import SOURCE

OUTPUT = ROOT / "_build" / "executed" / SOURCE


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
    except PapermillExecutionError as error:
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


def keep(path: Path, target: Path, reason: str) -> None:
    """Copy a chapter with its committed outputs, and say why."""
    write_notebook(target, read_chapter(path))
    print(f"{path.stem:24} keeps its committed outputs: {reason}", flush=True)


def failure_message(path: Path, source: Notebook, cell: Any, reason: str) -> str:
    """Return which cell of which chapter failed, with the start of its source and the reason."""
    ids = [original.id for original in source.cells]
    number = ids.index(cell.id) + 1 if cell.id in ids else "of parameters"
    lines = cell.source.splitlines()
    excerpt = textwrap.indent("\n".join(lines[:8] + (["…"] if len(lines) > 8 else [])), "    ")
    indented = textwrap.indent(reason, "    ")
    return f"{path.stem} failed in cell {number} (id {cell.id}):\n\n{excerpt}\n\n{indented}"


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Run chapters with papermill.")
    parser.add_argument("chapters", nargs="*", help="name, number or path; default: all")
    parser.add_argument("--profile", choices=["quick", "full"], default="quick")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--output", type=Path, default=OUTPUT, help="folder (default: %(default)s)")
    where.add_argument(
        "--in-place",
        action="store_true",
        help="store outputs, in every language",
    )
    parser.add_argument(
        "-p",
        "--parameter",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a path is taken from the current folder",
    )
    parser.add_argument("--timeout", type=float, default=600, help="seconds per cell (600)")
    parser.add_argument(
        "--keep-unreachable",
        action="store_true",
        help="copy a chapter as it is where its corpus cannot be had; not with --in-place",
    )
    args = parser.parse_args(argv)
    if args.in_place and args.keep_unreachable:
        parser.error("--keep-unreachable: not allowed with --in-place, which stores new outputs")
    return args


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the chapters of the command line; return the exit status."""
    args = arguments(argv)
    try:
        paths = find_chapters(args.chapters, chapter_paths(root))
        given = {name: given_value(name, text) for name, text in args.parameter}
        known = {path: known_parameters(path, read_chapter(path)) for path in paths}
        wanted = {"PROFILE": args.profile} | given
        jobs = chapter_parameters(known, wanted, changes_allowed=not args.in_place)
    except (ValueError, OSError) as error:
        print(f"execute: {error}", file=sys.stderr)
        return 2
    started = time.monotonic()
    status = 0
    finished: set[Path] = set()
    try:
        for path in paths:
            target = path if args.in_place else args.output.resolve() / path.name
            if args.keep_unreachable and (reason := missing_corpus(path, jobs[path])):
                keep(path, target, reason)
                continue
            run(path, target, jobs[path], args.timeout)
            finished.add(path)
        print(f"{len(paths)} chapters in {time.monotonic() - started:.1f} s", flush=True)
    except ChapterError as error:
        print(f"\n{error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("\ninterrupted; the chapters not yet finished are unchanged", file=sys.stderr)
        status = 130
    # Also where a later chapter failed: a translation has the outputs that English has.
    if args.in_place and finished & set(chapter_paths(root)):
        status = translations.main(["sync"], root) or status
    return status


if __name__ == "__main__":
    sys.exit(main())
