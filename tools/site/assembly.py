"""Put together what Jupyter Book reads to build the book in one language.

Code cells and outputs come from the English notebooks, prose from the language's own files. A page
that the language lacks is English.
"""

import copy
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from tools.chapters.notebooks import ROOT, Notebook, read_chapter, toc_files, write_notebook
from tools.site.api import PAGE as API
from tools.site.api import api_page, used_names
from tools.site.terms import PAGE, terms_page
from tools.translation.figures import Figures, describe_figures, read_figures
from tools.translation.files import page_bytes, read_any_page
from tools.translation.glossary import read_glossary
from tools.translation.languages import SOURCE, Language, folder, languages
from tools.translation.pairs import MISSING, STALE, state

# What a build reads besides the pages and the extensions that the configuration names.
PARTS = ("_toc.yml", "_config.yml", "_static", "_templates", "pictures")
# Pages stand in notebooks/<language>/ of the repository and at the root of the assembled folder.
UPWARDS = re.compile(r"""((?:\]\(|\]:\s*|src=["']|href=["']))\.\./\.\./(?=pictures/)""")


class BuildError(ValueError):
    """The book cannot be built; the message says why."""


def find_language(root: Path, code: str) -> Language:
    """Return a language of the book.

    Raises:
        BuildError: there is no such language.
    """
    known = languages(root)
    if code not in known:
        raise BuildError(f"language: expected one of {', '.join(known)}; received {code!r}")
    return known[code]


