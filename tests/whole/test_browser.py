"""The built sites in a real browser.

BOOK_SITES names the folder of the languages' sites. Without it or without Chromium these tests are
skipped; with REQUIRE_BROWSER=1 they fail instead.
"""

import os
import re
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
import yaml
from bs4 import BeautifulSoup

from tests.helpers.browser import (
    FACTS,
    LANGUAGES,
    MISSING,
    NARROW,
    OPEN,
    SITES,
    STICKING_OUT,
    WIDE,
    Tab,
    pages,
    wait_until,
)
from tests.helpers.colours import DARK, contrast
from tools.chapters.notebooks import ROOT, read_chapter, tags

PAGES = {language: pages(SITES / language) for language in LANGUAGES}
EVERY = [(language, page) for language in LANGUAGES for page in PAGES[language]]
# axe takes seconds a page: one language whole, of the others a chapter.
WHOLE = "en"
INSPECTED = [
    (language, page)
    for language in LANGUAGES
    for page in (PAGES[language] if language == WHOLE else PAGES[language][:1])
]
# Query -> what a page has that treats it. A page is found if and only if it has that.
QUERIES = {
    "en": {
        "temperature": r"\btemperatures?\b",
        "temperatures": r"\btemperatures?\b",
        "chromodynamics": r"chromodynamics",
    },
    "ru": dict.fromkeys(("сеть", "сетью", "сети"), r"\bсет(?:ь|и|ью|ей|ям|ями|ях)\b")
    | {"хромодинамика": r"хромодинамик"},
    "zh-Hans": {query: query for query in ("循环神经网络", "生成文本", "神经网络", "量子色动力学")},
    "zh-Hant": {query: query for query in ("循環神經網路", "神經網路", "狀態", "量子色動力學")},
    "ko": dict.fromkeys(("상태", "상태를", "상태는"), r"(?<!\w)상태")
    | {"신경망": r"(?<!\w)신경망", "색역학": r"(?<!\w)색역학"},
}
PLACEHOLDERS = {"en": "Search", "ru": "Поиск", "zh-Hans": "搜索", "zh-Hant": "搜尋", "ko": "검색어"}
FIELD = "pagefind-modal input"
WINDOW = "pagefind-modal dialog"

needs_browser = pytest.mark.skipif(bool(MISSING), reason=MISSING)
each_language = pytest.mark.parametrize("language", LANGUAGES)


def test_the_sites_and_a_browser_are_there():
    if MISSING and os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1: {MISSING}")
    if MISSING:
        pytest.skip(MISSING)


@pytest.fixture(scope="module")
def make_tab(browser, address):
    """Return tabs, one for each set of options, used again and again."""
    tabs = {}

    def make(**options):
        key = repr(sorted(options.items()))
        if key not in tabs:
            options = {"viewport": WIDE, "reduced_motion": "reduce"} | options
            context = browser.new_context(**options)
            context.set_default_timeout(20_000)
            tabs[key] = Tab(context, address)
            OPEN.append(tabs[key])
        return tabs[key]

    yield make
    for tab in tabs.values():
        tab.page.context.close()
    OPEN.clear()


@pytest.fixture
def tab(make_tab):
    return make_tab()


@pytest.fixture(scope="module")
def look(make_tab):
    """Return what one visit to a page found; each page is visited once."""
    seen = {}

    def visit(language, page):
        if (language, page) not in seen:
            tab = make_tab()
            tab.page.set_viewport_size(WIDE)
            opened = tab.open(f"{language}/{page}")
            facts = opened.evaluate(FACTS)
            opened.set_viewport_size(NARROW)
            facts["sticking_out"] = opened.evaluate(STICKING_OUT)
            facts["complaints"] = [*tab.complaints]
            opened.set_viewport_size(WIDE)
            seen[language, page] = facts
        return seen[language, page]

    return visit


