import threading

import pytest

from charrnn.support.background import begin


def test_work_goes_on_until_its_result_is_wanted():
    gate = threading.Event()
    future = begin(lambda: gate.wait(60) and 7)
    assert not future.done()
    gate.set()
    assert future.result(60) == 7


def test_what_the_work_raises_is_raised_where_the_result_is_wanted():
    with pytest.raises(ZeroDivisionError):
        begin(lambda: 1 / 0).result(60)
