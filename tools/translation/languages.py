"""The languages of the book: each a folder under `notebooks/` with a file `language.yml`.

The file holds `name` (in the language itself), `sphinx` (Sphinx's code for it), `title` (of the
book), `parts` (captions of the toc) and `words` (what the site says besides the pages). What a
language leaves out is taken from English, so that a new language can be built at once.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.chapters.notebooks import ROOT

SOURCE = "en"
LANGUAGE_FILE = "language.yml"
CODE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?")
SPHINX = {"zh-Hans": "zh_CN", "zh-Hant": "zh_TW"}  # where Sphinx has a code of its own
SKELETON = """\
# A folder with this file is a language of the book.
name: "{code}"  # to do: the language's name in that language
sphinx: "{sphinx}"  # Sphinx's code for it
"""


@dataclass(frozen=True)
class Language:
    """One language of the book.

    Attributes:
        code: the folder's name, which is the `lang` attribute of its pages.
        name: what the language calls itself.
        sphinx: Sphinx's code for it.
        title: the book's title.
        parts: English captions of the toc's parts -> this language.
        words: what the site says; `messages` among them maps English strings of the theme and its
            extensions to this language.
    """

    code: str
    name: str
    sphinx: str
    title: str
    parts: dict[str, str]
    words: dict[str, Any]


def folder(root: Path, language: str) -> Path:
    """Return the folder of a language."""
    return root / "notebooks" / language


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
        parts = content.get("parts") or {}
        if not isinstance(parts, dict):
            raise ValueError(f"{place}: expected captions of parts, received {parts!r}")
        if english := found.get(SOURCE):
            content = {"title": english.title} | content
            unknown = sorted(set(words) - set(english.words))
            if unknown:
                raise ValueError(f"{place}: expected words of English, received {unknown}")
            words = english.words | words
        texts = {key: content.get(key) for key in ("name", "sphinx", "title")}
        single = {key: value for key, value in words.items() if key != "messages"}
        for key, value in (single | texts | words.get("messages", {}) | parts).items():
            if not (isinstance(value, str) and value.strip()):
                raise ValueError(f"{place}: expected a text for {key!r}, received {value!r}")
        found[code] = Language(code=code, words=words, parts=parts, **texts)
    return found


def other_languages(root: Path, names: list[str] | None = None) -> list[str]:
    """Return the languages that the book is translated into, or those of them that are named.

    Raises:
        ValueError: if a name is no such language.
    """
    found = sorted(path.parent.name for path in folder(root, "").glob(f"*/{LANGUAGE_FILE}"))
    known = [name for name in found if name != SOURCE]
    for name in names or []:
        if name not in known:
            expected = f"one of {', '.join(known)}" if known else "none, for there is no language"
            raise ValueError(f"language: expected {expected}; received {name!r}")
    return [name for name in known if name in (names or known)]


def skeleton(root: Path, code: str) -> tuple[Path, bytes]:
    """Return the path and the content of a new language's file.

    Raises:
        ValueError: if the code is none, or the language exists.
    """
    if not CODE.fullmatch(code) or code == SOURCE:
        raise ValueError(f"code: expected one such as fr, pt-BR or zh-Hans; received {code!r}")
    path = folder(root, code) / LANGUAGE_FILE
    if path.exists():
        raise ValueError(f"code: expected a new language, received {code!r}, which exists")
    return path, SKELETON.format(
        code=code, sphinx=SPHINX.get(code, code.replace("-", "_"))
    ).encode()
