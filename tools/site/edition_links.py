"""The links to the offline editions on a language's front page, which is built without them."""

import html
import re
from collections.abc import Mapping

BEGIN, END = "<!-- editions -->", "<!-- /editions -->"
BLOCK = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
ARTICLE = '<article class="bd-article"'
# Under the ways into the book, which are the page's first list, else at its end.
PLACES = ("</ul>", "</article>")


def with_links(page: str, sizes: Mapping[str, int], words: Mapping[str, str]) -> str:
    """Return a built front page that leads to the editions, once however often it is called.

    Args:
        page: the HTML.
        sizes: file of the PDF and of the EPUB, beside the page -> its bytes.
        words: of the language.

    Raises:
        ValueError: the page has no article.
    """
    page = BLOCK.sub("", page)
    start = page.find(ARTICLE)
    if start < 0:
        raise ValueError("expected a front page with an article, found none")
    links = {}
    for name, size in sizes.items():
        megabytes = words["live_megabytes"].format(size=max(1, round(size / 1e6)))
        kind = name.rpartition(".")[2]
        link = f'<a href="{html.escape(name)}">{kind.upper()}</a>'
        links[kind] = f"{link} ({html.escape(megabytes)})"
    text = html.escape(words["edition_offline"]).format_map(links)
    block = f'{BEGIN}<p class="editions">{text}</p>{END}'
    found = next(place for place in PLACES if page.find(place, start) >= 0)
    place = page.index(found, start) + (len(found) if found == PLACES[0] else 0)
    return f"{page[:place]}{block}{page[place:]}"
