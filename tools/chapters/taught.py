"""What a chapter teaches is what the package runs: compare the two as syntax trees.

Left out of the comparison: docstrings, type annotations, imports for typing alone, and decorators
that change no result, because the package has them and a chapter does without.
"""

import ast
import difflib
from pathlib import Path

from tools.chapters.notebooks import ROOT, Notebook, tags, where

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
# What lets Keras save and load whole models.
UNTAUGHT = ("saved_by_keras",)
_KINDS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class _Bare(ast.NodeTransformer):
    """Remove what the comparison leaves out."""

    def _visit_definition(self, node: Definition) -> ast.AST:
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
        node.decorator_list = [
            each for each in node.decorator_list if ast.unparse(each) not in UNTAUGHT
        ]
        if isinstance(node, ast.ClassDef):
            # "units: int" in a dataclass is a field, no mere annotation: its name is compared.
            node.body = [
                ast.Expr(item.target)
                if isinstance(item, ast.AnnAssign) and item.value is None
                else item
                for item in node.body
            ]
        else:
            node.returns = None
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _visit_definition  # noqa: N815

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        return node.value and ast.Assign([node.target], node.value)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module in ("typing", "collections.abc") else node


def bare(definition: Definition) -> str:
    """Return a definition's code in one canonical layout, without docstrings and annotations."""
    # A copy through the source, because the transformer changes the tree.
    copied = ast.parse(ast.unparse(definition)).body[0]
    return ast.unparse(ast.fix_missing_locations(_Bare().visit(copied)))


def definitions(source: str) -> list[Definition]:
    """Return the classes and functions on the top level of some code."""
    return [node for node in ast.parse(source).body if isinstance(node, _KINDS)]


def package_definitions(package: Path = ROOT / "charrnn") -> dict[str, dict[str, str]]:
    """Return name -> module -> bare code for what the package's modules define."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(package.rglob("*.py")):
        module = ".".join(path.relative_to(package).with_suffix("").parts)
        for node in definitions(path.read_text(encoding="utf-8")):
            found.setdefault(node.name, {})[module] = bare(node)
    return found


def taught_equals_package(
    path: Path, notebook: Notebook, package: dict[str, dict[str, str]]
) -> list[str]:
    """Return a message for each definition tagged `teaches` that charrnn lacks or has otherwise."""
    messages = []
    for cell in notebook.cells:
        if cell.cell_type != "code" or "teaches" not in tags(cell):
            continue
        place = where(path.stem, notebook, cell)
        try:
            taught = definitions(cell.source)
        except SyntaxError as error:
            messages.append(f"{place}: tagged teaches, but no Python: {error}")
            continue
        if not taught:
            messages.append(f"{place}: tagged teaches, but defines no class or function")
        for node in taught:
            code, known = bare(node), package.get(node.name, {})
            if not known:
                messages.append(f"{place}: teaches {node.name}, which no module of charrnn has")
            elif code not in known.values():
                module, other = next(iter(known.items()))
                diff = difflib.unified_diff(
                    other.splitlines(),
                    code.splitlines(),
                    f"charrnn/{module.replace('.', '/')}.py",
                    path.name,
                    lineterm="",
                )
                messages.append(
                    f"{place}: {node.name} differs from charrnn.{module}\n" + "\n".join(diff)
                )
    return messages
