"""Each rule for fields of Colab's forms, cells that break it, and those that do not."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.chapters import assert_noticed, code, each_of, tiny_chapter
from tools.chapters.form_rules import RULES, fields_fit, forms_hide_code

SLIDER = '{"type":"slider","min":0.1,"max":2,"step":0.1}'


def with_form(source: str, **metadata: str) -> Any:
    cell = code("form", source)
    cell.metadata.update(metadata)
    return tiny_chapter(cell)


def with_field(line: str) -> Any:
    return with_form(line, cellView="form")


BROKEN = [
    (forms_hide_code, with_form("# @title Write"), "cellView 'form', found None"),
    (forms_hide_code, with_form('A = ""  # @param {"type":"string"}'), "found None"),
    (forms_hide_code, with_form("A = 1", cellView="form"), "cellView None, found 'form'"),
    (fields_fit, with_field('a = 1  # @param {"type":"integer"}'), "NAME = value"),
    (fields_fit, with_field("A = 1  #@param"), "NAME = value"),
    (fields_fit, with_field('A = B  # @param {"type":"string"}'), "a literal"),
    (fields_fit, with_field('A = ""  # @param {type:"string"}'), "JSON after"),
    (fields_fit, with_field('A = ""  # @param {"type":"text"}'), "can have"),
    (fields_fit, with_field('A = 1  # @param {"type":"string"}'), "can have"),
    (fields_fit, with_field(f"A = 2.5  # @param {SLIDER}"), "can have"),
    (fields_fit, with_field('A = "c"  # @param ["a", "b"]'), "can have"),
]


@each_of(BROKEN)
def test_a_broken_rule_is_noticed(rule: Any, notebook: Any, words: str) -> None:
    assert_noticed(rule, notebook, words)


def test_every_rule_has_a_broken_chapter() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


@pytest.mark.parametrize(
    "line",
    [
        'A = ""  # @param {"type":"string"}',
        f"A = 2  # @param {SLIDER}",
        'A = "b"  # @param ["a", "b"]',
        'A = True  # @param {"type":"boolean"}',
    ],
)
def test_a_form_is_left_alone(line: str) -> None:
    notebook = with_field(f"# @title Write\n{line}")
    assert [message for rule in RULES for message in rule(Path("01_tiny.ipynb"), notebook)] == []