def chapter(language, selector=""):
    """Return the first page of a language that holds a text, in its file."""
    for page in PAGES[language]:
        if page != "index.html" and selector in (SITES / language / page).read_text("utf-8"):
            return page
    return pytest.skip(f"{language}: no page has {selector}")


@pytest.mark.parametrize(("language", "page"), EVERY)
def test_a_page_opens_without_complaint(look, language, page):
    assert look(language, page)["complaints"] == []


@pytest.mark.parametrize(("language", "page"), EVERY)
def test_no_page_scrolls_sideways_on_a_telephone(look, language, page):
    assert look(language, page)["sticking_out"] == []


@pytest.mark.parametrize(("language", "page"), EVERY)
def test_no_emphasis_is_left_unrendered(look, language, page):
    prose = look(language, page)["prose"]
    assert re.findall(r".{0,20}[*`].{0,20}", prose) == []


@pytest.mark.parametrize(("language", "page"), EVERY)
def test_formulas_are_set(look, language, page):
    facts = look(language, page)
    assert facts["unset"] == []
    assert facts["broken"] == []


@needs_browser
def test_some_page_has_formulas(look):
    assert any(look(language, page)["formulas"] for language, page in EVERY)


# The language menu


def other_than(language):
    others = [other for other in LANGUAGES if other != language]
    if not others:
        pytest.skip("one language alone has no menu")
    return others[0]


@each_language
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_menu_leads_to_the_same_page_by_mouse(make_tab, language, script):
    other, page = other_than(language), chapter(language)
    tab = make_tab(java_script_enabled=script)
    tab.page.goto(f"{tab.address}/{language}/{page}")
    tab.page.locator(".language-menu summary").click()
    tab.page.locator(f'.language-menu a[hreflang="{other}"]').click()
    tab.page.wait_for_url(f"{tab.address}/{other}/{page}")
    assert tab.page.locator("html").get_attribute("lang") == other


@each_language
def test_the_menu_works_by_keyboard(tab, language):
    other, page = other_than(language), chapter(language)
    opened = tab.open(f"{language}/{page}")
    opened.locator(".language-menu summary").focus()
    opened.keyboard.press("Enter")
    focused = "document.activeElement.getAttribute('hreflang')"
    for _ in range(len(LANGUAGES) + 1):
        opened.keyboard.press("Tab")
        if opened.evaluate(focused) == other:
            break
    assert opened.evaluate(focused) == other
    opened.keyboard.press("Enter")
    opened.wait_for_url(f"{tab.address}/{other}/{page}")


@each_language
def test_the_open_menu_fits_a_telephone(make_tab, language):
    other_than(language)
    opened = make_tab(viewport=NARROW).open(f"{language}/{chapter(language)}")
    opened.locator(".language-menu summary").click()
    for link in opened.locator(".language-menu a").all():
        box = link.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= NARROW["width"]
    assert opened.evaluate(STICKING_OUT) == []


# Old addresses


def moved(language):
    """Return an old page, the page it leads to, and an anchor there."""
    redirects = yaml.safe_load((ROOT / "_redirects.yml").read_text(encoding="utf-8"))
    old, new = next(iter(redirects.items()))
    html = BeautifulSoup((SITES / language / f"{new}.html").read_text("utf-8"), "html.parser")
    return f"{old}.html", f"{new}.html", html.select("article section[id]")[-1]["id"]


def ends_on(page, address):
    """Wait until the page that was left for another one stands there; compare what is read."""
    page.wait_for_url(lambda url: unquote(url) == address)
    assert page.locator("article h1").count() == 1


@each_language
def test_an_old_address_leads_on_with_its_fragment(tab, language):
    old, new, anchor = moved(language)
    opened = tab.open(f"{language}/index.html")
    opened.goto(f"{tab.address}/{language}/{old}#{anchor}", wait_until="commit")
    ends_on(opened, f"{tab.address}/{language}/{new}#{anchor}")
    assert tab.complaints == []
    opened.go_back()
    ends_on(opened, f"{tab.address}/{language}/index.html")


