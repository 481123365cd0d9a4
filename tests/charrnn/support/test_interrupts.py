"""Signals become one exception, which waits for work that is shielded."""

import os
import signal
import threading
from contextlib import suppress

import pytest

from charrnn.support.interrupts import Interrupts

POSIX = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends signals of POSIX")


@pytest.fixture(autouse=True)
def handled():
    """Signals as a process in the foreground has them: in a background job SIGINT is ignored."""
    before = {name: signal.signal(getattr(signal, name), signal.SIG_DFL) for name in POSIX}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


def send(name):
    os.kill(os.getpid(), getattr(signal, name))


@pytest.mark.parametrize("name", POSIX)
def test_each_signal_is_an_interruption_and_handlers_come_back(name):
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:
        send(name)
    assert interrupts.received == number
    assert signal.getsignal(number) == before


def test_a_signal_waits_for_shielded_work():
    done = []
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012, SIM117
            with interrupts.shielded():
                with interrupts.shielded():
                    send("SIGTERM")
                    done.append("inner")
                send("SIGINT")
                done.append("outer")
        with interrupts.shielded():
            done.append("after")
    assert done == ["inner", "outer", "after"]
    assert interrupts.received == signal.SIGTERM  # the first


def test_after_an_interruption_signals_wait_until_they_are_allowed():
    done = []
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            send("SIGINT")
        send("SIGINT")
        with interrupts.shielded():
            send("SIGTERM")
            done.append("saved")
        done.append("told")
        with pytest.raises(KeyboardInterrupt):
            interrupts.allow()
        interrupts.allow()
        with pytest.raises(KeyboardInterrupt):
            send("SIGINT")
    assert done == ["saved", "told"]


def test_work_that_fails_while_it_is_shielded_fails_as_ever():
    with Interrupts() as interrupts:
        with pytest.raises(OSError, match="full"), interrupts.shielded():
            raise OSError("full")
        assert interrupts.received is None
        interrupts.check()


class Leaving:
    """Sends a signal while it is destroyed, where Python drops exceptions."""

    def __init__(self, error=None):
        self.error = error

    def __del__(self):
        if self.error is not None:
            raise self.error
        send("SIGINT")


def test_an_interruption_that_is_dropped_is_raised_later(capsys):
    with Interrupts() as interrupts:
        interrupts.check()
        leaving = Leaving()
        del leaving
        assert interrupts.received == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
        interrupts.allow()
        interrupts.check()
    assert capsys.readouterr().err == ""


def test_an_interruption_that_a_library_catches_is_raised_later():
    with Interrupts() as interrupts:
        with suppress(BaseException):
            send("SIGINT")
        for _ in range(2):  # until it arrives
            with pytest.raises(KeyboardInterrupt):
                interrupts.check()
        interrupts.allow()
        interrupts.check()


def test_other_errors_of_objects_that_are_destroyed_are_told_as_ever(monkeypatch):
    told = []
    monkeypatch.setattr("sys.unraisablehook", lambda unraisable: told.append(unraisable.exc_type))
    with Interrupts():
        leaving = Leaving(OSError("x"))
        del leaving
    assert told == [OSError]


def test_what_was_ignored_stays_ignored():
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            send("SIGHUP")
        assert interrupts.received is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_nothing_changes():
    before, seen = signal.getsignal(signal.SIGTERM), []

    def work():
        with Interrupts():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
