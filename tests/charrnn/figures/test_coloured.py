import re
import unicodedata
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.figures import coloured
from charrnn.figures.coloured import LEVELS, clusters, coloured_text
from tests.helpers.colours import DARK, LIGHT, SEEN, contrast, distance, over


class Reader(HTMLParser):
    """What a page shows: pairs of text and background, the legend apart."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.spans, self.legend, self.tags, self.depth, self.divs = [], [], set(), 0, []
        self.colour = None

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "div":
            self.divs.append(dict(attributes))
        self.depth += 1
        if tag == "span":
            self.colour = re.fullmatch("background:(#[0-9a-f]{8})", dict(attributes)["style"])[1]
            (self.spans if len(self.divs) == 2 else self.legend).append(["", self.colour])

    def handle_endtag(self, tag):
        self.depth -= 1
        self.colour = None

    def handle_data(self, data):
        assert self.colour is not None, f"text outside of a span: {data!r}"
        (self.spans if len(self.divs) == 2 else self.legend)[-1][0] += data


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
    expected = ["#2f8ef066", "#2f8ef000", "#e07b0066"]  # blue, nothing, orange
    assert read("abc", [-1, 0, 1]).spans == [
        list(pair) for pair in zip("abc", expected, strict=True)
    ]


# Ground and text of pages that show it: the site; Colab, whose dark page was lighter once; Jupyter.
PAGES = [LIGHT, DARK, ("#ffffff", "#212121"), ("#1f1f1f", "#e3e3e3"), ("#383838", "#d5d5d5")]


@pytest.mark.parametrize("page", PAGES)
def test_there_are_as_many_colours_as_levels_and_text_is_readable_on_all(page):
    ground, text = page
    values = np.linspace(-1, 1, 500)
    colours = {colour for _, colour in read("x" * 500, values).spans}
    assert len(colours) == LEVELS == 21
    for colour in colours:
        assert contrast(text, over(colour, ground)) >= 4.5


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("ground", [LIGHT[0], DARK[0]])
def test_blue_orange_and_nothing_are_told_apart(ground, seen):
    blue, white, orange = (over(colour, ground) for _, colour in read("abc", [-1, 0, 1]).spans)
    assert distance(white, ground) < 1
    assert distance(blue, white, seen) > 25
    assert distance(orange, white, seen) > 25
    assert distance(blue, orange, seen) > 45


@pytest.mark.parametrize("ground", [LIGHT[0], DARK[0]])
@pytest.mark.parametrize("end", [-1, 1])
def test_the_further_from_0_the_further_from_the_page(ground, end):
    spans = read("x" * 11, np.linspace(0, end, 11)).spans
    distances = [distance(over(colour, ground), ground) for _, colour in spans]
    assert len(distances) == 11
    assert np.all(np.diff(distances) > 1)


def test_text_and_page_keep_their_colours_and_lines_wrap():
    outermost = coloured_text("a", [0]).split(">")[0]
    assert "color" not in outermost.replace("coloured-text", "")
    assert "background" not in outermost
    assert "font-size:max(1rem,16px)" in outermost
    assert "pre-wrap" in outermost
    assert "overflow-wrap:anywhere" in outermost
    assert "mathjax_ignore" in outermost


def languages(markup):
    reader = Reader()
    reader.feed(markup)
    return [attributes.get("lang") for attributes in reader.divs]


def test_the_text_says_its_language_and_the_legend_has_none():
    assert languages(coloured_text("ab", [0, 0], lang="en")) == [None, "en", None]
    assert languages(coloured_text("ab", [0, 0])) == [None, None, None]
    assert languages(coloured_text("ab", [0, 0], lang='"><b>')) == [None, '"><b>', None]


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
    assert spans == [["e\u0301", half], ["x", "#2f8ef066"]]


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
    assert legend[0][1] == "#2f8ef066"


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
