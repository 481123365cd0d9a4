"""Fixtures that several files of tests share: the corpora, small models."""

import os

import pytest
from hypothesis import settings

from charrnn.corpora import load
from charrnn.vocabulary import Vocabulary
from tools.chapters.reachable import why_missing

# The same examples in every run, and no folder of examples left behind.
settings.register_profile("book", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("book")


# Equal on every processor; what tests bfloat16 asks for it.
os.environ["CHARRNN_MATMUL_DTYPE"] = "float32"


def pytest_configure(config):
    # Keras 3.15 reads a variable in a way that NumPy 2 deprecates, whenever weights are saved.
    config.addinivalue_line(
        "filterwarnings", "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
    )


def pytest_collection_modifyitems(config, items):
    """Leave network tests out unless -m speaks of them; `-m "not slow"` does not ask for them."""
    if "network" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("network")]
        items[:] = [item for item in items if item not in left_out]
        if left_out:
            config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let fixtures see at their end that their test has failed."""
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report


def load_book(name):
    """Load a corpus that the internet or CHARRNN_DATA has; where that is set, it must be there."""
    if reason := why_missing(name):
        pytest.skip(reason)
    return load(name)


@pytest.fixture(scope="session")
def shakespeare():
    return load("shakespeare")


@pytest.fixture(scope="session")
def shakespeare_ids(shakespeare):
    """Ids with [UNK] as 0, as the model has them."""
    return Vocabulary(shakespeare).encode(shakespeare)


@pytest.fixture(scope="session")
def book():
    return load_book("great-expectations")


@pytest.fixture(scope="session")
def book_of_system_c():
    return load_book("great-expectations-system-c")


@pytest.fixture(scope="session")
def alphabet():
    """A vocabulary of 13 ids, whose characters need one, two, three and four bytes in UTF-8."""
    return Vocabulary("abcdefg\n é中🙂")


@pytest.fixture(scope="session")
def make_model(alphabet):
    """Return models of random weights, wide enough apart that their predictions differ."""
    import numpy as np

    from charrnn.model import new_model

    def make(seed=0, **hyperparameters):
        sizes = {"vocabulary_size": len(alphabet), "embedding_size": 6, "units": 8}
        model = new_model(sizes | hyperparameters)
        random = np.random.default_rng(seed)
        shapes = [weights.shape for weights in model.get_weights()]
        model.set_weights([random.normal(0, 0.8, shape).astype("float32") for shape in shapes])
        return model

    return make


@pytest.fixture(scope="session")
def gru(make_model):
    return make_model(layers=2)


@pytest.fixture(scope="session")
def lstm(make_model):
    return make_model(layers=2, cell="lstm")