def derived_toc(toc: Path, captions: dict[str, str], last: list[str]) -> dict[str, Any]:
    """Return the toc of one language: the same entries, at the root of the folder.

    Args:
        toc: the book's one.
        captions: of the parts, from English to the language; others stay as they are.
        last: pages of the build alone, which come at the end of the last part.
    """

    def at_root(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: at_root(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [at_root(item) for item in value]
        if key == "caption":
            return captions.get(value, value)
        return Path(value).name if key in ("root", "file") else value

    content: dict[str, Any] = at_root(yaml.safe_load(toc.read_text(encoding="utf-8")))
    part = content["parts"][-1] if content.get("parts") else content
    part.setdefault("chapters", []).extend({"file": name} for name in last)
    return content


def page_file(entry: str, source: Path, root: Path) -> Path:
    """Find the English file of one entry of the toc.

    Args:
        entry: path without suffix, as in the toc.
        source: folder of the chapters, which may hold the notebooks alone.
        root: the repository, where pages without code are taken from otherwise.

    Raises:
        BuildError: no such file. A notebook is never taken from the repository in place of an
            executed copy that is missing.
    """
    name = Path(entry).name
    candidates = [source / f"{name}.ipynb", source / f"{name}.md", root / f"{entry}.md"]
    for path in candidates:
        if path.is_file():
            return path
    tried = ", ".join(str(path) for path in candidates)
    raise BuildError(f"_toc.yml: expected a page for {entry}, found none of {tried}")


def translate(english: Notebook, translation: Notebook) -> tuple[Notebook, list[str]]:
    """Return an English page with the prose of its translation, and what is wrong with that.

    Cells are found by id. Code and outputs stay those of the English page, whatever the
    translation holds.

    Returns:
        The page, and of "missing", "partial" and "stale" what holds for it.
    """
    page = copy.deepcopy(english)
    own = {cell.get("id"): cell for cell in translation.cells if cell.cell_type == "markdown"}
    prose = [n for n, cell in enumerate(page.cells) if cell.cell_type == "markdown"]
    states = [state(page.cells[n], own.get(page.cells[n].id)) for n in prose]
    for n in prose:
        page.cells[n] = own.get(page.cells[n].id, page.cells[n])
    if prose and all(found == MISSING for found in states):
        return page, ["missing"]
    notices = {"partial": MISSING, "stale": STALE}
    return page, [notice for notice, found in notices.items() if found in states]


def mend(page: Notebook) -> Notebook:
    """Point links into the repository's `pictures/` to their copy, in place."""
    for cell in page.cells:
        if cell.cell_type == "markdown":
            cell.source = UPWARDS.sub(r"\1", cell.source)
    return page


def write_page(path: Path, language: str, target: Path, root: Path, figures: Figures) -> list[str]:
    """Write the page of one language.

    Args:
        path: the English page.
        language: its code.
        target: folder to write it into.
        root: the repository, which has the translations.
        figures: the language's alternative texts.

    Returns:
        What its reader must be told: "absent" where the language has no such file, "missing" where
        nothing in it is translated, "partial", "stale".
    """
    page = read_chapter(path) if path.suffix == ".ipynb" else read_any_page(path)
    translated = folder(root, language) / path.name
    notices: list[str] = []
    if language != SOURCE and translated.is_file():
        page, notices = translate(page, read_any_page(translated))
        describe_figures(page, figures.get(path.stem, {}))
    elif language != SOURCE:
        notices = ["absent"]
    mend(page)
    if path.suffix == ".ipynb":
        write_notebook(target / path.name, page)
    else:
        (target / path.name).write_bytes(page_bytes(path, page))
    return notices


def write_terms(
    entries: list[str], source: Path, target: Path, root: Path, language: Language
) -> list[str]:
    """Write the page of the terms, after all pages that it leads to.

    Args:
        entries: of the toc, without the front page.
        source: folder of the English chapters.
        target: folder with the pages of the language, to write it into.
        root: the repository, which has the glossary.
        language: the language.

    Returns:
        The name of the page; none for a book without a glossary.

    Raises:
        BuildError: a page of the toc has its name.
    """
    terms = read_glossary(root)
    if not terms:
        return []
    files = {Path(entry).name: page_file(entry, source, root) for entry in entries}
    if PAGE in files:
        raise BuildError(f"_toc.yml: expected no page {PAGE}, which the build makes, found one")
    page = terms_page(
        {name: read_any_page(path) for name, path in files.items()},
        {name: (path.name, read_any_page(target / path.name)) for name, path in files.items()},
        terms,
        language,
    )
    (target / f"{PAGE}.md").write_text(page, encoding="utf-8")
    return [PAGE]


def write_api(
    entries: list[str], source: Path, target: Path, root: Path, language: Language
) -> list[str]:
    """Write the page of the package's API; arguments are those of `write_terms`.

    Returns:
        The name of the page; none for a book without a package.

    Raises:
        BuildError: a page of the toc has its name.
    """
    files = {Path(entry).name: page_file(entry, source, root) for entry in entries}
    if API in files:
        raise BuildError(f"_toc.yml: expected no page {API}, which the build makes, found one")
    chapters = {name: read_chapter(path) for name, path in files.items() if path.suffix == ".ipynb"}
    page = api_page(root, used_names(root, chapters), language)
    if not page:
        return []
    (target / f"{API}.rst").write_text(page, encoding="utf-8")
    return [API]


def copy_part(part: str, target: Path, root: Path) -> None:
    """Copy a file or folder of the repository to the same place below `target`.

    Raises:
        BuildError: it is missing.
    """
    origin, place = root / part, target / part
    place.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        shutil.copytree(origin, place)
    elif origin.is_file():
        shutil.copy2(origin, place)
    else:
        raise BuildError(f"{origin}: expected a part of the book, found nothing")


def assemble(
    source: Path, target: Path, root: Path = ROOT, language: str = SOURCE
) -> dict[str, list[str]]:
    """Fill an empty folder with all that Jupyter Book reads; the configuration is the book's own.

    Args:
        source: folder of the English chapters, whose outputs the pages show.
        target: the folder to fill.
        root: the repository.
        language: code of the language.

    Returns:
        Page -> notices for its reader, in the order of the toc; pages of the build come last.

    Raises:
        BuildError: a part or a page is missing, or the language is none of the book.
    """
    spoken = find_language(root, language)
    for part in PARTS:
        copy_part(part, target, root)
    config = yaml.safe_load((target / "_config.yml").read_text(encoding="utf-8"))
    for name, place in config["sphinx"].get("local_extensions", {}).items():
        copy_part(f"{place}/{name}.py", target, root)
    toc = root / "_toc.yml"
    front = yaml.safe_load(toc.read_text(encoding="utf-8"))["root"]
    entries = [front, *toc_files(toc)]
    figures = read_figures(root, language)
    notices = {
        Path(entry).name: write_page(
            page_file(entry, source, root), language, target, root, figures
        )
        for entry in entries
    }
    last = [
        name
        for write in (write_terms, write_api)
        for name in write(entries[1:], source, target, root, spoken)
    ]
    (target / toc.name).write_text(
        yaml.safe_dump(derived_toc(toc, spoken.parts, last), allow_unicode=True, sort_keys=False),
        encoding="utf-8",
    )
    return notices | {name: [] for name in last}
