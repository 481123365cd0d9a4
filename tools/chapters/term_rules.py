"""Rules for the book's terms: one name for one thing, as `notebooks/glossary.csv` lists them.

Each rule takes a notebook's path and content and returns messages; an empty list is a pass.
"""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.chapters.emphasis import emphases
from tools.chapters.markdown import plain_words, python_code
from tools.chapters.notebooks import ROOT, Notebook, alternative_text, where
from tools.chapters.package_names import parsed
from tools.translation.glossary import (
    GLOSSARY,
    Term,
    has_row,
    misnamed,
    no_longer_said,
    read_glossary,
)
from tools.translation.languages import LANGUAGE_FILE, SOURCE, folder

# English that no chapter is; the list of changes speaks of older names.
OTHERS = ("README.md", "CONTRIBUTING.md", "guides/*.md", f"notebooks/{SOURCE}/*.md")

# One to three words; bold that ends with a colon or a full stop leads in to what follows.
TERM = re.compile(r"[^\W\d_][\w'’-]+(?: [\w'’-]+){0,2}")
# Bold to be seen, or everyday words with a meaning of one page: the glossary would bind all others.
SEEN = {"check", "difference", "dot", "file", "limit"}


@cache
def _glossary() -> list[Term]:
    return read_glossary(ROOT)


def prose_keeps_terms(path: Path, notebook: Notebook) -> list[str]:
    """Prose and alternative texts say nothing that the glossary says to avoid."""
    messages = []
    for cell in notebook.cells:
        prose = cell.cell_type == "markdown"
        text = plain_words(cell.source) if prose else alternative_text(cell)
        found = no_longer_said(text, _glossary())
        messages += [f"{where(path.stem, notebook, cell)}: {message}" for message in found]
    return messages


def terms_have_rows(path: Path, notebook: Notebook) -> list[str]:
    """The glossary has what a chapter sets in bold to introduce it.

    Italics introduce terms, too, but most of them stress a word or name a book.
    """
    messages = []
    for cell in notebook.cells:
        for found in emphases(cell.source) if cell.cell_type == "markdown" else ():
            is_term = found.bold and not found.leads and TERM.fullmatch(found.words)
            # "Hebrew and Arabic" are two.
            if not is_term or " and " in found.words or found.words.lower() in SEEN:
                continue
            if not has_row(found.words, _glossary()):
                messages.append(
                    f"{where(path.stem, notebook, cell)}: {GLOSSARY} has no row for "
                    f"{found.words!r}, which is bold here; add one with the words of all languages"
                )
    return messages


def _bound(source: str) -> set[str]:
    """Return all names that code binds, those of functions' arguments included."""
    names = set()
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.alias) and node.asname:
            names.add(node.asname)
    return names


def code_keeps_names(path: Path, notebook: Notebook) -> list[str]:
    """Code, that of solutions included, binds no name that the glossary says to avoid."""
    messages = []
    for cell in notebook.cells:
        source = cell.source if cell.cell_type == "code" else python_code(cell.source)
        found = misnamed(_bound(source), _glossary())
        messages += [f"{where(path.stem, notebook, cell)}: {message}" for message in found]
    return messages


def other_texts(root: Path = ROOT) -> list[str]:
    """Return what the pages of ``OTHERS`` and the site's words say and the glossary avoids."""
    terms = read_glossary(root)
    texts = {
        str(path.relative_to(root)): plain_words(path.read_text(encoding="utf-8"))
        for pattern in OTHERS
        for path in sorted(root.glob(pattern))
    }
    site = folder(root, SOURCE) / LANGUAGE_FILE
    content = yaml.safe_load(site.read_text(encoding="utf-8")) if site.exists() else {}
    texts[str(site.relative_to(root))] = "\n".join(_strings(content))
    return [
        f"{name}: {message}"
        for name, text in texts.items()
        for message in no_longer_said(text, terms)
    ]


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    return [value] if isinstance(value, str) else []


RULES = (prose_keeps_terms, terms_have_rows, code_keeps_names)
