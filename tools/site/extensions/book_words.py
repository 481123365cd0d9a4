"""Sphinx extension: the site's own words in the language of its pages.

The configuration value `book_messages` maps English strings of Sphinx, the theme and the other
extensions to those of the language. It goes before their own catalogs, which miss many strings and
have some in the wrong script. It is applied to strings that pass through a catalog and, in the
files of the finished site, to attributes and messages of scripts that pass through none.
"""

import html
import re
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from sphinx import locale
from sphinx.application import Sphinx
from sphinx.config import Config

CATALOGS = ("sphinx", "booktheme")
# What a template or a script writes as it is: attributes of tags, strings of the copy button.
ATTRIBUTE = re.compile(r'(?<=\s)((?:title|alt|aria-label|placeholder|data-bs-title)=)"([^"{}]*)"')
COPY_BUTTON = re.compile(r"(?<=: )'([^'\n]*)'")


class Messages(NullTranslations):
    """A catalog whose messages go before those of another one.

    Args:
        messages: English string -> its translation.
        rest: the catalog that has all others.
    """

    def __init__(self, messages: dict[str, str], rest: NullTranslations) -> None:
        super().__init__()
        self.messages = messages
        self.add_fallback(rest)

    def gettext(self, message: str) -> str:
        """Return the translation of a string."""
        return self.messages.get(message) or super().gettext(message)


def put_before_catalogs(app: Sphinx, config: Config) -> None:
    """Install the messages; catalogs that a theme adds later become fallbacks."""
    for name in CATALOGS:
        rest = locale.translators.get(("general", name), NullTranslations())
        locale.translators["general", name] = Messages(config.book_messages, rest)
    app.translator = locale.translators["general", "sphinx"]


def translate_literals(app: Sphinx, error: Exception | None) -> None:
    """Replace strings that no catalog sees, in the files of the finished site."""
    messages = app.config.book_messages
    if error is not None or app.builder.format != "html" or not messages:
        return

    def attribute(match: re.Match[str]) -> str:
        known = messages.get(html.unescape(match[2]))
        return match[0] if known is None else f'{match[1]}"{html.escape(known)}"'

    def string(match: re.Match[str]) -> str:
        return f"'{messages.get(match[1], match[1])}'"

    static = Path(app.outdir) / "_static"
    rules = [(path, ATTRIBUTE, attribute) for path in Path(app.outdir).rglob("*.html")]
    rules.append((static / "copybutton.js", COPY_BUTTON, string))
    for path, pattern, replace in rules:
        text = path.read_text(encoding="utf-8")
        path.write_text(pattern.sub(replace, text), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_config_value("book_messages", {}, "html", types=frozenset({dict}))
    app.connect("config-inited", put_before_catalogs)
    app.connect("build-finished", translate_literals)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
