"""tools.site.redirects: which lists are refused.

The pages it writes are tested on the sites of a tiny book, and of the book in a browser.
"""

import pytest

from tests.helpers.books import PAGES, REDIRECTS, tiny_book
from tools.chapters.notebooks import ROOT, toc_files
from tools.site.assembly import BuildError
from tools.site.build_book import build
from tools.site.redirects import read_redirects, write_redirects
from tools.translation.languages import languages


def read(root, text):
    (root / "_redirects.yml").write_text(text)
    return read_redirects(root, PAGES)


def test_the_list_of_the_book_leads_to_its_pages():
    pages = ["index", *(file.rsplit("/", 1)[1] for file in toc_files())]
    redirects = read_redirects(ROOT, pages)
    # The addresses under which the chapters were published first.
    numbers = {old[:2] for old in redirects}
    assert numbers >= {f"{number:02}" for number in range(1, 12)}


def test_old_names_lead_to_pages(tmp_path):
    expected = {"first": "01_tiny", "00_first": "01_tiny", "start": "index"}
    assert read(tmp_path, "first: 01_tiny\n00_first: 01_tiny\nstart: index\n") == expected
    assert read(tmp_path, "# none yet\n") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("02_second: 01_tiny\n", "received 02_second, which is a page of the book"),
        ("old: gone\n", r"for old a page of the book \(index, .*\); received 'gone'"),
        ("old: 01_tiny.html\n", "received '01_tiny.html'"),
        # No chains: a browser would load two pages to find a third.
        ("older: old\nold: 01_tiny\n", "for older a page of the book .* received 'old'"),
        ("old:\n", "received None"),
        ("- old\n", r"old names with new ones, received \['old'\]"),
        ("3: 01_tiny\n", "a page's old name, received 3"),
        ("../old: 01_tiny\n", "a page's old name, received '../old'"),
        ("'a b': 01_tiny\n", "a page's old name, received 'a b'"),
    ],
)
def test_a_wrong_list_is_named(tmp_path, text, message):
    with pytest.raises(BuildError, match=rf"^_redirects\.yml: expected .*{message}"):
        read(tmp_path, text)


def test_a_lost_list_is_named(tmp_path):
    with pytest.raises(BuildError, match=r"_redirects\.yml: expected the list"):
        read_redirects(tmp_path, PAGES)


def test_a_file_of_the_site_is_not_written_over(tmp_path):
    book = tiny_book(tmp_path / "repository")
    site = tmp_path / "site"
    site.mkdir()
    (site / "start.html").write_text("kept")
    with pytest.raises(BuildError, match=r"expected no file start\.html in the site"):
        write_redirects(site, REDIRECTS, book, languages(book)["en"], "https://example.org/")
    assert (site / "start.html").read_text() == "kept"


def test_a_wrong_list_is_refused_before_the_book_is_built(tmp_path, monkeypatch):
    book = tiny_book(tmp_path / "repository")
    (book / "_redirects.yml").write_text("old: gone\n")
    monkeypatch.setattr("tools.site.build_book.render", lambda *_, **__: pytest.fail("rendered"))
    with pytest.raises(BuildError, match="received 'gone'"):
        build(book / "notebooks/en", tmp_path / "site", root=book)
    assert not (tmp_path / "site").exists()
