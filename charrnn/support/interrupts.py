"""Signals that end a process, as one exception: Ctrl+C, the system, a terminal that is closed."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interrupts"]

# SIGBREAK is Windows' own: Ctrl+Break, a closed window, the end of a session.
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Interrupts:
    """As a context: the first of these signals raises KeyboardInterrupt; the next ones wait.

    So what is done after an interruption, as saving, is not interrupted, until ``allow`` is called.
    The first one waits, too, while work is shielded.

    A signal that was ignored before, as SIGHUP under ``nohup``, stays ignored. In another thread
    than the main one, which alone may set handlers, nothing changes.

    Attributes:
        received: the first signal that arrived, or None.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._shields = 0  # how many blocks want signals to wait, an interruption among them
        self._waiting = False
        self._raised = False  # an exception, and nobody has said that it arrived
        self._before: dict[int, object] = {}
        self._hook: Callable[[Any], object] = sys.unraisablehook

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in NAMES if hasattr(signal, name)):
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._receive)
        self._hook, sys.unraisablehook = sys.unraisablehook, self._drop
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        sys.unraisablehook = self._hook

    def _drop(self, unraisable: Any) -> None:
        """Say nothing of an interruption that Python drops while an object is destroyed."""
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            self._hook(unraisable)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.received = self.received or signal.Signals(number)
        if self._shields:
            self._waiting = True
        else:
            self._shields += 1
            self._raised = True
            raise KeyboardInterrupt

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Let a signal wait until the block has ended."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        self._raise_if_waiting()

    def allow(self) -> None:
        """Let signals interrupt again; raise KeyboardInterrupt if one has waited."""
        self._shields, self._raised = 0, False
        self._raise_if_waiting()

    def _raise_if_waiting(self) -> None:
        if self._waiting and not self._shields:
            self._waiting, self._shields, self._raised = False, 1, True
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt if one was raised; for work that it should have ended.

        One that comes while an object is destroyed Python drops, and a library may catch one.
        """
        if self._raised:
            raise KeyboardInterrupt
