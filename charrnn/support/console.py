"""Words to a person at a console, and commands that the person can type there."""

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

__all__ = [
    "as_typed",
    "complain",
    "leave_output",
    "replace_what_cannot_be_shown",
    "say",
    "show",
    "this_program",
]


def replace_what_cannot_be_shown() -> None:
    """Let standard output write a question mark for a character that its encoding lacks."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")


def show(text: str, end: str = "\n") -> None:
    """Write to standard output at once.

    Raises:
        OSError: nobody reads there any more, or the disk is full.
    """
    print(text, end=end, flush=True)


def say(text: str, end: str = "\n") -> None:
    """Write to standard output, as far as somebody still reads there: work goes on without."""
    try:
        show(text, end)
    except OSError:
        leave_output()


def complain(text: str) -> None:
    """Write to standard error, as far as somebody still reads there: work goes on without."""
    if sys.stderr is not None:  # print would take standard output instead
        with suppress(OSError):
            print(text, file=sys.stderr, flush=True)


def leave_output() -> None:
    """Let standard output go nowhere, so that Python does not complain at its end either."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)


def as_typed(word: object) -> str:
    """Return a word as one types it in the shell."""
    text = str(word)
    if text.startswith("-") and Path(text).parent == Path():  # a file, not an option
        text = os.path.join(".", text)  # noqa: PTH118
    return _quoted_on_windows(text) if os.name == "nt" else shlex.quote(text)


def _quoted_on_windows(text: str) -> str:
    """Return a word for Windows' shells, which take more signs for their own than programs do."""
    quoted = subprocess.list2cmdline([text])
    plain = quoted.startswith('"') or not set(quoted) & set("&|<>^()%!;,=@#$'`{}")
    return quoted if plain else f'"{quoted}"'


def this_program() -> str:
    """Return how this process was started: ``charrnn``, or Python with the package."""
    if Path(sys.argv[0]).stem == "charrnn":
        return as_typed(sys.argv[0])
    name = Path(sys.executable).name
    python = name if shutil.which(name) == sys.executable else sys.executable
    return f"{as_typed(python)} -m charrnn"
