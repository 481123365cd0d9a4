"""Sphinx extension: quotations in Latin letters are English on a page in another language.

All languages of the book share outputs, and what is quoted in fenced blocks of text. Most of it is
English, which a screen reader should not read as Korean. A figure is none of them: its text is
translated. An output in other letters, or one that says its language itself, stays as it is.
"""

import re
import unicodedata
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx

# docutils writes a class of this form as the attribute lang.
ENGLISH = "language-en"
LANGUAGE = re.compile(r"<[^>]*\slang=")
TAG = re.compile(r"<[^>]*>")


def is_latin(text: str) -> bool:
    """Return whether a text has letters, and all of them are Latin."""
    letters = [character for character in text if character.isalpha()]
    return bool(letters) and all("LATIN" in unicodedata.name(letter, "") for letter in letters)


def mark_english(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Say of each quotation on a page in another language that it is English, if it is."""
    if app.config.language.startswith("en"):
        return
    for block in doctree.findall(nodes.literal_block):
        if block.get("language") == "text" and is_latin(block.astext()):
            block["classes"].append(ENGLISH)
    for output in doctree.findall(lambda node: isinstance(node, nodes.container)):
        if "cell_output" not in output["classes"]:
            continue
        for shown in output.children:
            text = shown.astext()
            if isinstance(shown, nodes.raw):
                if LANGUAGE.search(text):
                    continue
                text = TAG.sub("", text)
            elif not isinstance(shown, nodes.literal_block):
                continue
            if is_latin(text):
                shown["classes"].append(ENGLISH)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("doctree-resolved", mark_english)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
