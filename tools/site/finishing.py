"""What the pages of a language's site get after Jupyter Book: less to load, and a policy.

Scripts wait until the page is there, one style sheet takes the place of twelve, and what no page
needs is left out. The page looks and does as before. `book_mathjax` and `book_search` have done
their part by then.
"""

import re
import shutil
import struct
from pathlib import Path

from tools.site.policy import secured
from tools.site.style_sheets import unite

# Loaded by every page, used by none: icons as a script of 1.5 MB (the theme's style sheet has them
# as fonts, too), leftovers of Thebe, and what belongs to Sphinx's own search. Of that, the words of
# other languages would be read by evaluating them, which the policy forbids.
UNUSED = re.compile(
    r"[ \t]*<script[^>]*/fontawesome\.js[^>]*></script>\n?"
    r"|[ \t]*<script[^>]*/(?:doctools|sphinx_highlight|translations)\.js[^>]*></script>\n?"
    r'|[ \t]*<script type="text/x-thebe-config">.*?</script>\n?'
    r"|[ \t]*<script>(?:kernelName|DOCUMENTATION_OPTIONS\.\w+) = [^<]*</script>\n?"
    r'|[ \t]*<link rel="preload" as="script"[^>]*>\n?',
    re.DOTALL,
)
FILES = (
    "scripts/*.map",
    "scripts/fontawesome.js*",
    "styles",
    "vendor",
    "locales",
    "sphinx-thebe.*",
    "doctools.js",
    "sphinx_highlight.js",
    "translations.js",
    "*webpack-macros.html",
)
BLOCKING = re.compile(r"<script(?![^>]*\b(?:defer|async)\b)(?=[^>]*\bsrc=)")
# The theme sets the colours before the page is shown. Where the reader has chosen none it would
# leave them to a script at the end, and complain there.
COLOURS = re.compile(r'(<script data-cfasync="false">).*?(?=</script>)', re.DOTALL)
CHOSEN = """
  {
    let mode, theme;
    try { mode = localStorage.getItem("mode"); theme = localStorage.getItem("theme"); } catch {}
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    if (!mode || mode === "auto") theme = dark ? "dark" : "light";
    Object.assign(document.documentElement.dataset, { mode: mode || "auto", theme });
  }
  """
ACTIONS = {"window.print()": "print", "toggleFullScreen()": "fullscreen"}
ACTION = re.compile(r'\bonclick="([^"]*)"')
ICON = re.compile(
    r'<i class="((?:[\w-]+ +)*fa[bsr]? [^"]*|(?:[\w-]+ +)*fa-[^"]*)"(?![^>]*aria-hidden)'
)
IMAGE = re.compile(
    r'<img\b(?![^>]*\b(?:width|height|style)=)[^>]*\bsrc="([^":]+\.png)"[^>]*?(?=\s*/?>)'
)


class FinishError(ValueError):
    """A page is other than the theme wrote it before; the message says where."""


def named_actions(page: str) -> str:
    """Return a page whose buttons name what they do, for `_static/buttons.js`.

    Raises:
        FinishError: a button does something else.
    """

    def named(match: re.Match[str]) -> str:
        if match[1] not in ACTIONS:
            raise FinishError(
                f"onclick: expected one of {', '.join(ACTIONS)}; received {match[1]!r}"
            )
        return f'data-does="{ACTIONS[match[1]]}"'

    return ACTION.sub(named, page)


def sized_images(page: str, site: Path) -> str:
    """Return a page whose images say their size, so that text stands still while they load."""

    def sized(match: re.Match[str]) -> str:
        file = site / match[1]
        if not file.is_file():
            return match[0]
        width, height = struct.unpack(">II", file.read_bytes()[16:24])
        return f'{match[0]} width="{width}" height="{height}"'

    return IMAGE.sub(sized, page)


def lighter(page: str) -> str:
    """Return a page without what it does not use, its scripts after its text."""
    page = UNUSED.sub("", page)
    page = BLOCKING.sub("<script defer", page)
    page, found = COLOURS.subn(lambda match: match[1] + CHOSEN, page)
    if found != 1:
        raise FinishError(
            f"page: expected the theme's script for colours once, found it {found} times"
        )
    # A screen reader would say the letter that an icon is in its font.
    return ICON.sub(lambda match: f'{match[0]} aria-hidden="true"', page)


def finish(site: Path) -> None:
    """Finish a language's site, in place.

    Raises:
        ValueError: a page or a style sheet is other than expected; the site is then of no use.
    """
    pages = {
        path: text
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts
        and "bd-article" in (text := path.read_text(encoding="utf-8"))
    }
    for path, text in pages.items():
        try:
            pages[path] = sized_images(named_actions(lighter(text)), site)
        except FinishError as error:
            raise FinishError(f"{path.name}: {error}") from error
    for path, text in unite(site, pages).items():
        path.write_text(text, encoding="utf-8")
    for pattern in FILES:
        for found in (site / "_static").glob(pattern):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    secure(site)


def secure(folder: Path) -> None:
    """Give all pages in a folder their policy, in place; other files there are not touched."""
    for path in sorted(folder.glob("*.html")):
        path.write_text(secured(path.read_text(encoding="utf-8")), encoding="utf-8")
