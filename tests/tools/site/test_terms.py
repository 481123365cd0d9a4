"""The page of the terms: where chapters introduce them, and what the page shows."""

import pytest
import yaml
from bs4 import BeautifulSoup

from tests.helpers.books import PAGES, add_language, tiny_book
from tests.helpers.chapters import code, markdown, v4, write_chapter
from tools.chapters.notebooks import ROOT, read_chapter
from tools.site.assembly import BuildError, assemble
from tools.site.build_book import build
from tools.site.terms import headings, introductions, terms_page
from tools.translation.files import english_pages
from tools.translation.glossary import GLOSSARY, Term, read_glossary
from tools.translation.languages import languages

ROWS = """\
en,ru,zh-Hans,avoid,note
window,окно / окон (род. мн.),窗口,,
idea (a thought),ёлка (мысль),想法（念头）,ru: дума,ru: также дума
state,а|б,状态,,
unseen,Яма,未见,,
`ids`,,,en: `char_ids`,
"""


def page(*texts, standalone=False):
    cells = [markdown(f"m{n}", text) for n, text in enumerate(texts)]
    notebook = v4.new_notebook(cells=[*cells, code("c", "1")])
    if standalone:
        notebook.metadata["standalone"] = True
    return notebook


def where(term, **pages):
    """Return page and anchor of where a term is introduced."""
    found = introductions(pages, [Term((term,), {}, {})]).get(term)
    return found and (found[0], found[1].anchor)


def test_headings_have_the_anchors_that_the_site_gives_them():
    found = headings(page("# A *page*", "## One `x`\n\n#### Deep\n\n## Ещё раз?", "## One `x`"))
    assert [(h.cell, h.number, h.text, h.anchor) for h in found] == [
        ("m0", 1, "A *page*", "a-page"),
        ("m1", 1, "One `x`", "one-x"),
        ("m1", 3, "Ещё раз?", "ещё-раз"),
        ("m2", 1, "One `x`", "one-x-1"),
    ]


FIRST = "# First\n\nSee."
SECOND = "# Second\n\n## Later\n\nA **state** is."


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        # the first chapter that sets it off, in bold or italics, its plural included
        (["## It\n\nTwo *states*."], ("first", "it")),
        (["## It\n\nTwo.", "A **state**."], ("first", "it")),
        (["The *State*.\n\n## It\n\nA state."], ("first", "first")),
        # in that chapter under a heading that names it
        (["## It\n\nA *state*.\n\n## What states are\n\nA *state*."], ("first", "what-states-are")),
        # another page says more, unless it is bold
        (["## It\n\nA *state* ([x](y.ipynb))."], ("second", "later")),
        (["## It\n\nA **state** ([x](y.ipynb))."], ("first", "it")),
        # what a list's item is about, not what it stresses
        (["## It\n\n- A *state* is kept."], ("first", "it")),
        (["## It\n\n- No other *state* is kept."], ("second", "later")),
        # a part of other words
        (["## It\n\nThe *zero state*."], ("second", "later")),
        # the heading alone is no introduction where a chapter sets the term off
        (["## The state\n\nIt."], ("second", "later")),
    ],
)
def test_where_a_term_is_introduced(texts, expected):
    assert where("state", first=page(FIRST, *texts), second=page(SECOND)) == expected


def test_the_first_chapter_goes_before_a_heading_that_names_the_term():
    pages = {"one": page("# One\n\nA *state*."), "two": page("# Two\n\n## The state\n\nA *state*.")}
    assert where("state", **pages) == ("one", "one")


def test_what_introduces_nothing():
    off = "# It\n\nA *state*."
    assert where("state", first=page(off, standalone=True)) is None
    without_code = page(off)
    without_code.cells.pop()
    assert where("state", first=without_code) is None
    # the name of a chapter
    assert where("state", first=page("# One\n\nIn *State* it is."), other=page("# State")) == (
        "other",
        "state",
    )


def test_a_heading_that_is_the_term_serves_if_it_is_the_only_one():
    assert where("GRU", one=page("# One\n\n## The GRU\n\nIt is.")) == ("one", "the-gru")
    assert where("GRU", one=page("# One\n\n## The GRU", "## GRU")) is None
    assert where("GRU", one=page("# One\n\n## The GRU"), two=page("# GRU")) == ("two", "gru")


@pytest.fixture
def book(tmp_path):
    """A tiny book with a glossary, whose second chapter introduces two terms; Russian has it."""
    root = tiny_book(tmp_path / "repository")
    (root / GLOSSARY).write_text(ROWS, encoding="utf-8")
    path = root / "notebooks/en/02_second.ipynb"
    chapter = read_chapter(path)
    chapter.cells.insert(2, markdown("new", "## A | b\n\nA **window** and an *idea*."))
    write_chapter(path.parent, chapter, path.stem)
    folder = add_language(root, "ru")
    own = read_chapter(folder / path.name)
    next(c for c in own.cells if c.id == "new").source = "## Что? | Окно\n\n**Окно** и *ёлка*."
    write_chapter(folder, own, path.stem)
    return root


