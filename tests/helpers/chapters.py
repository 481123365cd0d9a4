"""A tiny chapter that keeps every rule, for the tests of the tools."""

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tools.chapters.notebooks import write_notebook
from tools.chapters.repository import Repository
from tools.stamp import stamp_notebook

REPOSITORY = Repository("https://github.com/owner/name", "main", "1.2.3")
EXERCISES = """\
## Exercises

1. Double it.

<details>
<summary>Solution</summary>

```python
assert double(STEPS) == 6
```

Twice three is six.

</details>

2. Double a half.

<details>
<summary>Solution</summary>

```python
half = 0.5
assert double(half) == 1
```

</details>
"""
QUESTIONS = """\
How many steps does it take?

<details>
<summary>Answer</summary>

Three, not two.

</details>

And how many does half of it take?

<details>
<summary>Answer</summary>

One and a half.

</details>
"""
PARAMETERS = 'FILE = "shakespeare.txt"\nADDRESS = "https://no.invalid/a.txt"'
v4: Any = nbformat.v4


def markdown(name: str, source: str) -> Any:
    return v4.new_markdown_cell(source, id=name)


def code(name: str, source: str, *tags: str) -> Any:
    cell = v4.new_code_cell(source, id=name)
    if tags:
        cell.metadata["tags"] = list(tags)
    return cell


def tiny_chapter(*cells: Any, executed: bool = True) -> Any:
    """Return a chapter with `cells` before its summary, its counts as if it had been executed."""
    notebook = v4.new_notebook(
        cells=[
            markdown("title", "# Tiny\n\nOne idea."),
            markdown("objectives", "## What you will learn\n\n- One idea. It costs 1 s."),
            code("parameters", 'PROFILE = "quick"\nSTEPS = 3', "parameters"),
            code("imports", "import math"),
            code("double", "def double(x):\n    return 2 * x"),
            *cells,
            markdown("summary", "## Summary\n\nOne idea."),
            markdown("exercises", EXERCISES),
        ]
    )
    return finished(notebook, executed)


def standalone_chapter(*cells: Any, executed: bool = True) -> Any:
    """Return a chapter that stands alone, with `cells` at its end."""
    notebook = v4.new_notebook(
        cells=[
            markdown("title", "# Tiny\n\nOne idea."),
            markdown("questions", QUESTIONS),
            code("setup", "import os", "setup", "hide-input"),
            code("parameters", PARAMETERS, "parameters"),
            *cells,
        ],
        metadata={"standalone": True},
    )
    return finished(notebook, executed)


def finished(notebook: Any, executed: bool) -> Any:
    stamp_notebook(notebook, "notebooks/en/01_tiny.ipynb", REPOSITORY)
    count = 0
    for cell in notebook.cells:
        if executed and cell.cell_type == "code":
            count += 1
            cell.execution_count = count
    return notebook


def write_chapter(folder: Path, notebook: Any, name: str = "01_tiny") -> Path:
    path = folder / f"{name}.ipynb"
    write_notebook(path, notebook)
    return path


def stream(text: str, name: str = "stdout") -> Any:
    return v4.new_output("stream", name=name, text=text)


def shown(**data: str) -> Any:
    return v4.new_output("display_data", {k.replace("_", "/"): v for k, v in data.items()})


def with_output(output: Any, **metadata: Any) -> Any:
    """Return a chapter with a cell that stores an output."""
    cell = code("cell", "1")
    cell.outputs = [output]
    cell.metadata.update(metadata)
    return tiny_chapter(cell)


def changed(**change: Any) -> Any:
    """Return a chapter with one more cell, which differs from a good one in `change`."""
    notebook = tiny_chapter(code("cell", "1"))
    notebook.cells[6].update(nbformat.from_dict(change))  # type: ignore[no-untyped-call]
    return notebook


def each_of(broken: list[tuple[Any, Any, str]]) -> pytest.MarkDecorator:
    """Run a test for each rule, chapter that breaks it and words it then says."""
    names = [f"{rule.__name__}: {words}" for rule, _, words in broken]
    return pytest.mark.parametrize(("rule", "notebook", "words"), broken, ids=names)


def assert_noticed(rule: Any, notebook: Any, words: str) -> None:
    """Assert that a rule says these words of a chapter, and names it."""
    messages = rule(Path("01_tiny.ipynb"), notebook)
    assert any(words in message for message in messages), messages
    assert all(message.startswith("01_tiny") for message in messages)


def write_toc(root: Path, *stems: str) -> None:
    """Write the toc of a book with an index and these chapters."""
    files = "".join(f"- file: notebooks/en/{stem}\n" for stem in stems)
    toc = f"format: jb-book\nroot: notebooks/en/index\nchapters:\n{files}"
    (root / "_toc.yml").write_text(toc, encoding="utf-8")
