"""The book's terms in every language, and whether a translated text keeps to them.

`notebooks/glossary.csv` has a row for each term: `en`, a column for each language, `avoid` and
`note`. A cell may hold several renderings, separated by ` / `; what stands in parentheses explains
and is not compared. `avoid` names what the book does not say: `ko: 훈련, 코퍼스; ru: пакет`.

A text whose English has a term must have one of its renderings, and no text may have what is to be
avoided. The longest term counts: "training text" is neither "training" nor "text". Words are
compared whatever their endings where a language has such (Snowball's stems, Porter 2001), else as
characters, spaces left out.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import snowballstemmer

from tools.languages import SOURCE
from tools.translation_structure import GAP, prose

FILE = "notebooks/glossary.csv"
INFLECTED = {"ru": "russian"}  # language -> Snowball's name of it
EXPLANATION = re.compile(r"\s*[(（][^)）]*[)）]")


@dataclass(frozen=True)
class Term:
    """A row of the glossary.

    Attributes:
        english: the term as the glossary writes it, its explanation in parentheses left out.
        renderings: language -> what may stand for it.
        avoid: language -> what may not.
    """

    english: str
    renderings: dict[str, tuple[str, ...]]
    avoid: dict[str, tuple[str, ...]]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Return what finds the term in English, plural included."""
        words = r"[\s-]+".join(re.escape(word) for word in re.split(r"[\s-]+", self.english))
        plural = "" if self.english.endswith("s") else "(?:s|es)?"
        return re.compile(rf"(?<![\w-]){words}{plural}(?!\w)", re.I)


def _renderings(cell: str) -> tuple[str, ...]:
    plain = (EXPLANATION.sub("", part).strip() for part in cell.split(" / "))
    return tuple(part for part in plain if part)


def _avoided(cell: str, codes: list[str]) -> dict[str, tuple[str, ...]]:
    found = {}
    for part in filter(str.strip, cell.split(";")):
        code, colon, words = (piece.strip() for piece in part.partition(":"))
        if not colon or code not in codes or not words:
            raise ValueError(f"avoid: expected 'language: words, words; …', received {part!r}")
        found[code] = tuple(word.strip() for word in words.split(","))
    return found


def read_glossary(root: Path) -> list[Term]:
    """Read the glossary; longer terms come first. A book without a glossary has no terms.

    Raises:
        ValueError: a row is not as the module says; the message names it.
    """
    path = root / FILE
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        columns = list(reader.fieldnames or [])
        rows = list(reader)
    codes = [name for name in columns if name not in (SOURCE, "avoid", "note")]
    if columns != [SOURCE, *codes, "avoid", "note"]:
        raise ValueError(f"{FILE}: expected columns en, languages, avoid, note; found {columns}")
    terms: dict[str, Term] = {}
    for number, row in enumerate(rows, 2):
        place = f"{FILE} line {number} ({row[SOURCE]})"
        if None in row or None in row.values():
            raise ValueError(f"{place}: expected {len(columns)} cells")
        english = EXPLANATION.sub("", row[SOURCE]).strip()
        try:
            avoid = _avoided(row["avoid"], codes)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from error
        renderings = {code: found for code in codes if (found := _renderings(row[code]))}
        if not english or english.lower() in terms:
            raise ValueError(f"{place}: expected a term that no other row has")
        for code, words in avoid.items():
            for rendering in renderings.get(code, ()):
                if any(contains(rendering, word, code) for word in words):
                    raise ValueError(f"{place}: {rendering} is a rendering and to be avoided")
        terms[english.lower()] = Term(english, renderings, avoid)
    return sorted(terms.values(), key=lambda term: -len(term.english))


@cache
def _stem(word: str, language: str) -> str:
    return str(snowballstemmer.stemmer(INFLECTED[language]).stemWord(word))


@lru_cache(maxsize=4096)
def _comparable(text: str, language: str) -> str:
    """Return a text so that a term occurs in it if its own comparable form does."""
    text = text.casefold()
    if language not in INFLECTED:
        return re.sub(r"\s", "", text)
    words = re.findall(rf"\w+|{GAP}", text.replace("ё", "е"))  # Russian spells ё or е as it likes
    return "".join(f" {_stem(word, language)} " for word in words)


def contains(text: str, words: str, language: str) -> bool:
    """Say whether a text has these words one after the other, whatever their endings."""
    return _comparable(words, language) in _comparable(text, language)


def _terms_of(english: str, terms: list[Term]) -> list[Term]:
    found = []
    for term in terms:
        english, number = term.pattern.subn(GAP, english)
        if number:
            found.append(term)
    return found


def departures(english: str, translated: str, language: str, terms: list[Term]) -> list[str]:
    """Return a message for each term that a translation does not render as the glossary does.

    Args:
        english: Markdown.
        translated: its translation.
        language: the code of that language.
        terms: the glossary, as `read_glossary` returns it.
    """
    own = prose(translated)
    messages = []
    for term in _terms_of(prose(english), terms):
        allowed = term.renderings.get(language, ())
        if allowed and not any(contains(own, words, language) for words in allowed):
            messages.append(
                f"glossary: English has {term.english!r}, the text has no {' or '.join(allowed)}; "
                f"use it, or add to {FILE} what else may stand for it"
            )
    for term in terms:
        for words in term.avoid.get(language, ()):
            if contains(own, words, language):
                better = " or ".join(term.renderings.get(language, ())) or "another word"
                messages.append(f"glossary: avoid {words}; {term.english!r} is {better}")
    return messages
