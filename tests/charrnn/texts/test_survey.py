import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.texts.survey import script, survey
from charrnn.vocabulary import Vocabulary

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def test_a_survey_counted_by_hand():
    # Latin with é in both forms, Cyrillic, Hebrew with a vowel mark, Hangul, Han, and what is
    # not seen: a soft hyphen, a bell, a replacement character.
    text = "éa e\u0301\nй אָ 한字\u00ad\x07\ufffd\ta"
    found = survey(text, least=2)
    assert found.characters == 18
    assert found.utf8_bytes == 2 + 1 + 1 + 1 + 2 + 1 + 2 + 1 + 2 + 2 + 1 + 3 + 3 + 2 + 1 + 3 + 1 + 1
    assert found.symbols == 15  # a three times counts once, the space three times
    assert found.rare_symbols == 13
    assert found.rare_share == pytest.approx(13 / 18)
    assert (found.is_nfc, found.is_nfd) == (False, False)
    assert found.nfc == 18 - 1
    assert found.nfd == 18 + 1 + 1 + 2  # é, й, and three jamo for the syllable
    assert found.marks == 2
    assert found.right_to_left == pytest.approx(1 / 18)
    assert (found.controls, found.invisible, found.replacements) == (1, 1, 1)
    assert found.scripts == {"LATIN": 4, "CYRILLIC": 1, "HEBREW": 1, "HANGUL": 1, "CJK": 1}


@given(TEXTS)
def test_counts_hold_for_any_text(text):
    found = survey(text, least=2)
    assert found.characters == sum(1 for _ in text)
    assert found.symbols == len(Vocabulary(text)) - 1
    assert found.rare_symbols == sum(text.count(sign) < 2 for sign in set(text))
    assert found.is_nfc == unicodedata.is_normalized("NFC", text)
    assert found.is_nfd == unicodedata.is_normalized("NFD", text)
    letters = sum(character.isalpha() for character in text)
    assert sum(found.scripts.values()) == letters
    assert 0 <= found.right_to_left <= 1
    assert 0 <= found.rare_share <= 1


@pytest.mark.parametrize(
    ("character", "name"),
    [("é", "LATIN"), ("ы", "CYRILLIC"), ("각", "HANGUL"), ("ᆨ", "HANGUL"), ("漢", "CJK")],
)
def test_scripts_have_the_names_of_unicode(character, name):
    assert script(character) == name


def test_a_character_without_a_name_has_no_script():
    assert script("\ue000") == "UNNAMED"


def test_a_character_occurs_at_least_once():
    with pytest.raises(ValueError, match="least: expected at least 1, received 0"):
        survey("a", 0)


def test_an_empty_text_and_half_a_character_are_refused():
    with pytest.raises(ValueError, match="text: expected at least one character, received none"):
        survey("")
    with pytest.raises(ValueError, match=r"lone surrogate '\\ud83d' at position 2"):
        survey("ab\ud83d")
