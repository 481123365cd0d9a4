"""A tiny book with Korean: what tests of its translation change and look at."""

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.helpers.chapters import REPOSITORY
from tools.stamp import stamp_notebook
from tools.translation.files import read_any_page
from tools.translations import main

v4: Any = nbformat.v4
TINY, OTHER = "01_tiny.ipynb", "02_other.ipynb"
INDEX = "# Book\n\nTwo chapters: [one](01_tiny.ipynb).\n"
TO_DO = "run|delete|as in English|put a space|use it|avoid"
LINE = re.compile(rf"ko/(\S+\.(?:ipynb|md)|index\.md)\b.*: .*({TO_DO})")


def place(root: Path, name: str = TINY, language: str = "ko") -> Path:
    return root / "notebooks" / language / name


@contextmanager
def edited(path: Path) -> Iterator[Any]:
    """Give a notebook to change; it is written without any repair."""
    page = read_any_page(path)
    yield page
    path.write_text(v4.writes(page) + "\n", encoding="utf-8")


def cell_of(page: Any, id_: str) -> Any:
    return next(cell for cell in page.cells if cell.get("id") == id_)


def number_of(page: Any, id_: str) -> int:
    return [cell.get("id") for cell in page.cells].index(id_)


def in_korean(source: str, name: str) -> str:
    """Translate: other words in the first line, the same structure."""
    first, *rest = source.split("\n")
    return "\n".join([f"{first} 번역 {name}", *rest])


def translate(root: Path, name: str, *ids: str) -> None:
    """Translate the named texts of a chapter, or all, and accept them."""
    with edited(place(root, name)) as page:
        for cell in page.cells:
            if cell.cell_type == "markdown" and (cell.id in ids or not ids):
                cell.source = in_korean(cell.source, cell.id)
    assert main(["accept", "ko", name[:-6], *(ids or ["--all"])], root) == 0


def check(root: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    """Return the problems that `check` prints, each of which must say where and what to do."""
    capsys.readouterr()
    status = main(["check", *options], root)
    out = capsys.readouterr().out
    problems = [line for line in out.splitlines() if not re.search(r"of \d+ texts$", line)]
    assert status == min(1, len(problems))
    for problem in problems:
        assert LINE.match(problem), problem
    return problems


def files_of(root: Path) -> dict[Path, tuple[bytes, int]]:
    paths = [path for path in root.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


def sync_is_stable(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_of(root)
    capsys.readouterr()
    assert main(["sync"], root) == 0
    assert capsys.readouterr().out == "nothing to do\n"
    assert files_of(root) == before


def table(root: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[int, ...]]:
    """Return the rows of `status` by their names."""
    capsys.readouterr()
    assert main(["status"], root) == 0
    rows = [line.strip("|").split("|") for line in capsys.readouterr().out.splitlines() if line]
    assert len({sum(map(len, row)) for row in rows}) == 1  # aligned
    return {row[0].strip(): tuple(map(int, row[1:])) for row in rows[2:]}


def lose_ids(page: Any) -> None:
    page.nbformat_minor = 4
    for cell in page.cells:
        del cell["id"]


def change(id_: str, **values: Any) -> Callable[[Any], None]:
    return lambda page: cell_of(page, id_).update(nbformat.from_dict(values))  # type: ignore[no-untyped-call]


def remove(id_: str) -> Callable[[Any], None]:
    return lambda page: page.cells.pop(number_of(page, id_))


def move(id_: str, to: int) -> Callable[[Any], None]:
    return lambda page: page.cells.insert(to, page.cells.pop(number_of(page, id_)))


def add(cell: Any, to: int) -> Callable[[Any], None]:
    return lambda page: page.cells.insert(to, copy.deepcopy(cell))


def change_english(root: Path, *edits: Callable[[Any], None], name: str = TINY) -> None:
    with edited(place(root, name, "en")) as page:
        for edit in edits:
            edit(page)


def rename(root: Path, old: str, new: str) -> None:
    place(root, f"{old}.ipynb", "en").rename(place(root, f"{new}.ipynb", "en"))
    text = (root / "_toc.yml").read_text(encoding="utf-8")
    (root / "_toc.yml").write_text(text.replace(f"en/{old}\n", f"en/{new}\n"), encoding="utf-8")
    with edited(place(root, f"{new}.ipynb", "en")) as page:
        address = f"notebooks/en/{new}.ipynb"
        stamp_notebook(page, address, REPOSITORY)
