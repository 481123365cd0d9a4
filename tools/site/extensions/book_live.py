"""Sphinx extension: bring the live elements of a page to life.

A page with such an element gets the script, its style, the words of its language and the sizes of
the models that it may load; other pages get nothing. The models are files beside the sites of all
languages, so that a browser keeps one copy; `tools.build_site` puts them there.

An element may name a record instead of holding what it stores: that is put in here, because it
would make the page's source unreadable.
"""

import html
import json
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from charrnn.live.script import book, script, style
from charrnn.support.files import RECORDS
from charrnn.weights import shipped

FILES = {"live.js": script, "live.css": style}
MODEL = re.compile(r'<div class="live"[^>]* data-model="([^"]+)"')
RECORD = re.compile(r'data-record="([^"]+)"')


def models_of(body: str) -> list[str]:
    """Return the names of the models that the live elements of a page may load, each once."""
    return sorted(set(MODEL.findall(body)))


def stored(record: str) -> str:
    """Return what an element stores, from the record PEN/LANGUAGE, as an attribute.

    Raises:
        ExtensionError: there is no such record.
    """
    name, _, language = record.partition("/")
    try:
        found = json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))[language]
    except (OSError, ValueError, KeyError) as error:
        raise ExtensionError(f"data-record: expected a record, received {record!r}") from error
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return f'data-stored="{html.escape(text)}"'


def add_live(app: Sphinx, page: str, template: str, context: dict[str, Any], document: Any) -> None:
    """Add to a page what its elements need."""
    names = models_of(context.get("body") or "")
    if not names:
        return
    context["body"] = RECORD.sub(lambda match: stored(match[1]), context["body"])
    words = app.config.book_site["words"]
    spoken = {key: text for key, text in words.items() if key.startswith("live_")}
    context["body"] += book(spoken, {name: shipped(name).stat().st_size for name in names})
    app.add_css_file("live.css")
    app.add_js_file("live.js", loading_method="defer")


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write script and style into the finished site."""
    if error is not None or app.builder.format != "html":
        return
    for name, text in FILES.items():
        (Path(app.outdir) / "_static" / name).write_text(text(), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", add_live)
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
