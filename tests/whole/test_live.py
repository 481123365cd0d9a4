"""The live elements in a real browser, on the built sites: by keyboard, in every language.

As in `test_browser`, BOOK_SITES names the folder of the sites.
"""

import gzip
import json
import math
import re
import unicodedata

import pytest
from bs4 import BeautifulSoup

from charrnn.live.script import words
from charrnn.sampler import Sampler
from charrnn.weights import shipped
from tests.helpers.browser import LANGUAGES, MISSING, NARROW, SITES, WIDE, Tab, wait_until
from tests.helpers.colours import contrast
from tools.opening import MODELS

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
each_language = pytest.mark.parametrize("language", LANGUAGES)
# Element -> a page that has it.
PAGES = {"pen": "index", "guess": "counting", "colours": "what_units_learn"}
# Nothing is being written.
IDLE = "() => !document.querySelector('[aria-busy]')"
each_element = pytest.mark.parametrize("element", PAGES)


@pytest.fixture
def make_tab(browser, address):
    """Return new tabs: what was loaded in one is not known to another."""
    contexts = []

    def make(**options):
        context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce"} | options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        return Tab(context, address)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def tab(make_tab):
    return make_tab()


def name(language, key, **values):
    return words(language)[f"live_{key}"].format(**values)


def button(page, language, key):
    """Return the button that has a word, whatever stands behind it."""
    return page.get_by_role("button", name=re.compile(f"^{re.escape(name(language, key))}"))


def seen(language, sign):
    """Return how an element shows a character."""
    known = {"\n": f"↵ {name(language, 'line_end')}", " ": f"␣ {name(language, 'space')}"}
    if sign in known:
        return known[sign]
    kind = unicodedata.category(sign)
    if sign.isspace() or kind.startswith("C"):
        return f"U+{ord(sign):04X}"
    return f"◌{sign}" if kind.startswith("M") else sign


def stored(page, element):
    source = page.evaluate("() => document.documentElement.outerHTML")
    (found,) = BeautifulSoup(source, "html.parser").select(f".live[data-live={element}]")
    return json.loads(found["data-stored"])


def text(page):
    return page.evaluate("() => document.querySelector('.live-text').textContent")


def bars(page):
    """Return what stands in the bars: [sign, number]."""
    found = page.locator(".live-bars li")
    return [
        [item.locator(".live-sign").inner_text(), item.locator(".live-number").inner_text()]
        for item in found.all()
    ]


def slide(page, language, key, presses, key_name="ArrowRight"):
    control = page.get_by_role("slider", name=name(language, key))
    control.focus()
    for _ in range(presses):
        page.keyboard.press(key_name)
    return control


def load(page, language):
    """Press the button that loads the model; it then writes a piece."""
    button(page, language, "write").click()
    button(page, language, "again").wait_for()
    wait_until(page, IDLE)


@each_element
@each_language
def test_an_element_comes_alive_fits_a_telephone_and_is_accessible(make_tab, language, element):
    """One visit for all of it, because a page with formulas takes seconds to open."""
    tab = make_tab(viewport={"width": 320, "height": NARROW["height"]}, color_scheme="light")
    page = tab.open(f"{language}/{PAGES[element]}.html")
    assert page.locator(f".live-on[data-live={element}]").count() == 1
    wide = """() => [...document.querySelectorAll(".live-on, .live-on *")]
      .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .map((e) => e.outerHTML.slice(0, 100))"""
    assert page.evaluate(wide) == []
    page.set_viewport_size(WIDE)
    for details in page.locator(".live-on details").all():
        details.locator("summary").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        wait_until(page, f"document.documentElement.dataset.theme === '{scheme}'")
        assert tab.serious(include=".live-on") == [], scheme
    assert tab.complaints == []


