"""Rules for what a chapter asks of its reader: length, names, questions, no checks in between.

Each rule takes a notebook's path and content and returns messages; an empty list is a pass.
"""

import ast
import re
import symtable
from pathlib import Path

from tools.chapters.markdown import GAP, plain_words
from tools.chapters.notebooks import DETAILS, Cell, Notebook, has_code, questions, tags, where
from tools.chapters.output_rules import HIDDEN, visible_code
from tools.chapters.package_names import package_names, parsed
from tools.chapters.source_rules import folded

CELLS, PROSE_WORDS, NAMES, QUESTIONS = 60, 2800, 8, 2
LIVE = "live."
# What a reader needs cannot be hidden.
NEEDED = {"setup", "parameters", "teaches"}


def few_cells(path: Path, notebook: Notebook) -> list[str]:
    """A chapter has at most 60 cells."""
    if (count := len(notebook.cells)) > CELLS:
        return [f"{path.stem}: {count} cells, expected at most {CELLS}"]
    return []


def word_count(notebook: Notebook) -> int:
    """Return how many words of prose stand open: no code, formulas, addresses, folded answers."""
    texts = [
        plain_words(DETAILS.sub("", cell.source)).replace(GAP, " ")
        for cell in notebook.cells
        if cell.cell_type == "markdown"
    ]
    return sum(bool(re.search(r"\w", word)) for text in texts for word in text.split())


def few_words(path: Path, notebook: Notebook) -> list[str]:
    """A chapter has at most 2,800 words of prose, what is folded left out."""
    if (count := word_count(notebook)) > PROSE_WORDS:
        return [f"{path.stem}: {count:,} words, expected at most {PROSE_WORDS:,}"]
    return []


def few_names(path: Path, notebook: Notebook) -> list[str]:
    """What a chapter shows uses at most eight names of the package.

    The live elements are not counted: nothing that a chapter teaches depends on them.
    """
    names = {
        name
        for name in package_names(cell.source for cell in visible_code(notebook))
        if not name.startswith(LIVE)
    }
    if len(names) > NAMES:
        listed = ", ".join(sorted(names))
        return [f"{path.stem}: {len(names)} names from charrnn, expected at most {NAMES}: {listed}"]
    return []


def questions_to_predict(path: Path, notebook: Notebook) -> list[str]:
    """At least two questions, whose answers are folded, before the exercises of a chapter."""
    found = questions(notebook)
    messages = []
    if len(found) < QUESTIONS and has_code(notebook):
        messages.append(
            f"{path.stem}: expected {QUESTIONS} questions with a folded answer before the "
            f"exercises, found {len(found)}"
        )
    for number, block in enumerate(found, 1):
        messages += folded(f"{path.stem} question {number}", block)
    return messages


def _checks(cell: Cell) -> bool:
    """Return whether code asserts: by the statement or by a function such as NumPy's."""

    def called(node: ast.AST) -> str:
        function = node.func if isinstance(node, ast.Call) else None
        return getattr(function, "attr", getattr(function, "id", ""))

    return any(
        isinstance(node, ast.Assert) or called(node).startswith("assert_")
        for node in ast.walk(parsed(cell.source))
    )


def checks_are_hidden(path: Path, notebook: Notebook) -> list[str]:
    """What checks the book does not stand between two ideas."""
    return [
        f"{where(path.stem, notebook, cell)}: an assert that the page shows; move it to a cell "
        f"tagged {HIDDEN}"
        for cell in visible_code(notebook)
        if _checks(cell)
    ]


def _bound(source: str) -> set[str]:
    """Return the names that code binds at its top level."""
    symbols = _symbols(source).get_symbols() if source.strip() else []
    return {each.get_name() for each in symbols if each.is_assigned() or each.is_imported()}


def _read(table: symtable.SymbolTable, top: bool = True) -> set[str]:
    """Return the names of the top level that code reads, also within functions."""
    names = {
        each.get_name()
        for each in table.get_symbols()
        if each.is_referenced() and (top or each.is_global())
    }
    return names.union(*(_read(child, top=False) for child in table.get_children()))


def _symbols(source: str) -> symtable.SymbolTable:
    try:
        return symtable.symtable(source, "cell", "exec")
    except SyntaxError:
        return symtable.symtable("", "cell", "exec")


def hidden_cells_check(path: Path, notebook: Notebook) -> list[str]:
    """A cell that the page leaves out holds checks only: no page would explain what it made."""
    messages = []
    for number, cell in enumerate(notebook.cells):
        if HIDDEN not in tags(cell):
            continue
        place = where(path.stem, notebook, cell)
        if cell.cell_type != "code" or not _checks(cell):
            messages.append(f"{place}: tagged {HIDDEN}, expected an assert in it")
            continue
        if other := sorted(NEEDED & set(tags(cell))):
            messages.append(f"{place}: tagged {HIDDEN}, which does not go with {other}")
        if cell.outputs:
            messages.append(f"{place}: tagged {HIDDEN}, expected no output")
        later = [other for other in notebook.cells[number + 1 :] if other.cell_type == "code"]
        for name in sorted(_bound(cell.source)):
            # Checks may share what is marked as theirs.
            readers = [
                other.id
                for other in later
                if not (name.startswith("_") and HIDDEN in tags(other))
                and name in _read(_symbols(other.source))
            ]
            if readers and name != "_":
                messages.append(
                    f"{place}: tagged {HIDDEN}, but binds {name}, which {readers[0]} reads; "
                    "call it another name, with an underscore before it"
                )
    return messages


RULES = (
    few_cells,
    few_words,
    few_names,
    questions_to_predict,
    checks_are_hidden,
    hidden_cells_check,
)
