import pytest

from charrnn.prompts import check_likely, encode_prompts
from charrnn.vocabulary import UnknownCharacterError, Vocabulary


def test_prompts_are_filled_up_to_the_longest():
    ids, lengths = encode_prompts(["ab", "c", "cab"], Vocabulary("abc"))
    assert ids.tolist() == [[1, 2, 0], [3, 0, 0], [3, 1, 2]]
    assert lengths.tolist() == [2, 1, 3]
    assert ids.dtype == lengths.dtype == "int32"


@pytest.mark.parametrize("prompts", [[], [""], ["a", ""]])
def test_no_prompt_and_empty_prompts_are_refused(prompts):
    with pytest.raises(ValueError, match="prompts: expected texts of at least one character"):
        encode_prompts(prompts, Vocabulary("abc"))


def test_a_single_text_is_refused():
    with pytest.raises(ValueError, match="expected a list of texts, received the text 'ab'"):
        encode_prompts("ab", Vocabulary("abc"))


def test_unknown_characters_are_named():
    with pytest.raises(UnknownCharacterError, match="'é'"):
        encode_prompts(["ab", "cé"], Vocabulary("abc"))


@pytest.mark.parametrize(("top_k", "top_p"), [(None, None), (1, None), (None, 1.0), (7, 1e-30)])
def test_a_choice_of_likely_characters_at_its_limits_is_taken(top_k, top_p):
    check_likely(top_k, top_p)
