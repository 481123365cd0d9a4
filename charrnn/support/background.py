"""Work that goes on in a thread while something else is done."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

__all__ = ["begin"]

Result = TypeVar("Result")


def begin(work: Callable[[], Result]) -> "Future[Result]":
    """Begin some work; its ``result()`` waits for the end, and raises what the work raised.

    The process does not wait for it: whoever ends early, as by Ctrl+C, leaves it behind.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future
