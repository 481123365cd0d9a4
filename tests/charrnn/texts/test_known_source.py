import itertools
import math

import numpy as np
import pytest

from charrnn.texts.known_source import WordSource, stationary_distribution, word_losses

WORDS = ["а", "ан", "анна", "한", "한국", "hi"]
random = np.random.default_rng(3)
TRANSITIONS = random.dirichlet(np.full(len(WORDS), 0.5), len(WORDS))


@pytest.fixture(scope="module")
def source():
    return WordSource(WORDS, TRANSITIONS)


def test_stationary_distribution_of_two_states():
    # In balance as many leave the first state as come back: pi_1 a = pi_2 b.
    a, b = 0.3, 0.1
    found = stationary_distribution([[1 - a, a], [b, 1 - b]])
    assert found == pytest.approx([b / (a + b), a / (a + b)], rel=1e-12)


def test_stationary_distribution_is_what_many_steps_lead_to(source):
    power = np.linalg.matrix_power(TRANSITIONS, 200)
    assert source.stationary == pytest.approx(power[0], abs=1e-9)


def test_entropy_rate_of_equal_words_is_in_closed_form():
    # Four words of one letter and a space, all equally likely: ln 4 in two characters.
    source = WordSource("abcd", np.full((4, 4), 0.25))
    assert source.entropy_rate() == pytest.approx(math.log(4) / 2, rel=1e-12)


def test_entropy_rate_of_a_fixed_order_is_zero():
    source = WordSource(["one", "two"], [[0, 1], [1, 0]])
    assert source.entropy_rate() == 0


def test_mean_loss_of_a_long_text_is_the_entropy_rate(source):
    losses = source.losses(source.draw(200_000, seed=1))
    blocks = losses.reshape(200, 1000).mean(axis=1)
    error = blocks.std(ddof=1) / math.sqrt(len(blocks))
    assert error < 0.005
    assert abs(losses.mean() - source.entropy_rate()) < 4 * error


def test_losses_against_all_sequences_of_words(source):
    """The probability of a beginning is the sum over all sequences of words that begin so."""
    weights = {}
    for chosen in itertools.product(range(len(WORDS)), repeat=3):
        steps = itertools.pairwise(chosen)
        probability = source.stationary[chosen[0]] * math.prod(TRANSITIONS[i, j] for i, j in steps)
        weights["".join(source.words[i] for i in chosen)] = probability
    for text in ("анна h", "а ан", "한국 한 а", "hi"):
        whole = sum(p for letters, p in weights.items() if letters.startswith(text))
        assert source.losses(text).sum() == pytest.approx(-math.log(whole), rel=1e-9)


@pytest.mark.parametrize("start", ["", "а", "ан", "ан ", "한국 а", "h"])
def test_probabilities_of_the_next_character_add_up_to_one(source, start):
    alphabet = sorted(set("".join(source.words)))
    total = sum(math.exp(-source.losses(start + sign)[-1]) for sign in alphabet)
    assert total == pytest.approx(1, rel=1e-9)


def test_a_character_that_cannot_be_is_infinite_to_the_end_of_its_word(source):
    losses = source.losses("ан hq x h")
    assert np.isinf(losses).tolist() == [False] * 4 + [True] * 4 + [False]
    # After what is no word, the stationary distribution.
    share = sum(p for p, word in zip(source.stationary, WORDS, strict=True) if word[0] == "h")
    assert losses[-1] == pytest.approx(-math.log(share), rel=1e-9)


def test_a_transition_that_cannot_be_is_infinite():
    source = WordSource(["one", "two"], [[0, 1], [1, 0]])
    assert np.isinf(source.losses("one one ")).tolist() == [False] * 4 + [True] * 4
    assert source.losses("one two ")[4:].sum() == 0


def test_a_draw_has_the_length_and_the_frequencies(source):
    text = source.draw(50_000, seed=2)
    assert len(text) == 50_000
    words = text.split(" ")[:-1]
    for word, share in zip(WORDS, source.stationary, strict=True):
        assert words.count(word) / len(words) == pytest.approx(share, abs=0.02)
    pairs = list(itertools.pairwise(words))
    first = [after for before, after in pairs if before == WORDS[0]]
    for word, share in zip(WORDS, TRANSITIONS[0], strict=True):
        assert first.count(word) / len(first) == pytest.approx(share, abs=0.04)


def test_the_first_word_has_the_stationary_distribution(source):
    first = [source.draw(8, seed).split(" ")[0] for seed in range(1500)]
    for word, share in zip(WORDS, source.stationary, strict=True):
        assert first.count(word) / len(first) == pytest.approx(share, abs=0.05)


def test_draws_are_repeated_by_their_seed_alone(source):
    assert source.draw(300, seed=5) == source.draw(300, seed=5) != source.draw(300, seed=6)
    assert source.draw(300, seed=5)[:100] == source.draw(100, seed=5)
    assert source.draw(0) == ""


def test_an_empty_text_has_no_losses(source):
    assert source.losses("").shape == (0,)


def test_word_losses_by_hand():
    losses = word_losses(["a ", "ab ", "c "], [0.5, 0.3, 0.2], "ab ")
    assert losses == pytest.approx([-math.log(0.8), -math.log(0.3 / 0.8), 0])


@pytest.mark.parametrize(
    ("words", "transitions", "message"),
    [
        ([], np.zeros((0, 0)), "words: expected different words"),
        (["a", "a"], np.full((2, 2), 0.5), "words: expected different words"),
        (["a", ""], np.full((2, 2), 0.5), "words: expected characters without a space"),
        (["a", "b c"], np.full((2, 2), 0.5), "received 'b c'"),
        (["a", "b"], np.full((2, 3), 0.5), r"expected shape \(2, 2\), received \(2, 3\)"),
        (["a", "b"], [[0.5, 0.5], [0.5, 0.6]], "expected rows of probabilities"),
        (["a", "b"], [[1.5, -0.5], [0.5, 0.5]], "expected rows of probabilities"),
        (["a", "b"], np.eye(2), "expected one stationary distribution, received several"),
    ],
)
def test_what_is_no_source_is_refused(words, transitions, message):
    with pytest.raises(ValueError, match=message):
        WordSource(words, transitions)