@each_language
def test_the_pen_moves_along_its_text_by_keyboard(tab, language):
    page = tab.open(f"{language}/index.html")
    pen = stored(page, "pen")
    assert text(page) == pen["text"]
    control = slide(page, language, "place", 3)
    at = pen["at"] + 3
    assert int(control.input_value()) == at
    # The likeliest characters stand in the order of the record, the one that came is marked.
    expected = [seen(language, sign) for sign in pen["places"][at][0][:6]]
    assert [sign for sign, _ in bars(page)][:6] == expected
    came = page.locator(".live-bars [aria-current] .live-sign").all_inner_texts()
    assert came == [seen(language, pen["text"][at + 1])]


@each_language
def test_temperature_moves_the_bars_before_anything_is_loaded(tab, language):
    page = tab.open(f"{language}/index.html")
    before = bars(page)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    slide(page, language, "temperature", 6, "ArrowLeft")
    colder = bars(page)
    assert [sign for sign, _ in colder] == [sign for sign, _ in before]

    def first(found):
        return float(re.sub(r"[^\d]", "", found[0][1]))

    assert first(colder) > first(before)
    # The browser fetches the tab's icon when it has nothing else to do.
    assert [address for address in requests if "favicon" not in address] == []


@each_language
def test_the_pen_writes_on_from_the_thumb(tab, language):
    page = tab.open(f"{language}/index.html")
    pen = stored(page, "pen")
    load(page, language)
    begin = pen["text"][: pen["at"] + 1]
    written = text(page)
    assert written.startswith(begin)
    assert len(written) == len(begin) + 200
    assert re.search(r"\b200", page.locator(".live-status").inner_text())
    button(page, language, "again").click()
    wait_until(page, IDLE)
    other = text(page)
    assert other.startswith(begin)
    assert len(other) == len(written)
    assert other != written
    button(page, language, "write").click()  # now the thumb is at the end
    wait_until(page, IDLE)
    assert text(page).startswith(other)
    assert len(text(page)) == len(other) + 200
    button(page, language, "restart").click()
    assert text(page) == pen["text"]
    assert tab.complaints == []


@each_language
def test_a_bar_that_is_pressed_goes_on_as_the_python_sampler_does(tab, language):
    page = tab.open(f"{language}/index.html")
    pen = stored(page, "pen")
    load(page, language)
    button(page, language, "restart").click()
    page.locator(".live-bars button:not([aria-current])").nth(1).focus()
    page.keyboard.press("Enter")
    chosen = text(page)
    assert len(chosen) == pen["at"] + 2
    assert chosen[:-1] == pen["text"][: pen["at"] + 1]
    assert chosen != pen["text"][: len(chosen)]
    # The keyboard stays among the bars.
    assert page.evaluate("() => document.activeElement.className") == "live-bar"
    button(page, language, "likeliest").click()
    wait_until(page, IDLE)
    sampler = Sampler.load(shipped(MODELS[language]))
    longer = sampler.generate([chosen], 40, temperature=1e-6)[0]
    # Further on two characters can be too close for two orders of additions.
    assert text(page)[: len(chosen) + 20] == longer[: len(chosen) + 20]
    # Another draw keeps the letter that was chosen.
    button(page, language, "restart").click()
    page.locator(".live-bars button:not([aria-current])").nth(1).click()
    button(page, language, "again").click()
    wait_until(page, IDLE)
    assert text(page).startswith(chosen)


@each_language
def test_always_the_likeliest_is_stored(tab, language):
    page = tab.open(f"{language}/index.html")
    pen = stored(page, "pen")
    button(page, language, "likeliest").click()
    assert text(page) == pen["greedy"]["text"]
    assert page.locator(".live-status").inner_text() == name(language, "goes_round")


@each_language
def test_filters_show_what_they_cut(tab, language):
    page = tab.open(f"{language}/index.html")
    page.get_by_text(name(language, "more"), exact=True).click()
    slide(page, language, "top_k", 2)
    found = bars(page)
    cut = name(language, "cut")
    assert [number == cut for _, number in found] == [False, False] + [True] * (len(found) - 2)
    slide(page, language, "top_k", 2, "ArrowLeft")
    assert all(number != cut for _, number in bars(page))
    slide(page, language, "nucleus", 16, "ArrowLeft")
    assert [number == cut for _, number in bars(page)].count(False) < len(found)


