import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbval.plugin import get_sanitize_patterns  # type: ignore[import-untyped]

from tests.helpers.chapters import EXERCISES, code, markdown, tiny_chapter
from tools import check_notebooks
from tools.chapters import output_rules, source_rules
from tools.chapters.notebooks import (
    ROOT,
    chapter_paths,
    notebook_text,
    read_chapter,
    solutions,
)
from tools.chapters.taught import bare, definitions, package_definitions, taught_equals_package
from tools.check_notebooks import check_notebook

TINY = Path("01_tiny.ipynb")
CHAPTERS = chapter_paths()
v4: Any = nbformat.v4


def test_toc_names_the_chapters_of_the_folder() -> None:
    assert len(CHAPTERS) >= 7
    assert sorted((ROOT / "notebooks" / "en").glob("*.ipynb")) == CHAPTERS


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", check_notebooks.RULES, ids=lambda rule: rule.__name__)
def test_chapters_keep_the_rules(path: Path, rule: Any) -> None:
    messages = rule(path, read_chapter(path))
    assert not messages, "\n".join(messages)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapters_teach_what_the_package_runs(path: Path) -> None:
    messages = taught_equals_package(path, read_chapter(path), package_definitions())
    assert not messages, "\n".join(messages)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapters_are_written_as_nbformat_writes(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == notebook_text(read_chapter(path))


def test_the_tiny_chapter_keeps_every_rule() -> None:
    notebook = tiny_chapter()
    nbformat.validate(notebook)
    assert check_notebook(TINY, notebook, {}) == []


def stream(text: str, name: str = "stdout") -> Any:
    return v4.new_output("stream", name=name, text=text)


def shown(**data: str) -> Any:
    return v4.new_output("display_data", {k.replace("_", "/"): v for k, v in data.items()})


def with_output(output: Any, **metadata: Any) -> Any:
    cell = code("cell", "1")
    cell.outputs = [output]
    cell.metadata.update(metadata)
    return tiny_chapter(cell)


def changed(**change: Any) -> Any:
    """A chapter with one more cell, which differs from a good one in `change`."""
    notebook = tiny_chapter(code("cell", "1"))
    notebook.cells[6].update(nbformat.from_dict(change))  # type: ignore[no-untyped-call]
    return notebook


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


def metadata(**change: Any) -> Any:
    notebook = tiny_chapter()
    notebook.metadata.update(change)
    return notebook


OUTPUTS, SOURCES = output_rules, source_rules
ERROR = v4.new_output("error", ename="ValueError", evalue="x", traceback=[])
PIXELS = "iVBORw0K"
BROKEN = [
    (OUTPUTS.executed_in_order, tiny_chapter(executed=False), "expected execution count 1"),
    (OUTPUTS.executed_in_order, changed(execution_count=7), "(cell): expected execution count 5"),
    (OUTPUTS.executed_in_order, changed(source=" "), "empty code cell"),
    (OUTPUTS.quiet, with_output(stream("x", "stderr")), "standard error"),
    (OUTPUTS.quiet, with_output(ERROR), "stores an error"),
    (OUTPUTS.quiet, with_output(stream("m.py:3: UserWarning: old")), "'UserWarning:'"),
    (OUTPUTS.quiet, with_output(stream("WARNING:tensorflow: x")), "'WARNING'"),
    (OUTPUTS.quiet, with_output(stream("a\nI0000 00:00:17 gpu")), "'I0000 00:00:17'"),
    (OUTPUTS.quiet, with_output(stream("1/9\r2/9")), r"'\r'"),
    (OUTPUTS.independent_of_the_run, metadata(papermill={}), "metadata papermill"),
    (OUTPUTS.independent_of_the_run, with_output(stream("1"), execution={}), "execution"),
    (OUTPUTS.independent_of_the_run, with_output(stream("1"), tags=[]), "empty tags"),
    (
        OUTPUTS.independent_of_the_run,
        tiny_chapter(code("x", "1", "injected-parameters")),
        "papermill's",
    ),
    (OUTPUTS.independent_of_the_run, with_output(stream("in /root/.cache/x")), "/root/.cache/x"),
    (OUTPUTS.independent_of_the_run, changed(source='open("/tmp/a")'), "/tmp/a"),
    (OUTPUTS.independent_of_the_run, with_output(shown(text_html="(/home/me/a)")), "/home/me/a"),
    (OUTPUTS.small, with_output(stream("x" * 300_000)), "expected under 300,000"),
    (OUTPUTS.small, with_output(shown(image_png="iVBO" * 14_000)), "figure of 42,000"),
    (OUTPUTS.figures_have_words, with_output(shown(image_png=PIXELS)), "without metadata"),
    (SOURCES.ids, changed(id="Two_Words"), "lower-case"),
    (SOURCES.ids, changed(id="double"), "two cells have the id double"),
    (SOURCES.required_cells, without("objectives"), "cell 2 to be markdown"),
    (SOURCES.required_cells, without("summary"), "## Summary"),
    (SOURCES.required_cells, renamed("# Tiny", "Tiny"), "begin with '# '"),
    (SOURCES.required_cells, renamed("## Exercises", "## Questions"), "## Exercises"),
    (SOURCES.parameters_are_literals, renamed("STEPS = 3", "STEPS = 3 * N"), "NAME = literal"),
    (SOURCES.parameters_are_literals, renamed("STEPS = 3", "STEPS = (\n3)"), "one line"),
    (SOURCES.parameters_are_literals, renamed("STEPS = 3", "A = 3; B = 4"), "one line"),
    (SOURCES.parameters_are_literals, renamed('"quick"', '"full"'), 'PROFILE = "quick"'),
    (SOURCES.parameters_are_literals, renamed("STEPS", "steps"), "upper case"),
    (SOURCES.cell_sizes, changed(source="x = 1" + " " * 76), "81 columns"),
    (SOURCES.cell_sizes, changed(source="x = 1\n" * 41), "41 lines"),
    (SOURCES.cell_sizes, tiny_chapter(*[code(f"c{n}", "1\n" * 9) for n in range(9)]), "median"),
    (SOURCES.known_tags, changed(metadata={"tags": ["raises-exception"]}), "raises-exception"),
    (SOURCES.known_tags, changed(metadata={"tags": ["nbval-skip"]}), "nbval-skip"),
    (SOURCES.known_tags, changed(source="# NBVAL_SKIP\n1"), "NBVAL_SKIP"),
    (SOURCES.plain_language, tiny_chapter(markdown("m", "It is Just a sum.")), "'Just'"),
    (SOURCES.plain_language, tiny_chapter(markdown("m", "A sum, of\ncourse.")), "'of course'"),
    (SOURCES.plain_language, tiny_chapter(markdown("m", "```{note}\nx\n```")), "```{note}"),
    (SOURCES.plain_language, tiny_chapter(markdown("m", "See {ref}`there`.")), "{ref}`there`"),
    (SOURCES.plain_language, tiny_chapter(markdown("m", "(label)=\n## There")), "(label)="),
    (
        SOURCES.exercises,
        renamed("```python\nhalf", "```text\nhalf"),
        "exercise 2: expected a fenced",
    ),
    (SOURCES.exercises, renamed("</summary>\n\n", "</summary>\n"), "an empty line"),
    (SOURCES.exercises, renamed("three is six.\n\n", "three is six.\n"), "before </details>"),
    (SOURCES.exercises, renamed("2. Double a half.", ""), "without an exercise"),
    (SOURCES.exercises, tiny_chapter(markdown("m", "## Exercises")), "exercise"),
    (SOURCES.exercises, renamed(EXERCISES, EXERCISES + "\n3. One more."), "'3. One more.'"),
    (SOURCES.exercises, renamed(EXERCISES[EXERCISES.index("\n2.") :], ""), "two exercises"),
]


@pytest.mark.parametrize(
    ("rule", "notebook", "words"), BROKEN, ids=[f"{r.__name__}: {w}" for r, _, w in BROKEN]
)
def test_a_broken_rule_is_noticed(rule: Any, notebook: Any, words: str) -> None:
    if words == "exercise":  # two headings: all between them counts as exercises
        notebook.cells = notebook.cells[:-1]
        words = "found 0"
    messages = rule(TINY, notebook)
    assert any(words in message for message in messages), messages
    assert all(message.startswith("01_tiny") for message in messages)


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
    assert check_notebook(TINY, notebook, {}) == []


def test_a_figure_with_words_is_left_alone() -> None:
    figure = with_output(shown(image_png=PIXELS), mystnb={"image": {"alt": "A curve."}})
    assert check_notebook(TINY, figure, {}) == []


def test_every_rule_has_a_broken_chapter() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(check_notebooks.RULES)


def test_check_notebooks_reports_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "01_tiny.ipynb"
    path.write_text(notebook_text(changed(execution_count=7)), encoding="utf-8")
    assert check_notebooks.main([str(path)]) == 1
    assert "01_tiny cell 7 (cell): expected execution count 5" in capsys.readouterr().out
    path.write_text(notebook_text(tiny_chapter()), encoding="utf-8")
    assert check_notebooks.main([str(path)]) == 0


def test_solutions_are_found() -> None:
    found, rest = solutions(tiny_chapter())
    assert [s.exercise for s in found] == ["1. Double it.", "2. Double a half."]
    assert [s.code for s in found] == [
        "assert double(STEPS) == 6\n",
        "half = 0.5\nassert double(half) == 1\n",
    ]
    assert rest == ""


PACKAGE = '''
class Unit:
    """A unit."""

    size: int
    rate: float = 0.1

    def call(self, x: Tensor, *, training: bool = False, **options: Any) -> Tensor:
        """Call it."""
        from typing import cast

        result: Tensor = x + self.rate
        return result
'''
CHAPTER = """
class Unit:
    size: int
    rate = 0.1

    def call(self, x, *, training=False, **options):
        result = x + self.rate
        return result
"""


def taught(source: str, package: str = PACKAGE) -> list[str]:
    (node,) = definitions(package)
    known = {node.name: {"model": bare(node)}}
    return taught_equals_package(TINY, tiny_chapter(code("unit", source, "teaches")), known)


def test_docstrings_and_annotations_are_no_difference() -> None:
    assert taught(CHAPTER) == []
    assert taught(PACKAGE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.1", "0.2"),
        ("x + self.rate", "self.rate + x"),
        ("    size: int\n", ""),
        ("training=False", "training=True"),
        ("    def call", "    @property\n    def call"),
        ("class Unit", "class Unit(Layer)"),
        ("        result = x", "        'a string'\n        print('more')\n        result = x"),
    ],
)
def test_a_difference_is_noticed(old: str, new: str) -> None:
    (message,) = taught(CHAPTER.replace(old, new))
    assert "01_tiny cell 7 (unit): Unit differs from charrnn.model" in message
    assert "--- charrnn/model.py\n+++ 01_tiny.ipynb" in message