@each_language
def test_an_old_address_leads_on_without_javascript(make_tab, language):
    old, new, _ = moved(language)
    tab = make_tab(java_script_enabled=False)
    tab.page.goto(f"{tab.address}/{language}/{old}", wait_until="commit")
    ends_on(tab.page, f"{tab.address}/{language}/{new}")


@needs_browser
def test_an_old_page_opened_as_a_file_leads_on(browser):
    context = browser.new_context(viewport=WIDE)
    tab = Tab(context, "file://")
    for language in LANGUAGES:
        old, new, anchor = moved(language)
        tab.page.goto(f"{(SITES / language / old).as_uri()}#{anchor}", wait_until="commit")
        ends_on(tab.page, f"{(SITES / language / new).as_uri()}#{anchor}")
    assert tab.complaints == []
    context.close()


# Search


def search(page, query):
    """Type a query into the search's field and return the pages found, best first."""
    field = page.locator(FIELD)
    if not field.is_visible():
        page.keyboard.press("Control+K")
    found = """query => new Promise(done => {
      const search = PagefindComponents.getInstanceManager().getInstance("default");
      search.on("results", async ({ results }) => {
        if (search.searchTerm !== query) return;
        done((await Promise.all(results.map(result => result.data()))).map(page => page.url));
      });
      search.triggerSearch(query);
    })"""
    field.fill(query)
    return [unquote(urlsplit(address).path) for address in page.evaluate(found, query)]


@pytest.mark.parametrize(
    ("language", "query"), [(code, query) for code in LANGUAGES for query in QUERIES.get(code, {})]
)
def test_search_finds_the_pages_that_have_the_word(tab, look, language, query):
    pattern = re.compile(QUERIES[language][query], re.I)
    having = {
        f"/{language}/{page}"
        for page in PAGES[language]
        if pattern.search(look(language, page)["searched"])
    }
    if not tab.page.url.startswith(f"{tab.address}/{language}/index.html"):
        tab.open(f"{language}/index.html")
    found = search(tab.page, query)
    assert len(found) == len(set(found))
    assert set(found) == having
    assert tab.complaints == []
    # The last query of each language is one that no page should have.
    if not having and query != [*QUERIES[language]][-1]:
        pytest.skip(f"{language}: no page has {query} yet")


def messages():
    """Give what two chapters print for those who search for it: each message's first sentence."""
    for name in ("tutorials", "project_clinic"):
        for cell in read_chapter(ROOT / f"notebooks/en/{name}.ipynb").cells:
            if "searched" in tags(cell):
                text = "".join(output.get("text", "") for output in cell.outputs)
                for line in re.findall(r"(?:\w+Error|a warning): (.{12,})", text):
                    yield f"{name}.html", line.split(". ")[0]


@each_language
def test_search_finds_the_page_by_the_message_of_an_error(tab, language):
    tab.open(f"{language}/index.html")
    wanted = [*messages()]
    assert len(wanted) > 25
    lost = [
        (page, line) for page, line in wanted if f"/{language}/{page}" not in search(tab.page, line)
    ]
    assert lost == []


@each_language
def test_search_by_keyboard_leads_to_a_page(tab, look, language):
    # Before the window opens, because the first look at a page happens in this very tab.
    words = re.findall(r"[^\W\d_]{2,}", look(language, "index.html")["searched"])
    opened = tab.open(f"{language}/index.html")
    button = opened.locator(".search-button__button:visible").first
    button.focus()
    opened.keyboard.press("Enter")
    wait_until(opened, f"document.activeElement.matches('{FIELD}')")
    assert opened.locator(FIELD).get_attribute("placeholder") == PLACEHOLDERS[language]

    opened.keyboard.press("Escape")
    opened.locator(WINDOW).wait_for(state="hidden")
    assert opened.evaluate("document.activeElement.matches('.search-button__button')")

    # On a Russian keyboard the key K writes another letter.
    opened.evaluate(
        """document.body.dispatchEvent(new KeyboardEvent("keydown",
             {key: "л", code: "KeyK", ctrlKey: true, bubbles: true}))"""
    )
    opened.locator(FIELD).wait_for()
    opened.keyboard.type(words[0])
    opened.locator("pagefind-results a").first.wait_for()
    opened.keyboard.press("ArrowDown")
    with opened.expect_navigation():
        opened.keyboard.press("Enter")
    assert opened.url.startswith(f"{tab.address}/{language}/")
    assert tab.complaints == []


