"""What becomes of a built page in the book on paper, and the links to the editions."""

import re

import pytest
from bs4 import BeautifulSoup

from tests.helpers.editions import CODES, TITLES, tiny_site
from tools.site.assembly import BuildError
from tools.site.cards import with_card
from tools.site.edition_links import with_links
from tools.site.edition_pages import css_string, pages_in_order, print_page, read_chapters
from tools.translation.languages import languages

ADDRESS = "https://host/book/en/"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return tiny_site(tmp_path_factory.mktemp("editions"))


@pytest.fixture(scope="module")
def chapters(book):
    root, sites = book
    return read_chapters(root, sites / "en", languages(root)["en"], ADDRESS)


@pytest.fixture(scope="module")
def tiny(chapters):
    return BeautifulSoup(chapters[1].body, "html.parser")


def test_the_chapters_stand_in_the_order_of_the_toc(book, chapters):
    expected = [("index", ""), ("01_tiny", "It writes"), ("02_second", "How it works")]
    assert [(each.name, each.part) for each in chapters] == expected
    assert [each.title for each in chapters] == TITLES["en"]
    root, sites = book
    known = languages(root)["ru"]
    parts = [part for _, part in pages_in_order(root, sites / "ru", known)]
    assert parts == ["", *(known.parts[part] for _, part in expected[1:])]


def test_the_terms_come_last_where_the_site_has_them(book):
    root, sites = book
    path = sites / "ru" / "terms.html"
    path.touch()
    try:
        found = pages_in_order(root, sites / "ru", languages(root)["ru"])
    finally:
        path.unlink()
    assert found[-1] == ("terms", found[-2][1])


def test_what_serves_a_screen_goes(chapters, tiny):
    text = tiny.get_text()
    for gone in ("#", "install", "Show", "alert"):
        assert gone not in text
    assert not tiny.select("script, a.headerlink, details, summary, a.image-reference")
    assert "Menu" not in chapters[0].body
    assert "data-stored" not in chapters[0].body
    # And what is to be read stays.
    assert tiny.select_one(".cell_input pre").get_text() == "x = 1"
    assert tiny.img["alt"] == "One"
    assert 'R<span class="tenth-1">O</span>' in chapters[0].body


def test_answers_stand_at_the_end_and_are_found_from_their_question(tiny):
    questions, answers = tiny.select(".to-answer"), tiny.select(".answers .answer")
    assert [each.get_text() for each in questions] == ["Uncover 1", "Uncover 2"]
    assert [each.get_text().split("\n")[-1] for each in answers] == [
        "Uncover 1It is two.",
        "Uncover 2It is three.",
    ]
    for question, answer in zip(questions, answers, strict=True):
        back = answer.select_one(".answered")
        assert question.a["href"] == f"#{back['id']}"
        assert back.a["href"] == f"#{question['id']}"
    assert tiny.find_all("section", recursive=False)[-1]["class"] == ["answers"]


def test_a_chapter_without_answers_has_no_place_for_them(chapters):
    assert "answers" not in chapters[0].body


def test_links_lead_within_the_book_or_to_whole_addresses(tiny):
    links = {link.get_text(): link["href"] for link in tiny.select("p > a") if "--" not in link}
    assert links["Other"] == "https://host/book/ru/01_tiny.html"
    assert links["Part"] == "#02_second--part"
    assert links["Here"] == "#01_tiny--part"
    assert links["Gone"] == "#01_tiny"
    assert links["Out"] == "https://host/"


def test_no_anchor_of_the_book_occurs_twice_and_each_link_has_one(book, chapters):
    root, sites = book
    page = print_page(root, sites / "en", chapters, languages(root)["en"], ADDRESS)
    html = BeautifulSoup(page, "html.parser")
    anchors = [tag["id"] for tag in html.find_all(id=True)]
    assert len(anchors) == len(set(anchors))
    assert {link["href"][1:] for link in html.select("a[href^='#']")} <= set(anchors)
    assert html.html["lang"] == "en"
    assert ".highlight .o" in page  # the style of code is the site's own
    assert 'content: "Tiny & small"' in page


def test_a_title_ends_neither_its_string_of_css_nor_the_style_sheet():
    assert css_string('a "b" \\ </style>') == r'"a \22 b\22  \5c  \3c /style>"'


@pytest.mark.parametrize("broken", [None, "<article class='bd-article'><p>No title.</p></article>"])
def test_a_page_that_is_missing_or_none_of_the_book_is_named(book, broken):
    root, sites = book
    path = sites / "en" / "02_second.html"
    old = path.read_text()
    path.unlink() if broken is None else path.write_text(broken)
    try:
        with pytest.raises(BuildError, match=r"02_second\.html: expected .*, found none"):
            read_chapters(root, sites / "en", languages(root)["en"], ADDRESS)
    finally:
        path.write_text(old)


@pytest.mark.parametrize("code", CODES)
def test_the_front_page_leads_to_the_editions_with_their_size(book, code):
    root, sites = book
    words = languages(root)[code].words
    page = (sites / code / "index.html").read_text()
    once = with_links(page, {"a.pdf": 7_600_000, "a.epub": 400}, words)
    html = BeautifulSoup(once, "html.parser")
    paragraph = html.select_one("article p.editions")
    eight, one = (words["live_megabytes"].format(size=size) for size in (8, 1))
    assert paragraph.get_text() == words["edition_offline"].format(
        pdf=f"PDF ({eight})", epub=f"EPUB ({one})"
    )
    assert [link["href"] for link in paragraph.find_all("a")] == ["a.pdf", "a.epub"]
    assert paragraph.find_previous_sibling().name == "ul"
    # Once more, with other sizes: in place of the first ones.
    again = with_links(once, {"a.pdf": 9_000_000, "a.epub": 400}, words)
    assert again == with_links(page, {"a.pdf": 9_000_000, "a.epub": 400}, words)
    assert eight not in again


def test_a_front_page_without_a_list_has_the_links_at_its_end():
    words = {"edition_offline": "Offline: {pdf}", "live_megabytes": "{size} MB"}
    page = '<ul></ul><article class="bd-article"><p>Words.</p></article>'
    html = BeautifulSoup(with_links(page, {"a.pdf": 10**7}, words), "html.parser")
    assert html.article.find_all("p")[-1].get_text() == "Offline: PDF (10 MB)"
    with pytest.raises(ValueError, match="expected a front page with an article"):
        with_links("<ul></ul>", {"a.pdf": 1}, words)


def test_a_head_names_its_card_in_place_of_another(book):
    _, sites = book
    page = (sites / "en" / "01_tiny.html").read_text()
    changed = with_card(page, 'Tiny "&" · Front', "https://host/cards/en/01_tiny.png")
    assert with_card(changed, 'Tiny "&" · Front', "https://host/cards/en/01_tiny.png") == changed
    html = BeautifulSoup(changed, "html.parser")
    found = {tag["property"]: tag["content"] for tag in html.select("meta[property^='og:image']")}
    assert found == {
        "og:image": "https://host/cards/en/01_tiny.png",
        "og:image:alt": 'Tiny "&" · Front',
        "og:image:width": "1200",
        "og:image:height": "630",
    }
    rest = re.sub(r" *<meta property=\"og:image.*\n", "", page)
    assert re.sub(r" *<meta property=\"og:image.*\n", "", changed) == rest
