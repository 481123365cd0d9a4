"""A headless Firefox, driven over WebDriver BiDi: enough to open a page and ask it something.

Source: W3C, WebDriver BiDi; port and path of the session as of Firefox's remote agent.
"""

import asyncio
import itertools
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

PROGRAMS = ("firefox-esr", "firefox")
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://127\.0\.0\.1:\d+)")
SECONDS = 60


def firefox() -> str | None:
    """Return the path of Firefox, or None."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


class Firefox:
    """One page of a running Firefox."""

    def __init__(self, loop: asyncio.AbstractEventLoop, socket: WebSocketClientConnection) -> None:
        self.loop, self.socket, self.numbers = loop, socket, itertools.count(1)
        self._send("session.new", capabilities={})
        self.context = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def _send(self, method: str, **parameters: Any) -> Any:
        return self.loop.run_until_complete(self._answer(method, parameters))

    async def _answer(self, method: str, parameters: dict[str, Any]) -> Any:
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        await self.socket.write_message(json.dumps(message))
        while True:
            line = await asyncio.wait_for(self.socket.read_message(), SECONDS)
            answer = json.loads(line or "{}")
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def before_each(self, function: str) -> None:
        """Call a function before the scripts of each page that is opened from now on."""
        self._send("script.addPreloadScript", functionDeclaration=function)

    def open(self, address: str) -> None:
        """Open a page and wait until it has loaded."""
        self._send("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def ask(self, code: str) -> Any:
        """Return what an expression of the page, or the promise that it is, comes to, as JSON."""
        found = self._send(
            "script.evaluate",
            expression=f"Promise.resolve({code}).then(JSON.stringify)",
            target={"context": self.context},
            awaitPromise=True,
        )
        assert found["type"] == "success", found
        return json.loads(found["result"].get("value", "null"))  # undefined has no value


async def _connect(address: str) -> WebSocketClientConnection:
    # Within the loop: tornado takes the running one.
    return await websocket_connect(address)


@contextmanager
def opened(folder: Path) -> Iterator[Firefox]:
    """Start Firefox with a profile of its own in a folder, and end it."""
    profile = folder / "profile"
    profile.mkdir()
    command = [str(firefox()), "--headless", "--profile", str(profile), "--remote-debugging-port=0"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        # Whatever happens, the wait for the first line ends.
        watch = threading.Timer(SECONDS, process.kill)
        watch.start()
        loop = asyncio.new_event_loop()
        try:
            assert process.stderr is not None
            found = next((m for line in process.stderr if (m := LISTENING.search(line))), None)
            watch.cancel()
            assert found, "Firefox said no address"
            # Else it waits when the pipe is full.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield Firefox(loop, loop.run_until_complete(_connect(f"{found[1]}/session")))
        finally:
            watch.cancel()
            process.terminate()
            loop.close()
