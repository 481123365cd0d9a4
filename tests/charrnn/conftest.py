"""Fixtures of the tests of ``charrnn train``."""

import pytest

from charrnn import timed_training
from charrnn.backend import keras
from charrnn.timed_training import Progress
from tests.helpers.own_text import TINY, clock_text


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """What ``train`` calls ``train_for`` with, in a folder with the text.

    The training is left out; there is one report, of the untrained model.
    """
    called = []

    def train_for(*arguments, **named):
        called.append((arguments, named))
        keras.utils.set_random_seed(0)
        model = TINY.build(arguments[2])
        arguments[6](Progress(1.0, 59.6, 7, 2.25, 2.5, True, model))
        return model

    monkeypatch.setattr(timed_training, "train_for", train_for)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clock.txt").write_text(clock_text(), encoding="utf-8")
    return called
