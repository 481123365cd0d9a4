"""Small pages at old addresses that lead on to the pages' new ones.

`_redirects.yml` is the list. The hosting service serves files and nothing else, so each old address
is a page of its own.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from tools.site.assembly import BuildError
from tools.site.templates import fill_template
from tools.translation.languages import Language

REDIRECTS = "_redirects.yml"
# What is safe in an address and a script as it is, and stays inside the folder.
NAME = re.compile(r"[A-Za-z0-9][\w-]*", re.ASCII)


def read_redirects(root: Path, pages: Iterable[str]) -> dict[str, str]:
    """Return the new name of each page that was renamed, by its old one.

    Args:
        root: the repository.
        pages: names of the book's pages, without suffix.

    Raises:
        BuildError: the list is missing or no mapping of names, an old name is a page of the book
            again, or a new one is none.
    """
    path = root / REDIRECTS
    if not path.is_file():
        raise BuildError(f"{path}: expected the list of renamed pages, found nothing")
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if not isinstance(content, dict):
        raise BuildError(f"{REDIRECTS}: expected old names with new ones, received {content!r}")
    known = list(pages)
    for old, new in content.items():
        if not (isinstance(old, str) and NAME.fullmatch(old)):
            raise BuildError(f"{REDIRECTS}: expected a page's old name, received {old!r}")
        if old in known:
            raise BuildError(
                f"{REDIRECTS}: expected names that pages had once, received {old}, "
                "which is a page of the book"
            )
        if new not in known:
            raise BuildError(
                f"{REDIRECTS}: expected for {old} a page of the book "
                f"({', '.join(known)}); received {new!r}"
            )
    return content


def write_redirects(
    site: Path, redirects: dict[str, str], root: Path, language: Language, address: str
) -> None:
    """Write the pages at the old addresses of one language.

    Args:
        site: folder of the language's built pages.
        redirects: new names by old ones, as `read_redirects` returns them.
        root: the repository.
        language: the language of the site.
        address: of the folder that holds the languages' sites, with a slash at its end.

    Raises:
        BuildError: the site has a file at an old address.
    """
    for old, new in redirects.items():
        path = site / f"{old}.html"
        # Such as a page that the theme or an extension makes.
        if path.exists():
            raise BuildError(f"{REDIRECTS}: expected no file {path.name} in the site, found one")
        page = fill_template(
            root,
            "moved.html",
            language=language,
            target=f"{new}.html",
            canonical=f"{address}{language.code}/{new}.html",
        )
        path.write_text(page, encoding="utf-8")
