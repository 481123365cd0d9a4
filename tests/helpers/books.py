"""A tiny book with translations, for the tests of the builders."""

import shutil
from pathlib import Path

import yaml

from tests.helpers.chapters import code, markdown, tiny_chapter, v4, write_chapter
from tools.chapters.notebooks import ROOT, read_chapter
from tools.site.assembly import PARTS
from tools.translation.pairs import source_hash

PAGES = ["index", "01_tiny", "02_second"]
CAPTIONS = ["It writes", "How it works"]
TOC = """\
format: jb-book
root: notebooks/en/index
parts:
  - caption: It writes
    chapters:
      - file: notebooks/en/01_tiny
  - caption: How it works
    chapters:
      - file: notebooks/en/02_second
"""
REDIRECTS = {"03_tiny": "01_tiny", "start": "index"}
INDEX = """\
# Front

First words.

[The chapter](01_tiny.ipynb) in model.py.

![A page of the book](../../pictures/page.png)
"""
# Where the real language is not translated yet, some words of its own.
OTHERS = {
    "ru": ("Русский", "ru", "Книга"),
    "zh-Hans": ("简体中文", "zh_CN", "书"),
    "zh-Hant": ("繁體中文", "zh_TW", "書"),
    "ko": ("한국어", "ko", "책"),
}


def tiny_book(root: Path) -> Path:
    """Make an English repository with the real configuration, templates and style, and no code."""
    for part in (*PARTS, "tools"):
        origin, place = ROOT / part, root / part
        place.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if origin.is_dir() else shutil.copy)(origin, place)
    (root / "_toc.yml").write_text(TOC)
    (root / "_redirects.yml").write_text(yaml.safe_dump(REDIRECTS))
    pages = root / "notebooks" / "en"
    pages.mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "en" / "language.yml", pages)
    (pages / "index.md").write_text(INDEX)
    formula = markdown("formula", "## A formula\n\n$x^2$ and `code`.\n\n```python\nx = 1\n```")
    output = code("shown", "print('committed')")
    output.outputs = [v4.new_output("stream", text="committed\n")]
    for name in PAGES[1:]:
        chapter = tiny_chapter(formula, output)
        title = chapter.cells[0]
        title.source = title.source.replace("01_tiny", name)
        write_chapter(pages, chapter, name)
    return root


def add_language(root: Path, language: str, *, chapters: list[str] | None = None) -> Path:
    """Add a language whose pages are wholly translated, by a mark at the start of their texts."""
    folder = root / "notebooks" / language
    folder.mkdir()
    real = ROOT / "notebooks" / language / "language.yml"
    if real.is_file():
        shutil.copy(real, folder)
    else:
        name, sphinx, title = OTHERS[language]
        (folder / "language.yml").write_text(f"name: {name}\nsphinx: {sphinx}\ntitle: {title}\n")
    for name in PAGES[1:] if chapters is None else chapters:
        chapter = read_chapter(root / "notebooks" / "en" / f"{name}.ipynb")
        for cell in chapter.cells:
            if cell.cell_type == "markdown":
                cell.metadata["translation"] = {"source": source_hash(cell.source)}
                cell.source = cell.source.replace("One idea", f"One idea in {language}")
        write_chapter(folder, chapter, name)
    front = f"---\ntranslation:\n  source: {source_hash(INDEX)}\n---\n"
    (folder / "index.md").write_text(front + INDEX.replace("First", f"First {language}"))
    return folder