@pytest.mark.parametrize(
    ("language", "scheme"),
    [(code, scheme) for code in LANGUAGES for scheme in ("light", "dark")[: 1 + (code == WHOLE)]],
)
def test_the_search_window_is_accessible_and_fits_a_telephone(make_tab, look, language, scheme):
    tab = make_tab(color_scheme=scheme, viewport=NARROW)
    opened = tab.open(f"{language}/index.html")
    opened.locator(".search-button__button:visible").first.click()
    words = re.findall(r"[^\W\d_]{2,}", look(language, "index.html")["searched"])
    opened.locator(FIELD).fill(words[0])
    opened.locator("pagefind-results a").first.wait_for()
    assert tab.serious("pagefind-modal") == []
    box = opened.locator(WINDOW).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= NARROW["width"]
    assert opened.evaluate(STICKING_OUT) == []


@needs_browser
def test_a_page_opened_as_a_file_says_that_search_needs_a_server(browser):
    context = browser.new_context(viewport=WIDE)
    tab, notices = Tab(context, "file://"), []
    tab.page.on("dialog", lambda dialog: (notices.append(dialog.message), dialog.accept()))
    for language in LANGUAGES:
        tab.page.goto((SITES / language / "index.html").as_uri())
        tab.page.keyboard.press("Control+K")
    assert len(notices) == len(LANGUAGES)
    assert all(notices)
    assert tab.complaints == []
    context.close()


# Other parts of a page


@each_language
@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_folded_solution_opens(tab, language, way):
    opened = tab.open(f"{language}/{chapter(language, '<summary>')}")
    solution = opened.locator("article details:not(.hide):has(pre)").first
    code = solution.locator("pre").first
    assert not code.is_visible()
    summary = solution.locator("summary").first
    if way == "mouse":
        summary.click()
    else:
        summary.focus()
        opened.keyboard.press("Enter")
    assert code.is_visible()
    assert tab.complaints == []


@each_language
def test_dark_mode_switches_and_is_kept(browser, address, language):
    context = browser.new_context(viewport=WIDE, color_scheme="light")
    tab = Tab(context, address)
    opened = tab.open(f"{language}/index.html")
    theme = "document.documentElement.dataset.theme"
    ground = """getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
      .slice(0, 3).reduce((sum, part) => sum + Number(part), 0)"""
    assert opened.evaluate(theme) == "light"
    assert opened.evaluate(ground) > 600
    for _ in range(3):
        opened.locator(".theme-switch-button:visible").first.click()
        if opened.evaluate(theme) == "dark":
            break
    for page in ("index.html", chapter(language)):
        opened = tab.open(f"{language}/{page}")
        assert opened.evaluate(theme) == "dark"
        assert opened.evaluate(ground) < 150
    assert tab.complaints == []
    context.close()


# Figures and text in colours

FIGURE = ".cell_output img"
COLOURED = ".cell_output .coloured-text"


def hex_of(colour):
    """Return #rrggbb of what a browser writes as rgb(…)."""
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])


@each_language
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_figure_fills_the_column(make_tab, language, size):
    opened = make_tab(viewport=size).open(f"{language}/{chapter(language, '_images/')}")
    sizes = """found => [found.width, found.height, found.naturalWidth, found.naturalHeight,
      found.closest("section").querySelector("p").getBoundingClientRect().width]"""
    for figure in opened.locator(FIGURE).all():
        width, height, own_width, own_height, column = figure.evaluate(sizes)
        assert width == pytest.approx(column, abs=1)
        assert width / height == pytest.approx(own_width / own_height, rel=0.02)


