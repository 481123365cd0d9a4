import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.vocabulary import (
    UNKNOWN_ID,
    UnknownCharacterError,
    Vocabulary,
)

any_text = st.text(st.characters(exclude_categories=()), min_size=1)  # lone surrogates included


@given(any_text)
def test_a_text_comes_back_from_its_ids(text):
    vocabulary = Vocabulary(text)
    ids = vocabulary.encode(text, strict=True)
    assert ids.dtype == np.int32
    assert ids.shape == (len(text),)
    assert ids.min() >= 1
    assert vocabulary.decode(ids) == text


@given(any_text, any_text)
def test_ids_follow_the_plain_definition(text, other):
    vocabulary = Vocabulary(text)
    dictionary = {character: i + 1 for i, character in enumerate(sorted(set(text)))}
    assert len(vocabulary) == len(dictionary) + 1
    expected = [dictionary.get(character, 0) for character in other]
    assert vocabulary.encode(other).tolist() == expected
    unknown = set(other) - set(text)
    if unknown:
        with pytest.raises(UnknownCharacterError):
            vocabulary.encode(other, strict=True)
    else:
        assert vocabulary.encode(other, strict=True).tolist() == expected


def test_lone_surrogates_have_ids_and_are_unknown_to_others():
    assert Vocabulary("a\ud800").encode("\ud800a").tolist() == [2, 1]
    assert Vocabulary("ab").encode("a\udfffb").tolist() == [1, 0, 2]


def test_figures_of_system_a(shakespeare, shakespeare_ids):
    vocabulary = Vocabulary(shakespeare)
    assert len(vocabulary) == 66
    assert vocabulary.encode("abcdefg").tolist() == list(range(40, 47))
    assert vocabulary.encode("xyz").tolist() == [63, 64, 65]
    assert shakespeare_ids.shape == (1_115_394,)
    assert shakespeare_ids[:3].tolist() == [19, 48, 57]
    assert shakespeare_ids[-3:].tolist() == [46, 9, 1]


def test_ids_are_those_of_the_lookup_layer(shakespeare, shakespeare_ids):
    from charrnn.backend import keras, tf

    lookup = keras.layers.StringLookup(vocabulary=sorted(set(shakespeare)), mask_token=None)
    expected = lookup(tf.strings.unicode_split(shakespeare, "UTF-8")).numpy()
    np.testing.assert_array_equal(shakespeare_ids, expected)
    assert lookup.get_vocabulary()[UNKNOWN_ID] == Vocabulary("a").symbols[UNKNOWN_ID] == "[UNK]"


def test_figures_of_systems_c_and_d(shakespeare, book_of_system_c):
    """Their ids count from 0."""
    ids = Vocabulary(shakespeare).encode("First Citizen", strict=True) - 1
    assert ids.tolist() == [18, 47, 56, 57, 58, 1, 15, 47, 58, 47, 64, 43, 52]
    vocabulary = Vocabulary(book_of_system_c)
    assert len(vocabulary) == 84 + 1
    ids = vocabulary.encode(book_of_system_c[:15], strict=True) - 1
    assert ids.tolist() == [40, 78, 1, 59, 54, 73, 61, 58, 71, 6, 72, 1, 59, 54, 66]


def test_unknown_characters_read_as_the_symbol():
    vocabulary = Vocabulary("ab")
    assert vocabulary.decode(vocabulary.encode("aXb")) == "a[UNK]b"
    assert vocabulary.decode([]) == ""
    assert vocabulary.encode("").shape == (0,)


def test_strict_names_the_characters_and_the_first_place():
    with pytest.raises(UnknownCharacterError, match=r"'XY' \(3 times, first at position 2\)"):
        Vocabulary("ab").encode("abYXbX", strict=True)


@pytest.mark.parametrize("ids", [[-1], [3], [0, 1, 99]])
def test_ids_out_of_range_are_refused(ids):
    with pytest.raises(ValueError, match="ids: expected 0 to 2, received"):
        Vocabulary("ab").decode(ids)


def test_ids_that_are_no_integers_are_refused():
    with pytest.raises(ValueError, match="ids: expected integers, received float64"):
        Vocabulary("ab").decode([1.0])


@pytest.mark.parametrize("characters", ["", [], ["ab"], ["a", ""]])
def test_what_is_no_set_of_characters_is_refused(characters):
    with pytest.raises(ValueError, match="characters: expected"):
        Vocabulary(characters)
