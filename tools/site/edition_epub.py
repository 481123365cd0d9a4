"""Pack a book as EPUB: the chapters as XHTML, their formulas as MathML.

The browser that has printed the book turns it into XHTML, because it has read whatever HTML the
outputs of cells are made of. The MathML stands in the pages, beside what MathJax set.
"""

from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ebooklib import epub

from tools.site.edition_pages import Chapter
from tools.translation.languages import Language

# Changes the open page: of a formula its MathML stays; links lead to files; the
# direction of a text is said as EPUB allows it.
CHAPTERS = """() => {
  for (const formula of document.querySelectorAll("mjx-container")) {
    const math = formula.querySelector("math");
    for (const element of [math, ...math.querySelectorAll("*")])
      for (const name of element.getAttributeNames())
        if (name.startsWith("data-")) element.removeAttribute(name);
    formula.replaceWith(math);
  }
  for (const link of document.querySelectorAll(".chapter a[href^='#']")) {
    const anchor = link.getAttribute("href").slice(1);
    const chapter = document.getElementById(anchor).closest(".chapter").id;
    link.setAttribute("href", `${chapter}.xhtml` + (anchor === chapter ? "" : `#${anchor}`));
  }
  for (const text of document.querySelectorAll("[style*=unicode-bidi]")) {
    text.style.removeProperty("unicode-bidi");
    text.dir = "auto";
  }
  return [...document.querySelectorAll(".chapter")].map((chapter) => ({
    body: new XMLSerializer().serializeToString(chapter),
    math: chapter.querySelector("math") !== null,
    images: [...chapter.querySelectorAll("img")].map((image) => image.getAttribute("src")),
  }));
}"""
PAGE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="{code}" xml:lang="{code}" data-theme="light">
<head><title>{title}</title><link rel="stylesheet" type="text/css" href="style.css"/></head>
<body>{body}</body>
</html>
"""
ACCESSIBLE = {
    "accessMode": ("textual", "visual"),
    "accessModeSufficient": ("textual",),
    "accessibilityFeature": (
        "alternativeText",
        "MathML",
        "structuralNavigation",
        "tableOfContents",
    ),
    "accessibilityHazard": ("none",),
}


class Document(epub.EpubHtml):  # type: ignore[misc]
    """A document that is packed as it is; the library would parse it as HTML and write it anew."""

    def get_content(self, default: Any = None) -> bytes:
        """Return the document."""
        return bytes(self.content)


def chapter_documents(
    found: list[dict[str, Any]], chapters: list[Chapter], language: Language
) -> list[Document]:
    """Return the chapters as documents.

    Args:
        found: what `CHAPTERS` returns.
        chapters: of the book, in the same order.
        language: the language.
    """
    documents = []
    for content, chapter in zip(found, chapters, strict=True):
        text = PAGE.format(code=language.code, title=escape(chapter.title), body=content["body"])
        document = Document(
            uid=chapter.name,
            file_name=f"{chapter.name}.xhtml",
            title=chapter.title,
            content=text.encode(),
        )
        document.properties = ["mathml"] if content["math"] else []
        documents.append(document)
    return documents


def write_epub(
    tab: Any,
    path: Path,
    site: Path,
    chapters: list[Chapter],
    language: Language,
    *,
    address: str,
    style: str,
    cover: bytes,
) -> None:
    """Pack the book that is open in the browser.

    Args:
        tab: where the page of the book is open; it is another one afterwards.
        path: of the EPUB to write.
        site: folder of the language's site, which has the pictures.
        chapters: of the book.
        language: the language.
        address: of the language's site on the internet, which names the book.
        style: CSS of the chapters.
        cover: PNG.
    """
    found = tab.evaluate(CHAPTERS)
    book = epub.EpubBook()
    book.set_identifier(address)
    book.set_title(language.title)
    book.set_language(language.code)
    book.add_author(language.words["author"])
    book.add_metadata("DC", "rights", language.words["footer"])
    for name, values in ACCESSIBLE.items():
        for value in values:
            book.add_metadata(None, "meta", value, {"property": f"schema:{name}"})
    book.set_cover("cover.png", cover, create_page=False)
    book.add_item(
        epub.EpubItem(
            uid="style", file_name="style.css", media_type="text/css", content=style.encode()
        )
    )
    for number, source in enumerate(sorted({name for each in found for name in each["images"]})):
        book.add_item(
            epub.EpubImage(
                uid=f"image-{number}",
                file_name=source,
                media_type="image/png",
                content=(site / source).read_bytes(),
            )
        )
    documents = chapter_documents(found, chapters, language)
    for document in documents:
        book.add_item(document)
    book.toc = []
    pairs = zip(chapters, documents, strict=True)
    for part, members in groupby(pairs, lambda pair: pair[0].part):
        listed = [document for _, document in members]
        book.toc += [(epub.Section(part, href=listed[0].file_name), listed)] if part else listed
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav(title=language.words["edition_contents"]))
    book.spine = ["nav", *documents]
    epub.write_epub(path, book, {"raise_exceptions": True})
