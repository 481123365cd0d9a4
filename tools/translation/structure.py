"""What a translated Markdown text must share with the English one: everything but its words.

Both are parsed as the book's pages are, by `tools.chapters.markdown`.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

from markdown_it.token import Token

from tools.chapters.markdown import GAP, TAG, parse, plain_words
from tools.translation.languages import SOURCE

SPOKEN = re.compile(r"\s(?:alt|title|aria-label)=(?:\"[^\"]*\"|'[^']*')")  # attributes with words
MARKS = "*_`$"  # a reader sees these only where the author's Markdown is not closed
UNORDERED = ("inline code", "links", "images")  # a sentence may name things in another order
SHOWN = 60  # characters of an item in a message


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


def _tags(token: Token) -> list[str]:
    return [SPOKEN.sub("", tag) for tag in TAG.findall(token.content)]


# Type of a token -> what kind of thing it is, and its items in the order of the text.
ITEMS: dict[str, tuple[str, Callable[[Token], list[str]]]] = {
    "heading_open": ("headings", lambda token: ["#" * int(token.tag[1])]),
    "fence": ("fenced blocks", lambda token: [f"```{token.info.strip()}\n{token.content}"]),
    "code_block": ("fenced blocks", lambda token: [f"four spaces\n{token.content}"]),
    "math_inline": ("inline formulas", lambda token: [""]),
    "math_inline_double": ("displayed formulas", lambda token: [""]),
    "math_block": ("displayed formulas", lambda token: [""]),
    "math_block_label": ("displayed formulas", lambda token: [""]),
    "code_inline": ("inline code", lambda token: [token.content]),
    "link_open": ("links", lambda token: [str(token.attrs["href"])]),
    "image": ("images", lambda token: [str(token.attrs["src"])]),
    "list_item_open": (
        "list items",
        lambda token: [f"{token.info or 'bullet'} at depth {token.level // 2}"],
    ),
    "html_block": ("HTML tags", _tags),
    "html_inline": ("HTML tags", _tags),
}


def _tables(tokens: tuple[Token, ...]) -> list[str]:
    """Return the shape of each table, which cannot hold another one."""
    shapes = []
    count: Counter[str] = Counter()
    for token in tokens:
        count[token.type] += 1
        if token.type == "table_close":
            rows, cells = count["tr_open"], count["th_open"] + count["td_open"]
            shapes.append(f"{rows} rows of {cells // rows} columns")
            count.clear()
    return shapes


def structure(text: str, language: str) -> dict[str, list[str]]:
    """Return what of a text its translation must have, too: kind -> items in their order.

    Args:
        text: Markdown.
        language: name of the folder under `notebooks/` that the text stands in.
    """
    tokens = parse(text)
    found: dict[str, list[str]] = {kind: [] for kind, _ in ITEMS.values()}
    for token in tokens:
        if token.type in ITEMS:
            kind, items = ITEMS[token.type]
            found[kind] += items(token)
    for kind in ("links", "images"):
        found[kind] = [_target(address, language) for address in found[kind]]
    found["tables"] = _tables(tokens)
    found["text"] = ["some" if text.strip() else "none"]
    for kind in UNORDERED:
        found[kind].sort()
    return found


def _short(item: str) -> str:
    return repr(item if len(item) <= SHOWN else item[: SHOWN - 1] + "…")


def _difference(kind: str, english: list[str], translated: list[str]) -> str:
    """Return in one line where two lists of items differ."""
    if kind in UNORDERED:
        lacking = list((Counter(english) - Counter(translated)).elements())
        beyond = list((Counter(translated) - Counter(english)).elements())
        parts = []
        if lacking:
            parts.append(f"lacks {', '.join(map(_short, lacking))}")
        if beyond:
            parts.append(f"has {', '.join(map(_short, beyond))}, which English lacks")
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
    theirs, ours = structure(english, SOURCE), structure(translated, language)
    return [
        _difference(kind, theirs[kind], ours[kind]) for kind in theirs if theirs[kind] != ours[kind]
    ]


def has_words(text: str) -> bool:
    """Return whether a text has letters to translate, outside code, formulas and addresses."""
    return any(character.isalpha() for character in plain_words(text))


def unclosed(english: str, translated: str) -> list[str]:
    """Return a message for each mark that a reader would see and that English does not show.

    CommonMark does not close `**텐서(tensor)**는`: a mark between punctuation and a letter opens.
    """
    messages = []
    theirs, ours = plain_words(english), plain_words(translated)
    for mark in MARKS:
        if ours.count(mark) > theirs.count(mark):
            name = "a backtick" if mark == "`" else f"a literal {mark}"
            shown = next(part.strip() for part in ours.split(GAP) if mark in part)
            messages.append(f"{name} shows in {_short(shown)}: the markup is not closed")
    return messages
