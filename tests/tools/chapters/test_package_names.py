"""Names of the package are counted as a reader meets them."""

import re

import pytest

from tools.chapters.notebooks import chapter_paths, read_chapter
from tools.chapters.output_rules import code_cells
from tools.chapters.package_names import package_names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from charrnn.model import CharacterModel as M", ["model.CharacterModel"]),
        (
            "from charrnn.figures import plots\nplots.curves(x).axes\nplots.curves",
            ["figures.plots.curves"],
        ),
        ("from charrnn import corpora as c\nc.load(NAME)", ["corpora.load"]),
        ("import charrnn.metrics\ncharrnn.metrics.loss(x)", ["metrics.loss"]),
        ("import charrnn.metrics as m\nm.loss\nm.bits", ["metrics.bits", "metrics.loss"]),
        ("import charrnn\ncharrnn.figures.plots.curves", ["figures.plots.curves"]),
        ("from charrnn import figures\nfigures.plots.curves", ["figures.plots.curves"]),
        # a module of which no attribute is used counts itself
        ("from charrnn import metrics\nprint(metrics)", ["metrics"]),
        ("from charrnn.backend import keras, tf\nkeras.layers.GRU", []),
        ("from charrnn import backend\nbackend.keras.layers", []),
        ("from charrnn import backend", []),
        # one object, two ways
        (
            "from charrnn import windows\nfrom charrnn.windows import split\nwindows.split",
            ["windows.split"],
        ),
        ("import keras\nimport charrnn_other\nx.windows.split", []),
        ("from . import charrnn\nfrom .charrnn import x", []),
        ("%pip install x", []),
    ],
)
def test_names_of_the_package(source: str, names: list[str]) -> None:
    assert sorted(package_names([source])) == names


def test_an_import_of_one_cell_names_what_another_uses() -> None:
    cells = ["from charrnn import windows", "def f():\n    return windows.split(ids)"]
    assert package_names(cells) == {"windows.split"}
    assert package_names(reversed(cells)) == {"windows.split"}


def test_names_of_the_book_s_chapters_are_found() -> None:
    """Every chapter that imports more than Keras and TensorFlow from the package has some."""
    for path in chapter_paths():
        sources = [cell.source for cell in code_cells(read_chapter(path))]
        text = "\n".join(sources)
        imports = re.search(r"^from charrnn(?!\.backend import keras, tf$)", text, re.M) is not None
        assert bool(package_names(sources)) is imports
