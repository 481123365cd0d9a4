"""The page of the book's terms: the glossary with the places where the chapters introduce them.

The page is made for each build: its rows are the glossary's, its links lead to headings that the
pages of the build have. Where a term is introduced nobody writes down. It is found in the English
chapters, in the order of the toc: see `introductions`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markdown_it.tree import SyntaxTreeNode
from myst_parser.mdit_to_docutils.base import compute_unique_slug

from tools.chapters.emphasis import Emphasis, emphases
from tools.chapters.markdown import MARKDOWN, authored
from tools.chapters.notebooks import DETAILS, Notebook, has_code, is_standalone
from tools.translation.glossary import Term, english_pattern, english_stems
from tools.translation.languages import SOURCE, Language

PAGE = "terms"
# Sorted by the English term: an order of characters helps few of those who look one up.
BY_ENGLISH = ("zh-Hans", "zh-Hant")
ANCHORS = 3  # myst_heading_anchors in _config.yml
SEPARATOR = " › "  # a colon stands in some headings, and is another sign in Chinese
ARTICLE = re.compile(r"^(?:An?|The) ")
MARKS = re.compile(r"([\\`*_\[\]|<>])")


@dataclass(frozen=True)
class Heading:
    """A heading of a page that a link can lead to.

    Attributes:
        cell: id of its cell.
        number: which one of the cell's headings it is, from 1.
        text: its Markdown.
        anchor: what the link has after `#`.
        is_title: whether it is the page's own.
    """

    cell: str
    number: int
    text: str
    anchor: str
    is_title: bool


def headings(page: Notebook) -> list[Heading]:
    """Return the headings of a page that have anchors, in their order."""
    found: list[Heading] = []
    anchors: list[str] = []
    for cell in page.cells:
        if cell.cell_type != "markdown":
            continue
        number = 0
        text = DETAILS.sub("", authored(cell.source))  # as `emphases` counts them
        for node in SyntaxTreeNode(MARKDOWN.parse(text)).walk():
            if node.type != "heading":
                continue
            number += 1
            level = int(node.tag[1])
            if level <= ANCHORS:
                anchors.append(compute_unique_slug(node, anchors))
                words = " ".join(node.children[0].content.split())
                found.append(Heading(cell.id, number, words, anchors[-1], level == 1))
    return found


def _places(page: Notebook, known: list[Heading]) -> Iterator[tuple[Emphasis, Heading]]:
    """Yield what a page sets in bold or italics under which of its ``headings``."""
    cells = [cell.id for cell in page.cells]
    order = [(cells.index(heading.cell), heading.number) for heading in known]
    for n, cell in enumerate(page.cells):
        for found in emphases(cell.source) if cell.cell_type == "markdown" else ():
            before = [
                h for h, place in zip(known, order, strict=True) if place <= (n, found.headings)
            ]
            if before:
                yield found, before[-1]


def _is_named(heading: Heading, forms: tuple[str, ...]) -> bool:
    return any(english_stems(form) in english_stems(heading.text) for form in forms)


def _introduces(found: Emphasis, titles: set[str]) -> bool:
    """Return whether words are set off as a term, to be explained here."""
    if found.bold:
        return True
    # A list's items have in italics what each is about; within one, italics stress a word.
    stressed = found.listed and not found.opens
    return not (stressed or found.refers or found.words in titles)


def introductions(
    pages: Mapping[str, Notebook], terms: list[Term]
) -> dict[str, tuple[str, Heading]]:
    """Find where the chapters introduce the terms.

    A term is introduced in the first chapter that sets it in bold or italics, there under a heading
    that names it, if it has one; a term that no chapter sets off, under the one title, else the one
    heading, that is the term itself. A chapter that stands alone does not count, since it explains
    in passing whatever it needs, nor italics in a sentence that leads to another page, nor a
    chapter's name.

    Args:
        pages: name -> English page, in the order of the toc, without the front page.
        terms: the glossary.

    Returns:
        Name of a term -> page and heading; terms that no place introduces are left out.
    """
    chapters = {
        name: page for name, page in pages.items() if has_code(page) and not is_standalone(page)
    }
    headed = {name: headings(page) for name, page in chapters.items()}
    titles = {h.text for found in headed.values() for h in found if h.is_title}
    places = [
        (found, name, heading)
        for name, page in chapters.items()
        for found, heading in _places(page, headed[name])
        if _introduces(found, titles)
    ]
    introduced = {}
    for term in terms:
        own = [
            (name, heading)
            for found, name, heading in places
            if english_pattern(term.english).fullmatch(found.words)
        ]
        named = [
            place for place in own if place[0] == own[0][0] and _is_named(place[1], term.english)
        ]
        alike = [
            (name, heading)
            for name, found in headed.items()
            for heading in found
            if english_pattern(term.english).fullmatch(ARTICLE.sub("", heading.text))
        ]
        alike = [place for place in alike if place[1].is_title] or alike
        if chosen := [*named, *own, *(alike if len(alike) == 1 else [])]:
            introduced[term.english[0]] = chosen[0]
    return introduced


def _link(heading: Heading, file: str, own: list[Heading]) -> str:
    """Return a link to a heading as a page has it, whose headings are ``own``, else to the page."""
    title = next((found.text for found in own if found.is_title), file)
    for found in own:
        if (found.cell, found.number) == (heading.cell, heading.number) and not found.is_title:
            text = title if found.text == title else f"{title}{SEPARATOR}{found.text}"
            return f"[{text}]({file}#{found.anchor})"
    return f"[{title}]({file})"


def terms_page(
    english: Mapping[str, Notebook],
    shown: Mapping[str, tuple[str, Notebook]],
    terms: list[Term],
    language: Language,
) -> str:
    """Return the page of the terms in a language, as MyST.

    Args:
        english: name -> English page, in the order of the toc, without the front page.
        shown: name -> file and content of the page that the language's site has.
        terms: the glossary.
        language: the language.
    """
    places = introductions(english, terms)
    chapters = {chapter for chapter, _ in places.values()}
    headed = {chapter: headings(shown[chapter][1]) for chapter in chapters}
    rows = []
    for term in terms:
        if term.is_name:
            continue
        name = term.english[0]
        word = term.renderings.get(language.code, (name,))[0]
        link = ""
        if name in places:
            chapter, heading = places[name]
            link = _link(heading, shown[chapter][0], headed[chapter]).replace("|", r"\|")
        key = name if language.code in BY_ENGLISH else word
        cells = [word, name] if language.code != SOURCE else [word]
        plain = [MARKS.sub(r"\\\1", cell) for cell in cells]
        # A screen reader shall not read English as Korean.
        plain[1:] = [f'<span lang="{SOURCE}">{cell}</span>' for cell in plain[1:]]
        rows.append((key.casefold().replace("ё", "е"), f"| {' | '.join([*plain, link])} |"))
    words = language.words
    columns = [words["terms_term"], words["terms_english"], words["terms_place"]]
    if language.code == SOURCE:
        del columns[1]
    return "\n".join(
        [
            f"# {words['terms']}\n",
            f"{words['terms_about']}\n",
            "```{table}",
            ":class: terms\n",
            f"| {' | '.join(columns)} |",
            "|" + "---|" * len(columns),
            *(row for _, row in sorted(rows)),
            "```\n",
        ]
    )
