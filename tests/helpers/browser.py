"""A headless Chromium over the built sites, and what a page says of itself there."""

import importlib.util
import os
import time
from pathlib import Path

from tools.screenshot import NO_BROWSER, SETTLED, chromium

WIDE = {"width": 1280, "height": 900}
# The longest wait for what a page does.
SECONDS = 60
NARROW = {"width": 360, "height": 740}

FACTS = """() => {
  const article = document.querySelector("article.bd-article");
  const text = (unwanted) => {
    const copy = article.cloneNode(true);
    copy.querySelectorAll(unwanted).forEach((element) => element.remove());
    return copy.textContent.replace(/\\s+/g, " ");
  };
  const formulas = [...article.querySelectorAll(".math")];
  return {
    prose: text("pre, code, script, style, .math, .cell, a.headerlink, dt.sig"),
    searched: text("pre:not(.tag_searched .cell_output *), .cell_input, script, style, .math, " +
      ".cell:not(.tag_searched), .toctree-wrapper, .translation-notice, .api-links"),
    formulas: formulas.length,
    unset: formulas.filter((formula) => !formula.querySelector("mjx-container"))
      .map((formula) => formula.textContent),
    broken: [...article.querySelectorAll("mjx-merror, [data-mjx-error]")]
      .map((error) => error.textContent),
  };
}"""

# What sticks out of a narrow screen, other than inside an element that scrolls.
STICKING_OUT = """() => {
  const scrolls = (element) => {
    for (let outer = element; outer && outer !== document.body; outer = outer.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(outer).overflowX)) return true;
    return false;
  };
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll("article.bd-article :is(pre, table, img, .math)")]
    .filter((element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element))
    .map((element) => element.outerHTML.slice(0, 120));
  const whole = document.documentElement.scrollWidth;
  return whole > width ? [`the page is ${whole} pixels wide`, ...wide] : wide;
}"""


def why_missing(sites: Path | None) -> str:
    """Return what the tests lack, "" if nothing."""
    if sites is None:
        return "no built sites: BOOK_SITES names no folder"
    if not languages(sites):
        return f"no built sites in BOOK_SITES={sites}"
    if chromium() is None:
        return NO_BROWSER
    packages = [name for name in ("playwright", "axe_playwright_python") if not has(name)]
    return f"package {', '.join(packages)} not found" if packages else ""


def has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def languages(sites: Path) -> list[str]:
    return sorted(path.parent.name for path in sites.glob("*/index.html"))


def pages(site: Path) -> list[str]:
    """Return the pages of one language: those with an article and not a redirect."""
    return sorted(
        str(path.relative_to(site))
        for path in site.rglob("*.html")
        if not {"_static", "pagefind"} & set(path.relative_to(site).parts)
        and "bd-article" in path.read_text(encoding="utf-8")
    )


def axe_script() -> str:
    package = importlib.util.find_spec("axe_playwright_python")
    return (Path(package.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def wait_until(page, expression, argument=None):
    """Wait until an expression or a function of the page comes to something true.

    Playwright's own wait evaluates a text in the page again and again, which the policy forbids.
    """
    deadline = time.monotonic() + SECONDS
    while not page.evaluate(expression, argument):
        assert time.monotonic() < deadline, f"still not so: {expression}"
        page.wait_for_timeout(20)


class Tab:
    """A page of the browser that keeps what goes wrong in it."""

    def __init__(self, context, address):
        self.page = context.new_page()
        self.address = address
        self.complaints = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._request)
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._response)

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _request(self, request):
        if not request.url.startswith((f"{self.address}/", "data:", "blob:", "file:")):
            self.complaints.append(f"leaves the site: {request.url}")

    def _failed(self, request):
        # A page that is left while something loads breaks that off.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure}: {request.url}")

    def _response(self, response):
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")

    def open(self, path):
        """Open a page of the sites, such as "en/index.html", and wait until it stands still."""
        self.complaints.clear()
        self.page.goto(f"{self.address}/{path}", wait_until="load")
        self.page.evaluate(SETTLED)
        return self.page

    def serious(self, include="html", exclude=("mjx-container",), **options):
        """Return what axe finds serious or critical, one line an element.

        Formulas are left out: pictures of hundreds of elements, with their MathML for readers.
        """
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe_script())
        self.page.evaluate("document.getAnimations().forEach((change) => change.finish())")
        where = {"include": [include], "exclude": [*exclude]}
        # Else axe loads the style sheets again, from where they are not.
        options = {"resultTypes": ["violations"], "preload": False} | options
        run = "([where, options]) => axe.run(where, options)"
        found = self.page.evaluate(run, [where, options])
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]


SITES = Path(os.environ["BOOK_SITES"]).resolve() if os.environ.get("BOOK_SITES") else None
MISSING = why_missing(SITES)
LANGUAGES = [] if MISSING or SITES is None else languages(SITES)
# Tabs that stay open from test to test; a failing one leaves pictures of them.
OPEN: list[Tab] = []
