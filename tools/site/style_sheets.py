"""Make one small style sheet of all that the pages of a site load.

The theme and the extensions bring a dozen, of 560 KB, most of which is for what the book has not. A
browser shows nothing before it has all of them, so the pages get one file with the rules that can
apply to them, and the icons' fonts with the icons that these rules name.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

NAME = "book.css"
LINK = re.compile(r'[ \t]*<link\b[^>]*\brel="stylesheet"[^>]*>\n?')
ADDRESS = re.compile(r'\bhref="([^"]+)"')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
IMPORT = re.compile(r'@import "([^"]+)";')
URL = re.compile(r"""url\((["']?)(?!data:|#)([^)"']+)\1\)""")
CHARSET = re.compile(r'@charset "[^"]+";')
# What a rule needs of a page: classes and identifiers. Attributes and what stands in parentheses,
# as in :not(.collapsed), say less, so they are taken for given.
NAMES = re.compile(r"[.#]((?:\\.|[\w-])+)")
UNSURE = re.compile(r"\[[^\]]*\]|\([^()]*\)")
WORD = re.compile(r"[\w-]+")
ATTRIBUTE = re.compile(r'\b(?:class|id)="([^"]*)"')
# An icon, as a style sheet writes it.
ICON = re.compile(r'"\\(f[0-9a-f]{3})"')
FACE = re.compile(r"@font-face\{[^}]*fontawesome/webfonts/(fa-[\w-]+)\.woff2[^}]*\}")
NESTED = ("@media", "@supports", "@container", "@layer")
Rule = tuple[str, str]


def rules(text: str) -> Iterator[Rule]:
    """Yield what stands before the braces of each rule of a sheet without comments, and in them.

    A statement without braces has an empty second part.

    Raises:
        ValueError: braces are left open.
    """
    start = depth = opened = place = 0
    while place < len(text):
        sign = text[place]
        if sign in "\"'":
            place = text.index(sign, place + 1)
            while text[place - 1] == "\\":
                place = text.index(sign, place + 1)
        elif sign == "\\":
            place += 1
        elif sign == "{":
            opened = place if depth == 0 else opened
            depth += 1
        elif sign == "}":
            depth -= 1
            if depth == 0:
                yield text[start:opened].strip(), text[opened + 1 : place].strip()
                start = place + 1
        elif sign == ";" and depth == 0:
            yield text[start : place + 1].strip(), ""
            start = place + 1
        place += 1
    if depth or text[start:].strip():
        raise ValueError(
            f"style sheet: expected closed braces, received {text[start : start + 60]!r}"
        )


def selectors(prelude: str) -> list[str]:
    """Return the selectors of a rule."""
    found, depth, start = [], 0, 0
    for place, sign in enumerate(prelude):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            found.append(prelude[start:place].strip())
            start = place + 1
    return [*found, prelude[start:].strip()]


def may_apply(selector: str, words: set[str]) -> bool:
    """Return whether a page may have what a selector names."""
    plain = selector
    while (shorter := UNSURE.sub("", plain)) != plain:
        plain = shorter
    return all(name.replace("\\", "") in words for name in NAMES.findall(plain))


def used_rules(text: str, words: set[str]) -> str:
    """Return the rules of a sheet that may apply to pages with these words."""
    kept = []
    for prelude, block in rules(text):
        if prelude.startswith(NESTED):
            inner = used_rules(block, words) if block else ""
            if inner or not block:
                kept.append(f"{prelude}{{{inner}}}" if block else prelude)
        elif prelude.startswith("@"):
            kept.append(f"{prelude}{{{block}}}" if block else prelude)
        elif chosen := [one for one in selectors(prelude) if may_apply(one, words)]:
            kept.append(f"{','.join(chosen)}{{{block}}}")
    return "\n".join(kept)


def sheet(path: Path, static: Path) -> str:
    """Return a style sheet with those that it imports, its addresses seen from `static`."""
    text = COMMENT.sub("", CHARSET.sub("", path.read_text(encoding="utf-8")))

    def moved(match: re.Match[str]) -> str:
        place = (path.parent / match[2]).resolve().relative_to(static)
        return f'url("{place.as_posix()}")'

    # The addresses of an imported sheet are seen from there already.
    return IMPORT.sub(
        lambda match: sheet((path.parent / match[1]).resolve(), static), URL.sub(moved, text)
    )


def words_of(site: Path, pages: list[str]) -> set[str]:
    """Return what may be a class or an identifier on a page of a site.

    That is what the pages have as such, and every word of the scripts, which make none of parts.
    """
    scripts = [*(site / "_static").rglob("*.js"), *(site / "pagefind").glob("*.js")]
    found = {word for page in pages for names in ATTRIBUTE.findall(page) for word in names.split()}
    for path in scripts:
        found.update(WORD.findall(path.read_text(encoding="utf-8")))
    return found


def write_icons(static: Path, text: str) -> str:
    """Write the icons that a sheet names as small fonts; return the sheet that loads these."""
    icons = {int(code, 16) for code in ICON.findall(text)}
    fonts = static / "vendor" / "fontawesome" / "webfonts"

    def small(match: re.Match[str]) -> str:
        with TTFont(fonts / f"{match[1]}.ttf") as font:
            if not icons & font.getBestCmap().keys():
                return ""
            options = subset.Options(flavor="woff", layout_features=[])
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=icons)
            subsetter.subset(font)
            subset.save_font(font, str(static / f"{match[1]}.woff"), options)
        source = f'src:url("{match[1]}.woff") format("woff")'
        return re.sub(r"src:[^;}]*", source, match[0])

    return FACE.sub(small, text)


def unite(site: Path, pages: dict[Path, str]) -> dict[Path, str]:
    """Write one style sheet for a site; return its pages with a link to that in place of others.

    Args:
        site: folder of the site, whose style sheets are in `_static`.
        pages: file -> its HTML.

    Raises:
        ValueError: a style sheet is damaged.
    """
    static = (site / "_static").resolve()
    links = {path: LINK.findall(text) for path, text in pages.items()}
    # A dictionary keeps the order, and a page's own sheet stands among the others as on that page.
    longest = sorted(links.values(), key=len, reverse=True)
    names = {urlsplit(ADDRESS.search(link)[1]).path: None for each in longest for link in each}  # type: ignore[index]
    text = "\n".join(sheet((site / name).resolve(), static) for name in names)
    small = write_icons(static, used_rules(text, words_of(site, [*pages.values()])))
    (static / NAME).write_text(small, encoding="utf-8")
    digest = hashlib.sha256(small.encode()).hexdigest()[:8]
    link = f'<link rel="stylesheet" href="_static/{NAME}?v={digest}" />\n'

    def with_one(path: Path, text: str) -> str:
        for other in links[path]:
            text = text.replace(other, link if other is links[path][0] else "", 1)
        return text

    return {path: with_one(path, text) for path, text in pages.items()}
