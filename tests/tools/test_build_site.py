"""tools.build_site: five languages of a tiny book, as a reader's browser and a crawler see them.

Russian is wholly translated, Korean lacks a chapter, and one page of each Chinese is not current.
"""

import re
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from charrnn.support.folders import MARKER
from tests.helpers.books import CAPTIONS, PAGES, REDIRECTS, add_language, tiny_book
from tests.tools.site.test_build_book import change
from tools import build_site
from tools.build_site import ICONS
from tools.chapters.notebooks import ROOT
from tools.chapters.repository import read_repository
from tools.site.assembly import BuildError
from tools.site.build_book import public_address
from tools.site.extensions.book_search import searchable
from tools.translation.languages import languages

CODES = ["en", "ko", "ru", "zh-Hans", "zh-Hant"]
REPOSITORY = read_repository(ROOT / "_config.yml")
ADDRESS = public_address(REPOSITORY)
# A script that lacks the characters of the other one.
ENCODING = {"zh-Hans": "gb2312", "zh-Hant": "big5"}
# Names and signs that are the same in every language.
NEUTRAL = re.compile(r"[\W\d_]*|Ctrl|K|Colab|Kaggle|\.(?:ipynb|md|pdf)|English|[Tt]iny")
EVERYWHERE = pytest.mark.parametrize(("code", "page"), [(c, p) for c in CODES for p in PAGES])


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    root = tiny_book(tmp_path_factory.mktemp("sites") / "repository")
    for code in CODES[1:]:
        add_language(root, code, chapters=PAGES[2:] if code == "ko" else None)
    change(root / "notebooks/zh-Hans/02_second.ipynb", "formula", translation={"source": "0" * 12})
    change(root / "notebooks/zh-Hant/02_second.ipynb", "formula", translation=None)
    return root


@pytest.fixture(scope="module")
def sites(book):
    output = book.parent / "site"
    pages = build_site.build_all(book / "notebooks/en", output, strict=True, root=book)
    assert pages == dict.fromkeys(CODES, len(PAGES))
    return output


@pytest.fixture(scope="module")
def soup(sites):
    return lambda place: BeautifulSoup((sites / place).read_text(encoding="utf-8"), "html.parser")


def alternates(html):
    return {tag["hreflang"]: tag["href"] for tag in html.select('link[rel~="alternate"]')}


@EVERYWHERE
def test_language_of_a_page_and_its_addresses(soup, code, page):
    html = soup(f"{code}/{page}.html")
    assert html.html["lang"] == code
    own = f"{ADDRESS}{code}/{page}.html"
    assert html.find("link", rel="canonical")["href"] == own
    found = alternates(html)
    default = ADDRESS if page == "index" else f"{ADDRESS}en/{page}.html"
    assert found.pop("x-default") == default
    # Each names all and itself, so that all agree.
    assert found == {other: f"{ADDRESS}{other}/{page}.html" for other in CODES}


@EVERYWHERE
def test_the_menu_leads_to_the_same_page(sites, soup, book, code, page):
    menu = soup(f"{code}/{page}.html").select_one("details.language-menu")
    assert menu.summary["aria-label"] == f"{languages(book)[code].words['menu']}: " + (
        languages(book)[code].name
    )
    links = menu.find_all("a")
    assert [link["lang"] for link in links] == [link["hreflang"] for link in links] == CODES
    for link, language in zip(links, languages(book).values(), strict=True):
        assert link.get_text() == language.name
        assert (link.get("aria-current") == "true") == (language.code == code)
        assert (sites / code / link["href"]).resolve() == sites / language.code / f"{page}.html"
        assert (sites / code / link["href"]).is_file()


