"""Read and write the chapters: the toc, notebooks, cells, prose and solutions."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml

from charrnn.support.files import write_atomically
from tools.chapters.markdown import python_code

ROOT = Path(__file__).resolve().parents[2]

Notebook = Any  # an nbformat.NotebookNode, whose keys are attributes
Cell = Any
_format: Any = nbformat  # types cover a part of nbformat only

# What nbformat and the questions to it raise on JSON that is no notebook.
_NO_NOTEBOOK = (AttributeError, KeyError, TypeError, ValueError)

DETAILS = re.compile(r"<details>.*?</details>", re.S)
# A fence that quotes the notation of a solution is no solution, so "<details>" opens a line.
EXERCISES = re.compile(r"^## Exercises[ \t]*$", re.M)


@dataclass(frozen=True)
class Solution:
    """One exercise's folded solution.

    Attributes:
        number: position among the chapter's exercises, from 1.
        exercise: text between the previous solution and this one.
        block: the whole `<details>` block.
        code: its Python fences joined, "" if it has none.
    """

    number: int
    exercise: str
    block: str
    code: str


def toc_files(toc: Path = ROOT / "_toc.yml") -> list[str]:
    """Return the files of the toc below its root, sections included, in order, as written there."""

    def files(value: Any) -> list[str]:
        if isinstance(value, list):
            return [name for item in value for name in files(item)]
        if not isinstance(value, dict):
            return []
        own = [value["file"]] if "file" in value else []
        return own + [name for item in value.values() for name in files(item)]

    return files(yaml.safe_load(toc.read_text(encoding="utf-8"))) if toc.exists() else []


def chapter_paths(root: Path = ROOT) -> list[Path]:
    """Return the chapters' notebooks in toc order, those not yet written included."""
    return [root / f"{name}.ipynb" for name in toc_files(root / "_toc.yml")]


def find_chapters(names: list[str], known: list[Path]) -> list[Path]:
    """Turn file stems, chapter numbers or paths into paths, in the order of `known`.

    Args:
        names: such as "training", "4", "notebooks/en/training.ipynb"; empty means all of `known`.
            A number is the place in the toc, from 1, whatever numbers file names have.
        known: the notebooks of the toc.

    Returns:
        The notebooks of the toc in toc order, then other paths as given.

    Raises:
        ValueError: if a name is none of these.
    """
    if not names:
        return list(known)
    chosen: list[Path] = []
    for name in names:
        matches = [path for path in known if name in (path.stem, path.name)]
        if not matches and name.isdecimal() and 1 <= int(name) <= len(known):
            matches = [known[int(name) - 1]]
        if not matches and name.endswith(".ipynb") and Path(name).is_file():
            matches = [Path(name).resolve()]
        if len(matches) != 1:
            stems = ", ".join(path.stem for path in known)
            raise ValueError(
                f"chapter: expected a path, a number from 1 to {len(known)}, or one of {stems}; "
                f"received {name!r}"
            )
        chosen += matches
    return [path for path in known if path in chosen] + [
        path for path in dict.fromkeys(chosen) if path not in known
    ]


def read_chapter(path: Path) -> Notebook:
    """Read a chapter strictly: a notebook as the book's are, whose cells have ids.

    `tools.translation.files.read_any_page` is the lenient one.

    Raises:
        ValueError: if the file is no notebook of format 4.5 or later.
    """
    try:
        notebook = _format.reads(path.read_text(encoding="utf-8"), nbformat.NO_CONVERT)
        version = (int(notebook.nbformat), int(notebook.nbformat_minor))
        nameless = [n for n, cell in enumerate(notebook.cells, 1) if not cell.get("id")]
    except (nbformat.reader.NotJSONError, UnicodeError, *_NO_NOTEBOOK) as error:
        raise ValueError(
            f"{path}: expected a Jupyter notebook, received {type(error).__name__}"
        ) from error
    if version < (4, 5) or version >= (5, 0):
        raise ValueError(f"{path}: expected nbformat 4.5, received {version[0]}.{version[1]}")
    if nameless:
        raise ValueError(f"{path}: expected an id on every cell, received none on {nameless}")
    return notebook


def notebook_text(notebook: Notebook) -> str:
    """Return a notebook as the file holds it: format 4.5, sorted keys, a newline at the end."""
    notebook.nbformat_minor = 5
    return str(_format.writes(notebook)).rstrip("\n") + "\n"


def write_notebook(path: Path, notebook: Notebook) -> None:
    """Write a notebook whole or not at all."""
    write_atomically(path, notebook_text(notebook).encode())


def tags(cell: Cell) -> list[str]:
    """Return a cell's tags."""
    return list(cell.metadata.get("tags", []))


def is_standalone(notebook: Notebook) -> bool:
    """Return whether a chapter stands alone: copied elsewhere it needs only TensorFlow."""
    return notebook.metadata.get("standalone") is True


def has_code(notebook: Notebook) -> bool:
    """Return whether a page runs anything; the list of sources does not, so it is no chapter."""
    return any(cell.cell_type == "code" for cell in notebook.cells)


def where(name: str, notebook: Notebook, cell: Cell) -> str:
    """Name a cell for a message: the notebook as it is called there, number from 1, id."""
    number = next(n for n, other in enumerate(notebook.cells, 1) if other is cell)
    return f"{name} cell {number} ({cell.get('id', 'no id')})"


def alternative_text(cell: Cell) -> str:
    """Return the words for a cell's figure, "" if it has none."""
    return str(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")).strip()


def solutions(notebook: Notebook) -> tuple[list[Solution], str]:
    """Return the exercises with their solutions, and the text after the last solution.

    The exercises are all Markdown after the heading `## Exercises`; what stands between two
    `<details>` blocks is the exercise of the second.
    """
    source = _prose(notebook)
    heading = EXERCISES.search(source)
    if heading is None:
        return [], ""
    found: list[Solution] = []
    rest = heading.end()
    for match in DETAILS.finditer(source, rest):
        exercise = source[rest : match.start()].strip()
        found.append(Solution(len(found) + 1, exercise, match[0], python_code(match[0])))
        rest = match.end()
    return found, source[rest:].strip()


def questions(notebook: Notebook) -> list[str]:
    """Return the `<details>` blocks before the exercises: "predict, then uncover"."""
    source = _prose(notebook)
    heading = EXERCISES.search(source)
    return DETAILS.findall(source[: heading.start()] if heading else source)


def _prose(notebook: Notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
