"""tools.editions: what is refused, and the files of a tiny book, read by programs of their own."""

import importlib.util
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import matplotlib
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from pypdf import PdfReader

from tests.helpers.books import PAGES
from tests.helpers.editions import PICTURE, TITLES, WORDS, tiny_site
from tools import editions, screenshot
from tools.site.assembly import BuildError
from tools.site.edition_pdf import open_book
from tools.translation.languages import languages

needs_browser = pytest.mark.skipif(
    screenshot.chromium() is None or importlib.util.find_spec("playwright") is None,
    reason=screenshot.NO_BROWSER,
)
XHTML = "{http://www.w3.org/1999/xhtml}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return tiny_site(tmp_path_factory.mktemp("editions"))


@pytest.fixture(scope="module")
def made(book):
    """Sites of both languages with the editions of Russian."""
    root, sites = book
    sizes = editions.make(sites, root, "ru")
    return root, sites, sizes


@pytest.fixture(scope="module")
def pdf(made):
    return PdfReader(made[1] / "ru" / "charrnn-book-ru.pdf")


@pytest.fixture(scope="module")
def epub(made):
    with zipfile.ZipFile(made[1] / "ru" / "charrnn-book-ru.epub") as archive:
        yield archive


def bookmarks(reader, found, level=0):
    for item in found:
        if isinstance(item, list):
            yield from bookmarks(reader, item, level + 1)
        else:
            yield level, item.title, reader.get_destination_page_number(item)


@needs_browser
def test_the_bookmarks_of_a_pdf_are_parts_chapters_and_sections(made, pdf):
    parts = languages(made[0])["ru"].parts
    front, tiny, second = TITLES["ru"]
    answers = languages(made[0])["ru"].words["edition_answers"]
    assert list(bookmarks(pdf, pdf.outline)) == [
        (0, front, 2),
        (0, parts["It writes"], 3),
        (1, tiny, 3),
        (2, "A part", 3),
        (2, answers, 3),
        (0, parts["How it works"], 4),
        (1, second, 4),
        (2, "A part", 4),
        (2, answers, 4),
    ]


