"""Servers that the tests of the pages need besides a plain one."""

from urllib.parse import urlsplit

from tests.helpers.browser import SITES
from tools import screenshot
from tools.chapters.notebooks import ROOT
from tools.chapters.repository import read_repository
from tools.site.build_book import public_address

# Where the pages stand at their host.
BASE = urlsplit(public_address(read_repository(ROOT / "_config.yml"))).path
WITHOUT = "<!DOCTYPE html><meta charset='utf-8'><title>page</title><p>No policy"


class Elsewhere(screenshot.SiteHandler):
    """Another host, which answers anything and lets every page read it."""

    def do_GET(self):  # noqa: N802 - the library's name
        kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
        name = self.path.rpartition(".")[2]
        body = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
        body = {"svg": body, "html": WITHOUT.encode()}.get(name, b"")
        self.send_response(200)
        self.send_header("Content-Type", kinds.get(name, "text/html"))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Host(screenshot.SiteHandler):
    """The pages' host: they stand in a folder, and one of them takes the place of any other."""

    def send_head(self):
        if not self.path.startswith(BASE):
            return super().send_error(400)
        self.path = self.path.removeprefix(BASE.rstrip("/"))
        return super().send_head()

    def send_error(self, code, message=None, explain=None):
        body = (SITES / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
