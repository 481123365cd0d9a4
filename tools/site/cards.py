"""The pictures that are shown where somebody shares the address of a page: its title, drawn.

They come beside the sites, `cards/LANGUAGE/PAGE.png`, and the pages' heads then name them instead
of the one picture of the book.
"""

import html
import re
from pathlib import Path
from typing import Any

from charrnn.support.files import write_atomically
from charrnn.support.folders import note_written
from tools.site.edition_pages import FONTS, LATIN
from tools.site.templates import fill_template
from tools.translation.languages import Language

FOLDER = "cards"
SIZE = {"width": 1200, "height": 630}  # what the networks that show them ask for
COVER = {"width": 1200, "height": 1600}
BOXES = 14  # that fit beside each other
TITLE = re.compile(r'<meta property="og:title" content="([^"]*)"/>')
IMAGE = re.compile(r'( *<meta property="og:image(?::[a-z]+)?" content="[^"]*"/>\n)+')


def draw(
    tab: Any, root: Path, title: str, language: Language, size: dict[str, int] = SIZE
) -> bytes:
    """Return a picture of a title as PNG.

    Args:
        tab: a page of the browser, which shows the picture afterwards.
        root: the repository, which has the template.
        title: of a page, or of the book.
        language: the language.
        size: in pixels.
    """
    text, code = FONTS.get(language.code, LATIN)
    page = fill_template(
        root,
        "card.html",
        language=language,
        title=title,
        characters=["␣" if character == " " else character for character in title[:BOXES]],
        fonts={"text": text, "code": code},
    )
    tab.set_viewport_size(size)
    tab.set_content(page)
    picture: bytes = tab.screenshot()
    return picture


def with_card(page: str, title: str, address: str) -> str:
    """Return a built page whose head names its own card, in place of another one.

    Args:
        page: the HTML.
        title: what the card shows.
        address: of the card.
    """
    values = {"": address, ":alt": title} | {f":{key}": str(size) for key, size in SIZE.items()}
    tags = [
        f'  <meta property="og:image{key}" content="{html.escape(value)}"/>\n'
        for key, value in values.items()
    ]
    return IMAGE.sub(lambda _: "".join(tags), page, count=1)


def draw_cards(tab: Any, root: Path, sites: Path, language: Language, address: str) -> int:
    """Draw the cards of all pages of a language, let the pages name them, return how many.

    Args:
        tab: a page of the browser.
        root: the repository.
        sites: folder of all languages' sites.
        language: the language.
        address: of that folder on the internet, with a slash at its end.
    """
    folder = sites / FOLDER / language.code
    pages = {
        path: path.read_text(encoding="utf-8") for path in (sites / language.code).glob("*.html")
    }
    titles = {path: match[1] for path, text in pages.items() if (match := TITLE.search(text))}
    note_written(folder, [f"{path.stem}.png" for path in titles])
    for path, escaped in titles.items():
        title = html.unescape(escaped)
        write_atomically(folder / f"{path.stem}.png", draw(tab, root, title, language))
        card = f"{address}{FOLDER}/{language.code}/{path.stem}.png"
        alt = " · ".join(dict.fromkeys([title, language.title]))
        write_atomically(path, with_card(pages[path], alt, card).encode())
    return len(titles)
