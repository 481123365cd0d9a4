"""Words that a text sets in bold or italics, and where: there a chapter introduces its terms."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from markdown_it.token import Token

from tools.chapters.markdown import MARKDOWN, authored
from tools.chapters.notebooks import DETAILS

END = {"strong_open": "strong_close", "em_open": "em_close"}
LEAD = (":", ".")  # what follows a lead-in: `**Cost**: 10 seconds`
SENTENCE = re.compile(r"[.!?]\)?\s")
LINK = "\0"  # in place of a link to another page


@dataclass(frozen=True)
class Emphasis:
    """Words in bold or italics within a paragraph.

    Attributes:
        words: as they stand there.
        bold: whether they are bold.
        headings: how many headings of the text stand before them.
        listed: whether the paragraph is a list item's.
        opens: whether nothing stands before them in the paragraph, an article excepted.
        leads: whether they are a lead-in: alone in the paragraph, at the beginning of a list item,
            or before a colon or a full stop at the beginning of a paragraph.
        refers: whether their sentence has a link to another page, which may say more.
    """

    words: str
    bold: bool
    headings: int
    listed: bool
    opens: bool
    leads: bool
    refers: bool


def _words(tokens: list[Token]) -> str:
    """Return the words of a paragraph's tokens, with a sign for each link to another page."""
    parts = []
    for token in tokens:
        if token.type == "link_open":
            address = urlsplit(str(token.attrs["href"]))
            parts.append(LINK if address.path and not address.netloc else "")
        elif token.nesting == 0:
            parts.append(token.content or " ")
    return " ".join("".join(parts).split())


def _of_paragraph(inline: Token, headings: int, *, listed: bool) -> Iterator[Emphasis]:
    tokens = list(inline.children or [])
    for n, token in enumerate(tokens):
        if token.type not in END:
            continue
        last = next(i for i in range(n, len(tokens)) if tokens[i].type == END[token.type])
        before, after = _words(tokens[:n]), _words(tokens[last + 1 :])
        sentence = SENTENCE.split(f"{before} ")[-1] + SENTENCE.split(f"{after} ")[0]
        yield Emphasis(
            words=_words(tokens[n + 1 : last]),
            bold=token.type == "strong_open",
            headings=headings,
            listed=listed,
            opens=before in ("", "A", "An", "The"),
            leads=not before and (listed or not after or after.startswith(LEAD)),
            refers=LINK in sentence,
        )


def emphases(text: str) -> Iterator[Emphasis]:
    """Yield what a text sets in bold or italics in its paragraphs, in the order of the text.

    Headings and tables have none, nor have answers and solutions, which are folded.
    """
    headings = 0
    outer: list[str] = []
    for token in MARKDOWN.parse(DETAILS.sub("", authored(text))):
        if token.nesting == 1:
            outer.append(token.type.removesuffix("_open"))
            headings += token.type == "heading_open"
        elif token.nesting == -1:
            outer.pop()
        elif token.type == "inline" and outer[-1] == "paragraph":
            yield from _of_paragraph(token, headings, listed="list_item" in outer)
