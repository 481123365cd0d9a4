"""Rules for fields and sliders, which Colab makes of comments: no run here sees them.

A field is a line `NAME = value  # @param …`, with a JSON object or a list of choices after it;
`# @title …` at the beginning of a cell names its form. Each rule takes a notebook's path and
content and returns messages; an empty list is a pass.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any

from tools.chapters.notebooks import Notebook, where
from tools.chapters.output_rules import code_cells

FORM = re.compile(r"^# @title |# @param\b", re.M)
FIELD = re.compile(r"^(?P<name>[A-Z_]+) = (?P<value>.+?)  # @param (?P<kind>[\[{].*)$")
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "slider": (int, float),
}


def forms_hide_code(path: Path, notebook: Notebook) -> list[str]:
    """Colab shows the form alone: a cell has the metadata `cellView` if it has a form."""
    messages = []
    for cell in code_cells(notebook):
        expected = "form" if FORM.search(cell.source) else None
        if (found := cell.metadata.get("cellView")) != expected:
            place = where(path.stem, notebook, cell)
            messages.append(
                f"{place}: expected the metadata cellView {expected!r}, found {found!r}"
            )
    return messages


def fields_fit(path: Path, notebook: Notebook) -> list[str]:
    """A field is one that Colab shows, and the value in the cell is one that it can have."""
    messages = []
    for cell in code_cells(notebook):
        for line in cell.source.splitlines():
            if "@param" in line and (wrong := _wrong_with(line)):
                messages.append(f"{where(path.stem, notebook, cell)}: {wrong}: {line!r}")
    return messages


def _wrong_with(line: str) -> str:
    field = FIELD.match(line)
    if field is None:
        return "expected NAME = value  # @param {…} or […]"
    try:
        value, kind = ast.literal_eval(field["value"]), json.loads(field["kind"])
    except (ValueError, SyntaxError):
        return "expected a literal, and JSON after @param"
    return "" if _fits(value, kind) else "expected a value that the field can have"


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(kind, list):
        return value in kind
    expected = TYPES.get(kind.get("type"))
    if expected is None or not isinstance(value, expected):
        return False
    return kind["type"] != "slider" or bool(kind["min"] <= value <= kind["max"])


RULES = (forms_hide_code, fields_fit)
