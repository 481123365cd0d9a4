"""Sphinx extension: a search that ships inside the site and finds words of every language.

The index and the search's window come from the package `pagefind[extended]`: files beside the
pages, no server, no other host. `_static/search.js` opens the window and `_static/search.css`
gives it the theme's colours; Sphinx's own search, which cannot find a Chinese or Korean word inside
a longer one, is switched off.

Indexed is what a reader reads as prose: no menus, no code cells with their outputs, no formulas.
But a cell tagged `searched` prints what readers look for, as the message of an error: its output is
indexed, too.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

FOLDER = "pagefind"
PACKAGES = ("pagefind", "pagefind_bin_extended")
# Of two other windows that pagefind offers, and of what marks words on the page found.
UNUSED = ("pagefind-ui.*", "pagefind-modular-ui.*", "pagefind-highlight.js")
SPHINX_FILES = ("searchtools.js", "language_data.js", "searchindex.js")
SPHINX_SCRIPT = re.compile(
    r'\s*<script src="[^"]*\b(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
)
SKIPPED = (
    "a.headerlink, .cell, pre, script, style, div.math, .toctree-wrapper, .translation-notice, "
    ".api-links"
)
# Between two Chinese characters goes a space without width, at which pagefind divides the text.
# Left to itself it divides by a dictionary of simplified characters, and a browser divides the
# query by another one.
BETWEEN_HAN = re.compile(r"(?<=[㐀-鿿豈-﫿𠀀-𲎯])(?=[㐀-鿿豈-﫿𠀀-𲎯])")
ZERO_WIDTH_SPACE = "\u200b"
NOTICE = (
    "The search needs the book to be served: run “make serve”, or open the book on the internet."
)


class SearchError(ExtensionError, ValueError):
    """The search cannot be built; the message says why."""


def searchable(html: str) -> str | None:
    """Reduce a built page to what the index reads.

    Args:
        html: the page.

    Returns:
        A small page: the article's prose under headings that carry the anchors of their sections,
        which pagefind expects there. None for a page without an article, such as a redirect.
    """
    page = BeautifulSoup(html, "html.parser")
    article = page.select_one("article.bd-article")
    if page.html is None or article is None or article.find("h1") is None:
        return None
    language = str(page.html.get("lang", ""))
    for cell in article.select(".cell.tag_searched"):
        for printed in cell.select(".cell_output pre"):
            paragraph = page.new_tag("p")
            paragraph.string = printed.get_text()
            cell.insert_before(paragraph)
    for tag in article.select(SKIPPED):
        tag.decompose()
    for formula in article.select("span.math"):
        formula.replace_with("…")
    for section in article.find_all("section", id=True):
        # The first heading gets none: the page itself is its result.
        heading = section.find(re.compile(r"^h[2-6]$"), recursive=False)
        if isinstance(heading, Tag):
            heading["id"] = section["id"]
        del section["id"]
    if language.startswith("zh"):
        for text in article.find_all(string=True):
            text.replace_with(NavigableString(BETWEEN_HAN.sub(ZERO_WIDTH_SPACE, text)))
    return f'<!doctype html><html lang="{language}"><body>{article}</body></html>'


def remove_sphinx_search(site: Path) -> None:
    """Remove from a built site what the theme loads for Sphinx's search on every page."""
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        cleaned = SPHINX_SCRIPT.sub("", html)
        if cleaned != html:
            path.write_text(cleaned, encoding="utf-8")
    for name in SPHINX_FILES:
        for path in (site / name, site / "_static" / name):
            path.unlink(missing_ok=True)


def add_search(site: Path) -> None:
    """Index one language's built pages into `<site>/pagefind/`, in place of an older index.

    Args:
        site: folder of the language's pages, each with the same `lang`.

    Raises:
        SearchError: there is nothing to index, or pagefind failed.
    """
    with tempfile.TemporaryDirectory(prefix="search-") as temporary:
        pages = 0
        for path in sorted(site.rglob("*.html")):
            text = searchable(path.read_text(encoding="utf-8"))
            if text is not None:
                copy = Path(temporary) / path.relative_to(site)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(text, encoding="utf-8")
                pages += 1
        if not pages:
            raise SearchError(f"{site}: expected pages to index, found none")
        output = site / FOLDER
        shutil.rmtree(output, ignore_errors=True)
        command = [sys.executable, "-m", "pagefind", "--site", temporary, "--keep-index-url"]
        result = subprocess.run(
            [*command, "--output-path", str(output)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    if result.returncode or not (output / "pagefind.js").is_file():
        raise SearchError(f"pagefind ended with {result.returncode}:\n{result.stdout.strip()}")
    for pattern in UNUSED:
        for path in output.glob(pattern):
            path.unlink()


def switch_theme_search_off(app: Sphinx, config: Config) -> None:
    """Leave the theme's search window out, whose buttons stay, and give our script its words.

    The script itself and its style are in `_static`, all of which Jupyter Book adds to the pages.
    """
    config.html_theme_options["disable_search"] = True
    notice = json.dumps(config.search_notice, ensure_ascii=False).replace("<", "\\u003c")
    app.add_js_file(None, body=f"const searchNotice = {notice};")


def switch_sphinx_search_off(app: Sphinx) -> None:
    """Make Sphinx write neither an index nor a search page."""
    if app.builder.format == "html":
        app.builder.search = False  # type: ignore[attr-defined]


def finish(app: Sphinx, error: Exception | None) -> None:
    """Index the pages after a successful HTML build."""
    if error is None and app.builder.format == "html":
        site = Path(app.outdir)
        remove_sphinx_search(site)
        add_search(site)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise SearchError(f"package {', '.join(missing)} not found: install requirements.txt")
    # What a reader is told who opens a page as a file, in the language of the site.
    app.add_config_value("search_notice", NOTICE, "html")
    app.connect("config-inited", switch_theme_search_off)
    app.connect("builder-inited", switch_sphinx_search_off)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
