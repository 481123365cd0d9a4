"""What a translated Markdown text must share with the English one: everything but its words.

Both are parsed as the book's pages are: CommonMark with tables, `$formulas$` and bare addresses.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

MARKDOWN = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "linkify"])
MARKDOWN.use(dollarmath_plugin)
if MARKDOWN.linkify is not None:
    MARKDOWN.linkify.set({"fuzzy_link": False})  # as myst_linkify_fuzzy_links in _config.yml

TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^>]*>", re.S)
SPOKEN = re.compile(r"\s(?:alt|title|aria-label)=(?:\"[^\"]*\"|'[^']*')")  # attributes with words
MARKS = "*_`$"  # a reader sees these only where the author's Markdown is not closed
UNORDERED = ("inline code", "links", "images")  # a sentence may name things in another order
# Tokens within a run of words; all others end it.
MARKUP = {f"{kind}_{end}" for kind in ("em", "strong", "link") for end in ("open", "close")}
GAP = "\ufffc"  # Unicode's sign for an object in the place of words
SHOWN = 60  # characters of an item in a message


def _walk(tokens: list[Token]) -> Iterator[Token]:
    """Yield tokens with their children, the words of bare addresses left out."""
    address = False
    for token in tokens:
        if token.type == "link_open" and token.markup in ("linkify", "autolink"):
            address = True
        elif token.type == "link_close":
            address = False
        if not (address and token.type == "text"):
            yield token
        yield from _walk(token.children or [])


@lru_cache(maxsize=8192)
def _parse(text: str) -> tuple[Token, ...]:
    return tuple(_walk(MARKDOWN.parse(text)))


def _target(address: str, language: str) -> str:
    """Name a link's or image's target so that all languages agree.

    A relative path is taken from the language's folder, which is then called `notebooks/*/`. The
    words of a fragment within the book follow a heading, which is translated.
    """
    own, common = f"notebooks/{language}/", "notebooks/*/"
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        if f"/{own}" not in address:
            return address
        return re.sub(r"#.+", "#", address.replace(f"/{own}", f"/{common}", 1))
    path = posixpath.normpath(posixpath.join(own, parts.path)) if parts.path else ""
    if path.startswith(own):
        path = common + path.removeprefix(own)
    return path + ("#" if parts.fragment else "")


def structure(text: str, language: str) -> dict[str, list[str]]:
    """Return what of a text its translation must have, too: kind -> items in their order.

    Args:
        text: Markdown.
        language: name of the folder under `notebooks/` that the text stands in.
    """
    found: dict[str, list[str]] = {
        **{"headings": [], "fenced blocks": [], "inline formulas": [], "displayed formulas": []},
        **{"inline code": [], "links": [], "images": [], "tables": [], "list items": []},
        **{"HTML tags": [], "text": ["some" if text.strip() else "none"]},
    }
    rows = cells = 0
    for token in _parse(text):
        kind = token.type
        if kind == "heading_open":
            found["headings"].append("#" * int(token.tag[1]))
        elif kind in ("fence", "code_block"):
            start = f"```{token.info.strip()}" if kind == "fence" else "four spaces"
            found["fenced blocks"].append(f"{start}\n{token.content}")
        elif kind == "math_inline":
            found["inline formulas"].append("")
        elif kind.startswith(("math_block", "math_inline_double")):
            found["displayed formulas"].append("")
        elif kind == "code_inline":
            found["inline code"].append(token.content)
        elif kind == "link_open":
            found["links"].append(_target(str(token.attrs["href"]), language))
        elif kind == "image":
            found["images"].append(_target(str(token.attrs["src"]), language))
        elif kind == "list_item_open":
            found["list items"].append(f"{token.info or 'bullet'} at depth {token.level // 2}")
        elif kind in ("html_block", "html_inline"):
            found["HTML tags"] += [SPOKEN.sub("", tag) for tag in TAG.findall(token.content)]
        elif kind == "table_open":
            rows = cells = 0
        elif kind in ("tr_open", "th_open", "td_open"):
            rows, cells = rows + (kind == "tr_open"), cells + (kind != "tr_open")
        elif kind == "table_close":
            found["tables"].append(f"{rows} rows of {cells // rows} columns")
    for kind in UNORDERED:
        found[kind].sort()
    return found


def _short(item: str) -> str:
    return repr(item if len(item) <= SHOWN else item[: SHOWN - 1] + "…")


def _difference(kind: str, english: list[str], translated: list[str]) -> str:
    """Say in one line where two lists of items differ."""
    if kind in UNORDERED:
        lacking = list((Counter(english) - Counter(translated)).elements())
        beyond = list((Counter(translated) - Counter(english)).elements())
        parts = [f"lacks {', '.join(map(_short, lacking))}"] * bool(lacking)
        parts += [f"has {', '.join(map(_short, beyond))}, which English lacks"] * bool(beyond)
        return f"{kind}: {'; '.join(parts)}"
    if len(english) != len(translated):
        return f"{kind}: expected {len(english)} as in English, found {len(translated)}"
    pairs = enumerate(zip(english, translated, strict=True), 1)
    number, (expected, received) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
    left, right = [*expected.split("\n"), ""], [*received.split("\n"), ""]
    line = next((n for n, pair in enumerate(zip(left, right, strict=False)) if len(set(pair)) > 1))
    return f"{kind}: number {number}: expected {_short(left[line])}, found {_short(right[line])}"


def differences(english: str, translated: str, language: str) -> list[str]:
    """Return one message for each kind of thing in which a translation's structure differs."""
    theirs, ours = structure(english, "en"), structure(translated, language)
    return [
        _difference(kind, theirs[kind], ours[kind]) for kind in theirs if theirs[kind] != ours[kind]
    ]


def _words(text: str) -> list[str]:
    """Return what a reader sees of a text outside code, formulas and bare addresses."""
    return [
        TAG.sub("", token.content)
        for token in _parse(text)
        if token.type in ("text", "html_block", "html_inline")
    ]


def plain_words(text: str) -> str:
    """Return the words of a text in their order; code, formulas and addresses leave a gap."""
    parts = []
    for token in _parse(text):
        if token.type == "text":
            parts.append(token.content)
        elif token.type in ("html_block", "html_inline"):
            parts.append(TAG.sub(" ", token.content))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type not in MARKUP or token.markup in ("linkify", "autolink"):
            parts.append(GAP)
    return "".join(parts)


def has_words(text: str) -> bool:
    """Say whether a text has letters to translate, outside code, formulas and addresses."""
    return any(character.isalpha() for part in _words(text) for character in part)


def unclosed(english: str, translated: str) -> list[str]:
    """Return a message for each mark that a reader would see and that English does not show.

    CommonMark does not close `**텐서(tensor)**는`: a mark between punctuation and a letter opens.
    """
    messages = []
    for mark in MARKS:
        parts = [part.strip() for part in _words(translated) if mark in part]
        if sum(part.count(mark) for part in parts) > "".join(_words(english)).count(mark):
            name = "a backtick" if mark == "`" else f"a literal {mark}"
            messages.append(f"{name} shows in {_short(parts[0])}: the markup is not closed")
    return messages
