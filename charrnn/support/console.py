"""Words to a person at a console, and commands that the person can type there."""

import os
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

__all__ = [
    "as_typed",
    "complain",
    "leave_output",
    "one_line",
    "replace_what_cannot_be_shown",
    "say",
    "show",
    "this_pip",
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


def one_line(characters: Iterable[str], columns: int) -> str:
    """Return the beginning of a text that fits into so many columns of a terminal's line.

    A line end is shown as ``⏎``. What else would move the cursor, turn the direction of writing or
    cannot be seen is shown as a dot, but joiners, which words of some scripts need.
    """
    shown, width = [], 0
    for character in characters:
        kind = unicodedata.category(character)
        if character == "\n":
            sign, wide = "⏎", 1
        elif character in "\u200c\u200d" or kind in ("Mn", "Me"):
            sign, wide = character, 0
        elif kind[0] == "C" or kind in ("Zl", "Zp"):
            sign, wide = "·", 1
        else:
            sign, wide = character, 1 + (unicodedata.east_asian_width(character) in "WF")
        width += wide
        if width > columns:
            break
        shown.append(sign)
    return "".join(shown)


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
    import subprocess  # nothing else that `sample` needs loads it

    quoted = subprocess.list2cmdline([text])
    plain = quoted.startswith('"') or not set(quoted) & set("&|<>^()%!;,=@#$'`{}")
    return quoted if plain else f'"{quoted}"'


def this_program() -> str:
    """Return what one types to start another command where this process was started.

    That is ``charrnn``, or Python with the package; in a notebook it is what a cell takes.
    """
    if Path(sys.argv[0]).stem == "charrnn":
        return as_typed(sys.argv[0])
    return "%run -m charrnn" if _in_notebook() else f"{_this_python()} -m charrnn"


def this_pip() -> str:
    """Return what one types to install something for the Python that runs here."""
    return "%pip" if _in_notebook() else f"{_this_python()} -m pip"


def _in_notebook() -> bool:
    return Path(sys.argv[0]).stem.endswith("kernel_launcher")  # IPython's, or Colab's own


def _this_python() -> str:
    name = Path(sys.executable).name
    return as_typed(name if shutil.which(name) == sys.executable else sys.executable)