@needs_browser
def test_a_pdf_is_tagged_and_says_what_it_is(made, pdf):
    catalog = pdf.trailer["/Root"]
    language = languages(made[0])["ru"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/StructTreeRoot"]["/K"]
    assert catalog["/Lang"] == "ru"
    assert pdf.metadata.title == language.title
    assert pdf.metadata.author == language.words["author"]
    assert pdf.xmp_metadata.dc_language == ["ru"]


@needs_browser
def test_the_pages_of_a_pdf_have_text_and_numbers(made, pdf):
    texts = [" ".join(page.extract_text().split()) for page in pdf.pages]
    assert len(texts) == 5
    for title, page in zip(TITLES["ru"], (3, 4, 5), strict=True):
        assert re.search(rf"{title} {page}\b", texts[1]), texts[1]  # the contents
        assert title in texts[page - 1]
        assert re.search(rf"(?:^|\D){page}(?:\D|$)", texts[page - 1])
    assert WORDS["ru"] in texts[3]
    assert "x = 1" in texts[3]
    assert "install" not in texts[3]
    assert texts[3].index("A part") < texts[3].index("It is two.")


@needs_browser
def test_all_fonts_of_a_pdf_are_embedded(pdf):
    fonts = [
        font.get_object()
        for page in pdf.pages
        for font in page["/Resources"].get("/Font", {}).values()
    ]
    assert len(fonts) > 4
    for font in fonts:
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        descriptor = inner.get("/FontDescriptor", {})
        embedded = any(f"/FontFile{number}" in descriptor for number in ("", 2, 3))
        assert embedded or font["/Subtype"] == "/Type3", font


@needs_browser
def test_links_within_a_pdf_lead_to_pages_of_it(pdf):
    places = [
        annotation.get_object() for page in pdf.pages for annotation in page.get("/Annots", [])
    ]
    inner = [place["/Dest"] for place in places if "/Dest" in place]
    assert "/02_second--part" in inner
    assert {name.removeprefix("/") for name in inner} <= {
        name.removeprefix("/") for name in pdf.named_destinations
    }
    outer = [place["/A"]["/URI"] for place in places if "/A" in place]
    assert "https://host/" in outer
    assert not [address for address in outer if "127.0.0.1" in address]


@needs_browser
def test_an_epub_is_an_archive_as_readers_expect_it(epub):
    first = epub.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert epub.read("mimetype") == b"application/epub+zip"
    package = ElementTree.fromstring(epub.read("EPUB/content.opf"))
    items = {item.get("href"): item for item in package.iter(f"{OPF}item")}
    packed = {name.removeprefix("EPUB/") for name in epub.namelist() if name.startswith("EPUB/")}
    assert packed - {"content.opf"} == set(items)
    assert epub.read("EPUB/_images/one.png") == PICTURE
    by_id = {item.get("id"): href for href, item in items.items()}
    spine = [by_id[ref.get("idref")] for ref in package.iter(f"{OPF}itemref")]
    assert spine == ["nav.xhtml", *(f"{name}.xhtml" for name in PAGES)]
    assert items["01_tiny.xhtml"].get("properties") == "mathml"
    assert items["index.xhtml"].get("properties") is None


@needs_browser
def test_an_epub_says_what_it_is(made, epub):
    language = languages(made[0])["ru"]
    package = ElementTree.fromstring(epub.read("EPUB/content.opf"))
    for name, value in (
        ("title", language.title),
        ("language", "ru"),
        ("creator", language.words["author"]),
    ):
        assert package.findtext(f".//{DC}{name}") == value
    contents = BeautifulSoup(epub.read("EPUB/nav.xhtml"), "html.parser")
    listed = [link["href"] for link in contents.select("nav li a")]
    assert [href for href in dict.fromkeys(listed)] == [f"{name}.xhtml" for name in PAGES]
    for title in (*TITLES["ru"], language.parts["It writes"], language.words["edition_contents"]):
        assert title in contents.get_text()


@needs_browser
def test_chapters_of_an_epub_are_xhtml_without_scripts(epub):
    anchors = {}
    links = []
    for name in PAGES:
        page = ElementTree.fromstring(epub.read(f"EPUB/{name}.xhtml"))
        assert page.get("lang") == "ru"
        tags = {element.tag for element in page.iter()}
        assert not tags & {f"{XHTML}{tag}" for tag in ("script", "button", "details")}
        assert "unicode-bidi" not in epub.read(f"EPUB/{name}.xhtml").decode()
        anchors[f"{name}.xhtml"] = {element.get("id") for element in page.iter()}
        links += [link.get("href") for link in page.iter(f"{XHTML}a")]
    inner = [link.partition("#") for link in links if not link.startswith("https://")]
    assert ("02_second.xhtml", "#", "02_second--part") in inner
    assert ("01_tiny.xhtml", "", "") in inner
    for file, _, anchor in inner:
        assert not anchor or anchor in anchors[file]
    tiny = ElementTree.fromstring(epub.read("EPUB/01_tiny.xhtml"))
    assert [p for p in tiny.iter(f"{XHTML}p") if p.get("dir") == "auto"]


@needs_browser
def test_formulas_of_an_epub_are_mathml(epub):
    text = epub.read("EPUB/01_tiny.xhtml").decode()
    inline, display = ElementTree.fromstring(text).iter(f"{MATHML}math")
    assert [sign.text for sign in inline.iter(f"{MATHML}mo")] == ["<"]
    assert [child.text for child in inline.find(f".//{MATHML}msup").iter() if child.text] == [
        "x",
        "2",
    ]
    assert display.get("display") == "block"
    assert display.find(f".//{MATHML}mfrac") is not None
    assert "\\(" not in text
    assert "mjx" not in text


@needs_browser
def test_the_site_leads_to_editions_and_cards(made):
    root, sites, sizes = made
    assert sizes == {
        f"charrnn-book-ru.{end}": (sites / "ru" / f"charrnn-book-ru.{end}").stat().st_size
        for end in ("pdf", "epub")
    }
    front = BeautifulSoup((sites / "ru" / "index.html").read_text(), "html.parser")
    assert [link["href"] for link in front.select("p.editions a")] == list(sizes)
    for name, title in zip(PAGES, TITLES["ru"], strict=True):
        path = sites / "cards" / "ru" / f"{name}.png"
        with Image.open(path) as card:
            assert card.size == (1200, 630)
        assert path.stat().st_size < 60_000
        page = BeautifulSoup((sites / "ru" / f"{name}.html").read_text(), "html.parser")
        (address,) = page.select("meta[property='og:image']")
        assert address["content"].endswith(f"/cards/ru/{name}.png")
        (words,) = page.select("meta[property='og:image:alt']")
        assert words["content"] == f"{title} · {languages(root)['ru'].title}"
    # No page looks like another one.
    pictures = {path.read_bytes() for path in (sites / "cards" / "ru").glob("*.png")}
    assert len(pictures) == len(PAGES)
    assert "editions" not in (sites / "en" / "index.html").read_text()


@needs_browser
def test_letters_without_a_font_are_refused_not_drawn_as_boxes(tmp_path, monkeypatch):
    """On a machine that has the fonts of matplotlib alone."""
    fonts = tmp_path / "fonts.conf"
    folder = f"{matplotlib.get_data_path()}/fonts/ttf"
    fonts.write_text(f"<fontconfig><dir>{folder}</dir><cachedir>{tmp_path}</cachedir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(fonts))
    page = "<!DOCTYPE html><body>Words Слова {}"
    with screenshot.browser() as opened:
        tab = opened.new_page()
        open_book(tab, "http://book.test/known.html", page.format("א ⁂ 1"))
        missing = (
            r"none for 글 자 👧 \(3 in all\): install fonts-noto-core, .* fonts-noto-color-emoji$"
        )
        with pytest.raises(BuildError, match=missing):
            open_book(tab, "http://book.test/unknown.html", page.format("글자 글 👧"))


def run(arguments, sites):
    return editions.main([*arguments, "--site", str(sites)])


def test_a_language_and_a_site_that_are_not_there_are_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(editions, "chromium", lambda: "/usr/bin/chromium")
    assert run(["--language", "xx"], tmp_path) == 1
    assert "editions: language: expected one of en, " in capsys.readouterr().err
    assert run([], tmp_path) == 1
    found = capsys.readouterr().err
    assert found.startswith(f"editions: {tmp_path / 'en' / 'index.html'}: expected the front page")
    assert found.endswith("run: make book\n")
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_a_browser_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(editions, "chromium", lambda: None)
    with pytest.raises(SystemExit, match="2"):
        run([], tmp_path)
    assert screenshot.NO_BROWSER in capsys.readouterr().err


def test_a_file_of_somebody_else_s_stays(book):
    root, sites = book
    path = sites / "en" / "charrnn-book-en.epub"
    path.write_text("mine")
    try:
        with pytest.raises(ValueError, match="expected a new name"):
            editions.make(sites, root, "en")
        assert path.read_text() == "mine"
        assert not (sites / "en" / "charrnn-book-en.pdf").exists()
    finally:
        path.unlink()


def test_a_failure_names_its_language(book, monkeypatch):
    def make(sites, root, code):
        if code == "ru":
            raise ValueError("expected fonts")
        return {f"{code}.pdf": 1}

    # Threads, which start at once: processes would load everything anew.
    monkeypatch.setattr(
        editions, "ProcessPoolExecutor", lambda number, mp_context: ThreadPoolExecutor(number)
    )
    monkeypatch.setattr(editions, "make", make)
    root, sites = book
    assert editions.make_all(sites, root, ["en"]) == {"en/en.pdf": 1}
    with pytest.raises(BuildError, match=r"^ru: expected fonts$"):
        editions.make_all(sites, root, ["en", "ru"])
