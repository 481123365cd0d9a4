"""One transfer over HTTP, within limits of size and of total time."""

import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["LARGEST", "SECONDS", "DownloadError", "Reply", "transfer"]

LARGEST = 2**28  # bytes, after unpacking
SECONDS = 300  # of a transfer from its first byte to its last
SILENCE = 30  # seconds until a server that sends nothing is given up
_CONNECT = 10  # seconds until a server that does not answer is given up
_PIECE = 2**16  # bytes

# What a server says of a version -> how it is asked whether there is another one.
_QUESTIONS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


class DownloadError(ValueError):
    """No source gave the file; the message says what each one answered."""


@dataclass(frozen=True)
class Reply:
    """What a server answered.

    Attributes:
        content: the bytes, unpacked; None if they are still those that the validators belong to.
        validators: what the server says of this version, by header.
    """

    content: bytes | None
    validators: dict[str, str]


def transfer(url: str, validators: Mapping[str, str] | None = None) -> Reply:
    """Return what an address holds.

    Args:
        url: http(s) address; redirects are followed.
        validators: of a version that is at hand; it is not sent again.

    Raises:
        DownloadError: it is larger, or takes longer, than the limits allow.
        OSError: no connection, an error of the server, or fewer bytes than it announced.
    """
    outcome: queue.SimpleQueue[Reply | BaseException] = queue.SimpleQueue()
    state = _State()

    def work() -> None:
        try:
            outcome.put(_get(url, validators or {}, state))
        except BaseException as error:
            outcome.put(error)

    # A socket's time-out begins anew with each byte, also of a header; a thread can be left behind.
    threading.Thread(target=work, daemon=True).start()
    try:
        result = outcome.get(timeout=SECONDS)
    except queue.Empty:
        raise DownloadError(
            f"expected the whole file within {SECONDS:g} s, received {state.received:,} bytes of it"
        ) from None
    finally:
        state.abandoned = True
    if isinstance(result, BaseException):
        raise result
    return result


@dataclass
class _State:
    received: int = 0
    abandoned: bool = False


def _get(url: str, validators: Mapping[str, str], state: _State) -> Reply:
    import requests  # loaded where something is fetched: it takes 0.1 s

    known = {_QUESTIONS[name]: value for name, value in validators.items() if name in _QUESTIONS}
    with requests.get(url, headers=known, stream=True, timeout=(_CONNECT, SILENCE)) as response:
        response.raise_for_status()
        if response.status_code == requests.codes.not_modified and known:
            return Reply(None, dict(validators))
        _check_size(response.headers.get("Content-Length", ""))
        content = bytearray()
        for piece in response.iter_content(_PIECE):
            content += piece
            state.received = len(content)
            _check_size(state.received)
            if state.abandoned:
                raise DownloadError("abandoned")
        found = {name: response.headers[name] for name in _QUESTIONS if name in response.headers}
    return Reply(bytes(content), found)


def _check_size(size: Any) -> None:
    """Raise if a number of bytes, as a number or as a header, exceeds the limit."""
    if str(size).isdigit() and int(size) > LARGEST:
        raise DownloadError(f"expected at most {LARGEST:,} bytes, received {int(size):,} or more")
