"""One style sheet for a site: the rules that its pages can use, in their order."""

import shutil
from pathlib import Path

import pydata_sphinx_theme
import pytest
from fontTools.ttLib import TTFont

from tools.site.style_sheets import may_apply, rules, selectors, unite, used_rules

WORDS = {"shown", "open", "title", "w-50"}


@pytest.mark.parametrize(
    ("selector", "applies"),
    [
        ("p", True),
        (".shown", True),
        (".shown.open > #title::before", True),
        (".shown .hidden", False),
        ("#other", False),
        # What stands in brackets may be anything.
        (".shown:not(.hidden)", True),
        ('a[href=".pdf"]', True),
        (":is(.hidden, .open:not(.other))", True),
        (".w-50", True),
        (".w\\:50", False),
        ("50%", True),
    ],
)
def test_a_rule_stays_where_a_page_has_what_it_names(selector, applies):
    assert may_apply(selector, WORDS) is applies


def test_rules_are_told_apart_whatever_their_strings_hold():
    text = '@import "a;b"; a{content:"}\\"{"} @media print{b{c:d}e{f:g}} .x\\{y{h:i}'
    assert list(rules(text)) == [
        ('@import "a;b";', ""),
        ("a", 'content:"}\\"{"'),
        ("@media print", "b{c:d}e{f:g}"),
        (".x\\{y", "h:i"),
    ]
    with pytest.raises(ValueError, match=r"expected closed braces, received 'a\{b"):
        list(rules("a{b"))


def test_selectors_are_divided_at_their_own_commas():
    assert selectors("a, :is(b,c) d,e[f='g']") == ["a", ":is(b,c) d", "e[f='g']"]


def test_what_no_page_has_is_left_out():
    text = ".hidden,.shown{a:b}.hidden{c:d}@media print{.hidden{e:f}}@media print{.open{g:h}}"
    assert used_rules(text, WORDS) == ".shown{a:b}\n@media print{.open{g:h}}"
    assert used_rules("@font-face{a:b}@keyframes x{0%{a:b}}", WORDS) == (
        "@font-face{a:b}\n@keyframes x{0%{a:b}}"
    )


@pytest.fixture
def site(tmp_path):
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "basic.css").write_text("/* first { */ p{background:url(dot.png)}")
    (static / "styles" / "theme.css").write_text(
        '@charset "UTF-8";@import "../basic.css";.shown{background:url(../a.png)}.hidden{a:b}'
    )
    (static / "own.css").write_text(".live-on{c:d}p{e:url('data:x')}")
    (static / "live.js").write_text('root.classList.add("live-on")')
    return tmp_path


LINK = '<link rel="stylesheet" href="_static/{}?v=1" />'


def test_pages_get_one_sheet_in_place_of_all(site):
    theme, own = LINK.format("styles/theme.css"), LINK.format("own.css")
    pages = {
        site / "a.html": f'<title>a</title>{theme}<p class="shown">',
        site / "b.html": f"<title>b</title>{theme}{own}",
    }
    united = unite(site, pages)
    assert (site / "_static" / "book.css").read_text() == "\n".join(
        [
            'p{background:url("dot.png")}',
            '.shown{background:url("a.png")}',
            ".live-on{c:d}",
            "p{e:url('data:x')}",
        ]
    )
    for path, text in united.items():
        assert text.count("stylesheet") == 1
        assert '<link rel="stylesheet" href="_static/book.css?v=' in text
        assert text.replace("\n", "").startswith(f"<title>{path.stem}</title><link")


def test_fonts_hold_the_icons_that_the_sheet_names(site):
    static = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
    shutil.copytree(static / "vendor", site / "_static" / "vendor")
    face = (
        "@font-face{font-family:F;src:url(vendor/fontawesome/webfonts/fa-%s.woff2)"
        ' format("woff2"),url(vendor/fontawesome/webfonts/fa-%s.ttf) format("truetype")}'
    )
    faces = "".join(face % (name, name) for name in ("solid-900", "brands-400"))
    (site / "_static" / "own.css").write_text(f'{faces}.shown:before{{content:"\\f0c9"}}')
    page = {site / "a.html": f'{LINK.format("own.css")}<p class="shown">'}
    unite(site, page)
    text = (site / "_static" / "book.css").read_text()
    # No icon of the other font is named, so it is not loaded.
    assert text.count("@font-face") == 1
    assert 'src:url("fa-solid-900.woff") format("woff")}' in text
    font = TTFont(site / "_static" / "fa-solid-900.woff")
    assert set(font.getBestCmap()) == {0xF0C9}
    assert "Font Awesome" in font["name"].getDebugName(0)
