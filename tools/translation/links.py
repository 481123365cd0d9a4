"""Links from page to page of the book in translations, which follow those of English."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import yaml

from tools.translation.pairs import BOOK_LINK

REDIRECTS = "_redirects.yml"  # old name of a page -> its name now, both without a suffix


def read_redirects(root: Path, pages: Mapping[str, object]) -> dict[str, str]:
    """Read the old names of pages: old name -> name now, both without a suffix.

    Args:
        root: the repository; it may have no such file.
        pages: file names of the English pages; what is a page's name now is no old name.

    Raises:
        ValueError: if the file holds something else.
    """
    path = root / REDIRECTS
    found = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
    if not isinstance(found or {}, dict):
        raise ValueError(f"{REDIRECTS}: expected old and new names of pages, received {found!r}")
    stems = {Path(name).stem for name in pages}
    names = {str(old): str(new) for old, new in (found or {}).items() if str(old) not in stems}
    result = {}
    for old, new in names.items():
        target = new
        for _ in names:  # a page that was renamed twice; no more often, so that a circle ends
            target = names.get(target, target)
        result[old] = target
    return {old: new for old, new in result.items() if new in stems}


def _pages(source: str) -> Counter[str]:
    """Return how often a text links to each page."""
    return Counter(link.partition("#")[0] for link in BOOK_LINK.findall(source))


def followed_links(
    english: str, source: str, redirects: Mapping[str, str], *, current: bool
) -> str:
    """Return a translated text whose links to pages lead where those of English lead.

    A link to a page under its old name gets the new one and keeps its fragment. If then all links
    to one page which English does not link to stand for all that lack one other page, they lead to
    that one; what followed `#` named a heading of another page and is left out.

    Args:
        english: the English text.
        source: the translated one.
        redirects: old name of a page -> new one.
        current: whether it is a translation of this English text; else old names alone are known.
    """
    theirs = _pages(english)

    def renamed(match: re.Match[str]) -> str:
        page, mark, fragment = match[0].partition("#")
        if page in theirs:  # as long as English has the old name
            return match[0]
        stem, dot, suffix = page.rpartition(".")
        return f"{redirects.get(stem, stem)}{dot}{suffix}{mark}{fragment}"

    source = BOOK_LINK.sub(renamed, source)
    ours = _pages(source)
    lacking = list((theirs - ours).items())
    strange = [(page, n) for page, n in ours.items() if page not in theirs]
    if not (current and len(lacking) == len(strange) == 1 and lacking[0][1] == strange[0][1]):
        return source
    (new, _), (old, _) = lacking[0], strange[0]
    return BOOK_LINK.sub(
        lambda match: new if match[0].partition("#")[0] == old else match[0], source
    )
