"""The book's terms in every language, and whether a translated text keeps to them.

`notebooks/glossary.csv` has a row for each term: `en`, a column for each language, `avoid` and
`note`. A cell may hold several forms or renderings, separated by ` / `; what stands in parentheses
explains and is not compared. `avoid` names what the book does not say instead of the term, in any
of its languages: `en: fresh state; ko: 훈련; ru: пакет, чанк`.

English says none of what is to be avoided, in whatever form: "held-out" is "held out", too. List
phrases there, since most of their words have other uses. What stands in code marks, `` `arm` ``, is
no phrase but a name that code does not bind, alone or as a part: `arm_sizes`. A term in code marks
is such a name itself, the one that code uses: all languages share it, so it has no renderings.

A current translation of a text that has a term must have one of its renderings, and none of what is
to be avoided for it. The longest term counts: "training text" is neither "training" nor "text".
Words are compared whatever their endings where a language is listed as `INFLECTED` (Snowball's
stems, Porter 2001), as characters without spaces where it is `UNSPACED`, as they are elsewhere.
"""

import csv
import itertools
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import snowballstemmer

from tools.chapters.markdown import GAP
from tools.translation.languages import SOURCE

GLOSSARY = "notebooks/glossary.csv"
INFLECTED = {"ru": "russian"}  # language -> Snowball's name of it
UNSPACED = ("ko", "ja", "zh-Hans", "zh-Hant")  # or with particles that cling to a word
NAME = re.compile(r"`[A-Za-z]\w*`")
EXPLANATION = re.compile(r"\s*[(（][^)）]*[)）]")


@dataclass(frozen=True)
class Term:
    """A row of the glossary.

    Attributes:
        english: the forms of the term in English besides its plural; the first is its name.
        renderings: language -> what may stand for it.
        avoid: language -> what may not.
        names: what code does not call it.
    """

    english: tuple[str, ...]
    renderings: dict[str, tuple[str, ...]]
    avoid: dict[str, tuple[str, ...]]
    names: tuple[str, ...] = ()

    @property
    def is_name(self) -> bool:
        """Whether this is a name in code."""
        return bool(NAME.fullmatch(self.english[0]))


