"""Build the book in every language, and the page that offers them.

    python -m tools.build_site                              the committed chapters, as they are
    python -m tools.build_site --source _build/executed/en  with outputs of executed copies
    python -m tools.build_site --strict --output _build/checked    every warning is an error
    python -m tools.build_site --language ru                one language alone

Nothing is executed here: the English chapters of `--source` give code and outputs of all languages.
All sites take the place of the old ones together, and only when every one succeeded. Beside them
stand the models that the live elements of their pages may load.
"""

import shutil
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from charrnn.support.commands import run_command
from charrnn.support.folders import write_folder_atomically
from charrnn.weights import shipped
from tools import argument_parser
from tools.chapters.notebooks import ROOT
from tools.chapters.repository import read_repository
from tools.site.assembly import BuildError
from tools.site.build_book import build, public_address, storage_key
from tools.site.extensions.book_language_menu import FRONT, PICTURE, alternates
from tools.site.extensions.book_live import models_of
from tools.site.finishing import secure
from tools.site.templates import fill_template
from tools.translation.languages import SOURCE, Language, languages

PICTURE_SOURCE = "pictures/page.png"
# Of the book, in a browser's tab; the pages that stand beside the languages' sites use them, too.
ICONS = ("favicon.svg", "favicon.png")
# The folder of the models, where the script of the pages looks for them.
MODELS = "models"
SITEMAP = """\
<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">
{entries}
</urlset>
"""


def root_page(root: Path, known: dict[str, Language]) -> str:
    """Return the page that offers the languages and leads to the reader's."""
    repository = read_repository(root / "_config.yml")
    address = public_address(repository)
    return fill_template(
        root,
        "root.html",
        english=known[SOURCE],
        languages=list(known.values()),
        codes=list(known),
        address=address,
        alternates=alternates(address, known, FRONT, default=SOURCE),
        picture=PICTURE,
        storage=storage_key(repository),
    )


def not_found_page(root: Path, known: dict[str, Language]) -> str:
    """Return the page that the host shows at an address that has none, in all languages."""
    repository = read_repository(root / "_config.yml")
    return fill_template(
        root,
        "404.html",
        english=known[SOURCE],
        languages=list(known.values()),
        codes=list(known),
        base=urlsplit(public_address(repository)).path,
        storage=storage_key(repository),
    )


def sitemap(address: str, codes: list[str], pages: list[str]) -> str:
    """Return the sitemap of all languages, each page with its alternates."""
    entries = []
    for page in pages:
        addresses = alternates(address, codes, page, default=SOURCE)
        links = [
            f'<xhtml:link rel="alternate" hreflang="{code}" href={quoteattr(target)}/>'
            for code, target in addresses.items()
        ]
        entries += [
            "\n".join(["<url>", f"<loc>{escape(addresses[code])}</loc>", *links, "</url>"])
            for code in codes
        ]
    return SITEMAP.format(entries="\n".join(entries))


def copy_models(sites: Path) -> list[str]:
    """Copy the models that pages name, once for all languages, and return their names."""
    pages = [path.read_text(encoding="utf-8") for path in sorted(sites.glob("*/*.html"))]
    names = sorted({name for page in pages for name in models_of(page)})
    for name in names:
        (sites / MODELS).mkdir(exist_ok=True)
        shutil.copy(shipped(name), sites / MODELS)
    return names


def build_all(
    source: Path, output: Path, *, strict: bool = False, root: Path = ROOT
) -> dict[str, int]:
    """Build all languages and put them at `output`, where old sites stay if anything fails.

    Args:
        source: folder with the English chapters' files, as `tools.execute --output` fills it.
        output: folder of the sites, one folder a language.
        strict: treat warnings and unresolved references as errors.
        root: the repository.

    Returns:
        Language -> how many pages it has.

    Raises:
        ValueError: a file is missing or no page of the book, or a build failed.
    """
    known = languages(root)
    picture = root / PICTURE_SOURCE
    if not picture.is_file():
        raise BuildError(f"{picture}: expected the picture of social cards, found nothing")

    with write_folder_atomically(output) as sites:
        pages: dict[str, list[str]] = {}
        for code in known:
            try:
                pages[code] = build(source, sites / code, strict=strict, root=root, language=code)
            except ValueError as error:
                raise BuildError(f"{code}: {error}") from error
        address = public_address(read_repository(root / "_config.yml"))
        (sites / "index.html").write_text(root_page(root, known), encoding="utf-8")
        (sites / "404.html").write_text(not_found_page(root, known), encoding="utf-8")
        secure(sites)
        (sites / "sitemap.xml").write_text(
            sitemap(address, list(known), pages[SOURCE]), encoding="utf-8"
        )
        (sites / "robots.txt").write_text(f"User-agent: *\nSitemap: {address}sitemap.xml\n")
        shutil.copyfile(picture, sites / PICTURE)
        for icon in ICONS:
            shutil.copy(root / "_static" / icon, sites)
        copy_models(sites)
    return {code: len(found) for code, found in pages.items()}


def main(arguments: list[str] | None = None) -> int:
    """Command line entry; returns the exit code."""
    parser = argument_parser("build_site", __doc__)
    parser.add_argument(
        "--source",
        type=Path,
        default=ROOT / "notebooks" / SOURCE,
        help="folder of the English chapters (default: the committed ones)",
    )
    parser.add_argument("--strict", action="store_true", help="warnings are errors")
    parser.add_argument("--language", metavar="CODE", help="one alone, such as ru (default: all)")
    parser.add_argument("--output", type=Path, help="default: _build/site, of one language in it")
    options = parser.parse_args(arguments)
    output = options.output or ROOT / "_build" / "site" / (options.language or "")
    start = time.monotonic()
    try:
        if options.language:
            found = build(options.source, output, strict=options.strict, language=options.language)
            if options.output is None:  # else what stands beside it is somebody else's
                copy_models(output.parent)
            pages = {options.language: len(found)}
        else:
            pages = build_all(options.source, output, strict=options.strict)
    except (ValueError, OSError) as error:
        print(f"build_site: {error}", file=sys.stderr)
        return 1
    counts = ", ".join(f"{code} {number}" for code, number in pages.items())
    print(f"{output}: pages {counts}; {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(run_command("build_site", main))
