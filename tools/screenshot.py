"""Photograph a page of the built book in headless Chromium.

``python -m tools.screenshot 03_model.html page.png --width 360 --dark``

Needs Chromium on the machine (the environment variable ``CHROMIUM`` names another program). The
page is served from 127.0.0.1, as ``make serve`` does, and driven over the DevTools protocol: the
window of a headless Chromium cannot be narrower than 500 pixels, while an emulated screen can.
"""

import argparse
import asyncio
import base64
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
START_SECONDS = 30.0


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line per request."""

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


class Browser:
    """One page of a headless Chromium, as a context manager."""

    def __init__(self) -> None:
        program = os.environ.get("CHROMIUM") or next(
            filter(None, map(shutil.which, PROGRAMS)), None
        )
        if program is None:
            raise SystemExit(f"no browser: install one of {', '.join(PROGRAMS)}, or set CHROMIUM")
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self.profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.calls = 0
        self.connection: WebSocketClientConnection

    async def __aenter__(self) -> "Browser":
        port_file = Path(self.profile.name) / "DevToolsActivePort"
        for _ in range(int(START_SECONDS * 10)):
            lines = port_file.read_text().split() if port_file.exists() else []
            if len(lines) == 2:
                break
            await asyncio.sleep(0.1)
        else:
            raise SystemExit(f"Chromium did not start within {START_SECONDS:.0f} s")
        address = f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        self.connection = await websocket_connect(address, max_message_size=2**28)
        self.session = ""
        target = (await self.call("Target.createTarget", url="about:blank"))["targetId"]
        attached = await self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        return self

    async def __aexit__(self, *error: object) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one DevTools command and return its result, events in between left unread."""
        self.calls += 1
        message: dict[str, Any] = {"id": self.calls, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        await self.connection.write_message(json.dumps(message))
        while (raw := await self.connection.read_message()) is not None:
            reply = json.loads(raw)
            if reply.get("id") == self.calls:
                if "error" in reply:
                    raise RuntimeError(f"{method}: {reply['error']['message']}")
                result: dict[str, Any] = reply["result"]
                return result
        raise RuntimeError(f"{method}: Chromium closed the connection")

    async def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, waited for where it is a promise."""
        reply = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        return reply["result"].get("value")


LOADED = """new Promise(done => {
  const formulas = () => window.MathJax?.startup?.promise ?? Promise.resolve();
  const ready = () => formulas().then(() => setTimeout(done, 300));
  document.readyState === 'complete' ? ready() : addEventListener('load', ready);
})"""


async def photograph(address: str, output: Path, options: argparse.Namespace) -> None:
    """Write the picture and print how wide the page wants to be."""
    async with Browser() as browser:
        screen = {"width": options.width, "height": options.height, "deviceScaleFactor": 1}
        screen["mobile"] = options.width < 600
        await browser.call("Emulation.setDeviceMetricsOverride", **screen)
        scheme = "dark" if options.dark else "light"
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        await browser.call("Emulation.setEmulatedMedia", features=media)
        await browser.call("Page.navigate", url=address)
        while await browser.evaluate("location.href") == "about:blank":
            await asyncio.sleep(0.1)
        await browser.evaluate(LOADED)
        if options.run:
            await browser.evaluate(options.run)
            await asyncio.sleep(0.5)
        if options.full:
            # Taller, not "beyond the viewport": that shifts the theme's side columns.
            screen["height"] = await browser.evaluate("document.documentElement.scrollHeight")
            await browser.call("Emulation.setDeviceMetricsOverride", **screen)
            await asyncio.sleep(0.5)
        wanted = await browser.evaluate("document.documentElement.scrollWidth")
        picture = await browser.call("Page.captureScreenshot")
    output.write_bytes(base64.b64decode(picture["data"]))
    print(f"{output}: {options.width} pixels wide, the page wants {wanted}")


def main() -> int:
    """Command line entry."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("page", help="path inside the site, such as notebooks/en/index.html")
    parser.add_argument("output", type=Path, help="PNG file to write")
    parser.add_argument("--site", type=Path, default=Path("_build/site/en"), help="folder to serve")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--dark", action="store_true", help="as on a machine set to dark colours")
    parser.add_argument("--full", action="store_true", help="the whole page, not one screen")
    parser.add_argument("--run", default="", help="JavaScript to run before the picture is taken")
    options = parser.parse_args()
    path = options.page.split("#")[0]
    if not (options.site / path).is_file():
        parser.error(f"{options.site / path} not found: run `make book` first")
    handler = functools.partial(QuietHandler, directory=str(options.site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{options.page}"
        asyncio.run(photograph(address, options.output, options))
        server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
