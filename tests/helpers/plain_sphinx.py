"""The book built by today's Sphinx without Jupyter Book, and what its pages have in common.

`guides/upkeep.md` says what this is for: the way out when Jupyter Book 1 no longer installs.
"""

import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from pprint import pformat
from typing import Any

from bs4 import BeautifulSoup

from tools.chapters.notebooks import ROOT
from tools.site.api import entries_of
from tools.site.assembly import assemble
from tools.site.build_book import configuration

PACKAGES = (
    "sphinx==9.*",
    "sphinx-book-theme==1.4.*",
    "myst-nb==1.4.*",
    "myst-parser==5.*",
    "sphinx-external-toc==1.1.*",
    "sphinx-togglebutton==0.4.*",
    "sphinx-copybutton==0.5.*",
    "sphinx-design==0.8.*",
    "sphinx-multitoc-numbering==0.1.*",
)
EXTENSIONS = [
    "sphinx_togglebutton",
    "sphinx_copybutton",
    "myst_nb",
    "sphinx_external_toc",
    "sphinx_design",
    "sphinx_book_theme",
    "sphinx_multitoc_numbering",
]
NEEDLESS = "book_without_thebe"  # Thebe is Jupyter Book's
SELECTED = {
    "cells": ".cell",
    "code": "div.highlight pre",
    "formulas": ".math",
    "headings": "h1, h2, h3, h4",
    "images": "img",
    "links": "a[href]",
    "tables": "table",
}


def make_environment(folder: Path) -> Path:
    """Return the interpreter of an environment with today's Sphinx; made once."""
    python, ready = folder / "bin" / "python", folder / "set-up-complete"
    if not ready.is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        # After its own packages come those of this environment, which the extensions need.
        (own,) = folder.glob("lib/python*/site-packages")
        (own / "book.pth").write_text("\n".join(site.getsitepackages()))
        ready.touch()
    return python


def settings(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return as values of `conf.py` what Jupyter Book is given for one language.

    Args:
        content: as `tools.site.build_book.configuration` returns it.
        folder: what was assembled.
    """
    values = dict(content["sphinx"]["config"])
    repository, html = content["repository"], content["html"]
    own = [name for name in content["sphinx"]["local_extensions"] if name != NEEDLESS]
    static = folder / "_static"
    values["html_theme_options"] |= {
        "repository_url": repository["url"],
        "repository_branch": repository["branch"],
        "path_to_docs": repository["path_to_book"],
        "use_repository_button": True,
        "use_issues_button": True,
        "launch_buttons": {
            key: content["launch_buttons"][key] for key in ("notebook_interface", "colab_url")
        },
        "extra_footer": f"<div>\n{html['extra_footer']}\n</div>",
        "home_page_in_toc": True,
    }
    return values | {
        "project": content["title"],
        "author": content["author"],
        "copyright": content["copyright"],
        "extensions": EXTENSIONS + own,
        "external_toc_path": "_toc.yml",
        "external_toc_exclude_missing": True,
        "nb_execution_mode": "off",
        "nb_output_stderr": "error",
        "myst_enable_extensions": ["colon_fence", "dollarmath", "linkify", "substitution"],
        "myst_url_schemes": ["mailto", "http", "https"],
        "html_theme": "sphinx_book_theme",
        "html_title": content["title"],
        "html_static_path": ["_static"],
        "html_css_files": sorted(path.name for path in static.glob("*.css")),
        "html_js_files": sorted(path.name for path in static.glob("*.js")),
        "html_baseurl": html["baseurl"],
        "html_sourcelink_suffix": "",
        "numfig": True,
        "use_multitoc_numbering": True,
    }


def build(python: Path, language: str, folder: Path, target: Path) -> None:
    """Build one language, warnings and unresolved references being errors."""
    notices = assemble(ROOT / "notebooks" / "en", folder, ROOT, language)
    content = configuration(ROOT, language, notices, entries_of(ROOT, folder))
    values = settings(content, folder)
    place = folder / "tools" / "site" / "extensions"
    lines = [f"import sys\nsys.path.insert(0, {str(place)!r})"]
    lines += [f"{name} = {pformat(value)}" for name, value in values.items()]
    (folder / "conf.py").write_text("\n".join(lines), encoding="utf-8")
    command = [str(python), "-m", "sphinx", "-q", "-W", "-n", "--keep-going"]
    subprocess.run([*command, str(folder), str(target)], check=True, cwd=ROOT)


def articles(pages: Path) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Yield each page with an article, and what a reader finds in it.

    White space is left out: Sphinx 9 sets other line ends around a formula.
    """
    for path in sorted(pages.glob("*.html")):
        html = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        article = html.select_one("article.bd-article")
        if article is None:
            continue
        for tag in article.select("script, style, a.headerlink"):
            tag.decompose()
        found = {
            kind: [
                tag.name + "".join(tag.get_text().split()) + str(tag.get("href", ""))
                for tag in article.select(selector)
            ]
            for kind, selector in SELECTED.items()
        }
        found["characters"] = list("".join(article.get_text().split()))
        found["anchors"] = sorted(tag["id"] for tag in article.select("[id]"))
        yield path.stem, found
