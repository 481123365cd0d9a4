"""What the tests share that open the built sites in Chromium."""

import os
import re
from pathlib import Path

import pytest

from tests.helpers.browser import OPEN, SITES
from tools import screenshot


@pytest.fixture(scope="module")
def address():
    with screenshot.served(SITES) as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    # Not for the session: while it is open, no other test of this thread can run an event loop.
    with screenshot.browser() as opened:
        yield opened


@pytest.fixture(autouse=True)
def photograph(request):
    """Write what every open page shows into the folder SCREENSHOTS when a test has failed."""
    yield
    if request.node.failed and (folder := os.environ.get("SCREENSHOTS")):
        Path(folder).mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w.-]+", "-", request.node.name)
        for number, tab in enumerate(OPEN):
            tab.page.screenshot(path=Path(folder) / f"{name}-{number}.png")
