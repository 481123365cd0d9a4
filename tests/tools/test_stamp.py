import re
from pathlib import Path

import pytest

from tests.helpers.chapters import markdown, standalone_chapter, tiny_chapter, write_chapter
from tools.chapters.notebooks import ROOT, read_chapter
from tools.chapters.repository import Repository, read_repository
from tools.stamp import SETUP, main, stamp, stamp_readme

CONFIG = """\
title: Book
repository:
  url: https://github.com/owner/name
  branch: main
"""
README = """\
See https://github.com/other/thing.
<!-- repository -->
```
git clone https://github.com/old-owner/old.name.git
cd old.name
pip install 'a[b] @ git+https://github.com/old-owner/old.name'
```
| [A](notebooks/en/one.ipynb) | [Colab](https://colab.research.google.com/notebooks/en/one.ipynb) |
The [book](https://old-owner.github.io/old.name/), [issues](https://github.com/old-owner/old/issues).
<!-- /repository -->
"""


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stamped book of one chapter, of version 1.2.3."""
    monkeypatch.setattr("charrnn.__version__", "1.2.3")
    (tmp_path / "_config.yml").write_text(CONFIG, encoding="utf-8")
    toc = "format: jb-book\nroot: en/index\nchapters:\n- file: notebooks/en/01_tiny\n"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    project = '[project.urls]\nRepository = "https://github.com/a/b"\n'
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    (tmp_path / "charrnn").mkdir()
    (tmp_path / "charrnn" / "weights.py").write_text('REPOSITORY = "old"\n', encoding="utf-8")
    citation = "title: T\nversion: 0.9.0\nrepository-code: https://example.org/old\n"
    (tmp_path / "CITATION.cff").write_text(citation, encoding="utf-8")
    write_chapter(tmp_path / "notebooks" / "en", tiny_chapter())
    assert main([], tmp_path) == 0
    return tmp_path


def chapter_of(book: Path) -> Path:
    return book / "notebooks" / "en" / "01_tiny.ipynb"


def test_the_real_book_is_stamped() -> None:
    assert stamp(ROOT, write=False) == []


def test_stamp_is_stable(book: Path) -> None:
    before = {path: path.read_bytes() for path in book.rglob("*") if path.is_file()}
    assert main(["--check"], book) == 0
    assert main([], book) == 0
    assert {path: path.read_bytes() for path in book.rglob("*") if path.is_file()} == before


def test_readme_and_project(book: Path) -> None:
    readme = (book / "README.md").read_text(encoding="utf-8")
    assert "See https://github.com/other/thing." in readme
    assert "git clone https://github.com/owner/name.git\ncd name\n" in readme
    assert "'a[b] @ git+https://github.com/owner/name@v1.2.3'\n" in readme
    assert "(https://owner.github.io/name/)" in readme
    assert "(https://github.com/owner/name/issues)" in readme
    project = (book / "pyproject.toml").read_text(encoding="utf-8")
    assert 'Repository = "https://github.com/owner/name"' in project
    module = (book / "charrnn" / "weights.py").read_text(encoding="utf-8")
    assert module == 'REPOSITORY = "https://github.com/owner/name"\n'
    citation = (book / "CITATION.cff").read_text(encoding="utf-8")
    address = "https://github.com/owner/name"
    assert citation == f"title: T\nversion: 1.2.3\nrepository-code: {address}\n"


def test_a_moved_repository_is_written_everywhere(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = CONFIG.replace("owner/name", "new/home").replace("main", "stable")
    (book / "_config.yml").write_text(moved, encoding="utf-8")
    before = chapter_of(book).read_bytes()
    assert main(["--check"], book) == 1
    assert chapter_of(book).read_bytes() == before
    shown = capsys.readouterr()
    for word in (
        "Colab link",
        "cell setup",
        "README.md",
        "pyproject.toml",
        "weights.py",
        "CITATION.cff",
    ):
        assert word in shown.out
    assert "make stamp" in shown.err

    assert main([], book) == 0
    assert main(["--check"], book) == 0
    text = chapter_of(book).read_text(encoding="utf-8")
    place = "new/home/blob/v1.2.3/notebooks/en/01_tiny.ipynb"
    assert f"[Open this chapter in Colab](https://colab.research.google.com/github/{place})" in text
    assert 'https://github.com/new/home\\"' in text
    assert "@v1.2.3" in text
    assert "owner" not in text


def test_a_release_leads_to_its_tag_and_the_work_on_one_to_the_branch(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chapter is opened at, and installs, what it was written with."""

    def written() -> tuple[list[str], list[str], list[str]]:
        text = chapter_of(book).read_text(encoding="utf-8")
        readme = (book / "README.md").read_text(encoding="utf-8")
        citation = (book / "CITATION.cff").read_text(encoding="utf-8")
        return (
            re.findall(r"/blob/([\w.]+)/notebooks/en/\w+\.ipynb", text + readme),
            re.findall(r"charrnn-book\[book\] @ git\+\{repository\}@([\w.]+)", text),
            re.findall(r"version: (\S+)", citation),
        )

    assert written() == (["v1.2.3"] * 3, ["v1.2.3"], ["1.2.3"])
    monkeypatch.setattr("charrnn.__version__", "1.3.0.dev0")
    assert main(["--check"], book) == 1
    assert main([], book) == 0
    # What is cited stays the last release.
    assert written() == (["main"] * 3, ["main"], ["1.2.3"])
    monkeypatch.setattr("charrnn.__version__", "1.3.0")
    assert main([], book) == 0
    assert written() == (["v1.3.0"] * 3, ["v1.3.0"], ["1.3.0"])


