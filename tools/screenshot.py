"""Photograph a page of the built book in headless Chromium.

    python -m tools.screenshot windows.html#the-task-the-next-character page.png
    python -m tools.screenshot index.html page.png --language ko --width 360 --dark

Needs a Chromium on the machine (the environment variable `CHROMIUM` names another program), which
playwright drives. The page is served from 127.0.0.1, as `make serve` does.
"""

import argparse
import contextlib
import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from charrnn.support.commands import at_least, run_command
from tools import argument_parser
from tools.chapters.notebooks import ROOT
from tools.translation.languages import SOURCE

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
NO_BROWSER = f"no browser: install one of {', '.join(PROGRAMS)}, or let CHROMIUM name one"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--renderer-process-limit=2")
# Waits until the fonts are there.
SETTLED = "async () => { await document.fonts.ready; }"
PHONE_PIXELS = 600  # narrower screens are those of telephones


class SiteHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files silently; a browser asks the host for an icon where a page names none."""

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        """Answer a request."""
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()


@contextlib.contextmanager
def served(folder: Path, handler: type[SiteHandler] = SiteHandler) -> Iterator[str]:
    """Serve a folder on this machine alone and yield its address, without a slash at the end."""
    make_handler = functools.partial(handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), make_handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def chromium() -> str | None:
    """Return the path of the machine's own browser, None if it has none; none is downloaded."""
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else PROGRAMS
    return next(filter(None, map(shutil.which, names)), None)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Yield the machine's own browser, without a window."""
    # Here, because the tests that skip where it is missing import this module.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS])
        yield opened
        opened.close()


def photograph(address: str, output: Path, options: argparse.Namespace) -> int:
    """Write the picture; return how many pixels wide the page wants to be."""
    with browser() as opened:
        page = opened.new_page(
            viewport={"width": options.width, "height": options.height},
            is_mobile=options.width < PHONE_PIXELS,
            color_scheme="dark" if options.dark else "light",
            reduced_motion="reduce",
        )
        page.goto(address, wait_until="load")
        page.evaluate(SETTLED)
        page.screenshot(path=output)
        return int(page.evaluate("document.documentElement.scrollWidth"))


def main(arguments: list[str] | None = None) -> int:
    """Photograph the page of the command line; return the exit status."""
    parser = argument_parser("screenshot", __doc__)
    parser.add_argument("page", help="path inside a language's site, such as index.html#section")
    parser.add_argument("output", type=Path, help="PNG file to write")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "site", help="all languages")
    parser.add_argument("--language", default=SOURCE, help="folder of the site (default: en)")
    parser.add_argument("--width", type=at_least(1), default=1280)
    parser.add_argument("--height", type=at_least(1), default=900)
    parser.add_argument("--dark", action="store_true", help="as on a machine set to dark colours")
    options = parser.parse_args(arguments)
    file = options.site / options.language / options.page.split("#")[0]
    if not file.is_file():
        parser.error(f"page: expected a file of the built book, {file} not found; run: make book")
    if chromium() is None:
        parser.error(NO_BROWSER)
    with served(options.site) as address:
        page = f"{address}/{options.language}/{options.page}"
        wanted = photograph(page, options.output, options)
    print(f"{options.output}: {options.width} pixels wide, the page wants {wanted}")
    return 0


if __name__ == "__main__":
    sys.exit(run_command("screenshot", main))