@EVERYWHERE
def test_head_of_a_page(soup, code, page):
    html = soup(f"{code}/{page}.html")
    tags = {tag["property"]: tag["content"] for tag in html.select("meta[property]")}
    translated = code != "en" and (code, page) != ("ko", "01_tiny")
    expected = "First words." if page == "index" else "One idea."
    if translated:
        expected = f"First {code} words." if page == "index" else f"One idea in {code}."
    assert html.find("meta", attrs={"name": "description"})["content"] == expected
    assert tags["og:description"] == expected
    assert tags["og:url"] == f"{ADDRESS}{code}/{page}.html"
    assert tags["og:title"] == ("Front" if page == "index" else "Tiny")
    assert tags["og:image"] == f"{ADDRESS}card.png"


@pytest.mark.parametrize(
    ("place", "words", "own"),
    [
        ("ko/01_tiny", ["missing"], "en"),
        ("ko/02_second", [], None),
        ("zh-Hans/02_second", ["stale"], None),
        ("zh-Hant/02_second", ["partial"], None),
        ("ru/02_second", [], None),
        ("en/02_second", [], None),
    ],
)
def test_notice_under_the_title(soup, book, place, words, own):
    code, page = place.split("/")
    section = soup(f"{place}.html").select_one("article section")
    assert section.get("lang") == own
    notice = section.select_one(".translation-notice")
    assert (notice is not None) == bool(words)
    if notice is None:
        return
    assert section.h1.find_next_sibling() is notice
    assert notice.get("lang") == (code if own else None)
    known = languages(book)[code].words
    texts = [p.get_text() for p in notice.select("p:not(.admonition-title)")]
    assert texts == [f"{known[word]} {known['original']}" for word in words]
    assert notice.a["href"] == f"../en/{page}.html"


def test_a_missing_chapter_is_shown_in_english(soup):
    assert "committed" in soup("ko/01_tiny.html").select_one(".cell_output").get_text()
    assert soup("ko/01_tiny.html").select_one("#what-you-will-learn")


@EVERYWHERE
def test_buttons_open_the_file_of_the_language(sites, soup, code, page):
    folder = "en" if (code, page) == ("ko", "01_tiny") else code
    buttons = soup(f"{code}/{page}.html").select(".article-header-buttons a")
    hrefs = [button["href"] for button in buttons]
    if page != "index":
        place = f"{REPOSITORY.name}/blob/{REPOSITORY.reference}/notebooks/{folder}/{page}.ipynb"
        assert f"https://colab.research.google.com/github/{place}" in hrefs
        assert f"https://kaggle.com/kernels/welcome?src=https://github.com/{place}" in hrefs
        (download,) = [href for href in hrefs if href.startswith("_sources/")]
        source = (sites / code / download).read_text(encoding="utf-8")
        assert ("One idea in" in source) == (folder != "en")
    (issue,) = [href for href in hrefs if "/issues/new" in href]
    assert f"/{code}/{page}.html" in unquote(issue)


@EVERYWHERE
def test_the_sidebar_shows_the_parts_in_the_language(soup, book, code, page):
    menu = soup(f"{code}/{page}.html").select_one("nav.bd-links")
    captions = [caption.get_text(strip=True) for caption in menu.select("p.caption")]
    parts = languages(book)[code].parts
    assert captions == [parts.get(caption, caption) for caption in CAPTIONS]
    assert (captions == CAPTIONS) == (code == "en")


@pytest.mark.parametrize(("code", "old"), [(code, old) for code in CODES for old in REDIRECTS])
def test_an_old_address_leads_to_the_new_one(sites, soup, book, code, old):
    html = soup(f"{code}/{old}.html")
    target = f"{REDIRECTS[old]}.html"
    words = languages(book)[code].words
    assert html.html["lang"] == code
    assert html.title.string == html.h1.string == words["moved"]
    assert html.find("link", rel="canonical")["href"] == f"{ADDRESS}{code}/{target}"
    assert html.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    # Without JavaScript, and where a browser does not follow that either.
    refresh = html.select_one("noscript > meta[http-equiv=refresh]")
    assert refresh["content"] == f"0; url={target}"
    (link,) = html.find_all("a")
    assert (link["href"], link.string) == (target, words["moved_to"])
    assert (sites / code / target).is_file()
    # It loads nothing, and the search, the sitemap and the translations do not lead here.
    assert [tag["rel"] for tag in html.find_all("link")] == [["canonical"]]
    assert not html.select("[src]")
    assert searchable((sites / code / f"{old}.html").read_text(encoding="utf-8")) is None
    others = [sites / "sitemap.xml", *(sites / code / f"{page}.html" for page in PAGES)]
    assert all(f"/{old}.html" not in path.read_text(encoding="utf-8") for path in others)