@each_language
@pytest.mark.parametrize(("mark", "place"), [("_images/", FIGURE), ("coloured-text", COLOURED)])
def test_figures_and_coloured_text_stand_on_the_ground_of_a_dark_page(
    make_tab, language, mark, place
):
    opened = make_tab(color_scheme="dark").open(f"{language}/{chapter(language, mark)}")
    assert opened.evaluate("document.documentElement.dataset.theme") == "dark"
    shown = opened.locator(place).first
    grounds = """found => {
      const grounds = [];
      for (let each = found; each !== document.body; each = each.parentElement)
        grounds.push(getComputedStyle(each).backgroundColor);
      return grounds;
    }"""
    page = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert {*shown.evaluate(grounds)} <= {"rgba(0, 0, 0, 0)", page}
    # What the tests of the colours compute with.
    assert hex_of(page) == DARK[0]
    colour = shown.evaluate("found => getComputedStyle(found).color")
    assert place == FIGURE or hex_of(colour) == DARK[1]


@each_language
def test_outputs_say_their_language_if_it_is_not_that_of_the_page(tab, language):
    opened = tab.open(f"{language}/{chapter(language, 'First Citizen')}")
    shown = opened.locator(".cell_output .output", has_text="First Citizen").first
    spoken = shown.evaluate("found => found.closest('[lang]').lang")
    assert spoken == "en"
    # Words about figures are translated.
    for figure in opened.locator(FIGURE).all():
        assert figure.evaluate("found => found.closest('[lang]').lang") == language


@pytest.mark.parametrize(("language", "page"), INSPECTED)
def test_axe_finds_nothing_serious(tab, language, page):
    tab.page.emulate_media(color_scheme="light")
    opened = tab.open(f"{language}/{page}")
    assert tab.serious(rules={"color-contrast": {"enabled": False}}) == []
    # Colours of code are the same on every page, and take axe most of its time.
    code = () if (language, page) == (WHOLE, chapter(WHOLE)) else ("pre",)
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)
        wait_until(opened, f"document.documentElement.dataset.theme === '{scheme}'")
        assert tab.serious(exclude=("mjx-container", *code), runOnly=["color-contrast"]) == []
    opened.emulate_media(color_scheme="light")


@each_language
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_front_page_begins_with_what_the_machine_wrote(make_tab, language, size):
    """Title, its text and three ways in stand within the first 700 pixels."""
    page = make_tab().open(f"{language}/index.html")
    page.set_viewport_size(size)
    written, ways = page.locator(".opening"), page.locator("article .opening ~ ul").first
    lines = [written, *ways.locator("li").all()]
    assert len(lines) == 4
    bottoms = [box["y"] + box["height"] for box in (line.bounding_box() for line in lines)]
    page.set_viewport_size(WIDE)
    assert bottoms == sorted(bottoms)
    assert bottoms[-1] <= 700
    size_of = "(element) => parseFloat(getComputedStyle(element).fontSize)"
    assert written.evaluate(size_of) > ways.evaluate(size_of)


@each_language
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shaded_letters_can_be_read(make_tab, language, scheme):
    page = make_tab(color_scheme=scheme).open(f"{language}/index.html")
    # The pen has put its own text, in the same colours, in place of the stored one.
    shown = page.evaluate(
        """() => [...document.querySelectorAll(".live-text span")].map((span) => {
          const style = getComputedStyle(span);
          return [style.color, style.backgroundColor,
            getComputedStyle(document.body).backgroundColor];
        })"""
    )
    assert len(shown) > 30
    for colours in {tuple(each) for each in shown}:
        numbers = [[float(part) for part in re.findall(r"[\d.]+", colour)] for colour in colours]
        letters, tint, ground = (np.array(each[:3]) / 255 for each in numbers)
        opacity = (numbers[1] + [1.0])[3]
        assert contrast(letters, opacity * tint + (1 - opacity) * ground) >= 4.5
