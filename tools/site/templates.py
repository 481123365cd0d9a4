"""Fill the templates of pages that are none of Jupyter Book's."""

from pathlib import Path
from typing import Any

import jinja2


def fill_template(root: Path, name: str, **values: Any) -> str:
    """Return a template of the repository's `_templates/` with its values, escaped for HTML."""
    loader = jinja2.FileSystemLoader(root / "_templates")
    return jinja2.Environment(loader=loader, autoescape=True).get_template(name).render(values)
