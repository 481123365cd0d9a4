"""The policy of a page, against the example of its specification."""

import pytest
from bs4 import BeautifulSoup

from tools.site.policy import inline_hashes, policy, safe_links, secured

# Source: W3C, Content Security Policy Level 3, "Usage of hashes".
EXAMPLE = "alert('Hello, world.');"
EXAMPLE_HASH = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
PAGE = '<!DOCTYPE html><html><head><meta charset="utf-8" /><title>T</title>{}</head></html>'


def test_scripts_of_a_page_are_allowed_by_their_hashes():
    scripts = f"<script>{EXAMPLE}</script><script>{EXAMPLE}</script>"
    assert inline_hashes(scripts) == [EXAMPLE_HASH]
    assert EXAMPLE_HASH in policy(scripts)
    assert "sha256" not in policy("<p>plain</p>")


@pytest.mark.parametrize(
    "script",
    [
        '<script src="a.js"></script>',
        f'<script type="application/json" id="live-book">{EXAMPLE}</script>',
        f'<script type="application/octet-stream">{EXAMPLE}</script>',
    ],
)
def test_files_and_data_need_no_hash(script):
    assert inline_hashes(script) == []


def test_nothing_is_allowed_but_what_is_named():
    rules = dict(rule.split(" ", 1) for rule in policy("").split("; "))
    assert rules["object-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["default-src"] == "'self'"
    sources = {source for rule in rules.values() for source in rule.split()}
    assert sources == {"'none'", "'self'", "'wasm-unsafe-eval'", "'unsafe-inline'", "data:"}
    assert "'unsafe-inline'" not in rules["script-src"]


def test_the_policy_stands_before_all_that_it_governs():
    page = secured(PAGE.format(f"<script>{EXAMPLE}</script>"))
    first, second, *_ = BeautifulSoup(page, "html.parser").head.find_all(True)
    assert first["charset"] == "utf-8"
    assert second["http-equiv"] == "Content-Security-Policy"
    assert second["content"] == policy(f"<script>{EXAMPLE}</script>")


def test_a_page_without_a_place_for_it_is_refused():
    with pytest.raises(ValueError, match="expected a meta tag with its character set"):
        secured("<html><head></head></html>")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<a href="x" target="_blank">', '<a href="x" target="_blank" rel="noopener">'),
        (
            '<a href="x" target="_blank"\n   class="btn"\n>',
            '<a href="x" target="_blank"\n   class="btn" rel="noopener">',
        ),
        (
            '<a rel="external" target="_blank" href="x">',
            '<a target="_blank" href="x" rel="external noopener">',
        ),
        ('<a href="x" rel="next">', '<a href="x" rel="next">'),
    ],
)
def test_a_new_tab_has_no_hold_on_the_page(link, expected):
    assert safe_links(link) == expected
    assert safe_links(expected) == expected