def own_words(html):
    """Return what a page says besides its prose, code, titles and names of languages."""
    prose = "article section, .bd-toc-item, .nav, .prev-next-title, .language-menu, title, kbd"
    notices = [
        text.strip()
        for tag in html.select(".admonition-title")
        for text in tag.find_all(string=True)
    ]
    headings = [tag["title"] for tag in html.select("a.headerlink")]
    prompts = [tag.get_text(strip=True) for tag in html.select("details.hide > summary")]
    attributes = [
        tag[name]
        for tag in html.select("body *")
        for name in ("title", "aria-label", "placeholder", "alt", "data-bs-title")
        if tag.get(name) and not tag.find_parent("article")
    ]
    for tag in html.select(f"{prose}, script, style, head, #jb-print-docs-body h1, .logo__title"):
        tag.decompose()
    return [*notices, *headings, *prompts, *attributes, *html.stripped_strings]


@pytest.mark.parametrize("code", [code for code in CODES if code != "en"])
def test_the_site_speaks_the_language_of_its_pages(sites, soup, book, code):
    language = languages(book)[code]
    if not language.words["messages"]:
        pytest.skip(f"notebooks/{code}/language.yml has no words yet")
    english = set(languages(book)["en"].words) | set(language.words["messages"])
    english |= {text for html in [soup("en/01_tiny.html")] for text in own_words(html)}
    # Latin letters alone are no words of these languages.
    found = set()
    for path in sorted((sites / code).glob("*.html")):
        found |= set(own_words(soup(path.relative_to(sites))))
    left = {text for text in found if re.fullmatch(r"[\x00-\x7f]+", text)}
    assert {text for text in left if not NEUTRAL.fullmatch(text)} == set()
    assert {text for text in found & english if not NEUTRAL.fullmatch(text)} == set()
    if code in ENCODING:
        for text in found:
            text.replace("©", "").encode(ENCODING[code])
    script = (sites / code / "_static" / "copybutton.js").read_text(encoding="utf-8")
    assert language.words["messages"]["Copy to clipboard"] in script
    assert "'Copy to clipboard'" not in script


def test_the_root_page_offers_the_languages_without_javascript(soup, book, sites):
    html = soup("index.html")
    assert html.html["lang"] == "en"
    assert html.find("link", rel="canonical")["href"] == ADDRESS
    assert alternates(html) == alternates(soup("ru/index.html"))
    links = html.find_all("a")
    assert [link["lang"] for link in links] == [link["hreflang"] for link in links] == CODES
    for link in links:
        language = languages(book)[link["lang"]]
        assert list(link.stripped_strings) == [language.name, language.title]
        assert (sites / link["href"]).is_file()
    assert html.find(attrs={"name": "color-scheme"})["content"] == "light dark"
    # Each page writes what this one reads.
    (key,) = re.findall(r'getItem\("([^"]+)"\)', str(html.script))
    written = [str(tag) for tag in soup("ko/01_tiny.html").find_all("script")]
    assert any(f'setItem("{key}", "ko")' in script for script in written)


