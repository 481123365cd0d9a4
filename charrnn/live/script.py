"""The script and the style of the live elements, as one text each.

One classic script, because browsers load no modules into a page that is opened as a file.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

__all__ = ["FOLDER", "PARTS", "WORDS", "book", "code_hash", "script", "style", "words"]

FOLDER = Path(__file__).parent / "script"
# language -> name -> words; `python -m tools.live` writes it.
WORDS = Path(__file__).parent / "words.json"
# In the order of their use; the engine first.
PARTS = (
    "file",
    "product",
    "model",
    "draw",
    "page",
    "bars",
    "passage",
    "pen",
    "guess",
    "colours",
    "start",
)


def script(parts: tuple[str, ...] = PARTS) -> str:
    """Return parts of the script, which see each other and nothing of the page's other scripts."""
    texts = [(FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in parts]
    return "\n".join(['(() => {\n"use strict";\n', *texts, "})();\n"])


def style() -> str:
    """Return the style."""
    return (FOLDER / "live.css").read_text(encoding="utf-8")


def code_hash(code: str) -> str:
    """Return what a Content-Security-Policy calls a script or a style that stands in a page.

    Args:
        code: all that stands between the tags.
    """
    digest = hashlib.sha256(code.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def words(language: str) -> dict[str, str]:
    """Return the words of a language.

    Raises:
        ValueError: there is no such language.
    """
    known: dict[str, dict[str, str]] = json.loads(WORDS.read_text(encoding="utf-8"))
    if language not in known:
        raise ValueError(f"language: expected one of {', '.join(known)}; received {language!r}")
    return known[language]


def book(spoken: Mapping[str, str], models: Mapping[str, int]) -> str:
    """Return the element with what the script has to know of a page.

    Args:
        spoken: words of the reader's language, by the names that the script uses.
        models: name of each model that the page may load -> bytes of its file.
    """
    known = {"words": dict(spoken), "models": dict(models)}
    # "<" could end the element, or begin a comment in it.
    text = json.dumps(known, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="live-book">{text}</script>'
