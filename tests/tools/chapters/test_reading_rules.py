"""Each rule for what a chapter asks of its reader, and a chapter that breaks it."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.chapters import (
    EXERCISES,
    QUESTIONS,
    assert_noticed,
    code,
    each_of,
    markdown,
    standalone_chapter,
    stream,
    tiny_chapter,
)
from tools.chapters.reading_rules import (
    RULES,
    checks_are_hidden,
    few_cells,
    few_names,
    few_words,
    hidden_cells_check,
    questions_to_predict,
    word_count,
)

TINY = Path("01_tiny.ipynb")
NAMES = "from charrnn.windows import a, b, c, d\nfrom charrnn import metrics"


def asked(*cells: Any) -> Any:
    """A chapter with two questions and these cells."""
    return tiny_chapter(markdown("questions", QUESTIONS), *cells)


def check(source: str, *tags: str) -> Any:
    return code("check", source, "remove-cell", *tags)


def shown_check() -> Any:
    cell = check("assert double(1) == 2")
    cell.outputs = [stream("x")]
    return asked(cell)


def prose(words: int) -> Any:
    return asked(markdown("m", " ".join(["word"] * words)))


OTHERS = word_count(asked())
BROKEN = [
    (few_cells, asked(*[code(f"c{n}", "1") for n in range(52)]), "61 cells, expected at most 60"),
    (few_words, prose(2801 - OTHERS), "2,801 words, expected at most 2,800"),
    (
        few_names,
        asked(code("c", f"{NAMES}\n(metrics.e, metrics.f, metrics.g, metrics.h, metrics.i)")),
        "9 names from charrnn, expected at most 8: metrics.e",
    ),
    (questions_to_predict, tiny_chapter(), "found 0"),
    (
        questions_to_predict,
        tiny_chapter(markdown("q", QUESTIONS[: QUESTIONS.index("And")])),
        "found 1",
    ),
    (
        questions_to_predict,
        tiny_chapter(markdown("q", QUESTIONS.replace("</summary>\n\n", "</summary>\n", 1))),
        "question 1: expected <details>",
    ),
    (
        questions_to_predict,
        tiny_chapter(markdown("q", QUESTIONS.replace("half.\n\n", "half.\n"))),
        "question 2: expected an empty line before </details>",
    ),
    (checks_are_hidden, asked(code("c", "if 1:\n    assert double(1) == 2")), "(c): an assert"),
    (checks_are_hidden, asked(code("c", "np.testing.assert_allclose(1, 1)")), "(c): an assert"),
    (checks_are_hidden, asked(code("c", "assert_allclose(1, 1)")), "(c): an assert"),
    (hidden_cells_check, asked(check("print(1)")), "expected an assert in it"),
    (hidden_cells_check, shown_check(), "expected no output"),
    (
        hidden_cells_check,
        asked(check("def f():\n    assert 1", "teaches")),
        "does not go with ['teaches']",
    ),
    *(
        (hidden_cells_check, asked(check(f"assert 1\n{source}"), code("next", use)), "binds n, ")
        for source, use in [
            ("n = 1", "print(n)"),
            ("for n in 'ab': pass", "def f():\n    return n"),
            ("import math as n", "[n for _ in 'ab']"),
            ("def n(): pass", "n()"),
            ("class n: pass", "lambda: n"),
            ("print(n := 1)", "n + 1"),
            ("with open('x') as n: pass", "n"),
        ]
    ),
    (
        hidden_cells_check,
        asked(check("n = 1\nassert n"), code("later", "assert n", "remove-cell")),
        "binds n, which later reads",
    ),
    (hidden_cells_check, asked(check("_n = 1\nassert _n"), code("next", "_n")), "binds _n, "),
]


@each_of(BROKEN)
def test_a_broken_rule_is_noticed(rule: Any, notebook: Any, words: str) -> None:
    assert_noticed(rule, notebook, words)


def test_every_rule_has_a_broken_chapter() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


def test_hidden_prose_is_noticed() -> None:
    cell = markdown("m", "assert words")
    cell.metadata["tags"] = ["remove-cell"]
    assert_noticed(hidden_cells_check, asked(cell), "(m): tagged remove-cell, expected an assert")


@pytest.mark.parametrize(
    "notebook",
    [
        asked(),
        standalone_chapter(),
        asked(*[code(f"c{n}", "1") for n in range(51)]),
        prose(2800 - OTHERS),
        # what is folded is no prose, and an assert in a solution is for the reader
        asked(markdown("m", f"<details>\n<summary>x</summary>\n\n{'word ' * 2800}\n\n</details>")),
        asked(code("c", f"{NAMES}\n(metrics.e, metrics.f, metrics.g, metrics.h)")),
        # a hidden check may use what it likes
        asked(
            code("c", f"{NAMES}\n(metrics.e, metrics.f, metrics.g, metrics.h)"),
            check("assert metrics.i"),
        ),
        asked(check("_n = 1\nassert _n"), code("more", "assert _n", "remove-cell")),
        asked(check("n = 1\nassert n"), code("next", "[n for n in 'ab']\nlambda n: n")),
        asked(check("assert 1\nfor _ in 'ab': pass"), code("next", "print(_)")),
        asked(check("def f():\n    n = 1\n    assert n"), code("next", "print(n)")),
    ],
)
def test_good_chapters_are_left_alone(notebook: Any) -> None:
    assert [message for rule in RULES for message in rule(TINY, notebook)] == []


def test_words_are_what_a_reader_reads() -> None:
    text = "Two *words*, `code` $x$ and [a link](there) https://example.org/page - 3.\n\n"
    table = "| one | two |\n|---|---|\n| three | `four` |\n\n"
    answer = "<details>\n<summary>Answer</summary>\n\nfolded\n\n</details>\n\n```\nfenced\n```"
    read = "Two words, and a link 3. one two three"
    notebook = tiny_chapter()
    notebook.cells = [markdown("m", text + table + answer), code("c", "print('a b c')")]
    assert word_count(notebook) == len(read.split(" "))
    # A solution is folded, an exercise is not.
    notebook.cells = [markdown("exercises", EXERCISES)]
    assert word_count(notebook) == len(["Exercises", "Double", "it.", "Double", "a", "half."])