def rows(text):
    return [line for line in text.splitlines() if line.startswith("|")]


def test_rows_of_a_language(book, tmp_path):
    terms = read_glossary(book)
    english = {"02_second": read_chapter(book / "notebooks/en/02_second.ipynb")}
    own = {"02_second": ("02_second.ipynb", read_chapter(book / "notebooks/ru/02_second.ipynb"))}
    known = languages(ROOT)
    # Sorted as the language does, "ё" as "е"; the first rendering, without its explanation.
    link = r"[Tiny › Что? \| Окно](02_second.ipynb#что--окно)"
    assert rows(terms_page(english, own, terms, known["ru"]))[2:] == [
        r'| а\|б | <span lang="en">state</span> |  |',
        f'| ёлка | <span lang="en">idea</span> | {link} |',
        f'| окно | <span lang="en">window</span> | {link} |',
        '| Яма | <span lang="en">unseen</span> |  |',
    ]
    shown = {"02_second": ("02_second.ipynb", english["02_second"])}
    link = r"[Tiny › A \| b](02_second.ipynb#a--b)"
    assert rows(terms_page(english, shown, terms, known["en"])) == [
        "| Term | Introduced in |",
        "|---|---|",
        f"| idea | {link} |",
        "| state |  |",
        "| unseen |  |",
        f"| window | {link} |",
    ]
    chinese = rows(terms_page(english, shown, terms, known["zh-Hans"]))[2:]
    assert [row.split(" |")[0] for row in chinese] == ["| 想法", "| 状态", "| 未见", "| 窗口"]
    # A heading that the language has not leads to the page.
    own["02_second"][1].cells.pop(2)
    assert "[Tiny](02_second.ipynb) |" in terms_page(english, own, terms, known["ru"])


def test_the_page_stands_at_the_end_of_the_last_part(book, tmp_path):
    english = book / "notebooks/en"
    assert assemble(english, tmp_path / "ru", book, "ru") == {
        name: [] for name in [*PAGES, "terms"]
    }
    toc = yaml.safe_load((tmp_path / "ru/_toc.yml").read_text(encoding="utf-8"))
    files = [[chapter["file"] for chapter in part["chapters"]] for part in toc["parts"]]
    assert files == [["01_tiny"], ["02_second", "terms"]]
    # A toc without parts; one that has the page's name.
    listed = "format: jb-book\nroot: notebooks/en/index\nchapters:\n- file: notebooks/en/"
    (book / "_toc.yml").write_text(f"{listed}02_second\n")
    assemble(english, tmp_path / "flat", book)
    toc = yaml.safe_load((tmp_path / "flat/_toc.yml").read_text(encoding="utf-8"))
    assert toc["chapters"] == [{"file": "02_second"}, {"file": "terms"}]
    (english / "02_second.ipynb").rename(english / "terms.ipynb")
    (book / "_toc.yml").write_text(f"{listed}terms\n")
    with pytest.raises(BuildError, match=r"expected no page terms, which the build makes"):
        assemble(english, tmp_path / "taken", book)


def test_a_book_without_a_glossary_has_no_such_page(book, tmp_path):
    (book / GLOSSARY).unlink()
    assert list(assemble(book / "notebooks/en", tmp_path / "en", book)) == PAGES
    assert not (tmp_path / "en/terms.md").exists()


def test_the_site_has_the_page_with_links_that_resolve(book, tmp_path):
    site = tmp_path / "site"
    pages = build(book / "notebooks/en", site, strict=True, root=book, language="ru")
    assert pages == [*PAGES, "terms"]
    html = BeautifulSoup((site / "terms.html").read_text(encoding="utf-8"), "html.parser")
    assert html.h1.get_text().startswith("Термины")
    table = html.select_one("table.terms")
    assert [tag.get_text() for tag in table.select('[lang="en"]')] == [
        "state",
        "idea",
        "window",
        "unseen",
    ]
    for link in table.select("a"):
        file, anchor = link["href"].split("#")
        target = BeautifulSoup((site / file).read_text(encoding="utf-8"), "html.parser")
        assert target.find(id=anchor).h2.get_text().startswith("Что? | Окно")
    assert len(table.select("a")) == 2
    assert html.select_one("nav.bd-links li.current a").get_text(strip=True) == "Термины"


def test_most_terms_of_the_book_are_introduced_somewhere():
    pages = english_pages(ROOT)
    pages.pop("index.md")
    terms = [term for term in read_glossary(ROOT) if not term.is_name]
    found = introductions(
        {name.removesuffix(".ipynb"): page for name, page in pages.items()}, terms
    )
    assert len(found) > 0.6 * len(terms)
    # Where the book says what each is.
    for name, place in {
        "loss": "counting: What a loss is",
        "temperature": "next_character: Temperature",
        "state": "next_character: The state",
        "gate": "recurrence: A gate",
        "window": "windows: Windows",
        "validation text": "windows: A fair split",
    }.items():
        page, heading = found[name]
        assert f"{page}: {heading.text}" == place
