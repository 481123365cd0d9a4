"""Sphinx extension: one page of the book among its translations.

Adds the language menu, the head's `hreflang`, description and social-card tags, the notices on
pages that are not or not wholly translated, and the address of the right file behind the
repository's buttons. `tools.site.build_book` sets the configuration value `book_site`; without it,
as under `jupyter-book build .`, the extension does nothing.
"""

from collections.abc import Iterable
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx

FRONT = "index"
PICTURE = "card.png"  # at the root of all sites; tools.build_site puts it there
NOT_OURS = ("absent", "missing")  # notices of pages whose text is English


def alternates(
    address: str, languages: Iterable[str], page: str, *, default: str
) -> dict[str, str]:
    """Return the addresses of a page by `hreflang`.

    Args:
        address: of the folder that holds the languages' sites, with a slash at its end.
        languages: their codes.
        page: name without suffix.
        default: code of the language that others are translated from.

    Returns:
        One address per language, and "x-default": the page that offers the languages for the front
        pages, the one of `default` for others.
    """
    found = {code: f"{address}{code}/{page}.html" for code in languages}
    return found | {"x-default": address if page == FRONT else found[default]}


def add_notices(app: Sphinx, document: nodes.document) -> None:
    """Say under a page's title what of it is not translated or out of date."""
    site = app.config.book_site
    page = app.env.docname
    notices = site.get("notices", {}).get(page)
    section = next(iter(document.findall(nodes.section)), None)
    if not notices or section is None:
        return
    note = nodes.note(classes=["translation-notice"])
    words = site["words"]
    for notice in notices:
        text = words["missing" if notice in NOT_OURS else notice]
        paragraph = nodes.paragraph("", f"{text} ")
        address = f"../{site['source']}/{page}.html"
        paragraph += nodes.reference("", words["original"], refuri=address, internal=False)
        note += paragraph
    # docutils writes these classes as `lang` attributes.
    if set(notices) & set(NOT_OURS):
        section["classes"].append(f"language-{site['source']}")
        note["classes"].append(f"language-{site['code']}")
    section.insert(1, note)


def first_paragraph(document: nodes.document | None) -> str:
    """Return the first paragraph of a page, "" if there is none."""
    if document is not None:
        for paragraph in document.findall(nodes.paragraph):
            if not isinstance(paragraph.parent, nodes.Admonition):
                return " ".join(paragraph.astext().split())
    return ""


def social_tags(site: dict[str, Any], address: str, title: str, description: str) -> dict[str, str]:
    """Return the tags of the card that is shown where somebody shares a page's address."""
    tags = {
        "og:type": "website",
        "og:site_name": site["title"],
        "og:title": title,
        "og:description": description,
        "og:url": address,
        "og:image": f"{site['address']}{PICTURE}",
        "og:image:alt": site["words"]["card"],
    }
    return {name: value for name, value in tags.items() if value}


def add_context(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Give the templates `language-menu.html` and `layout.html` what they show."""
    site = app.config.book_site
    if not site:
        return
    code = context["language"] = site["code"]
    context["book_site"] = site
    context["menu"] = [
        {
            "code": other,
            "name": name,
            "current": other == code,
            "address": f"../{other}/{page}.html",
        }
        for other, name in site["languages"].items()
    ]
    if document is not None:
        addresses = alternates(site["address"], site["languages"], page, default=site["source"])
        description = first_paragraph(document)
        title = app.env.titles[page].astext()
        context["alternates"] = addresses
        context["description"] = description
        context["social_tags"] = social_tags(site, addresses[code], title, description)


def correct_buttons(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Name the language in reports; lead to the English file of a page that the language lacks."""
    site = app.config.book_site
    if not site:
        return
    changes = {f"page%20%2F{page}.html": f"page%20%2F{site['code']}%2F{page}.html"}
    if site["notices"].get(page) == ["absent"]:
        changes[f"/notebooks/{site['code']}/"] = f"/notebooks/{site['source']}/"
    for group in context["header_buttons"]:
        for button in (group, *group.get("buttons", [])):
            for old, new in changes.items():
                if "url" in button:
                    button["url"] = button["url"].replace(old, new)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_config_value("book_site", {}, "html", types=frozenset({dict}))
    app.connect("doctree-read", add_notices)
    app.connect("html-page-context", add_context)
    # After the theme has made the buttons.
    app.connect("html-page-context", correct_buttons, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
