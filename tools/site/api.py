"""The page of the package's API, and which of its entries a chapter's reader may want to open.

Sphinx' autodoc fills the English page from docstrings. The site of another language has a page with
the same names, each of which leads there. Modules of the path are shown whole; of other modules,
which serve the path or draw, what the chapters import.
"""

import ast
import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.chapters.notebooks import Notebook, read_chapter, tags
from tools.chapters.output_rules import visible_code
from tools.chapters.package_names import PACKAGE, package_names, parsed
from tools.chapters.taught import definitions
from tools.translation.languages import SOURCE, Language

PAGE = "api"
# The list of the path in the docstring of the package, a module a line.
PATH = re.compile(r"^ {4}(\w+) {2,}\S", re.M)
AFTER_PATH = "What these share"
# What functions give that chapters use, but never name.
GIVEN = ("texts.survey.Survey", "variants.transformer.Transformer")
# A comment that autodoc reads, as it reads docstrings.
COMMENT = "#:"

Offered = dict[str, list[str]]


@functools.cache
def _tree(root: Path, module: str) -> tuple[ast.Module, list[str]]:
    """Return the tree and the lines of a module; an empty tree if there is none."""
    path = root.joinpath(PACKAGE, *module.split(".")).with_suffix(".py")
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    return parsed(source), source.splitlines()


def described(root: Path, module: str) -> list[str]:
    """Return what a module itself defines of its `__all__` and describes, in its order."""
    tree, lines = _tree(root, module)
    public: list[str] = []
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name == "__all__":
                public = ast.literal_eval(node.value)
            elif lines[node.lineno - 2].startswith(COMMENT):
                names.append(name)
    return [name for name in names if name in public]


def home(root: Path, name: str) -> str:
    """Return the name of an object in the module that defines it: many import it from there.

    Args:
        root: the repository.
        name: with its module, `corpora.CorpusError`.
    """
    module, _, last = name.rpartition(".")
    for node in _tree(root, module)[0].body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
            for alias in node.names:
                if (alias.asname or alias.name) == last:
                    origin = str(node.module).removeprefix(f"{PACKAGE}.")
                    return home(root, f"{origin}.{alias.name}")
    return name


def used_names(root: Path, chapters: Mapping[str, Notebook]) -> dict[str, dict[str, str]]:
    """Return what the visible code of chapters uses of the package and does not teach itself.

    Returns:
        Chapter -> name as the chapter has it -> name in the module that defines it.
    """
    found = {}
    for page, notebook in chapters.items():
        cells = visible_code(notebook)
        taught = {
            node.name
            for cell in cells
            if "teaches" in tags(cell)
            for node in definitions(cell.source)
        }
        names = sorted(package_names(cell.source for cell in cells))
        found[page] = {
            name: home(root, name) for name in names if name.rpartition(".")[2] not in taught
        }
    return found


def offered(root: Path, wanted: Iterable[str]) -> tuple[Offered, Offered]:
    """Return what the page describes: module -> names, of the path and of the other modules.

    Args:
        root: the repository.
        wanted: names that chapters use, in the modules that define them.
    """
    text = ast.get_docstring(_tree(root, "__init__")[0], clean=False) or ""
    path = {name: described(root, name) for name in PATH.findall(text.partition(AFTER_PATH)[0])}
    others: Offered = {}
    for name in sorted({*wanted, *GIVEN}):
        module, _, last = name.rpartition(".")
        if module not in path and last in described(root, module):
            others.setdefault(module, []).append(last)
    return {module: names for module, names in path.items() if names}, others


def entries(root: Path, used: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return chapter -> name as the chapter has it -> anchor of its entry on the English page."""
    groups = offered(root, {name for names in used.values() for name in names.values()})
    known = {f"{m}.{name}" for group in groups for m, names in group.items() for name in names}
    return {
        page: {name: f"{PACKAGE}.{place}" for name, place in names.items() if place in known}
        for page, names in used.items()
    }


def entries_of(root: Path, folder: Path) -> dict[str, dict[str, str]]:
    """Return the entries of the chapters in an assembled folder, as ``entries``."""
    chapters = {path.stem: read_chapter(path) for path in folder.glob("*.ipynb")}
    return entries(root, used_names(root, chapters))


def _heading(text: str, line: str) -> list[str]:
    return [text, line * (2 * len(text)), ""]  # a Han character is as wide as two others


def api_page(root: Path, used: Mapping[str, Mapping[str, str]], language: Language) -> str:
    """Return the page of the API in a language as reStructuredText, "" for a book without package.

    Args:
        root: the repository.
        used: what the chapters use, as `used_names` returns it.
        language: the language.
    """
    groups = offered(root, {name for names in used.values() for name in names.values()})
    if not any(groups):
        return ""
    words = language.words
    lines = [*_heading(words["api"], "="), words["api_about"], ""]
    for module, names in (groups[0] | groups[1]).items():
        full = f"{PACKAGE}.{module}"
        if language.code == SOURCE:
            members = f"   :members: {', '.join(names)}"
            # Else `__all__` would order them.
            lines += [*_heading(f"``{full}``", "-"), f".. automodule:: {full}", members]
            lines += ["   :ignore-module-all:", ""]
        else:
            links = (f"`{name} <../{SOURCE}/{PAGE}.html#{full}.{name}>`__" for name in names)
            lines += [f"``{full}``", f"   {', '.join(links)}", ""]
    return "\n".join(lines)
