"""Packages that only a part of this one needs: whether they are installed, and how to do that."""

import sys
from importlib.util import find_spec
from pathlib import Path

from charrnn.support.console import as_typed, this_pip

__all__ = ["TRAINING", "check_installed", "is_installed"]

# The name under which pip knows this package; ``charrnn`` on the package index is another one.
DISTRIBUTION = "charrnn-book"
# What is imported -> what people call it, and the extra that brings it.
NEEDED = {
    "tensorflow": ("TensorFlow", "train"),
    "keras": ("Keras", "train"),
    "matplotlib": ("matplotlib", "book"),
    "sentencepiece": ("sentencepiece", "book"),
}
# What a model is trained and evaluated with.
TRAINING = ("tensorflow", "keras")


def check_installed(*modules: str) -> None:
    """Raise unless packages are installed; nothing of them is imported.

    One that is there and broken passes: its own import says best what is wrong with it.

    Args:
        modules: names of ``NEEDED``.

    Raises:
        ModuleNotFoundError: one is missing; the message has the command that installs it.
    """
    for module in modules:
        if not is_installed(module):
            name, extra = NEEDED[module]
            raise ModuleNotFoundError(
                f"{name} is not installed, and this needs it; to install it: {_command(extra)}",
                name=module,
            )


def is_installed(module: str) -> bool:
    """Return whether a package can be imported, or is there to say why not."""
    if module in sys.modules:
        return True
    spec = find_spec(module)
    # An uninstalled package may leave a folder with nothing in it to import.
    return spec is not None and spec.origin is not None


def _command(extra: str) -> str:
    """Return what one types to install an extra, wherever this package came from.

    pip takes the package that is installed, from a file, a clone or an address, and adds what the
    extra names. Where it runs from a folder that was never installed, pip is given the folder.
    """
    from importlib import metadata  # takes 20 ms, which `sample` would notice

    package = DISTRIBUTION
    try:
        metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        folder = Path(__file__).resolve().parents[2]
        package = "." if folder == Path.cwd() else str(folder)
    return f"{this_pip()} install {as_typed(f'{package}[{extra}]')}"
