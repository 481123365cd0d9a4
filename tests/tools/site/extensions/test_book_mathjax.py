"""Formulas are set while the book is built, as a browser would set them."""

import re

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from sphinx.errors import ExtensionError

from tools.site.extensions.book_mathjax import (
    FONTS,
    mathjax_folder,
    replace_formulas,
    set_formulas,
    signs_of,
    write_fonts,
)


def test_formulas_are_set_with_what_screen_readers_read():
    (line, own), style = set_formulas([("x_t^2", False), (r"\frac{1}{\text{буква}}", True)])
    first = BeautifulSoup(line, "html.parser")
    mathml = "<math><msubsup><mi>x</mi><mi>t</mi><mn>2</mn></msubsup></math>"
    assert re.sub(r' xmlns="[^"]*"', "", str(first.math)) == mathml
    assert first.select_one("mjx-math")["aria-hidden"] == "true"
    second = BeautifulSoup(own, "html.parser")
    assert second.select_one("mjx-container")["display"] == "true"
    assert second.math["display"] == "block"
    assert second.math.get_text() == "1буква"
    # Addresses are seen from _static, where the style stands.
    addresses = re.findall(r'url\("([^"]*)"\)', style)
    assert addresses
    assert all(one.startswith("mathjax/output/chtml/fonts/woff-v2/") for one in addresses)


@pytest.mark.parametrize("formula", [r"\frac{1", r"\undefined{x}"])
def test_a_mistake_in_a_formula_ends_the_build(formula):
    with pytest.raises(ExtensionError, match=r"^formula: " + re.escape(formula)):
        set_formulas([(formula, False)])


def test_pages_need_no_script(tmp_path):
    (tmp_path / "_static").mkdir()
    page = tmp_path / "page.html"
    page.write_text(
        "<script>window.MathJax = {}</script>\n"
        '<script defer="defer" src="_static/mathjax/unused.js"></script><p>'
        '<span class="math notranslate nohighlight">\\(a &lt; b\\)</span></p>'
        '<div class="math notranslate nohighlight">\n\\[c\\]</div><code>\\(d\\)</code>'
    )
    replace_formulas(tmp_path)
    found = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    assert not found.find_all("script")
    assert [formula.math.get_text() for formula in found.select(".math")] == ["a<b", "c"]
    assert found.code.get_text() == r"\(d\)"
    assert (tmp_path / "_static" / "formulas.css").is_file()


def test_fonts_have_the_signs_of_the_formulas_alone(tmp_path):
    formulas = [(r"x \in \{0, \tfrac12\} \text{ or } \sum_i", False), ("f''", False)]
    _, style = set_formulas(formulas)
    signs = signs_of(style)
    # Each sign as its font has it: letters of a formula are letters there.
    assert {"x", "i", "0", "1", "2", "{", "}", "\u2208", "\u2211", "\u2032"} <= signs
    assert not {"y", "\\"} & signs
    write_fonts(tmp_path / "fonts", signs)
    found = {path.name: TTFont(path).getBestCmap() for path in (tmp_path / "fonts").iterdir()}
    assert "x" in map(chr, found["MathJax_Math-Italic.woff"])
    assert "\u2208" in map(chr, found["MathJax_Main-Regular.woff"])
    assert list(found["MathJax_Zero.woff"]) == [0xEFFC]
    assert "MathJax_Vector-Bold.woff" not in found
    whole = mathjax_folder() / FONTS
    for name, signs_there in found.items():
        before = TTFont(whole / name).getBestCmap()
        wanted = {number for number in before if chr(number) in signs} or set(before)
        assert set(signs_there) == wanted, name
