"""A text where `keras.utils.get_file` looks for it, so that a build does without its address.

Keras keeps files in `$KERAS_HOME/datasets`; `get_file` takes one that it finds there under the
name, whatever the address. A folder that lives for one run is shared with no other run, and hands
no file to a later one.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from charrnn.corpora import CORPORA, load
from tools.chapters.notebooks import Notebook, is_standalone

__all__ = ["VARIABLE", "fill_keras_folder", "keras_home"]

VARIABLE = "KERAS_HOME"
CORPUS = "shakespeare"


def fill_keras_folder(folder: Path) -> Path:
    """Put the text into a folder, and the user's Keras configuration; return the folder.

    Raises:
        CorpusError: the text cannot be had.
    """
    (file,) = CORPORA[CORPUS].files
    datasets = folder / "datasets"
    datasets.mkdir(parents=True, exist_ok=True)
    # The corpus is its whole file, without a byte-order mark and with line feeds alone.
    (datasets / file.path).write_bytes(load(CORPUS).encode("utf-8"))
    # Keras reads this file, and writes one where there is none.
    own = Path(os.environ.get(VARIABLE, "~/.keras")).expanduser() / "keras.json"
    if own.is_file():
        shutil.copyfile(own, folder / own.name)
    return folder


@contextmanager
def keras_home(*notebooks: Notebook) -> Iterator[None]:
    """Let Keras find the text as long as the context lasts, if one of the chapters stands alone.

    It concerns processes that are started meanwhile, and this one if it has not imported Keras.

    Raises:
        CorpusError: the text cannot be had.
    """
    if not any(map(is_standalone, notebooks)):
        yield
        return
    before = os.environ.get(VARIABLE)
    # What Keras may still write at the end of a kernel is no reason to fail.
    with tempfile.TemporaryDirectory(prefix="keras-", ignore_cleanup_errors=True) as name:
        os.environ[VARIABLE] = str(fill_keras_folder(Path(name)))
        try:
            yield
        finally:
            if before is None:
                del os.environ[VARIABLE]
            else:
                os.environ[VARIABLE] = before