def test_a_row_of_readme_gets_one_link_to_each_service(book: Path) -> None:
    assert main([], book) == 0
    (row,) = re.findall(r"^\| .*$", (book / "README.md").read_text(encoding="utf-8"), re.M)
    file = "owner/name/blob/v1.2.3/notebooks/en/one.ipynb"
    assert row == (
        "| [A](notebooks/en/one.ipynb) "
        f"| [Colab](https://colab.research.google.com/github/{file}) "
        f"· [Kaggle](https://kaggle.com/kernels/welcome?src=https://github.com/{file}) |"
    )


@pytest.mark.parametrize("version", ["1.2", "v1.2.3", "1.2.3rc1", "1.2.3.dev", ""])
def test_a_version_that_is_none_is_refused(
    book: Path, version: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("charrnn.__version__", version)
    assert main(["--check"], book) == 1
    message = capsys.readouterr().err
    assert "expected __version__ 1.2.3 of a release" in message
    assert f"received {version!r}" in message


def test_a_translated_link_keeps_its_words(book: Path) -> None:
    notebook = read_chapter(chapter_of(book))
    notebook.cells[0].source = notebook.cells[0].source.replace("Open this", "Ouvrir")
    notebook.cells[0].source = notebook.cells[0].source.replace("/owner/", "/elsewhere/")
    write_chapter(chapter_of(book).parent, notebook)
    assert main([], book) == 0
    source = read_chapter(chapter_of(book)).cells[0].source
    assert source.count("colab") == 1
    assert "[Ouvrir chapter in Colab](https://colab.research.google.com/github/owner/" in source


@pytest.mark.parametrize("key", ["kernelspec", "language_info", "accelerator", "colab"])
def test_metadata_is_checked(book: Path, key: str) -> None:
    notebook = read_chapter(chapter_of(book))
    del notebook.metadata[key]
    write_chapter(chapter_of(book).parent, notebook)
    assert stamp(book, write=False) == [f"notebooks/en/01_tiny.ipynb: the metadata {key}"]


def test_a_setup_cell_is_added_after_the_objectives(book: Path) -> None:
    notebook = read_chapter(chapter_of(book))
    notebook.cells = [cell for cell in notebook.cells if cell.id != "setup"]
    write_chapter(chapter_of(book).parent, notebook)
    assert main([], book) == 0
    ids = [cell.id for cell in read_chapter(chapter_of(book)).cells]
    assert ids[:4] == ["title", "objectives", "setup", "parameters"]


def test_a_chapter_that_stands_alone_keeps_its_own_setup(book: Path) -> None:
    notebook = standalone_chapter()
    notebook.cells[0] = markdown("title", "# Tiny\n\nOne idea.")
    del notebook.metadata["colab"]
    write_chapter(chapter_of(book).parent, notebook)
    place = "notebooks/en/01_tiny.ipynb"
    assert stamp(book, write=True) == [
        f"{place}: the Colab link in the cell title",
        f"{place}: the metadata colab",
    ]
    stamped = read_chapter(chapter_of(book))
    assert [cell.source for cell in stamped.cells if cell.id == "setup"] == ["import os"]
    assert stamped.metadata["standalone"] is True
    assert "colab.research.google.com/github/owner/name" in stamped.cells[0].source
    # Without one it is not given the others' cell either: the rules ask for its own.
    stamped.cells = [cell for cell in stamped.cells if cell.id != "setup"]
    write_chapter(chapter_of(book).parent, stamped)
    assert stamp(book, write=True) == []


def test_expect(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "--expect", "https://github.com/Owner/name.git"], book) == 0
    assert main(["--check", "--expect", "https://github.com/else/name"], book) == 1
    message = capsys.readouterr().err
    assert "expected repository.url https://github.com/else/name" in message
    assert "make stamp" in message


@pytest.mark.parametrize("url", ["", "https://example.org/a/b", "https://github.com/a/b.git"])
def test_an_address_that_colab_cannot_open_is_refused(book: Path, url: str) -> None:
    (book / "_config.yml").write_text(CONFIG.replace("https://github.com/owner/name", url))
    with pytest.raises(ValueError, match=r"repository\.url"):
        read_repository(book / "_config.yml")


def test_setup_cell_does_nothing_where_charrnn_is_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("pip was called"))
    exec(SETUP.format(url="https://github.com/owner/name", reference="v1.2.3"), {})
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("status", [0, 1])
def test_setup_cell_installs_where_charrnn_is_missing(
    status: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = []

    class Result:
        returncode, stderr = status, "no route to host"

    def run(command: list[str], **_: object) -> Result:
        commands.append(command)
        return Result()

    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("subprocess.run", run)
    source = SETUP.format(url="https://github.com/owner/name", reference="v1.2.3")
    if status:
        with pytest.raises(RuntimeError, match=r"cannot install .*owner/name@v1\.2\.3:\nno route"):
            exec(source, {})
    else:
        exec(source, {})
    assert commands[0][-1] == "charrnn-book[book] @ git+https://github.com/owner/name@v1.2.3"
    assert "--upgrade" not in commands[0]
    assert capsys.readouterr() == ("", "")


def test_the_address_of_the_pages_has_its_owner_in_lower_case() -> None:
    readme = stamp_readme(README, Repository("https://github.com/New-Owner/Name", "main", "1.2.3"))
    assert "git clone https://github.com/New-Owner/Name.git" in readme
    assert "[book](https://new-owner.github.io/Name/)" in readme