def test_a_beginning_of_ones_own_says_which_characters_are_unknown(tab):
    page = tab.open("en/index.html")
    page.get_by_text("More", exact=True).click()
    own = "Жul <img src=x onerror=alert(1)>"
    page.get_by_label(name("en", "beginning")).fill(own)
    button(page, "en", "begin").click()
    button(page, "en", "again").wait_for()
    wait_until(page, IDLE)
    assert text(page).startswith(own)
    assert len(text(page)) == len(own) + 200
    assert page.locator(".live-text img").count() == 0
    said = page.get_by_text(name("en", "unknown", characters="Ж < = ( 1 ) >"))
    assert said.is_visible()


def test_what_is_set_stands_in_the_address_and_comes_back(make_tab):
    first = make_tab()
    page = first.open("en/index.html")
    slide(page, "en", "temperature", 3, "ArrowLeft")
    slide(page, "en", "place", 2)
    found = bars(page)
    fragment = page.evaluate("() => location.hash")
    assert fragment == "#pen:at=8&t=0.7"
    second = make_tab()
    again = second.open(f"en/index.html{fragment}")
    assert bars(again) == found
    own = make_tab().open("en/index.html#pen:at=2&text=My+own")
    assert text(own) == "My own"
    assert own.locator(".live-bars").inner_text() == name("en", "needs_model")
    third = make_tab().open("en/index.html#pen:at=1e9&t=NaN&k=-3&p=x&seed=Infinity")
    assert len(bars(third)) == 7


def hits_it(place):
    return place["chips"][0] == place["came"]


@each_language
def test_the_guessing_game_counts_hits_and_surprise(tab, language):
    page = tab.open(f"{language}/counting.html")
    game = stored(page, "guess")
    chips = page.get_by_role("group", name=name(language, "your_guess"))
    hits, losses = 0, []
    sure = page.get_by_role("radio").nth(2)
    sure.focus()
    page.keyboard.press("Space")
    for number, place in enumerate(game["places"], 1):
        # The first chip, right or wrong; now and then the last, which is any other character.
        another = number % 4 == 0
        chosen = chips.get_by_role("button")
        (chosen.last if another else chosen.first).focus()
        page.keyboard.press("Enter")
        meant = game["size"] - len(place["chips"]) if another else 1
        hits += hits_it(place) and not another
        right = place["came"] not in place["chips"] if another else hits_it(place)
        p = 0.9 / meant if right else 0.1 / (game["size"] - meant)
        losses.append(-math.log(p))
        assert str(number) in page.locator(".live-status").inner_text()
    tables = page.locator(".live table")
    rows = tables.nth(0).locator("tbody tr")
    assert rows.count() == 3
    each = tables.nth(1).locator("tbody tr")
    assert each.count() == 10
    said = rows.nth(0).locator("td").all_inner_texts()
    assert said[0] == name(language, "hits_of", hits=hits, all=10)
    assert float(said[1].replace(",", ".")) == pytest.approx(sum(losses) / 10, abs=0.0051)
    for row, who in ((1, "counts"), (2, "network")):
        firsts = [place[who] for place in game["places"]]
        right = sum(
            sign == place["came"] for (sign, _), place in zip(firsts, game["places"], strict=True)
        )
        cells = rows.nth(row).locator("td").all_inner_texts()
        assert cells[0] == name(language, "hits_of", hits=right, all=10)
        mean = sum(nats for _, nats in firsts) / 10
        assert float(cells[1].replace(",", ".")) == pytest.approx(mean, abs=0.0051)
    button(page, language, "once_more").click()
    assert rows.count() == 0
    assert tab.complaints == []


