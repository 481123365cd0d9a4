"""Sphinx extension: the buttons that open a chapter's notebook where it can be run.

The theme leads to Colab on the branch on which the work goes on. The pages of a release lead to
its tag instead, so that a reader runs what the page shows, and to Kaggle as well.
`tools.site.build_book` sets `book_site`; without it, as under `jupyter-book build .`, the theme's
button stays as it is.
"""

from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx

LABEL = "launch-buttons"  # the theme's name of the group
ICONS = {"Colab": "_static/images/logo_colab.png", "Kaggle": "fab fa-kaggle"}


def launch(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Replace the theme's group of buttons, on pages that have one: those of notebooks."""
    site = app.config.book_site
    for group in context.get("header_buttons", []) if site else []:
        if group.get("label") == LABEL:
            group["buttons"] = [
                {
                    "type": "link",
                    "text": name,
                    "tooltip": f"Launch on {name}",
                    "icon": ICONS[name],
                    "url": f"{folder}/{page}.ipynb",
                }
                for name, folder in site["launch"].items()
            ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    # After the theme has made the buttons, before book_language_menu mends what a language lacks.
    app.connect("html-page-context", launch, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
