"""Each rule for what is stored, and a chapter that breaks it."""

from pathlib import Path
from typing import Any

from tests.helpers.chapters import (
    assert_noticed,
    changed,
    code,
    each_of,
    shown,
    stream,
    tiny_chapter,
    v4,
    with_output,
)
from tools.chapters.output_rules import (
    RULES,
    executed_in_order,
    figures_have_words,
    independent_of_the_run,
    quiet,
    small,
)


def metadata(**change: Any) -> Any:
    notebook = tiny_chapter()
    notebook.metadata.update(change)
    return notebook


ERROR = v4.new_output("error", ename="ValueError", evalue="x", traceback=[])
BOOLEAN = {"scrolled", "collapsed"}  # nbformat wants truth values here
PIXELS = "iVBORw0K"
BROKEN = [
    (executed_in_order, tiny_chapter(executed=False), "expected execution count 1"),
    (executed_in_order, changed(execution_count=7), "(cell): expected execution count 5"),
    (executed_in_order, changed(source=" "), "empty code cell"),
    (quiet, with_output(stream("x", "stderr")), "standard error"),
    (quiet, with_output(ERROR), "stores an error"),
    (quiet, with_output(stream("m.py:3: UserWarning: old")), "'UserWarning:'"),
    (quiet, with_output(stream("WARNING:tensorflow: x")), "'WARNING'"),
    (quiet, with_output(stream("a\nI0000 00:00:17 gpu")), "'I0000 00:00:17'"),
    (quiet, with_output(stream("1/9\r2/9")), r"'\r'"),
    *(
        (independent_of_the_run, metadata(**{key: {}}), f"01_tiny: stores the metadata {key}")
        for key in ("papermill", "widgets")
    ),
    *(
        (
            independent_of_the_run,
            with_output(stream("1"), **{key: key in BOOLEAN or {}}),
            f"the metadata {key}",
        )
        for key in ("ExecuteTime", "collapsed", "execution", "papermill", "scrolled")
    ),
    (independent_of_the_run, with_output(stream("1"), tags=[]), "empty tags"),
    (
        independent_of_the_run,
        tiny_chapter(code("x", "1", "injected-parameters")),
        "papermill's",
    ),
    (independent_of_the_run, with_output(stream("in /root/.cache/x")), "/root/.cache/x"),
    (independent_of_the_run, changed(source='open("/tmp/a")'), "/tmp/a"),
    (independent_of_the_run, with_output(shown(text_html="(/home/me/a)")), "/home/me/a"),
    (small, with_output(stream("x" * 300_000)), "expected under 300,000"),
    (small, with_output(shown(image_png="iVBO" * 14_000)), "figure of 42,000"),
    (figures_have_words, with_output(shown(image_png=PIXELS)), "without metadata"),
]


@each_of(BROKEN)
def test_a_broken_rule_is_noticed(rule: Any, notebook: Any, words: str) -> None:
    assert_noticed(rule, notebook, words)


def test_every_rule_has_a_broken_chapter() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


def test_a_figure_with_words_is_left_alone() -> None:
    figure = with_output(shown(image_png=PIXELS), mystnb={"image": {"alt": "A curve."}})
    assert [message for rule in RULES for message in rule(Path("01_tiny.ipynb"), figure)] == []
