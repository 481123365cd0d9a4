"""Sphinx extension: leave Thebe's script out of the pages.

Jupyter Book adds it to every page, twice, even where `_config.yml` switches Thebe off: each page
then begins with an error in the browser's console, and names another host.
"""

from typing import Any

from sphinx.application import Sphinx

MARKS = ("thebe", "THEBE")


def is_thebe(file: Any) -> bool:
    """Return whether a script or style sheet, as Sphinx hands it to templates, is Thebe's."""
    texts = (getattr(file, "filename", None), getattr(file, "attributes", {}).get("body"))
    return any(mark in str(text) for text in texts for mark in MARKS)


def remove_thebe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: Any
) -> None:
    """Remove Thebe's files from what a page loads."""
    for name in ("script_files", "css_files"):
        # In place: what other extensions add for this page alone goes into the same list.
        context[name][:] = [file for file in context[name] if not is_thebe(file)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", remove_thebe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
