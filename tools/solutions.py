"""Run the solutions of exercises.

    python -m tools.solutions        those of all chapters
    python -m tools.solutions 2      of one, by its place in the toc, its name or its path

The chapter's cells run first, in order and in one namespace, those tagged `slow` left out; then
each solution in its own copy of that namespace. No kernel takes part. A chapter whose corpus cannot
be had is left out, and a line says so (see `tools.chapters.reachable`).
"""

import contextlib
import linecache
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from charrnn.support.commands import run_command
from tools import chapters_of
from tools.chapters.keras_folder import keras_home
from tools.chapters.notebooks import (
    chapter_paths,
    find_chapters,
    read_chapter,
    solutions,
    tags,
    where,
)
from tools.chapters.reachable import missing_corpus


def run_code(code: str, name: str, namespace: dict[str, Any]) -> str:
    """Run code silently; return "" or, if it fails, the end of its traceback.

    Args:
        code: Python source.
        name: stands for a file name in tracebacks.
        namespace: read and changed by the code.
    """
    filename = f"<{name}>"
    # TensorFlow's AutoGraph and tracebacks read source through linecache.
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    try:
        compiled = compile(code, filename, "exec")
        with Path(os.devnull).open("w") as null, contextlib.redirect_stdout(null):
            exec(compiled, namespace)
    except (Exception, SystemExit):
        return "".join(traceback.format_exc().splitlines(keepends=True)[-12:])
    return ""


def run_solutions(path: Path) -> list[str]:
    """Run a chapter and then its solutions; return a message for each failure.

    A failing cell of the chapter ends the run: what comes after it has nothing to stand on.
    """
    from IPython.display import display

    notebook = read_chapter(path)
    namespace: dict[str, Any] = {"__name__": "__main__", "display": display}
    for cell in notebook.cells:
        if cell.cell_type != "code" or "slow" in tags(cell):
            continue
        place = where(path.stem, notebook, cell)
        if failure := run_code(cell.source, place, namespace):
            hint = "cells tagged slow were left out; is this one to be tagged, too?"
            return [f"{place} failed ({hint})\n{failure}"]
    messages = []
    for solution in solutions(notebook)[0]:
        place = f"{path.stem} exercise {solution.number}"
        if failure := run_code(solution.code, place, dict(namespace)):
            title = (solution.exercise.splitlines() or [""])[0]
            messages.append(f"{place} ({title}) failed\n{failure}")
    return messages


def main(argv: list[str] | None = None) -> int:
    """Run the solutions of the named chapters, or of all; return the exit status."""
    names = chapters_of("solutions", __doc__, argv)
    try:
        paths = find_chapters(names, chapter_paths())
        missing = {path: reason for path in paths if (reason := missing_corpus(path))}
        for path, reason in missing.items():
            print(f"{path.stem} left out: {reason}", flush=True)
        run = [path for path in paths if path not in missing]
        # Keras looks for its folder once, when the first chapter imports it.
        with keras_home(*map(read_chapter, run)):
            messages = [message for path in run for message in run_solutions(path)]
    except (ValueError, OSError) as error:
        messages = [f"solutions: {error}"]
    for message in messages:
        print(message, file=sys.stderr)
    return min(1, len(messages))


if __name__ == "__main__":
    sys.exit(run_command("solutions", main))
