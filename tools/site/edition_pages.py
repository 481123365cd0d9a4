"""The pages of one language as chapters of a printed book.

They come from the built site, so that an edition shows what the site shows. What serves a screen
goes: links to headings, buttons, scripts, the folded set-up. What the site folds away as an answer
stands at the end of its chapter, because paper cannot hide what a reader should guess first.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag

from charrnn import __version__
from tools.site.assembly import BuildError, derived_toc
from tools.site.templates import fill_template
from tools.site.terms import PAGE
from tools.translation.languages import Language

# Of a page's article; its first cells install the package where a notebook runs.
UNWANTED = "script, style, button, a.headerlink, .toctree-wrapper, .cell.tag_setup"
STYLE = "edition.css"
# Of the site's own: colours of code, and of the front page.
SITE_STYLES = ("pygments.css", "opening.css")
LATIN = ("Noto Sans", "Noto Sans Mono")
# Of text and of code; Han characters look different in each of these languages.
FONTS = {
    "ko": ("Noto Sans CJK KR", "Noto Sans Mono CJK KR"),
    "zh-Hans": ("Noto Sans CJK SC", "Noto Sans Mono CJK SC"),
    "zh-Hant": ("Noto Sans CJK TC", "Noto Sans Mono CJK TC"),
}


@dataclass(frozen=True)
class Chapter:
    """A page of the site as a chapter of a book.

    Attributes:
        name: of the page, without suffix; the chapter's anchor.
        title: its heading.
        part: caption of its part, "" for the front page.
        body: HTML, whose anchors begin with the name, so that no two of a book are equal.
    """

    name: str
    title: str
    part: str
    body: str


def edition_name(code: str, suffix: str) -> str:
    """Return the file name of an edition, such as charrnn-book-en.pdf."""
    return f"charrnn-book-{code}.{suffix}"


def pages_in_order(root: Path, site: Path, language: Language) -> list[tuple[str, str]]:
    """Return name and part of each page of a language's site, as its toc has them."""
    last = [PAGE] if (site / f"{PAGE}.html").is_file() else []
    toc = derived_toc(root / "_toc.yml", language.parts, last)
    found = [(str(toc["root"]), "")]

    def walk(entries: Iterable[dict[str, Any]], part: str) -> None:
        for entry in entries:
            found.append((entry["file"], part))
            walk(entry.get("sections", []), part)

    for part in toc.get("parts", [toc]):
        walk(part.get("chapters", []), part.get("caption", ""))
    return found


def _collect_answers(article: Tag, page: BeautifulSoup, heading: str) -> None:
    """Move what is folded to the end, and leave a numbered link to it."""
    answers = page.new_tag("section", attrs={"class": "answers", "id": "answers"})
    title = page.new_tag("h2")
    title.string = heading
    answers.append(title)
    folded = article.select("details:not(.hide)")
    for number, details in enumerate(folded, 1):
        summary = details.summary
        words = f"{summary.get_text(' ', strip=True) if summary else heading} {number}"
        if summary:
            summary.decompose()
        for own, other, kind in (
            ("question", "answer", "to-answer"),
            ("answer", "question", "answered"),
        ):
            link = page.new_tag("a", attrs={"href": f"#{other}-{number}"})
            link.string = words
            mark = page.new_tag("p", attrs={"class": kind, "id": f"{own}-{number}"})
            mark.append(link)
            if own == "question":
                details.insert_before(mark)
            else:
                details.insert(0, mark)
        details.name = "div"
        details.attrs = {"class": "answer"}
        answers.append(details.extract())
    if folded:
        article.append(answers)


def _mend_links(article: Tag, name: str, names: set[str], address: str) -> None:
    """Prefix anchors with the page's name; links out of the book become whole addresses."""
    for tag in article.find_all(id=True):
        tag["id"] = f"{name}--{tag['id']}"
    for link in article.find_all("a", href=True):
        place = urlsplit(str(link["href"]))
        page = place.path.removesuffix(".html") if place.path else name
        if not place.scheme and not place.netloc and page in names:
            link["href"] = f"#{page}--{place.fragment}" if place.fragment else f"#{page}"
        else:
            link["href"] = urljoin(f"{address}{name}.html", str(link["href"]))
    anchors = {str(tag["id"]) for tag in article.find_all(id=True)}
    for link in article.select("a[href^='#']"):
        anchor = str(link["href"])[1:]
        if anchor.startswith(f"{name}--") and anchor not in anchors:
            link["href"] = f"#{name}"  # to what the edition leaves out


def read_page(
    site: Path, name: str, part: str, names: set[str], language: Language, address: str
) -> Chapter:
    """Turn a built page into a chapter.

    Args:
        site: folder of the language's site.
        name: of the page, without suffix.
        part: caption of its part.
        names: of all pages of the edition, which links may lead to.
        language: the language.
        address: of the language's site on the internet, with a slash at its end.

    Raises:
        BuildError: there is no such page, or it has no article with a title.
    """
    path = site / f"{name}.html"
    if not path.is_file():
        raise BuildError(f"{path}: expected a page of the built book, found none; run: make book")
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    article = page.select_one("article.bd-article")
    heading = article.find("h1") if article else None
    if article is None or heading is None:
        raise BuildError(f"{path}: expected an article with a title, found none")
    for tag in article.select(UNWANTED):
        tag.decompose()
    title = heading.get_text(" ", strip=True)
    for tag in article.select("details.hide"):
        if tag.summary:
            tag.summary.decompose()
        tag.unwrap()
    for tag in article.select("a.image-reference"):
        tag.unwrap()
    for tag in article.select(".live"):  # its stored data; the text within says what it shows
        tag.attrs = {"class": "live"}
    _collect_answers(article, page, language.words["edition_answers"])
    _mend_links(article, name, names, address)
    return Chapter(name, title, part, article.decode_contents())


def read_chapters(root: Path, site: Path, language: Language, address: str) -> list[Chapter]:
    """Return all chapters of a language's edition, in the order of the toc."""
    pages = pages_in_order(root, site, language)
    names = {name for name, _ in pages}
    return [read_page(site, name, part, names, language, address) for name, part in pages]


def style(root: Path, site: Path) -> str:
    """Return the rules that both editions have."""
    paths = [root / "_templates" / STYLE, *(site / "_static" / name for name in SITE_STYLES)]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())


def css_string(text: str) -> str:
    """Return a text as CSS has it in a style sheet within HTML."""
    return '"' + re.sub(r'["\\<\n]', lambda match: f"\\{ord(match[0]):x} ", text) + '"'


def print_page(
    root: Path, site: Path, chapters: list[Chapter], language: Language, address: str
) -> str:
    """Return the one page that a browser prints.

    Args:
        root: the repository, which has the template.
        site: folder of the language's site, whose colours the code has.
        chapters: of the book.
        language: the language.
        address: of the language's site on the internet.
    """
    text, code = FONTS.get(language.code, LATIN)
    return fill_template(
        root,
        "edition.html",
        language=language,
        chapters=chapters,
        headers={chapter.name: css_string(chapter.title) for chapter in chapters},
        parts=[(part, list(found)) for part, found in groupby(chapters, lambda each: each.part)],
        style=style(root, site),
        fonts={"text": text, "code": code},
        version=__version__,
        address=address,
    )