def test_the_page_for_no_page_offers_the_languages_without_javascript(soup, book, sites):
    html = soup("404.html")
    assert html.find(attrs={"name": "robots"})["content"] == "noindex"
    base = urlsplit(ADDRESS).path
    sections = html.select("main > section")
    assert [section["lang"] for section in sections] == CODES
    for section in sections:
        language = languages(book)[section["lang"]]
        assert section.h2.string == section["data-title"] == language.words["not_found"]
        assert section.a["href"] == f"{base}{language.code}/index.html"
        assert section.form.has_attr("hidden")
    # The host shows it at any depth, so no address begins at the page.
    assert all(link["href"].startswith(base) for link in html.find_all(href=True))
    assert "404" not in (sites / "sitemap.xml").read_text(encoding="utf-8")


@EVERYWHERE
def test_tabs_show_an_icon(sites, soup, code, page):
    for place in (f"{code}/{page}.html", "index.html"):
        icons = [link["href"] for link in soup(place).select("link[rel=icon]")]
        assert [address.rpartition("/")[2].split("?")[0] for address in icons] == [
            "favicon.png",
            "favicon.svg",
        ]
        for address in icons:
            assert ((sites / place).parent / address.split("?")[0]).is_file()


def test_sitemap_and_robots(sites, soup):
    assert f"Sitemap: {ADDRESS}sitemap.xml" in (sites / "robots.txt").read_text().splitlines()
    assert (sites / "card.png").read_bytes() == (ROOT / "pictures/page.png").read_bytes()
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    entries = ElementTree.parse(sites / "sitemap.xml").getroot().findall(f"{space}url")
    found = {}
    for entry in entries:
        links = entry.findall("{http://www.w3.org/1999/xhtml}link")
        found[entry.findtext(f"{space}loc")] = {
            link.get("hreflang"): link.get("href") for link in links
        }
    assert list(found) == [f"{ADDRESS}{code}/{page}.html" for page in PAGES for code in CODES]
    for address, links in found.items():
        assert links == alternates(soup(address.removeprefix(ADDRESS)))


def test_a_failure_in_one_language_leaves_all_old_sites(sites, book):
    path = book / "notebooks/ru/index.md"
    old = path.read_text()
    path.write_text(old + "\n[nowhere](missing.md)\n")
    try:
        with pytest.raises(BuildError, match=r"^ru: (.|\n)*index\.md:.*missing\.md"):
            build_site.build_all(book / "notebooks/en", sites, strict=True, root=book)
    finally:
        path.write_text(old)
    assert sorted(path.name for path in sites.iterdir()) == sorted(
        [MARKER, *CODES, *ICONS, "404.html", "card.png", "index.html", "robots.txt", "sitemap.xml"]
    )
    assert "missing.md" not in (sites / "ru" / "index.html").read_text()
    assert sorted(path.name for path in sites.parent.iterdir()) == ["repository", "site"]


@pytest.fixture
def builds(monkeypatch):
    """Builds of one language that would have been made, with their options."""
    found = []

    def build(source, output, **options):
        found.append((source, output, options))
        return PAGES

    monkeypatch.setattr(build_site, "build", build)
    return found


def test_one_language_alone_is_built_where_its_site_stands(builds, tmp_path, capsys):
    assert build_site.main(["--language", "ru"]) == 0
    assert build_site.main(["--language", "ko", "--strict", "--output", str(tmp_path)]) == 0
    english = ROOT / "notebooks" / "en"
    assert builds == [
        (english, ROOT / "_build" / "site" / "ru", {"strict": False, "language": "ru"}),
        (english, tmp_path, {"strict": True, "language": "ko"}),
    ]
    assert f"{tmp_path}: pages ko 3; " in capsys.readouterr().out


def test_exit_code_of_a_failure(tmp_path, capsys):
    empty = tmp_path / "empty"
    empty.mkdir()
    output = tmp_path / "site"
    assert build_site.main(["--source", str(empty), "--output", str(output)]) == 1
    assert capsys.readouterr().err.startswith("build_site: en: ")
    assert build_site.main(["--language", "xx", "--output", str(output)]) == 1
    assert "received 'xx'" in capsys.readouterr().err
    assert not output.exists()
