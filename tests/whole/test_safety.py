"""What the pages may do: their policy, tried in Chromium, and the page for no page.

That a policy forbids nothing that the pages do is seen in `test_browser` and `test_live`, where a
refusal is a complaint of the browser; `test_live_in_firefox` tries the same in Firefox.
"""

import re

import pytest

from tests.helpers.browser import LANGUAGES, MISSING, NARROW, SITES, WIDE, Tab
from tests.helpers.hosts import BASE, Elsewhere, Host
from tests.helpers.policy import ATTEMPT, ATTEMPTS, KINDS
from tools import screenshot
from tools.chapters.notebooks import ROOT
from tools.chapters.repository import read_repository
from tools.site.build_book import storage_key
from tools.translation.languages import languages

REPOSITORY = read_repository(ROOT / "_config.yml")
needs_browser = pytest.mark.skipif(bool(MISSING), reason=MISSING)
POLICY = re.compile(
    r'<meta charset="utf-8" ?/?>\s*<meta http-equiv="Content-Security-Policy" content="([^"]*)">'
)


@pytest.fixture(scope="module")
def elsewhere():
    with screenshot.served(SITES, Elsewhere) as found:
        yield found


@pytest.fixture(scope="module")
def host():
    with screenshot.served(SITES, Host) as found:
        yield f"{found}{BASE}"


@pytest.fixture
def tab(browser, host):
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield Tab(context, host.rstrip("/"))
    context.close()


@needs_browser
@pytest.mark.parametrize("page", KINDS)
def test_what_is_put_into_a_page_does_nothing(tab, elsewhere, page):
    opened = tab.open(page)
    assert tab.complaints == []
    assert opened.evaluate(ATTEMPT, elsewhere) == []
    # Without a policy all of it happens.
    if page == KINDS[0]:
        opened.goto(f"{elsewhere}/page.html")
        assert set(opened.evaluate(ATTEMPT, elsewhere)) == ATTEMPTS


@needs_browser
def test_buttons_of_the_theme_do_what_they_say(tab):
    opened = tab.open("en/training.html")
    opened.evaluate("() => { window.print = () => (window.done = 'print'); }")
    opened.evaluate("() => { window.toggleFullScreen = () => (window.done = 'fullscreen'); }")
    for name in ("print", "fullscreen"):
        opened.locator(f"[data-does={name}]").dispatch_event("click")
        assert opened.evaluate("done") == name
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.locator("div.highlight").nth(2).hover()
    opened.locator("button.copybtn").nth(2).click()
    copied = opened.evaluate("() => navigator.clipboard.readText()")
    assert copied.strip() == opened.locator("div.highlight pre").nth(2).inner_text().strip()
    assert tab.complaints == []


@needs_browser
def test_the_colours_of_a_page_are_chosen_before_it_is_shown(browser, address):
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        tab = Tab(context, address)
        tab.page.route("**/*.js*", lambda route: route.abort())
        tab.page.goto(f"{address}/en/training.html")
        assert tab.page.evaluate("document.documentElement.dataset.theme") == scheme
        context.close()


@needs_browser
def test_pages_say_their_policy_first_and_new_tabs_have_no_hold_on_them():
    pages = [path for path in SITES.rglob("*.html") if not {"_static", "pagefind"} & {*path.parts}]
    assert len(pages) > 5 * len(LANGUAGES)
    for path in pages:
        text = path.read_text(encoding="utf-8")
        head = re.split(r"<head>\s*", text, maxsplit=1)[1]
        assert POLICY.match(head), path
        assert "unsafe-eval" not in POLICY.match(head)[1].replace("'wasm-unsafe-eval'", "")
        assert "onclick=" not in text
        for link in re.findall(r"<a\b[^>]*target=\"_blank\"[^>]*>", text):
            assert re.search(r'rel="[^"]*\bnoopener\b', link), f"{path}: {link}"


# The page for no page


@pytest.fixture
def make_lost(browser, host):
    contexts = []

    def make(**options):
        context = browser.new_context(viewport=NARROW, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        return Tab(context, host.rstrip("/"))

    yield make
    for context in contexts:
        context.close()


@needs_browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_without_a_page_offers_the_search_of_its_language(make_lost, language):
    tab = make_lost(locale="fr")
    page = tab.page
    answer = page.goto(f"{tab.address}/{language}/deeper/temperature.html")
    assert answer.status == 404
    tab.complaints.clear()  # which says just that
    known = languages(ROOT)[language].words
    assert page.locator("html").get_attribute("lang") == language
    assert page.title() == page.locator("h1").inner_text() == known["not_found"]
    shown = page.locator("main section").first
    field = shown.get_by_role("searchbox", name=known["search"])
    assert field.input_value() == "deeper temperature"
    assert tab.serious("main") == []
    word = {"en": "temperature", "ru": "сеть", "ko": "상태"}.get(language, "生成")
    field.fill(word)
    field.press("Enter")
    found = page.locator("pagefind-results a").first
    found.wait_for()
    assert page.locator("pagefind-modal input").input_value() == word
    found.click()
    page.wait_for_url(f"{tab.address}/{language}/**")
    assert page.locator("article h1").count() == 1
    assert tab.complaints == []


@needs_browser
def test_elsewhere_the_reader_s_language_comes_first(make_lost):
    other = LANGUAGES[-1]
    tab = make_lost(locale=other)
    tab.page.goto(f"{tab.address}/nothing.html")
    assert tab.page.locator("html").get_attribute("lang") == other
    key = storage_key(REPOSITORY)
    tab.page.evaluate("([key, code]) => localStorage.setItem(key, code)", [key, LANGUAGES[0]])
    tab.page.reload()
    assert tab.page.locator("html").get_attribute("lang") == LANGUAGES[0]
    assert tab.page.locator("main section").count() == len(LANGUAGES)


@needs_browser
def test_without_javascript_an_address_without_a_page_leads_to_each_language(make_lost):
    tab = make_lost(java_script_enabled=False)
    tab.page.goto(f"{tab.address}/en/nothing.html")
    robots = tab.page.locator("meta[name=robots]")
    assert robots.get_attribute("content") == "noindex"
    assert tab.page.locator("form:visible").count() == 0
    links = tab.page.locator("main a")
    addresses = [link.get_attribute("href") for link in links.all()]
    assert addresses == [f"{BASE}{code}/index.html" for code in LANGUAGES]
    links.last.click()
    tab.page.wait_for_url(f"{tab.address}/{LANGUAGES[-1]}/index.html")
