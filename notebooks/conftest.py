"""For `pytest --nbval`: cells of a chapter whose corpus is missing are skipped.

`tools.chapters.reachable` holds the rule. Where CHARRNN_DATA is set, nothing
is skipped. A chapter that stands alone finds its text in Keras' folder.
"""

from contextlib import ExitStack

import pytest
from tools.chapters.keras_folder import keras_home
from tools.chapters.notebooks import read_chapter
from tools.chapters.reachable import missing_corpus


def pytest_collection_modifyitems(config, items):
    """Mark the cells before the kernel of their chapter is started."""
    paths = {item.path for item in items if item.path.suffix == ".ipynb"}
    reasons = {path: missing_corpus(path) for path in paths}
    for item in items:
        if reason := reasons.get(item.path):
            item.add_marker(pytest.mark.skip(reason=reason))
    held = ExitStack()
    config.add_cleanup(held.close)
    held.enter_context(keras_home(*map(read_chapter, paths)))
