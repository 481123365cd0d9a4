"""The live elements and the pages' policy in Firefox, whose engine is another than Chromium's."""

import json
import os

import pytest

from charrnn.command_line import main
from charrnn.live.script import words
from charrnn.sampler import Sampler
from charrnn.weights import PRETRAINED
from tests.helpers import firefox
from tests.helpers.browser import SITES
from tests.helpers.hosts import BASE, Elsewhere, Host
from tests.helpers.policy import ATTEMPT, KINDS, WATCH
from tools import screenshot

NO_SITES = "no built sites: BOOK_SITES names no folder"
NO_FIREFOX = f"Firefox not found: {', '.join(firefox.PROGRAMS)}"
MISSING = NO_SITES if SITES is None else "" if firefox.firefox() else NO_FIREFOX
needs_firefox = pytest.mark.skipif(bool(MISSING), reason=MISSING)

# Complaints of the page, from now on.
LISTEN = """(() => {
  globalThis.complaints = [];
  addEventListener("error", (event) => complaints.push(String(event.message)));
  for (const level of ["error", "warn"])
    console[level] = (...words) => complaints.push(words.join(" "));
})()"""
TEXT = "document.querySelector('.live-text').textContent"


def press(page, word):
    page.ask(
        f"""[...document.querySelectorAll(".live-on button")]
          .find((button) => button.textContent.startsWith({json.dumps(word)})).click()"""
    )


def wait(page, condition):
    page.ask(
        f"""new Promise((done) => {{
          const look = () => ({condition} ? done(true) : setTimeout(look, 50));
          look();
        }})"""
    )


def test_firefox_is_there():
    if MISSING and os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1: {MISSING}")
    if MISSING:
        pytest.skip(MISSING)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with firefox.opened(tmp_path_factory.mktemp("firefox")) as opened:
        yield opened


@needs_firefox
def test_the_pen_writes_what_the_python_sampler_does(page):
    spoken = words("en")
    with screenshot.served(SITES) as address:
        page.open(f"{address}/en/index.html")
        page.ask(LISTEN)
        press(page, spoken["live_write"])
        wait(page, "document.querySelector('.live-status').textContent.includes('written')")
        begin = "ROMEO:\n"
        written = page.ask(TEXT)
        assert written.startswith(begin)
        assert len(written) == len(begin) + 200
        press(page, spoken["live_restart"])
        press(page, spoken["live_likeliest"])
        wait(
            page, f"{TEXT}.length === {len(begin) + 200} && !document.querySelector('[aria-busy]')"
        )
        greedy = Sampler.load(PRETRAINED).generate([begin], 40, temperature=1e-6)[0]
        assert page.ask(TEXT)[: len(greedy)] == greedy
        assert page.ask("complaints") == []


@needs_firefox
@pytest.mark.parametrize(
    ("element", "name", "control"),
    [
        ("guess", "counting", ".live-chips button"),
        ("colours", "what_units_learn", ".live-choice input:not(:checked)"),
        ("colours", "gradients_and_gates", ".live-choice input:not(:checked)"),
    ],
)
def test_the_other_elements_answer(page, element, name, control):
    with screenshot.served(SITES) as address:
        page.open(f"{address}/en/{name}.html")
        shown = "document.querySelector('.live-on').innerHTML"
        assert page.ask(f"document.querySelectorAll('.live-on[data-live={element}]').length") == 1
        before = page.ask(shown)
        page.ask(f"document.querySelector({json.dumps(control)}).click()")
        assert page.ask(shown) != before


@needs_firefox
def test_a_page_of_ones_own_writes_from_a_file(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["page", "--prompt", "ROMEO:"]) == 0
    page.open((tmp_path / "shakespeare.html").as_uri())
    wait(page, "document.querySelector('.live-status').textContent.includes('written')")
    assert len(page.ask(TEXT)) == len("ROMEO:") + 200


@needs_firefox
def test_the_policy_forbids_what_is_put_into_a_page_and_nothing_else(page):
    page.before_each(WATCH)
    with screenshot.served(SITES, Host) as host, screenshot.served(SITES, Elsewhere) as elsewhere:
        for name in KINDS:
            page.open(f"{host}{BASE}{name}")
            page.ask("new Promise((done) => setTimeout(done, 300))")
            assert page.ask("refused") == [], name
            assert page.ask(f"({ATTEMPT})('{elsewhere}')") == [], name
            assert page.ask("refused"), name


@needs_firefox
def test_a_page_opened_as_a_file_has_its_style_and_its_scripts(page):
    page.before_each(WATCH)
    page.open((SITES / "en" / "index.html").as_uri())
    assert page.ask("refused") == []
    assert page.ask("document.querySelectorAll('.live-on').length") > 0
    display = "getComputedStyle(document.querySelector('.language-menu summary')).display"
    assert page.ask(display) == "flex"
