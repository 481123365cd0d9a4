"""Measures of written texts, on texts short enough to count by eye."""

import math

import pytest

from charrnn.texts.writing import copied_runs, unknown_words, unpaired_marks


def test_unknown_words_counts_whole_words_only():
    known = "The king's men don't sleep. Night’s end"
    # fragment | THE, night’s: known | dreem, men’s: unknown | fragment
    assert unknown_words(["fra THE dreem night’s men’s gment"], known) == 2 / 4
    assert unknown_words(["x king's y", "x kin y"], known) == 1 / 2
    assert unknown_words(["1 the_men 2 sleep"], known) == 0
    assert math.isnan(unknown_words(["two words", "1 2 3 4"], known))


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("“a” b “c”", 0),
        ("a” “b” “c", 0),  # cut at both ends
        ("“a “b”", 1 / 3),
        ("“a” b”", 1 / 3),
        ("“a” b” c “d “e”", 2 / 6),
        ("“a “b “c” d” e”", 4 / 6),
    ],
)
def test_unpaired_marks_are_those_without_a_neighbour_of_the_other_kind(text, share):
    assert unpaired_marks([text]) == pytest.approx(share)


def test_unpaired_marks_of_several_texts_and_of_other_marks():
    # No pair reaches from one text into the next.
    assert unpaired_marks(["“a” “b", "c” “d “e”"]) == pytest.approx(1 / 5)
    assert unpaired_marks(["«a» b» "], "«", "»") == pytest.approx(1 / 3)


def test_unpaired_marks_needs_marks_of_two_kinds():
    assert math.isnan(unpaired_marks(['"a"', "b”"]))
    with pytest.raises(ValueError, match="closing: expected another mark"):
        unpaired_marks(["a"], '"', '"')


def test_copied_runs_are_counted_at_each_character():
    assert copied_runs(["abcx", "bcd", "ab"], "abcd", 3) == 2 / 3  # abc, bcx, bcd
    assert copied_runs(["abcd"], "ab cd", 2) == 2 / 3
    # A run does not reach from one text into the next.
    assert copied_runs(["ab", "cd"], "abcd", 2) == 1
    assert copied_runs(["a" * 19 + "b", "a" * 20], "a" * 20) == 1 / 2
    assert math.isnan(copied_runs(["abc"], "abc", 4))
    with pytest.raises(ValueError, match="length: expected at least 1, received 0"):
        copied_runs(["abc"], "abc", 0)
