"""Print a book by the browser: a tagged PDF with bookmarks, page numbers and embedded fonts.

Chromium lays the pages out; pikepdf gives the file what Chromium leaves out: the author, parts
above the chapters in the bookmarks, and a structure tree that is compressed, a third of the size.
"""

import io
from typing import Any

import pikepdf

from charrnn import __version__
from tools.screenshot import SETTLED
from tools.site.assembly import BuildError
from tools.site.edition_pages import Chapter
from tools.translation.languages import Language

# Letters and pictures of the page that no font has: they are drawn as what no font can have.
MISSING_LETTERS = """() => {
  const pen = new OffscreenCanvas(32, 32).getContext("2d", { willReadFrequently: true });
  pen.font = `16px ${getComputedStyle(document.body).fontFamily}`;
  const drawn = (text) => {
    pen.clearRect(0, 0, 32, 32);
    pen.fillText(text, 4, 22);
    return pen.getImageData(0, 0, 32, 32).data;
  };
  const box = drawn("\\u0378");
  const letters = new Set(
    document.body.textContent.match(/[\\p{L}\\p{Extended_Pictographic}]/gu)
  );
  return [...letters].filter((letter) => {
    const picture = drawn(letter);
    return picture.every((value, place) => value === box[place]);
  });
}"""
FILL_CONTENTS = """(pages) => document.querySelectorAll("[data-page-of]").forEach((place) => {
  place.textContent = pages[place.dataset.pageOf];
})"""
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .map((heading) => heading.textContent.trim().replace(/\\s+/g, " "))"""
PACKAGES = "fonts-noto-core, fonts-noto-cjk and fonts-noto-color-emoji"


def open_book(tab: Any, address: str, html: str) -> None:
    """Open the page of a whole book as if it stood in a site, and wait for its formulas.

    Args:
        tab: a page of the browser.
        address: where the page would be, beside the site's pages.
        html: the page.

    Raises:
        BuildError: the machine has no font for some of its letters.
    """
    tab.route(
        address,
        lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"),
    )
    tab.goto(address, wait_until="load")
    tab.evaluate(SETTLED)
    if missing := tab.evaluate(MISSING_LETTERS):
        raise BuildError(
            "expected fonts for all letters of the pages, this machine has none for "
            f"{' '.join(missing[:10])} ({len(missing)} in all): install {PACKAGES}"
        )


def first_pages(data: bytes, names: list[str]) -> dict[str, int]:
    """Return the number of the page on which each anchor of a PDF stands, from 1."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
        places: Any = pdf.Root.Dests
        return {name: numbers[places[f"/{name}"][0].objgen] for name in names}


def _set_bookmarks(pdf: pikepdf.Pdf, headings: list[str], chapters: list[Chapter]) -> None:
    """Name the bookmarks as the headings are, and put the chapters under their parts."""
    with pdf.open_outline() as outline:
        found: list[pikepdf.OutlineItem] = []

        def walk(items: list[pikepdf.OutlineItem]) -> None:
            for item in items:
                found.append(item)
                walk(item.children)

        walk(outline.root)
        own = list(outline.root)
        if len(found) != len(headings) or len(own) != len(chapters):
            raise BuildError(
                f"expected a bookmark for each of {len(headings)} headings in {len(chapters)} "
                f"chapters, received {len(found)} in {len(own)}"
            )
        # Chromium repeats a text where a heading is the first on its page.
        for item, heading in zip(found, headings, strict=True):
            item.title = heading
            item.is_closed = True
        outline.root.clear()
        for chapter, item in zip(chapters, own, strict=True):
            if not chapter.part:
                outline.root.append(item)
                continue
            if not outline.root or outline.root[-1].title != chapter.part:
                outline.root.append(pikepdf.OutlineItem(chapter.part, item.destination))
            outline.root[-1].children.append(item)


def finish(data: bytes, headings: list[str], chapters: list[Chapter], language: Language) -> bytes:
    """Return a printed PDF with its bookmarks in order, with author and language, and compressed.

    Args:
        data: the PDF as the browser wrote it.
        headings: text of each heading, in order.
        chapters: the book's chapters, each with one heading of the first level.
        language: the language.

    Raises:
        BuildError: the PDF has other bookmarks.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        _set_bookmarks(pdf, headings, chapters)
        pdf.Root.Lang = pikepdf.String(language.code)
        with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["dc:title"] = language.title
            metadata["dc:creator"] = [language.words["author"]]
            metadata["dc:language"] = [language.code]
        pdf.docinfo["/Title"] = language.title
        pdf.docinfo["/Author"] = language.words["author"]
        pdf.docinfo["/Creator"] = f"charrnn-book {__version__}"
        written = io.BytesIO()
        pdf.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return written.getvalue()


def print_book(tab: Any, chapters: list[Chapter], language: Language) -> bytes:
    """Print the open page of a book, whose contents then have page numbers.

    Args:
        tab: where `open_book` opened it.
        chapters: of the book.
        language: the language.
    """
    # The contents keep their size when the numbers come in, so the second print has the same pages.
    pages = first_pages(tab.pdf(prefer_css_page_size=True), [each.name for each in chapters])
    tab.evaluate(FILL_CONTENTS, pages)
    printed = tab.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    return finish(printed, tab.evaluate(HEADINGS), chapters, language)
