"""What the repository's command lines share: numbers that are checked, errors told in one line."""

import argparse
import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from charrnn.support.console import complain, leave_output

__all__ = ["at_least", "check_folder", "number_above", "run_command"]


def at_least(least: int) -> Callable[[str], int]:
    """Return an argument's type for argparse: a whole number from ``least`` on."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(
                f"expected a whole number of at least {least}, received {text!r}"
            )
        return value

    return number


def number_above(limit: float) -> Callable[[str], float]:
    """Return an argument's type for argparse: a finite number above ``limit``."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not limit < value < math.inf:
            raise argparse.ArgumentTypeError(
                f"expected a number above {limit:g}, received {text!r}"
            )
        return value

    return number


def check_folder(path: Path) -> None:
    """Raise OSError if nothing can be written to a folder, which may not be there yet."""
    path = path.absolute()
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    with tempfile.TemporaryFile(dir=there):
        pass


def run_command(
    name: str, main: Callable[[], int | None], words: Mapping[str, str] | None = None
) -> int:
    """Run a command and return its exit status; what a user can cause is told in one line.

    Args:
        name: of the command, which the line begins with.
        main: returns the exit status, or None for 0.
        words: name of an argument in the package -> what the user types for it.
    """
    try:
        return main() or 0
    except BrokenPipeError:
        leave_output()  # nobody reads any more, as after `| head`
        return 0
    except (ValueError, ArithmeticError, OSError, ImportError) as error:
        argument, colon, rest = (str(error) or repr(error)).partition(": ")
        complain(f"{name}: {(words or {}).get(argument, argument)}{colon}{rest}")
        return 1
    except MemoryError:
        complain(f"{name}: expected more memory than there is")
        return 1
    except KeyboardInterrupt:
        complain(f"\n{name}: stopped")
        return 130