@cache
def english_pattern(forms: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds a term in English, its regular plural included."""
    found = []
    for form in forms:
        words = r"[\s-]+".join(re.escape(word) for word in re.split(r"[\s-]+", form))
        found.append(f"{words[:-1]}(?:y|ies)" if words.endswith("y") else f"{words}(?:s|es)?")
    return re.compile(rf"(?<![\w-])(?:{'|'.join(found)})(?![\w-])", re.I)


def _forms(cell: str) -> tuple[str, ...]:
    plain = (EXPLANATION.sub("", part).strip() for part in cell.split(" / "))
    return tuple(part for part in plain if part)


def _avoided(cell: str, codes: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(str.strip, re.split("[;；]", cell)):
        code, _, words = re.sub("：", ":", part, count=1).partition(":")
        code = code.strip()
        listed = [EXPLANATION.sub("", word).strip() for word in re.split("[,，、]", words)]
        if code not in codes or code in found or not all(comparable(w, code) for w in listed):
            raise ValueError(f"avoid: expected 'language: words, words; …', received {part!r}")
        found[code] = tuple(listed)
    return found


def read_glossary(root: Path) -> list[Term]:
    """Read the glossary; longer terms come first. A book without a glossary has no terms.

    Raises:
        ValueError: a row is not as the module says; the message names its line.
    """
    path = root / GLOSSARY
    if not path.exists():
        return []
    line = 1
    terms: dict[str, Term] = {}
    try:
        # A spreadsheet's mark at the beginning is no part of a name.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            columns = next(reader, [])
            codes = columns[1:-2]
            named = len(set(columns)) == len(columns) and all(columns)
            if [*columns[:1], *columns[-2:]] != [SOURCE, "avoid", "note"] or not named:
                raise ValueError(f"expected columns en, languages, avoid, note; found {columns}")
            for row in reader:
                line = reader.line_num
                if row:
                    term = _term(row, codes)
                    if terms.setdefault(term.english[0].lower(), term) is not term:
                        raise ValueError(f"{row[0]}: expected a term that no other row has")
            _agree(list(terms.values()))
    except (csv.Error, ValueError) as error:
        raise ValueError(f"{GLOSSARY} line {line}: {error}") from error
    return sorted(terms.values(), key=lambda term: -len(term.english[0]))


def _term(row: list[str], codes: list[str]) -> Term:
    """Return what a row says; raise ValueError if it is none."""
    if len(row) != len(codes) + 3:
        raise ValueError(f"{row[0]}: expected {len(codes) + 3} cells, found {len(row)}")
    english = _forms(row[0])
    if not english:
        raise ValueError("expected a term in the column en")
    renderings = {
        code: found for code, cell in zip(codes, row[1:], strict=False) if (found := _forms(cell))
    }
    avoid = _avoided(row[-2], [SOURCE, *codes])
    listed = avoid.pop(SOURCE, ())
    names = tuple(word.strip("`") for word in listed if NAME.fullmatch(word))
    if phrases := tuple(word for word in listed if not NAME.fullmatch(word)):
        avoid[SOURCE] = phrases
    for code, words in avoid.items():
        for rendering in renderings.get(code, ()):
            if any(contains(rendering, word, code) for word in words):
                raise ValueError(f"{row[0]}: {rendering} is a rendering and to be avoided")
    term = Term(english, renderings, avoid, names)
    if wrong := [word for word in (*english, *phrases) if "`" in word and not term.is_name]:
        raise ValueError(f"{row[0]}: expected a name in code marks, received {wrong[0]}")
    if term.is_name and (renderings or avoid):
        raise ValueError(f"{row[0]}: expected a name in code to have other names alone in avoid")
    return term


def _agree(terms: list[Term]) -> None:
    """Raise ValueError if a term is what another one, or itself, says to avoid."""
    for term in terms:
        found = [message for form in term.english for message in no_longer_said(form, terms)]
        found += misnamed({term.english[0].strip("`")} if term.is_name else set(), terms)
        if found:
            raise ValueError(f"{term.english[0]} is a term, but {found[0]}")


@cache
def _stem(word: str, language: str) -> str:
    return str(snowballstemmer.stemmer(INFLECTED[language]).stemWord(word))


@lru_cache(maxsize=4096)
def comparable(text: str, language: str) -> str:
    """Return a text so that a term occurs in it if its own comparable form does."""
    text = unicodedata.normalize("NFC", text).casefold()
    if language in UNSPACED:
        return re.sub(r"\s", "", text)
    words = re.findall(rf"\w+|{GAP}", text)
    if language in INFLECTED:
        words = [_stem(word, language) for word in words]
    return "".join(f" {word} " for word in words)


def contains(text: str, words: str, language: str) -> bool:
    """Return whether a text has these words one after the other."""
    return comparable(words, language) in comparable(text, language)


@lru_cache(maxsize=1024)
def _found(english: str, forms: tuple[tuple[str, ...], ...]) -> tuple[bool, ...]:
    """Return which terms an English text has, the longest first; all languages ask the same."""
    found = []
    for term in forms:
        english, number = english_pattern(term).subn(GAP, english)
        found.append(number > 0)
    return tuple(found)


def departures(english: str, translated: str, language: str, terms: list[Term]) -> list[str]:
    """Return a message for each term that a translation does not render as the glossary does.

    Args:
        english: words without markup.
        translated: those of its translation.
        language: the code of that language.
        terms: the glossary, as `read_glossary` returns it.
    """
    messages = []
    present = _found(english, tuple(term.english for term in terms))
    for term in itertools.compress(terms, present):
        allowed = term.renderings.get(language, ())
        if allowed and not any(contains(translated, words, language) for words in allowed):
            messages.append(
                f"glossary: English has {term.english[0]!r}, the text has no "
                f"{' or '.join(allowed)}; use it, or add to {GLOSSARY} what else may stand for it"
            )
    renderings = [words for term in terms for words in term.renderings.get(language, ())]
    for term in terms:
        # Of another thing the book may say so. A term within a longer one is this thing.
        if not english_pattern(term.english).search(english):
            continue
        for words in term.avoid.get(language, ()):
            if _stands_alone(translated, words, language, renderings):
                better = " or ".join(term.renderings.get(language, ())) or "another word"
                messages.append(f"glossary: avoid {words}; {term.english[0]!r} is {better}")
    return messages


def _stands_alone(text: str, words: str, language: str, renderings: list[str]) -> bool:
    """Return whether a text has words outside of longer renderings: 파라미터, 하이퍼파라미터."""
    if not contains(text, words, language):
        return False
    own = comparable(text, language)
    for longer in renderings:
        if contains(longer, words, language):
            own = own.replace(comparable(longer, language), GAP)
    return comparable(words, language) in own


@cache
def english_stems(text: str) -> str:
    """Return the stems of English words, each between spaces: "clipped" is "clipping", too."""
    stem = snowballstemmer.stemmer("english").stemWord
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold())
    return "".join(f" {stem(word)} " for word in words)


def has_row(words: str, terms: list[Term]) -> bool:
    """Return whether the glossary has a term, in whatever form or as a part of a longer one."""
    return any(
        english_stems(words) in english_stems(form) for term in terms for form in term.english
    )


def no_longer_said(text: str, terms: list[Term]) -> list[str]:
    """Return a message for each phrase of an English text that the glossary says to avoid.

    Args:
        text: words without markup.
        terms: the glossary, as `read_glossary` returns it.
    """
    found = [
        (match[0], term.english[0])
        for term in terms
        if SOURCE in term.avoid
        for match in english_pattern(term.avoid[SOURCE]).finditer(text)
    ]
    return [
        f"glossary: {said!r} is no longer said; say {term!r}" for said, term in dict.fromkeys(found)
    ]


def misnamed(names: set[str], terms: list[Term]) -> list[str]:
    """Return a message for each name in code that the glossary says to avoid."""
    messages = []
    for name in sorted(names):
        for term in terms:
            parts = "|".join(map(re.escape, term.names))
            if parts and re.search(rf"(?<![^_])(?:{parts})s?(?![^_])", name, re.I):
                what = term.english[0] if term.is_name else repr(term.english[0])
                messages.append(f"glossary: code names {name}; the book says {what}")
    return messages