def backgrounds(page):
    return page.evaluate(
        """() => [...document.querySelectorAll(".live-text span")]
          .map((span) => span.style.backgroundColor)"""
    )


@each_language
def test_the_colours_follow_the_choice_and_the_text(tab, language):
    page = tab.open(f"{language}/what_units_learn.html")
    first = backgrounds(page)
    page.get_by_role("radio", name=name(language, "by_surprise")).check()
    surprise = backgrounds(page)
    assert surprise != first
    page.get_by_role("radio", name=name(language, "by_change")).check()
    assert backgrounds(page) not in (first, surprise)
    button(page, language, "load").click()
    field = page.get_by_role("textbox", name=name(language, "own_text"))
    field.fill("To be, or not")
    button(page, language, "colour").click()
    wait_until(page, "() => document.querySelectorAll('.live-text span').length === 13")
    page.get_by_role("radio", name=name(language, "by_unit")).check()
    for place in (0, 3):
        page.locator(".live-text span").nth(place).click()
        button(page, language, "mark").click()
    button(page, language, "find_unit").click()
    said = page.locator(".live-status").inner_text()
    unit = re.search(r"\d+", said)[0]
    assert page.get_by_role("slider", name=name(language, "unit"), exact=True).input_value() == unit
    assert tab.complaints == []


@each_language
def test_the_colours_by_keyboard_alone(tab, language):
    page = tab.open(f"{language}/gradients_and_gates.html")
    seen = [backgrounds(page)]
    page.get_by_role("radio", name=name(language, "by_change")).focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
        assert backgrounds(page) not in seen
        seen.append(backgrounds(page))
    assert page.get_by_role("radio", name=name(language, "by_surprise")).is_checked()
    said = page.locator(".live-detail:visible").last.inner_text()
    slide(page, language, "place", 3)
    assert page.locator(".live-detail:visible").last.inner_text() != said
    button(page, language, "load").focus()
    page.keyboard.press("Enter")
    page.get_by_role("radio", name=name(language, "by_change")).focus()
    page.keyboard.press("Space")
    changed = page.locator(".live-buttons:visible button").last
    changed.wait_for()
    before = backgrounds(page)
    changed.focus()
    page.keyboard.press("Enter")
    assert backgrounds(page) != before
    assert tab.complaints == []


@each_element
def test_without_a_script_the_stored_output_stands(make_tab, element):
    tab = make_tab(java_script_enabled=False)
    page = tab.page
    page.goto(f"{tab.address}/en/{PAGES[element]}.html")
    shown = page.locator(f".live[data-live={element}]")
    assert shown.is_visible()
    assert len(shown.inner_text()) > 30
    assert page.locator(".live button").count() == 0


@each_element
def test_buttons_can_be_read_in_the_dark(make_tab, element):
    page = make_tab(color_scheme="dark").open(f"en/{PAGES[element]}.html")
    found = page.evaluate(
        """() => [...document.querySelectorAll(".live-on button")].map((button) => {
          let ground = button;
          while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)")
            ground = ground.parentElement;
          return [getComputedStyle(button).color, getComputedStyle(ground).backgroundColor];
        })"""
    )
    assert found
    for ink, ground in found:
        assert contrast(hexadecimal(ink), hexadecimal(ground)) >= 4.5


def hexadecimal(colour):
    red, green, blue = re.findall(r"\d+", colour)[:3]
    return f"#{int(red):02x}{int(green):02x}{int(blue):02x}"


def test_the_place_to_guess_stays_in_view(make_tab):
    page = make_tab(viewport=NARROW).open("en/counting.html")
    for _ in range(9):
        page.locator(".live-chips button").first.click()
        seen = page.evaluate(
            """() => {
              const area = document.querySelector(".live-text").getBoundingClientRect();
              const hidden = document.querySelector(".live-hidden").getBoundingClientRect();
              return area.top - 1 <= hidden.top && hidden.bottom <= area.bottom + 1;
            }"""
        )
        assert seen


