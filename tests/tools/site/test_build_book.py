"""tools.site.assembly and tools.site.build_book on a book of three pages."""

import json

import pytest
import yaml

from charrnn.support.folders import write_folder_atomically
from tests.helpers.books import CAPTIONS, PAGES, add_language, tiny_book
from tests.helpers.chapters import write_chapter
from tools.chapters.notebooks import ROOT, read_chapter
from tools.site.assembly import BuildError, assemble
from tools.site.build_book import build, configuration
from tools.translation.languages import LANGUAGE_FILE, languages


@pytest.fixture
def book(tmp_path):
    return tiny_book(tmp_path / "repository")


@pytest.fixture
def english(book):
    return book / "notebooks" / "en"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "folder"


@pytest.fixture
def executed(english, tmp_path):
    """Copies of the notebooks alone, with other outputs."""
    source = tmp_path / "executed"
    source.mkdir()
    for name in PAGES[1:]:
        chapter = read_chapter(english / f"{name}.ipynb")
        shown = next(cell for cell in chapter.cells if cell.id == "shown")
        shown.outputs[0]["text"] = "executed\n"
        write_chapter(source, chapter, name)
    return source


def change(path, name, **metadata):
    """Set what a cell records of its translation; None takes it away."""
    chapter = read_chapter(path)
    cell = next(cell for cell in chapter.cells if cell.id == name)
    for key, value in metadata.items():
        cell.metadata.pop(key) if value is None else cell.metadata.__setitem__(key, value)
    write_chapter(path.parent, chapter, path.stem)


def test_a_site_appears_and_survives_a_failing_build(book, english, tmp_path):
    site = tmp_path / "site" / "en"
    assert build(english, site, strict=True, root=book) == PAGES
    assert {f"{page}.html" for page in PAGES} <= {path.name for path in site.glob("*.html")}
    # The formula is set, by fonts of the site's own.
    chapter = (site / "01_tiny.html").read_text()
    assert '<mjx-math class=" MJX-TEX"' in chapter
    assert "MathJax_Main" in (site / "_static/book.css").read_text()
    assert (site / "_static/mathjax/output/chtml/fonts/woff-v2/MathJax_Main-Regular.woff").is_file()
    assert (site / "_images/page.png").is_file()
    front = (site / "index.html").read_text()
    # Linkify would make a web address of it.
    assert "http://model.py" not in front
    assert "First words." in front, "the front page itself, no redirect"

    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    (english / "index.md").write_text("# Front\n\n[nowhere](missing.md)\n")
    with pytest.raises(BuildError, match=r"index\.md:3: WARNING.*missing\.md"):
        build(english, site, strict=True, root=book)
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before
    assert list(site.parent.iterdir()) == [site]


def test_a_new_site_holds_no_page_of_the_old_one(book, english, tmp_path):
    site = tmp_path / "site"
    with write_folder_atomically(site) as old:
        (old / "old.html").write_text("old")
    build(english, site, root=book)
    assert not (site / "old.html").exists()
    assert (site / "index.html").is_file()


def test_pages_stand_at_the_root_with_links_mended(book, english, folder):
    assert assemble(english, folder, book) == {page: [] for page in PAGES}
    toc = yaml.safe_load((folder / "_toc.yml").read_text())
    assert toc["root"] == "index"
    files = [[chapter["file"] for chapter in part["chapters"]] for part in toc["parts"]]
    assert files == [[page] for page in PAGES[1:]]
    text = (folder / "index.md").read_text()
    assert "](pictures/page.png)" in text
    assert (folder / "pictures/page.png").is_file()
    copy, committed = folder / "01_tiny.ipynb", english / "01_tiny.ipynb"
    assert copy.read_bytes() == committed.read_bytes()


def test_captions_of_parts_are_in_the_language(book, english, folder):
    add_language(book, "ko")
    path = book / "notebooks/ko/language.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["parts"] = {CAPTIONS[1]: "작동"}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")

    def captions(language):
        assemble(english, folder / language, book, language)
        toc = yaml.safe_load((folder / language / "_toc.yml").read_text(encoding="utf-8"))
        return [part["caption"] for part in toc["parts"]]

    assert captions("en") == CAPTIONS
    # One that the language lacks stays English.
    assert captions("ko") == [CAPTIONS[0], "작동"]


def test_sections_of_the_toc_are_pages_too(book, english, folder):
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: notebooks/en/index\nchapters:\n- file: notebooks/en/01_tiny\n"
        "  sections:\n  - file: notebooks/en/02_second\n"
    )
    assert list(assemble(english, folder, book)) == PAGES


def test_a_missing_copy_is_not_replaced_by_the_committed_notebook(book, tmp_path, folder):
    source = tmp_path / "empty"
    source.mkdir()
    with pytest.raises(BuildError, match=r"expected a page for notebooks/en/01_tiny"):
        assemble(source, folder, book)


def test_a_page_of_the_source_goes_before_the_repository(book, executed, folder):
    (executed / "index.md").write_text("# Executed\n")
    assemble(executed, folder, book)
    assert (folder / "index.md").read_text().startswith("# Executed")


@pytest.mark.parametrize(
    "part", ["_config.yml", "_toc.yml", "tools/site/extensions/book_language_menu.py"]
)
def test_a_missing_part_is_named(book, english, folder, part):
    (book / part).unlink()
    with pytest.raises(BuildError, match=rf"{part}: expected a part of the book"):
        assemble(english, folder, book)


