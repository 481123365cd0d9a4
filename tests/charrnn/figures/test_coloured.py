import re
import unicodedata
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.figures import coloured
from charrnn.figures.coloured import LEVELS, clusters, coloured_text


class Reader(HTMLParser):
    """What a page shows: pairs of text and background, the legend apart."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.spans, self.legend, self.tags, self.depth, self.divs = [], [], set(), 0, 0
        self.colour = None

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.divs += tag == "div"
        self.depth += 1
        if tag == "span":
            self.colour = re.fullmatch("background:(#[0-9a-f]{6})", dict(attributes)["style"])[1]
            (self.spans if self.divs == 2 else self.legend).append(["", self.colour])

    def handle_endtag(self, tag):
        self.depth -= 1
        self.colour = None

    def handle_data(self, data):
        assert self.colour is not None, f"text outside of a span: {data!r}"
        (self.spans if self.divs == 2 else self.legend)[-1][0] += data


def read(text, values):
    reader = Reader()
    reader.feed(coloured_text(text, values))
    reader.close()
    assert reader.depth == 0
    assert reader.tags <= {"div", "span"}
    return reader


def shown(text, values=None):
    values = np.linspace(-1, 1, len(text)) if values is None else values
    return "".join(content for content, _ in read(text, values).spans)


printable = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\r <>&\"'/")


@given(st.text(printable))
def test_any_text_is_shown_unchanged_and_no_part_of_it_is_read_as_html(text):
    assert shown(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "&amp; &lt; &#60; &nbsp;",
        "</span></div><img src=x onerror=alert(1)>",
        '" onmouseover="x',
        "  two spaces\tand a tab\n\nlines\r\nof Windows \n",
        "Привет, 안녕하세요, 莎士比亚, مرحبا, e\u0301, 👩‍👩‍👧‍👦, 🇰🇷🇷🇺, 👍🏽",
        "a single $ and $x^2$",
        "",
    ],
)
def test_texts_with_traps_are_shown_unchanged(text):
    assert shown(text) == text


def test_no_bare_carriage_return_is_left_which_a_browser_would_make_a_line_end():
    assert "\r" not in coloured_text("a\r\nb", np.zeros(4))


def test_what_no_page_can_show_becomes_a_picture():
    assert shown("a\0b\x1b\x7f\x85\ud800") == "a\u2400b\u241b\ufffd\ufffd\ufffd"
    assert shown("\0").encode()


def test_a_value_has_its_colour():
    expected = ["#56b4e9", "#ffffff", "#e69f00"]  # the ends by Okabe and Ito, and white
    assert read("abc", [-1, 0, 1]).spans == [
        list(pair) for pair in zip("abc", expected, strict=True)
    ]


def test_there_are_as_many_colours_as_levels_and_black_is_readable_on_all():
    values = np.linspace(-1, 1, 500)
    colours = {colour for _, colour in read("x" * 500, values).spans}
    assert len(colours) == LEVELS == 21
    for colour in colours:
        # Contrast with black, by the formula of the Web Content Accessibility Guidelines 2.
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        luminance = np.dot(linear, [0.2126, 0.7152, 0.0722])
        assert (luminance + 0.05) / 0.05 > 7


def test_text_and_page_have_colours_of_their_own():
    outermost = coloured_text("a", [0]).split(">")[0]
    assert "color:#000;background:#fff" in outermost
    assert "pre-wrap" in outermost
    assert "mathjax_ignore" in outermost


def test_neighbours_of_one_level_share_an_element():
    assert [content for content, _ in read("abcd", [0.5, 0.51, -0.5, 0.5]).spans] == [
        "ab",
        "c",
        "d",
    ]
    assert len(coloured_text("a" * 10_000, np.zeros(10_000))) < 11_000


def test_a_mark_stays_with_its_letter_and_they_have_the_mean_of_their_values():
    spans = read("e\u0301x", [1.0, 0.0, -1.0]).spans
    half = read("x", [0.5]).spans[0][1]
    assert spans == [["e\u0301", half], ["x", "#56b4e9"]]


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("abc", 3),
        ("e\u0301\u0323o", 2),
        ("한", 1),
        (unicodedata.normalize("NFD", "한글"), 2),
        ("👩‍👩‍👧‍👦", 1),
        ("👍🏽", 1),
        ("🇰🇷🇷🇺", 2),
        ("\n\u0301", 2),
        ("नमस्ते", 4),
    ],
)
def test_clusters_are_what_a_reader_takes_for_a_sign(text, signs):
    assert len(clusters(text)) == signs
    assert "".join(clusters(text)) == text


def test_the_legend_names_the_ends():
    legend = read("abc", [0, 0, 0]).legend
    assert [content.strip() for content, _ in legend] == ["-1", "-0.5", "0", "0.5", "1"]
    assert legend[0][1] == "#56b4e9"


@pytest.mark.parametrize("values", [[0.0], [[0.0, 0.0]], 0.0])
def test_each_character_needs_a_value(values):
    with pytest.raises(ValueError, match=r"values: expected shape \(2,\), received"):
        coloured_text("ab", values)


@pytest.mark.parametrize("value", [1.01, -2, float("nan"), float("inf")])
def test_a_value_outside_the_range_is_refused(value):
    with pytest.raises(ValueError, match=f"values: expected -1 to 1, received {value}"):
        coloured_text("ab", [0, value])


def test_public_names():
    assert set(coloured.__all__) == {"LEVELS", "clusters", "coloured_text"}
