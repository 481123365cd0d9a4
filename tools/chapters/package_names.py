"""Which names of the package a chapter's code uses: what its reader has to know."""

import ast
from collections.abc import Iterable

from tools.chapters.notebooks import ROOT

__all__ = ["package_names", "parsed"]

PACKAGE = "charrnn"
BACKEND = f"{PACKAGE}.backend"  # TensorFlow and Keras under their own names


def parsed(source: str) -> ast.Module:
    """Return the tree of a cell's code, an empty one if it is no Python."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def package_names(sources: Iterable[str]) -> set[str]:
    """Return the names of the package that some code uses, without the package's own.

    These are all objects that it imports, and of a module that it imports the attributes that it
    uses, or the module if there are none: `model.CharacterModel`, `figures.plots.curves`.
    """
    nodes = [node for source in sources for node in ast.walk(parsed(source))]
    names: set[str] = set()
    modules: dict[str, str] = {}  # by the name that the code gives it
    imported: set[str] = set()
    for node in nodes:
        for local, name in _imports(node):
            if _is_module(name):
                modules[local] = name if local != PACKAGE else PACKAGE
                imported.add(name)
            else:
                names.add(name)
    for node in nodes:
        if isinstance(node, ast.Attribute) and (name := _object(node, modules)):
            names.add(name)
    used = {name for name in imported if any(each.startswith(f"{name}.") for each in names)}
    return {
        name.removeprefix(f"{PACKAGE}.")
        for name in names | imported - used
        if not f"{name}.".startswith(f"{BACKEND}.")
    }


def _imports(node: ast.AST) -> list[tuple[str, str]]:
    """Return what a statement imports from the package: the name in the code, the full name."""
    if isinstance(node, ast.Import):
        found = [(alias.asname or PACKAGE, alias.name) for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        module = node.module
        found = [(alias.asname or alias.name, f"{module}.{alias.name}") for alias in node.names]
    else:
        return []
    return [(local, name) for local, name in found if name.split(".")[0] == PACKAGE]


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _object(node: ast.Attribute, modules: dict[str, str]) -> str:
    """Return the full name of what follows the last module in `a.b.c`, "" if there is none."""
    attributes: list[str] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute):
        attributes.insert(0, inner.attr)
        inner = inner.value
    name = modules.get(inner.id, "") if isinstance(inner, ast.Name) else ""
    for attribute in attributes if name else []:
        name = f"{name}.{attribute}"
        if not _is_module(name):
            return name
    return ""