def test_a_page_that_is_opened_as_a_file_says_what_to_do(make_tab):
    page = make_tab().page
    page.goto((SITES / "en" / "index.html").as_uri())
    button(page, "en", "write").click()
    assert page.locator(".live-status").inner_text() == name("en", "unserved")


def said(page, language, key):
    wait_until(
        page,
        "(said) => document.querySelector('.live-status').textContent === said",
        name(language, key),
    )


def test_without_a_network_the_page_says_so_and_tries_again(tab):
    page = tab.open("en/index.html")
    page.context.set_offline(True)
    button(page, "en", "write").click()
    said(page, "en", "unreachable")
    page.context.set_offline(False)
    load(page, "en")
    assert len(text(page)) == len("ROMEO:\n") + 200


def test_a_loaded_model_writes_without_a_network(tab):
    page = tab.open("en/index.html")
    load(page, "en")
    page.context.set_offline(True)
    before = text(page)
    button(page, "en", "write").click()
    wait_until(page, IDLE)
    assert len(text(page)) == len(before) + 200


@pytest.mark.parametrize("damage", ["changed", "short", "long", "missing"])
def test_weights_that_are_damaged_are_not_used(tab, damage):
    data = (SITES / "models" / "shakespeare.safetensors").read_bytes()
    bodies = {
        "changed": data[:-1] + bytes([data[-1] ^ 1]),
        "short": data[:-100],
        "long": data + b"x",
    }

    def answer(route):
        if damage == "missing":
            route.fulfill(status=404, body="no")
        else:
            route.fulfill(body=bodies[damage])

    page = tab.page
    page.route("**/models/*.safetensors", answer)
    tab.open("en/index.html")
    before = text(page)
    button(page, "en", "write").click()
    said(page, "en", "unreachable" if damage == "missing" else "damaged")
    assert text(page) == before


def test_writing_shows_letter_by_letter_and_stops(make_tab):
    tab = make_tab(reduced_motion="no-preference")
    page = tab.open("en/index.html")
    begin = len("ROMEO:\n")
    button(page, "en", "write").click()
    button(page, "en", "stop").click()
    stopped = len(text(page))
    assert begin < stopped < begin + 200
    page.wait_for_timeout(200)
    assert len(text(page)) == stopped
    said_so = page.locator(".live-status").inner_text()
    assert said_so == name("en", "written", number=stopped - begin)


def test_a_page_of_ones_own_writes_from_a_file(make_tab, tmp_path, monkeypatch):
    from charrnn.command_line import main

    monkeypatch.chdir(tmp_path)
    assert main(["page", "--model", "ru", "--language", "ru", "--prompt", "Чичиков"]) == 0
    tab = make_tab()
    page = tab.page
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto((tmp_path / "ru.html").as_uri())
    wait_until(page, "() => document.querySelector('.live-status')?.textContent !== ''")
    wait_until(page, IDLE)
    assert text(page).startswith("Чичиков")
    assert len(text(page)) == len("Чичиков") + 200
    assert page.locator(".live-status").inner_text() == name("ru", "written", number=200)
    assert [url.split("#")[0] for url in requests] == [(tmp_path / "ru.html").as_uri()]
    assert tab.complaints == []
    assert tab.serious(include="body") == []


def test_what_a_page_gains_before_any_press_is_small():
    def small(text):
        return len(gzip.compress(text.encode()))

    for language in LANGUAGES:
        static = SITES / language / "_static"
        files = sum(small((static / f).read_text("utf-8")) for f in ("live.js", "live.css"))
        assert files <= 25_000
        for page in (SITES / language).glob("*.html"):
            whole = page.read_text(encoding="utf-8")
            if 'id="live-book"' not in whole:
                continue
            plain = re.sub(r' data-stored="[^"]*"', "", whole)
            plain = re.sub(r'<script[^>]* id="live-book">.*?</script>', "", plain, flags=re.S)
            assert small(whole) - small(plain) + files <= 40_000, page
