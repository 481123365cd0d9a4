"""What is said of a text."""

import re

import pytest

from charrnn.texts.findings import findings
from charrnn.texts.survey import survey


def test_a_plain_text_has_three_lines():
    assert list(findings(survey("абба, aba.\n" * 10))) == [
        "110 characters, 8 different ones, 150 bytes in UTF-8",
        "letters: CYRILLIC 57.1%, LATIN 42.9%",
        "0 of the different characters occur fewer than 5 times, 0.0% of the text: a model hardly "
        "learns them",
    ]
    *_, letters, _ = findings(survey("1 2 3"))
    assert letters == "letters: none"


def test_rare_characters_are_counted_as_the_survey_did():
    *_, rare = findings(survey("aaab", least=2), least=2)
    assert rare.startswith("1 of the different characters occur fewer than 2 times, 25.0% of")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("e\u0301\u00e9" * 9, "some letters are composed and others decomposed, .* it has 18 ch"),
        ("e\u0301" * 9, "its letters are decomposed, .* in NFC it has 9 characters,"),
        ("a\ufffd", r"characters that a decoder wrote .* \(U\+FFFD\): 1; a model will write them"),
        ("a\x07\x07", "characters of control: 2; a model will write them, too"),
        ("a\u00ad", "characters that are not seen, such as soft hyphens and joiners: 1; "),
    ],
)
def test_what_is_to_be_done_is_said(text, said):
    *_, last = lines = list(findings(survey(text)))
    assert len(lines) == 4
    assert re.match(said, last)