def test_what_the_package_lacks_is_noticed() -> None:
    assert "no module of charrnn has" in taught(CHAPTER.replace("Unit", "Other"))[0]
    assert "defines no class or function" in taught("x = 1")[0]
    assert "no Python" in taught("class")[0]


def test_a_helper_of_another_module_may_have_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    return 1\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("def f() -> int:\n    return 2\n", encoding="utf-8")
    known = package_definitions(tmp_path)
    assert set(known["f"]) == {"a", "b"}
    cell = code("f", "def f():\n    return 2", "teaches")
    assert taught_equals_package(TINY, tiny_chapter(cell), known) == []


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("12.3 s", " DURATION"),
        ("fit:   4 ms.", "fit: DURATION."),
        ("1.2 \N{MICRO SIGN}s, 7 \N{GREEK SMALL LETTER MU}s", " DURATION, DURATION"),
        ("1,234 s\n5 min", " DURATION\n DURATION"),
        ("3,210 characters/s", " RATE"),
        ("loss 1.72  12.5 steps/s", "loss 1.72 RATE"),
        ("faster \N{MULTIPLICATION SIGN} 3.4", "faster RATIO"),
        ("<f at 0x7f3a5c0d1e50>", "<f at ADDRESS>"),
        # figures that are compared as they stand
        ("4.1744 nats", None),
        ("4,022,850 parameters", None),
        ("64 \N{MULTIPLICATION SIGN} 2.5", None),
        ("units \N{MULTIPLICATION SIGN} 256", None),
        ("(64, 100, 66)", None),
        ("300 steps of 3 s0 and 5 samples", None),
        ("0x1F600", None),
        ("1.4 nats/s", None),
        ("65 symbols, 1980s", None),
    ],
)
def test_nbval_replaces_what_a_run_cannot_repeat(text: str, result: str | None) -> None:
    config = (ROOT / "tests" / "nbval_sanitize.cfg").read_bytes().decode("ascii")
    patterns = get_sanitize_patterns(config)
    assert len(patterns) == config.count("regex: ")
    sanitised = text
    for pattern, replacement in patterns:
        sanitised = re.sub(pattern, replacement, sanitised)
    assert sanitised == (text if result is None else result)
