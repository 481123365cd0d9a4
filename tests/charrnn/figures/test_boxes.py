"""Rows of boxes: what stands in each, any text of any script, and what is refused."""

import html
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.figures.boxes import boxes, cuts
from charrnn.figures.coloured import clusters
from charrnn.figures.look import COLOURS
from tests.helpers.colours import DARK, LIGHT, contrast, over

FAMILY = "\N{ZERO WIDTH JOINER}".join("👩👧👦")
BOX = re.compile(r"solid (#[0-9a-f]{6});[^>]*>([^<]*(?:<br>[^<]*)?)</div>")


def rows(text):
    """Return the contents of the boxes of each row, and the legend's three."""
    found = {colour: [] for colour in COLOURS[:3]}
    for colour, content in BOX.findall(boxes(text)):
        found[colour].append(html.unescape(content.replace("<br>", " ")))
    return [row[:-1] for row in found.values()], [row[-1] for row in found.values()]


def test_a_letter_a_syllable_and_a_family_in_boxes():
    (signs, points, numbers), legend = rows("é한" + FAMILY)
    assert signs == ["é", "한", FAMILY]
    assert points[:3] == ["é E9", "한 D55C", "👩 1F469"]
    assert points[3] == "\u00a0 200D"  # a joiner cannot be seen
    assert numbers[:5] == ["C3", "A9", "ED", "95", "9C"]
    assert legend == ["3 signs", "7 code points", "23 bytes"]
    assert rows("a")[1] == ["1 sign", "1 code point", "1 byte"]


def test_a_mark_has_a_circle_and_stands_in_its_letters_column():
    page = boxes(unicodedata.normalize("NFD", "é"))
    (signs, points, _), legend = rows(unicodedata.normalize("NFD", "é"))
    assert (signs, points) == (["e\u0301"], ["e 65", "\u25cc\u0301 301"])
    assert legend[:2] == ["1 sign", "2 code points"]
    assert page.count("margin:1px 2px 4px") == 1


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_has_all_its_signs_code_points_and_bytes(text):
    (signs, points, numbers), _ = rows(text)
    assert len(signs) == len(clusters(text))
    assert [int(point.rpartition(" ")[2], 16) for point in points] == [ord(each) for each in text]
    assert bytes(int(each, 16) for each in numbers) == text.encode("utf-8")


@pytest.mark.parametrize("text", ["<script>", "&amp;", '"><b>', "</div>"])
def test_no_part_of_a_text_is_read_as_html(text):
    page = boxes(text)
    assert set(re.findall(r"<(\w+)", page)) == {"div", "br"}
    assert "".join(rows(text)[0][0]) == text
    assert f'aria-label="{html.escape(text)}"' in page


def test_the_boxes_say_their_language_and_what_they_show():
    assert 'role="img" aria-label="ab" dir="ltr" lang="ru"' in boxes("ab", lang="ru")
    assert 'aria-label="ab" dir="ltr" style' in boxes("ab")
    assert 'lang="&quot;&gt;"' in boxes("ab", lang='">')
    assert "mathjax_ignore" in boxes("$a$")


@pytest.mark.parametrize("page", [LIGHT, DARK])
def test_boxes_are_seen_and_read_on_light_and_dark_pages(page):
    ground, text = page
    found = re.findall(r"solid (#[0-9a-f]{6});background:(#[0-9a-f]{8})", boxes("a"))
    assert len({border for border, _ in found}) == 3
    for border, tint in found:
        assert contrast(border, ground) >= 3
        assert contrast(text, over(tint, ground)) >= 4.5


def test_lines_wrap_also_within_a_sign_that_is_wider_than_a_phone():
    page = boxes(FAMILY)
    # Signs, the sign's code points, the bytes of each of the five, the legend.
    assert page.count("flex-wrap:wrap") == 1 + 1 + 5 + 1
    assert "max(.75rem,11px)" in page


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text: expected at least one character"),
        (
            "a\ud83d",
            r"text: expected Unicode .*, received the lone surrogate '.ud83d' at position 1",
        ),
    ],
)
def test_what_has_no_bytes_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        boxes(text)


def cut_rows(text, rows, **options):
    """Return the contents of the boxes of each row of pieces, and their legends."""
    found = {colour: [] for colour in COLOURS[:3]}
    for colour, content in BOX.findall(cuts(text, rows, **options)):
        found[colour].append(html.unescape(content))
    kept = [row for row in found.values() if row]
    return [row[1:] for row in kept], [row[0] for row in kept]


def test_a_line_in_characters_and_in_pieces():
    rows = {"character": list("a b\n"), "piece": ["a", " b", "\n"]}
    assert cut_rows("a b\n", rows) == (
        [["a", "␣", "b", "\\n"], ["a", "␣b", "\\n"]],
        ["4 characters", "3 pieces"],
    )
    page = cuts("a b\n", rows, lang="en")
    assert page.count(' lang="en"') == 4
    assert 'aria-label="a |  b | \n"' in page


@pytest.mark.parametrize("text", ["<script>", "&amp;", '"><b>', "</div>"])
def test_no_piece_is_read_as_html(text):
    page = cuts(text, {"piece": [text[:2], text[2:]]}, lang='"><b>')
    assert set(re.findall(r"<(\w+)", page)) == {"div"}
    assert cut_rows(text, {"piece": [text[:2], text[2:]]})[0] == [[text[:2], text[2:]]]


def test_parts_that_do_not_make_up_the_text_are_refused():
    with pytest.raises(ValueError, match="rows: expected parts of 'ab', received"):
        cuts("ab", {"piece": ["a"]})
    with pytest.raises(ValueError, match="rows: expected at most 3, received 4"):
        cuts("a", {str(number): ["a"] for number in range(4)})
