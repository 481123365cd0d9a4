"""tools/build_book.py on a book of two pages."""

import shutil

import pytest

from tools.build_book import PARTS, ROOT, BuildError, assemble, build, main

TOC = "format: jb-book\nroot: notebooks/en/index\nchapters:\n  - file: notebooks/en/01_first\n"


@pytest.fixture
def book(tmp_path):
    """A repository with the real configuration and a front page; `source` has its chapter."""
    root = tmp_path / "repository"
    for part in PARTS:
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, root / part)
    (root / "_toc.yml").write_text(TOC)
    pages = root / "notebooks" / "en"
    pages.mkdir(parents=True)
    (pages / "index.md").write_text(
        "# Front\n\n[The formula](01_first.md#the-formula) in model.py.\n"
    )
    return root


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "executed"
    folder.mkdir()
    (folder / "01_first.md").write_text("# First\n\n## The formula\n\n$x^2$\n")
    return folder


def test_a_site_appears_and_survives_a_failing_build(book, source, tmp_path):
    site = tmp_path / "site" / "en"
    assert build(source, site, strict=True, root=book) == 2
    page = site / "notebooks/en/01_first.html"
    assert "The formula" in page.read_text()
    assert (site / "_static/mathjax/tex-chtml.js").is_file()
    # Linkify would make a web address of it.
    assert "http://model.py" not in (site / "notebooks/en/index.html").read_text()

    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    (source / "01_first.md").write_text("# First\n\n[nowhere](missing.md)\n")
    with pytest.raises(BuildError, match=r"01_first\.md:3: WARNING.*missing\.md"):
        build(source, site, strict=True, root=book)
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before
    assert list(site.parent.iterdir()) == [site]


def test_a_new_site_holds_no_page_of_the_old_one(book, source, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "old.html").write_text("old")
    build(source, site, root=book)
    assert not (site / "old.html").exists()
    assert (site / "index.html").is_file()


def test_a_missing_copy_is_not_replaced_by_the_committed_notebook(book, tmp_path):
    (book / "notebooks/en/01_first.ipynb").write_text("{}")
    source, folder = tmp_path / "empty", tmp_path / "folder"
    source.mkdir()
    with pytest.raises(BuildError, match=r"expected a page for notebooks/en/01_first"):
        assemble(source, folder, book)


def test_a_page_of_the_source_goes_before_the_repository(book, source, tmp_path):
    (book / "notebooks/en/01_first.md").write_text("# Committed\n")
    assemble(source, tmp_path / "folder", book)
    assert (tmp_path / "folder/notebooks/en/01_first.md").read_text().startswith("# First")


def test_a_missing_part_is_named(book, source, tmp_path):
    (book / "_config.yml").unlink()
    with pytest.raises(BuildError, match=r"_config\.yml: expected a part of the book"):
        assemble(source, tmp_path / "folder", book)


def test_exit_code_of_a_failure(tmp_path, capsys):
    output = tmp_path / "site"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["--source", str(empty), "--output", str(output)]) == 1
    assert capsys.readouterr().err.startswith("build_book: ")
    assert not output.exists()
