"""Sphinx extension: ship MathJax with the site, so that formulas need no other host.

The files come from the package `sphinx-mathjax-offline` (MathJax 3.2.2, byte for byte the npm
package's). Its own extension copies all 24 MB; a page with TeX formulas needs one script, its fonts
and the TeX extensions that the script loads on demand, 2 MB together. MathJax's licence is
committed as `_static/mathjax/LICENSE` and so ends up beside them.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.fileutil import copy_asset

PACKAGE = "sphinx-mathjax-offline"
SCRIPT = "tex-chtml.js"
NEEDED = (SCRIPT, "output/chtml/fonts/woff-v2", "input/tex/extensions")


def mathjax_folder() -> Path:
    """Find MathJax's files in the installed package.

    Raises:
        ExtensionError: the package is missing or holds other files than expected.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ExtensionError(f"package {PACKAGE} not found: install requirements.txt")
    folder = Path(spec.origin).parent / "static" / "mathjax"
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if missing:
        raise ExtensionError(f"{folder}: expected {', '.join(missing)}, which is not there")
    return folder


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Copy what the pages need into `_static/mathjax` after a successful HTML build."""
    if error is not None or app.builder.format != "html":
        return
    source = mathjax_folder()
    target = Path(app.outdir) / "_static" / "mathjax"
    for name in NEEDED:
        # copy_asset takes the folder to copy into for a file, the copy's own path for a folder.
        destination = target / name if (source / name).is_dir() else target
        copy_asset(str(source / name), str(destination))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    mathjax_folder()
    app.config.mathjax_path = f"mathjax/{SCRIPT}"
    # The menu offers speech and other renderers, whose files (20 MB) are left out. Assistive
    # MathML, which screen readers use, is part of the script and stays on.
    app.config.mathjax3_config = {"options": {"enableMenu": False}}
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
