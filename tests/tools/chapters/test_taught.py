"""What chapters teach equals what the package holds, and each difference is told."""

from pathlib import Path

import pytest

from tests.helpers.chapters import code, tiny_chapter
from tools.chapters.notebooks import chapter_paths, read_chapter
from tools.chapters.taught import bare, definitions, package_definitions, taught_equals_package

TINY = Path("01_tiny.ipynb")
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


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_chapters_teach_what_the_package_runs(path: Path) -> None:
    messages = taught_equals_package(path, read_chapter(path), package_definitions())
    assert not messages, "\n".join(messages)
