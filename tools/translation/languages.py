"""The languages of the book: each a folder under `notebooks/` with a file `language.yml`.

The file holds `name` (in the language itself), `sphinx` (Sphinx's code for it), `title` (of the
book) and `words` (what the site says besides the pages). What a language leaves out is taken from
English, so that a new language can be built at once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.chapters.notebooks import ROOT
from tools.translation.files import LANGUAGE_FILE, SOURCE, folder

__all__ = ["SOURCE", "Language", "languages"]


@dataclass(frozen=True)
class Language:
    """One language of the book.

    Attributes:
        code: the folder's name, which is the `lang` attribute of its pages.
        name: what the language calls itself.
        sphinx: Sphinx's code for it.
        title: the book's title.
        words: what the site says; `messages` among them maps English strings of the theme and its
            extensions to this language.
    """

    code: str
    name: str
    sphinx: str
    title: str
    words: dict[str, Any]


def languages(root: Path = ROOT) -> dict[str, Language]:
    """Return the languages by code, English first.

    Raises:
        ValueError: if English or a key is missing, or a value is no text.
    """
    files = sorted(folder(root, "").glob(f"*/{LANGUAGE_FILE}"))
    files.sort(key=lambda path: path.parent.name != SOURCE)
    if not files or files[0].parent.name != SOURCE:
        raise ValueError(f"notebooks/{SOURCE}/{LANGUAGE_FILE}: expected a file, found none")
    found: dict[str, Language] = {}
    for path in files:
        code = path.parent.name
        place = f"notebooks/{code}/{LANGUAGE_FILE}"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(f"{place}: expected keys with values, received {content!r}")
        words = content.get("words") or {}
        if not isinstance(words, dict) or not isinstance(words.get("messages", {}), dict):
            raise ValueError(f"{place}: expected words with keys, received {words!r}")
        if english := found.get(SOURCE):
            content = {"title": english.title} | content
            unknown = sorted(set(words) - set(english.words))
            if unknown:
                raise ValueError(f"{place}: expected words of English, received {unknown}")
            words = english.words | words
        texts = {key: content.get(key) for key in ("name", "sphinx", "title")}
        single = {key: value for key, value in words.items() if key != "messages"}
        for key, value in (single | texts | words.get("messages", {})).items():
            if not (isinstance(value, str) and value.strip()):
                raise ValueError(f"{place}: expected a text for {key!r}, received {value!r}")
        found[code] = Language(code=code, words=words, **texts)
    return found
