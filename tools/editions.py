"""Make the offline editions of the built book, a PDF and an EPUB a language, and its social cards.

    python -m tools.editions                  after `make book`: all languages of _build/site
    python -m tools.editions --language ru    one alone

Each edition lies in its language's site, as `ru/charrnn-book-ru.pdf`, and the front page there
leads to it and says its size. Needs Chromium, which lays out and draws, and the fonts of the
languages. A site that is built anew has no editions until this runs again.
"""

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from charrnn.support.commands import run_command
from charrnn.support.files import write_atomically
from charrnn.support.folders import note_written
from tools import argument_parser
from tools.chapters.notebooks import ROOT
from tools.chapters.repository import read_repository
from tools.screenshot import NO_BROWSER, browser, chromium, served
from tools.site.assembly import BuildError, find_language
from tools.site.build_book import public_address
from tools.site.cards import COVER, draw, draw_cards
from tools.site.edition_epub import write_epub
from tools.site.edition_links import with_links
from tools.site.edition_pages import edition_name, print_page, read_chapters, style
from tools.site.edition_pdf import open_book, print_book
from tools.translation.languages import languages

SUFFIXES = ("pdf", "epub")
# Milliseconds for a step of the browser: a whole book takes seconds, on a busy machine minutes.
PATIENCE = 600_000
AT_ONCE = min(2, os.cpu_count() or 1)  # each has a browser, with up to 2 GB


def front_page(sites: Path, code: str) -> Path:
    """Return the front page of a language's site.

    Raises:
        BuildError: there is none.
    """
    front = sites / code / "index.html"
    if not front.is_file():
        raise BuildError(f"{front}: expected the front page of a built book; run: make book")
    return front


def make(sites: Path, root: Path, code: str) -> dict[str, int]:
    """Make editions and cards of one language, in its site.

    Args:
        sites: folder of all languages' sites.
        root: the repository.
        code: the language.

    Returns:
        Name of an edition's file -> its bytes.

    Raises:
        ValueError: there is no such language or site of it, a font is missing, or another's file
            stands where an edition is to be.
    """
    language = find_language(root, code)
    site = sites / code
    front = front_page(sites, code)
    address = public_address(read_repository(root / "_config.yml"))
    chapters = read_chapters(root, site, language, f"{address}{code}/")
    page = print_page(root, site, chapters, language, f"{address}{code}/")
    files = {suffix: site / edition_name(code, suffix) for suffix in SUFFIXES}
    note_written(site, [path.name for path in files.values()])
    with served(sites) as local, browser() as opened:
        tab = opened.new_page()
        tab.set_default_timeout(PATIENCE)
        open_book(tab, f"{local}/{code}/edition.html", page)
        write_atomically(files["pdf"], print_book(tab, chapters, language))
        drawing = opened.new_page()
        drawing.set_default_timeout(PATIENCE)
        write_epub(
            tab,
            files["epub"],
            site,
            chapters,
            language,
            address=f"{address}{code}/",
            style=style(root, site),
            cover=draw(drawing, root, language.title, language, COVER),
        )
        draw_cards(drawing, root, sites, language, address)
    sizes = {path.name: path.stat().st_size for path in files.values()}
    text = front.read_text(encoding="utf-8")
    write_atomically(front, with_links(text, sizes, language.words).encode())
    return sizes


def make_all(sites: Path, root: Path, codes: list[str]) -> dict[str, int]:
    """Make editions and cards of several languages, some at once; return the files' bytes.

    Raises:
        ValueError: as `make`, and before any work if a site is missing.
    """
    for code in codes:
        find_language(root, code)
        front_page(sites, code)
    sizes: dict[str, int] = {}
    # Not forked: the browser's driver has threads.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(AT_ONCE, mp_context=spawned) as pool:
        makings = {code: pool.submit(make, sites, root, code) for code in codes}
        for code, making in makings.items():
            try:
                made = making.result()
            except ValueError as error:
                pool.shutdown(cancel_futures=True)
                raise BuildError(f"{code}: {error}") from error
            sizes |= {f"{code}/{name}": size for name, size in made.items()}
    return sizes


def main(arguments: list[str] | None = None) -> int:
    """Make what the command line asks for; return the exit status."""
    parser = argument_parser("editions", __doc__)
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "site", help="all languages")
    parser.add_argument("--language", metavar="CODE", help="one alone, such as ru (default: all)")
    options = parser.parse_args(arguments)
    if chromium() is None:
        parser.error(NO_BROWSER)
    start = time.monotonic()
    codes = [options.language] if options.language else list(languages(ROOT))
    try:
        sizes = make_all(options.site, ROOT, codes)
    except (ValueError, OSError) as error:
        print(f"editions: {error}", file=sys.stderr)
        return 1
    for name, size in sizes.items():
        print(f"{options.site / name}: {size / 1e6:.1f} MB")
    print(f"{time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(run_command("editions", main))
