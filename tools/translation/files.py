"""The pages of a language: its chapters and its index, read and written.

A page is a notebook. `index.md` is read as one of a single cell, whose metadata is the key
`translation` of its YAML front matter; the other keys belong to the translator.
"""

import re
from pathlib import Path
from typing import Any

import nbformat
import yaml

from tools.chapters.notebooks import Notebook, chapter_paths, notebook_text
from tools.translation.languages import SOURCE, folder

_format: Any = nbformat  # types cover a part of nbformat only
INDEX = "index.md"
GUIDE = "TRANSLATING.md"  # for translators, in their language; no page
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.M | re.S)
RECORD = re.compile(r"^translation:.*\n(?:[ \t]+.*\n)*", re.M)


def _index_page(text: str, name: str) -> Notebook:
    """Turn the text of an `index.md` into a page."""
    match = FRONT_MATTER.match(text)
    front, body = (match[1], text[match.end() :]) if match else ("", text)
    values = yaml.safe_load(front) or {}
    if not isinstance(values, dict):
        raise ValueError(f"front matter without keys: {front!r}")
    page = _format.v4.new_notebook(cells=[_format.v4.new_markdown_cell(body, id=name)])
    page.cells[0]["front_matter"] = RECORD.sub("", front)
    if "translation" in values:
        page.cells[0].metadata["translation"] = _format.from_dict(values["translation"])
    return page


def read_any_page(path: Path) -> Notebook:
    """Read a chapter or an index of any language leniently: cells may have lost their ids.

    `tools.chapters.notebooks.read_chapter` is the strict one.

    Raises:
        ValueError: if the file is neither.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".md":
            return _index_page(text, path.stem)
        # Of the version's own reader: the general one puts random ids where ids are wrong.
        page = _format.v4.reads(text)
        if page.nbformat != 4:
            raise ValueError(f"nbformat {page.nbformat}")
        for cell in page.cells:
            if not (isinstance(cell.source, str) and isinstance(cell.metadata, dict)):
                raise ValueError(f"a {cell.cell_type} cell without source or metadata")
    except (yaml.YAMLError, ValueError, AttributeError, KeyError, TypeError) as error:
        kind = "UTF-8 with YAML on top" if path.suffix == ".md" else "a Jupyter notebook"
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        name = f"{path.parent.name}/{path.name}"
        raise ValueError(f"{name}: expected {kind}, received {reason}") from error
    return page


def page_bytes(path: Path, page: Notebook) -> bytes:
    """Return a page as its file holds it."""
    if path.suffix != ".md":
        return notebook_text(page).encode()
    (cell,) = page.cells
    front = str(cell.front_matter)
    if "translation" in cell.metadata:
        front += yaml.safe_dump({"translation": _plain(cell.metadata["translation"])})
    return (f"---\n{front}---\n{cell.source}" if front else str(cell.source)).encode()


def _plain(value: Any) -> Any:
    """Return what PyYAML can write of a value that nbformat made."""
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def english_pages(root: Path) -> dict[str, Notebook]:
    """Return the English pages, by file name, in the order of the toc; the index comes first.

    Raises:
        ValueError: if a file of the toc is missing, or a cell of it has no id of its own.
    """
    index = folder(root, SOURCE) / INDEX
    pages = {INDEX: read_any_page(index)} if index.exists() else {}
    for path in chapter_paths(root):
        if not path.exists():
            raise ValueError(f"{path.relative_to(root)}: in _toc.yml, but no such file")
        pages[path.name] = page = read_any_page(path)
        ids = [cell.get("id") for cell in page.cells]
        if None in ids or len(ids) != len(set(ids)):
            wrong = sorted({str(id_) for id_ in ids if id_ is None or ids.count(id_) > 1})
            raise ValueError(f"{path.relative_to(root)}: expected an id per cell, received {wrong}")
    return pages


def read_pages(root: Path, language: str) -> dict[str, Notebook]:
    """Return the pages of a language, by file name, those that English lacks included."""
    names = page_names(root, language)
    return {name: read_any_page(folder(root, language) / name) for name in names}


def page_names(root: Path, language: str) -> list[str]:
    """Return the names of a language's pages, those that English lacks included."""
    paths = folder(root, language).iterdir() if folder(root, language).is_dir() else []
    return sorted(
        path.name
        for path in paths
        if path.suffix in (".ipynb", ".md") and path.name[0] != "." and path.name != GUIDE
    )
