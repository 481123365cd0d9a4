"""What a page may load and run: its Content-Security-Policy, and links that open a new tab.

The pages' host sends no header of ours, so the policy stands in each page, before all that it
governs. `guides/architecture.md` says what it allows, and why.
"""

import html
import re

from charrnn.live.script import code_hash

CHARSET = re.compile(r'<meta charset="utf-8" ?/?>', re.IGNORECASE)
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
TYPE = re.compile(r'\btype="([^"]*)"')
# A script of another type is data, which no browser runs and no policy concerns.
CODE = ("", "text/javascript", "module")
NEW_TAB = re.compile(r'<a\b(?=[^>]*\btarget="_blank")[^>]*>')
REL = re.compile(r'\s*\brel="([^"]*)"')
RULES = (
    # Firefox fetches the next chapter ahead, which no rule but this one allows.
    "default-src 'self'",
    "object-src 'none'",
    "frame-src 'none'",
    "media-src 'none'",
    "manifest-src 'none'",
    # The live elements and the search compile WebAssembly. No text is evaluated.
    "script-src 'self' 'wasm-unsafe-eval'{hashes}",
    # Formulas, outputs and charts carry their sizes and colours as style attributes.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    # The search's index, and the models.
    "connect-src 'self'",
    # The search works beside the page.
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
)


def inline_hashes(page: str) -> list[str]:
    """Return the hash of each script that stands in a page, as a policy names it, sorted."""
    found = set()
    for attributes, code in SCRIPT.findall(page):
        kind = TYPE.search(attributes)
        if "src=" not in attributes and (kind[1] if kind else "") in CODE:
            found.add(code_hash(code))
    return sorted(found)


def policy(page: str) -> str:
    """Return the policy of a page."""
    hashes = "".join(f" {found}" for found in inline_hashes(page))
    return "; ".join(RULES).format(hashes=hashes)


def safe_links(page: str) -> str:
    """Return a page whose links to a new tab give that no hold on the page."""

    def safe(match: re.Match[str]) -> str:
        known = REL.search(match[0])
        words = dict.fromkeys([*(known[1].split() if known else []), "noopener"])
        plain = REL.sub("", match[0])
        return f'{plain[:-1].rstrip()} rel="{" ".join(words)}">'

    return NEW_TAB.sub(safe, page)


def secured(page: str) -> str:
    """Return a page with its policy, after all other changes of it.

    Raises:
        ValueError: it says no character encoding, after which the policy would stand.
    """
    page = safe_links(page)
    found = CHARSET.search(page)
    if found is None:
        raise ValueError(
            f"page: expected a meta tag with its character set, received {page[:80]!r}"
        )
    content = html.escape(policy(page)).replace("&#x27;", "'")
    tag = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
    return f"{page[: found.end()]}\n{tag}{page[found.end() :]}"
