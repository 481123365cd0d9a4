"""Markdown as the book's pages read it: CommonMark with tables, `$formulas$` and bare addresses."""

import re
from collections.abc import Iterator
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

MARKDOWN = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "linkify"])
MARKDOWN.use(dollarmath_plugin)
if MARKDOWN.linkify is not None:
    MARKDOWN.linkify.set({"fuzzy_link": False})  # as myst_linkify_fuzzy_links in _config.yml

TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^>]*>", re.S)
# Tokens within a run of words; all others end it.
MARKUP = {f"{kind}_{end}" for kind in ("em", "strong", "link") for end in ("open", "close")}
# What a tool writes into a page between two marks; `tools.opening` does.
WRITTEN = re.compile(r"(<!-- written: [\w-]+ -->\n).*?(?=<!-- /written -->)", re.S)
GAP = "\ufffc"  # Unicode's sign for an object in the place of words


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


def authored(text: str) -> str:
    """Return a text without what tools write into it; the marks around that stay."""
    return WRITTEN.sub(r"\1", text)


@lru_cache(maxsize=8192)
def parse(text: str) -> tuple[Token, ...]:
    """Return the tokens of what people wrote, children after parents, bare addresses wordless."""
    return tuple(_walk(MARKDOWN.parse(authored(text))))


def python_code(text: str) -> str:
    """Return the contents of a text's fenced blocks of Python, joined, "" if it has none."""
    fences = [token for token in parse(text) if token.type == "fence"]
    return "\n".join(token.content for token in fences if token.info.strip() == "python")


def plain_words(text: str) -> str:
    """Return the words of a text in their order; code, formulas and addresses leave a gap."""
    parts = []
    for token in parse(text):
        if token.type == "text":
            parts.append(token.content)
        elif token.type in ("html_block", "html_inline"):
            parts.append(TAG.sub(" ", token.content))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type not in MARKUP or token.markup in ("linkify", "autolink"):
            parts.append(GAP)
    return "".join(parts)
