"""Each rule for what is written, a chapter that breaks it, and prose that looks as if it did."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.chapters import (
    EXERCISES,
    assert_noticed,
    changed,
    code,
    each_of,
    finished,
    markdown,
    standalone_chapter,
    tiny_chapter,
    v4,
)
from tools.chapters.reading_rules import questions_to_predict
from tools.chapters.source_rules import (
    RULES,
    cell_sizes,
    exercises,
    ids,
    known_tags,
    parameters_are_literals,
    plain_language,
    required_cells,
)

TINY = Path("01_tiny.ipynb")


def renamed(old: str, new: str) -> Any:
    """A chapter in which the source of some cell has `new` instead of `old`."""
    notebook = tiny_chapter()
    assert any(old in cell.source for cell in notebook.cells)
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    return notebook


def without(name: str) -> Any:
    notebook = tiny_chapter()
    notebook.cells = [cell for cell in notebook.cells if cell.id != name]
    return notebook


def two_headings() -> Any:
    """Return a chapter whose exercises have no solution: all after the first heading counts."""
    notebook = tiny_chapter(markdown("m", "## Exercises"))
    notebook.cells = notebook.cells[:-1]
    return notebook


BROKEN = [
    (ids, changed(id="Two_Words"), "lower-case"),
    (ids, changed(id="double"), "two cells have the id double"),
    (required_cells, without("objectives"), "cell 2 to be markdown"),
    (required_cells, without("summary"), "## Summary"),
    (required_cells, renamed("# Tiny", "Tiny"), "begin with '# '"),
    (required_cells, renamed("## Exercises", "## Questions"), "## Exercises"),
    (parameters_are_literals, renamed("STEPS = 3", "STEPS = 3 * N"), "NAME = literal"),
    (parameters_are_literals, renamed("STEPS = 3", "STEPS = (\n3)"), "one line"),
    (parameters_are_literals, renamed("STEPS = 3", "A = 3; B = 4"), "one line"),
    (parameters_are_literals, renamed('"quick"', '"full"'), 'PROFILE = "quick"'),
    (parameters_are_literals, renamed("STEPS", "steps"), "upper case"),
    (cell_sizes, changed(source="x = 1" + " " * 76), "81 columns"),
    (cell_sizes, changed(source="x = 1\n" * 41), "41 lines"),
    (cell_sizes, tiny_chapter(*[code(f"c{n}", "1\n" * 9) for n in range(9)]), "median"),
    (known_tags, changed(metadata={"tags": ["raises-exception"]}), "raises-exception"),
    (known_tags, changed(metadata={"tags": ["nbval-skip"]}), "nbval-skip"),
    (known_tags, changed(source="# NBVAL_SKIP\n1"), "NBVAL_SKIP"),
    (plain_language, tiny_chapter(markdown("m", "It is Just a sum.")), "'Just'"),
    (plain_language, tiny_chapter(markdown("m", "A sum, of\ncourse.")), "'of course'"),
    (plain_language, tiny_chapter(markdown("m", "```{note}\nx\n```")), "```{note}"),
    (plain_language, tiny_chapter(markdown("m", "See {ref}`there`.")), "{ref}`there`"),
    (plain_language, tiny_chapter(markdown("m", "(label)=\n## There")), "(label)="),
    (
        exercises,
        renamed("```python\nhalf", "```text\nhalf"),
        "exercise 2: expected a fenced",
    ),
    (exercises, renamed("</summary>\n\n", "</summary>\n"), "an empty line"),
    (exercises, renamed("three is six.\n\n", "three is six.\n"), "before </details>"),
    (exercises, renamed("2. Double a half.", ""), "without an exercise"),
    (exercises, two_headings(), "found 0"),
    (exercises, renamed(EXERCISES, EXERCISES + "\n3. One more."), "'3. One more.'"),
    (exercises, renamed(EXERCISES[EXERCISES.index("\n2.") :], ""), "two exercises"),
]


@each_of(BROKEN)
def test_a_broken_rule_is_noticed(rule: Any, notebook: Any, words: str) -> None:
    assert_noticed(rule, notebook, words)


def test_a_chapter_that_stands_alone_needs_no_profile_summary_or_exercises() -> None:
    notebook = standalone_chapter()
    assert [message for rule in RULES for message in rule(TINY, notebook)] == []
    one = EXERCISES[: EXERCISES.index("\n2.")]
    exercised = standalone_chapter(markdown("exercises", one))
    assert [message for rule in RULES for message in rule(TINY, exercised)] == []
    broken = standalone_chapter(markdown("exercises", one + "\n2. One more."))
    assert_noticed(exercises, broken, "'2. One more.'")
    broken.cells[3].source = "file = 1"
    assert_noticed(parameters_are_literals, broken, "upper case")


def test_a_page_without_code_has_a_title_and_prose() -> None:
    notebook = finished(v4.new_notebook(cells=[markdown("title", "# Sources\n\nPapers.")]), False)
    assert [cell.source for cell in notebook.cells] == ["# Sources\n\nPapers."]
    rules = (*RULES, questions_to_predict)
    assert [message for rule in rules for message in rule(TINY, notebook)] == []
    notebook.cells[0].source = "Sources"
    assert_noticed(required_cells, notebook, "begin with '# '")


def test_every_rule_has_a_broken_chapter() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


@pytest.mark.parametrize(
    "text",
    [
        "adjust the justice",
        "`just` as code",
        "```\njust as code\n```",
        "$just$",
        "[a link](https://example.org/home/just/a/page)",
        "{'a': `set`}",
    ],
)
def test_good_prose_is_left_alone(text: str) -> None:
    notebook = tiny_chapter(markdown("m", text))
    assert [message for rule in RULES for message in rule(TINY, notebook)] == []
