"""Each rule for a chapter that stands alone, and a chapter that breaks it."""

from pathlib import Path
from typing import Any

from tests.helpers.chapters import (
    EXERCISES,
    assert_noticed,
    code,
    each_of,
    markdown,
    standalone_chapter,
    tiny_chapter,
)
from tools.chapters.alone_rules import (
    RULES,
    WHOLE,
    marked,
    needs_tensorflow_only,
    own_cells,
    short_code,
)
from tools.chapters.notebooks import ROOT

TINY = Path("01_tiny.ipynb")


def without(name: str) -> Any:
    notebook = standalone_chapter()
    notebook.cells = [cell for cell in notebook.cells if cell.id != name]
    return notebook


def untagged(name: str) -> Any:
    notebook = standalone_chapter()
    for cell in notebook.cells:
        if cell.id == name:
            del cell.metadata["tags"]
    return notebook


def falsely_marked() -> Any:
    notebook = standalone_chapter()
    notebook.metadata["standalone"] = "yes"
    return notebook


def first(cell: Any) -> Any:
    notebook = standalone_chapter()
    notebook.cells.insert(0, cell)
    return notebook


def solved(source: str) -> Any:
    return standalone_chapter(
        markdown("exercises", EXERCISES.replace("half = 0.5", f"{source}\nhalf = 0.5"))
    )


BROKEN = [
    (marked, falsely_marked(), "expected the metadata standalone to be true, found 'yes'"),
    (own_cells, without("title"), "cell 1 to be a heading"),
    (own_cells, without("setup"), "first code cell to have the id setup"),
    (own_cells, untagged("setup"), "tags setup"),
    (own_cells, first(code("before", "1")), "first code cell to have the id setup"),
    (own_cells, without("parameters"), "one cell with the id and the tag parameters"),
    (own_cells, untagged("parameters"), "one cell with the id and the tag parameters"),
    (own_cells, standalone_chapter(code("two", "A = 1", "parameters")), "one cell with"),
    (needs_tensorflow_only, standalone_chapter(code("c", "import charrnn.model")), "'charrnn'"),
    (needs_tensorflow_only, standalone_chapter(code("c", "# as charrnn does")), "'charrnn'"),
    (needs_tensorflow_only, standalone_chapter(code("c", "%pip install x")), "'pip'"),
    (needs_tensorflow_only, solved("from charrnn import corpora"), "(exercises): 'charrnn'"),
    (needs_tensorflow_only, solved("import pandas.io"), "(exercises): imports pandas.io"),
    (
        needs_tensorflow_only,
        standalone_chapter(code("c", "from matplotlib import pyplot")),
        "(c): imports matplotlib",
    ),
    (needs_tensorflow_only, standalone_chapter(code("c", "from . import x")), "imports ."),
    (
        short_code,
        standalone_chapter(code("a", "x = 1\n" * 39), code("b", "x = 1\n" * 40)),
        "81 lines of code, expected at most 80",
    ),
]


@each_of(BROKEN)
def test_a_broken_rule_is_noticed(rule: Any, notebook: Any, words: str) -> None:
    assert_noticed(rule, notebook, words)


def test_every_rule_has_a_broken_chapter() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


def test_what_is_no_line_of_code_is_not_counted() -> None:
    lines = "x = 1\n" * 39
    notebook = standalone_chapter(
        code("a", f"{lines}\n  # a comment\n\n"),
        code("b", lines),
        code("check", "assert 1\n" * 40, "remove-cell"),
    )
    notebook.cells[2].source = "import os\n" * 20
    assert [message for rule in RULES for message in rule(TINY, notebook)] == []


def test_a_whole_tutorial_may_be_longer() -> None:
    (name, most), *others = WHOLE.items()
    assert not others
    assert most == 200
    assert (ROOT / f"notebooks/en/{name}.ipynb").is_file()
    long = [code(f"c{n}", "x = 1\n" * 40) for n in range(5)]
    counts = []
    for cells in long[:4], long:
        (message,) = short_code(Path(f"{name}.ipynb"), standalone_chapter(*cells)) or [""]
        counts.append(message)
    assert counts == ["", f"{name}: 202 lines of code, expected at most 200"]


def test_what_tensorflow_brings_may_be_imported() -> None:
    source = "import pathlib, numpy as np\nimport tensorflow as tf\nfrom keras import layers"
    notebook = standalone_chapter(code("imports", source), markdown("m", "The package `charrnn`."))
    assert [message for rule in RULES for message in rule(TINY, notebook)] == []


def test_other_chapters_are_left_alone() -> None:
    notebook = tiny_chapter(code("c", "from charrnn import model\n" + "x = 1\n" * 200))
    assert [message for rule in RULES for message in rule(TINY, notebook)] == []
