"""Rules for what an author writes: cells, their order, ids and tags, prose and exercises.

Each rule takes a notebook's path and content and returns messages; an empty list is a pass.
"""

import ast
import re
import statistics
from pathlib import Path

from tools.chapters.markdown import plain_words
from tools.chapters.notebooks import Notebook, has_code, is_standalone, solutions, tags, where
from tools.chapters.output_rules import code_cells
from tools.chapters.parameters import known_parameters

LINE_COLUMNS, CELL_LINES, MEDIAN_LINES = 80, 40, 8
TAGS = {
    "setup",
    "hide-input",
    "parameters",
    "teaches",
    "slow",
    "nbval-ignore-output",
    "remove-cell",
    "searched",
}
REQUIRED: tuple[tuple[str, str, str, list[str]], ...] = (  # id, kind, how the source begins, tags
    ("title", "markdown", "# ", []),
    ("objectives", "markdown", "## What you will learn", []),
    ("setup", "code", "", ["setup", "hide-input"]),
    ("parameters", "code", "PROFILE = ", ["parameters"]),
    ("imports", "code", "", []),
)
WORDS = re.compile(r"\b(just|simply|easily|of\s+course|obviously)\b", re.I)
BOOK_ONLY = re.compile(
    r"^\s*(?:`{3,}|:{3,})\s*\{[^}\n]*\}|(?<!`)\{[\w:-]+\}`[^`]+`|^\(\S+\)=$", re.M
)
MARKER = re.compile(r"^\s*#\s*(?:NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)", re.M)


def ids(path: Path, notebook: Notebook) -> list[str]:
    """Ids are readable, and unique within the chapter."""
    messages, seen = [], set()
    for cell in notebook.cells:
        if not re.fullmatch(r"[a-z0-9-]+", cell.id):
            place = where(path.stem, notebook, cell)
            messages.append(f"{place}: expected an id of lower-case letters, digits and hyphens")
        if cell.id in seen:
            messages.append(f"{path.stem}: two cells have the id {cell.id}")
        seen.add(cell.id)
    return messages


def required_cells(path: Path, notebook: Notebook) -> list[str]:
    """A chapter begins with its five fixed cells, and ends with a summary and exercises.

    `alone_rules` says what a chapter that stands alone has in their place. A page without code has
    its title alone.
    """
    if is_standalone(notebook):
        return []
    messages = []
    required = REQUIRED if has_code(notebook) else REQUIRED[:1]
    for number, (name, kind, start, expected) in enumerate(required, 1):
        cell = notebook.cells[number - 1] if len(notebook.cells) >= number else None
        if cell is None or cell.id != name or cell.cell_type != kind:
            messages.append(f"{path.stem}: expected cell {number} to be {kind} with the id {name}")
            continue
        place = where(path.stem, notebook, cell)
        if not cell.source.startswith(start):
            messages.append(f"{place}: expected it to begin with {start!r}")
        elif tags(cell) != expected:
            messages.append(f"{place}: expected the tags {expected}")
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    headings = re.findall(r"^## (.+?)[ \t]*$", text, re.M)
    if has_code(notebook) and headings[-2:] != ["Summary", "Exercises"]:
        messages.append(f"{path.stem}: expected ## Summary and ## Exercises as last headings")
    return messages


def parameters_are_literals(path: Path, notebook: Notebook) -> list[str]:
    """The parameters cell has one `NAME = literal` a line, and the profile quick.

    A chapter that stands alone has no profiles, a page without code no parameters.
    """
    if not has_code(notebook):
        return []
    try:
        known = known_parameters(path, notebook)
    except ValueError as error:
        return [str(error)]
    messages = []
    for cell in code_cells(notebook):
        if "parameters" in tags(cell):
            ends = [node.end_lineno == node.lineno for node in ast.parse(cell.source).body]
            if not all(ends) or ";" in cell.source:
                place = where(path.stem, notebook, cell)
                messages.append(f"{place}: expected one line per parameter")
    if known.get("PROFILE") != "quick" and not is_standalone(notebook):
        messages.append(f'{path.stem}: expected the parameter PROFILE = "quick"')
    if lower := [name for name in known if not name.isupper()]:
        messages.append(f"{path.stem}: expected parameters in upper case, found {lower}")
    return messages


def cell_sizes(path: Path, notebook: Notebook) -> list[str]:
    """Code fits a phone: at most 80 columns and 40 lines a cell, median at most 8."""
    messages, lengths = [], []
    for cell in code_cells(notebook):
        lines = cell.source.splitlines()
        lengths += [len(lines)] if cell.id != "setup" else []
        place = where(path.stem, notebook, cell)
        if len(lines) > CELL_LINES:
            messages.append(f"{place}: {len(lines)} lines, expected at most {CELL_LINES}")
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_COLUMNS:
                messages.append(
                    f"{place} line {number}: {len(line)} columns, expected {LINE_COLUMNS}"
                )
    if lengths and (median := statistics.median(lengths)) > MEDIAN_LINES:
        messages.append(f"{path.stem}: median of {median:g} lines a cell, expected {MEDIAN_LINES}")
    return messages


def known_tags(path: Path, notebook: Notebook) -> list[str]:
    """Tags are known ones; a cell cannot ask to be skipped or to fail."""
    messages = []
    for cell in notebook.cells:
        place = where(path.stem, notebook, cell)
        if unknown := sorted(set(tags(cell)) - TAGS):
            messages.append(f"{place}: expected tags from {sorted(TAGS)}, found {unknown}")
        if found := MARKER.search(cell.source):
            messages.append(f"{place}: expected a tag instead of the comment {found[0].strip()!r}")
    return messages


def plain_language(path: Path, notebook: Notebook) -> list[str]:
    """Prose has no words that belittle, and no notation that only Jupyter Book renders."""
    messages = []
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        place = where(path.stem, notebook, cell)
        for word in WORDS.findall(plain_words(cell.source)):
            spoken = " ".join(word.split())
            messages.append(f"{place}: {spoken!r} belittles the reader; leave it out")
        if found := BOOK_ONLY.search(cell.source):
            messages.append(f"{place}: only Jupyter Book renders {found[0].strip()!r}")
    return messages


def exercises(path: Path, notebook: Notebook) -> list[str]:
    """At least two exercises, each followed by a folded solution with Python in it.

    A chapter that stands alone may have fewer, and a page without code has none to try.
    """
    found, rest = solutions(notebook)
    messages = []
    if len(found) < 2 and has_code(notebook) and not is_standalone(notebook):
        messages.append(f"{path.stem}: expected two exercises with solutions, found {len(found)}")
    for solution in found:
        place = f"{path.stem} exercise {solution.number}"
        if not solution.exercise:
            messages.append(f"{place}: a solution without an exercise before it")
        if not solution.code.strip():
            messages.append(f"{place}: expected a fenced block of python in the solution")
        messages += folded(place, solution.block)
    if rest:
        messages.append(f"{path.stem}: an exercise without a solution: {rest.splitlines()[0]!r}")
    return messages


def folded(place: str, block: str) -> list[str]:
    """A folded part is plain CommonMark, which reads its inside only after an empty line."""
    messages = []
    if not re.match(r"<details>\n<summary>[^\n]+</summary>\n\n", block):
        messages.append(f"{place}: expected <details>, <summary>…</summary>, an empty line")
    if not block.endswith("\n\n</details>"):
        messages.append(f"{place}: expected an empty line before </details>")
    return messages


RULES = (
    ids,
    required_cells,
    parameters_are_literals,
    cell_sizes,
    known_tags,
    plain_language,
    exercises,
)