def test_prose_is_the_translation_s_and_code_the_executed_copy_s(book, executed, folder):
    own = add_language(book, "ru") / "01_tiny.ipynb"
    text = own.read_text().replace("print('committed')", "print('edited')")
    own.write_text(text)
    assert assemble(executed, folder, book, "ru") == {page: [] for page in PAGES}
    page = read_chapter(folder / "01_tiny.ipynb")
    english = read_chapter(executed / "01_tiny.ipynb")
    assert [cell.id for cell in page.cells] == [cell.id for cell in english.cells]
    for cell, other in zip(page.cells, english.cells, strict=True):
        if cell.cell_type == "code":
            assert cell == other
    assert "One idea in ru." in page.cells[0].source
    assert "First ru words." in (folder / "index.md").read_text()


def test_states_of_pages(book, english, folder):
    assert assemble(english, folder / "en", book)["01_tiny"] == []
    path = add_language(book, "ru") / "01_tiny.ipynb"
    stale = {"source": "0" * 12}

    def notices(name):
        return assemble(english, folder / name, book, "ru")["01_tiny"]

    change(path, "formula", translation=stale)
    assert notices("stale") == ["stale"]
    change(path, "objectives", translation=None)
    assert notices("both") == ["partial", "stale"]
    for cell in read_chapter(path).cells:
        if cell.cell_type == "markdown" and "translation" in cell.metadata:
            change(path, cell.id, translation=None)
    assert notices("missing") == ["missing"]
    path.unlink()
    assert notices("absent") == ["absent"]
    page = read_chapter(folder / "absent" / "01_tiny.ipynb")
    assert page == read_chapter(english / "01_tiny.ipynb")


def test_a_cell_that_the_translation_lacks_is_english(book, english, folder):
    path = add_language(book, "ru") / "01_tiny.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "formula"]
    path.write_text(json.dumps(notebook))
    assert assemble(english, folder, book, "ru")["01_tiny"] == ["partial"]
    ids = [cell.id for cell in read_chapter(folder / "01_tiny.ipynb").cells]
    assert ids == [cell.id for cell in read_chapter(english / "01_tiny.ipynb").cells]


def test_configuration_of_a_language(book):
    add_language(book, "zh-Hant")
    content = configuration(book, "zh-Hant", {})
    repository = content["repository"]
    owner, name = repository["url"].split("/")[-2:]
    assert repository["path_to_book"] == "notebooks/zh-Hant"
    assert content["html"]["baseurl"] == f"https://{owner.lower()}.github.io/{name}/zh-Hant/"
    config = content["sphinx"]["config"]
    assert config["language"] == "zh_TW"
    assert config["book_site"]["languages"] == {"en": "English", "zh-Hant": "繁體中文"}
    with pytest.raises(BuildError, match=r"expected one of en, zh-Hant; received 'fr'"):
        configuration(book, "fr", {})


def test_a_new_language_speaks_english_until_it_has_words(book):
    add_language(book, "ko")
    (book / "notebooks/ko/language.yml").write_text("name: 한국어\nsphinx: ko\n")
    known = languages(book)
    assert list(known) == ["en", "ko"]
    assert known["ko"].title == known["en"].title
    assert known["ko"].words == known["en"].words
    assert known["ko"].parts == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: 한국어\n",
            r"notebooks/ko/language\.yml: expected a text for 'sphinx', received None",
        ),
        ("- a list\n", r"expected keys with values, received \['a list'\]"),
        ("name: x\nsphinx: ko\nwords:\n  menus: x\n", r"expected words of English.*menus"),
        ("name: x\nsphinx: ko\nwords:\n  menu: 3\n", r"expected a text for 'menu', received 3"),
        ("name: x\nsphinx: ko\nparts: 3\n", r"expected captions of parts, received 3"),
        ("name: x\nsphinx: ko\nparts:\n  It writes:\n", r"a text for 'It writes'.*None"),
        ("name: x\nsphinx: ko\nwords: 3\n", r"expected words with keys, received 3"),
        ("name: x\nsphinx: ko\nwords:\n  messages:\n    Tip: no\n", r"a text for 'Tip'.*False"),
    ],
)
def test_a_wrong_language_file_is_named(book, text, message):
    add_language(book, "ko")
    (book / "notebooks/ko/language.yml").write_text(text)
    with pytest.raises(ValueError, match=message):
        languages(book)


def test_the_english_title_stands_in_both_places():
    """`jupyter-book build .` reads `_config.yml` alone."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    english = languages(ROOT)["en"]
    assert english.title == config["title"]
    assert english.words["author"] == config["author"]
    assert english.words["footer"] == config["html"]["extra_footer"]


def test_captions_of_the_book_s_parts_are_translated():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    captions = [part["caption"] for part in toc["parts"]]
    others = {code: language.parts for code, language in languages(ROOT).items() if code != "en"}
    missing = {code: [c for c in captions if c not in parts] for code, parts in others.items()}
    assert missing == {code: [] for code in others}, "parts in notebooks/CODE/language.yml"
    # A part that the toc has not yet is translated into all languages or none.
    assert len({frozenset(parts) for parts in others.values()}) == 1
    for parts in others.values():
        assert len(set(parts.values())) == len(parts)


def test_words_of_a_language_are_complete_once_it_has_some():
    words = {
        path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8")).get("words")
        for path in (ROOT / "notebooks").glob(f"*/{LANGUAGE_FILE}")
    }
    found = {code: own for code, own in words.items() if own}
    assert {code: sorted(own) for code, own in found.items()} == dict.fromkeys(
        found, sorted(words["en"])
    )
    others = [set(own["messages"]) for code, own in found.items() if code != "en"]
    assert all(messages == others[0] for messages in others)
