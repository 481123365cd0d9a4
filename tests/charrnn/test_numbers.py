"""Numbers that float32, int32 or memory cannot hold: one verdict in every way of generating."""

import math
import re
import warnings

import numpy as np
import pytest

from charrnn import prompts
from charrnn.backend import tf
from charrnn.export import save_model, save_saved_model
from charrnn.generation import Generator, OneStep, continue_ids, generate
from charrnn.sampler import Sampler
from charrnn.variants.stateful import build_stateful, generate_text
from charrnn.vocabulary import Vocabulary

PROMPT = "bad"
TEMPERATURE = "temperature: expected a number from 1e-30 to 1e+30"
SEED = "seed: expected a whole number from 0 to 2147483647"
LENGTH = "length: expected a whole number of at least 0"
FITTING = (
    "length: expected texts, with their prompts, of at most 10,000,000 characters each and "
    "100,000,000 together"
)
# Each is (length, temperature, seed) and the beginning of the sentence.
TEMPERATURES = [0.0, -0.0, -1.0, 1e-46, 1e-40, 1e-38, 9e-31, 2e30, 1e39, 1e300, math.inf, math.nan]
REFUSED = [
    *(((5, value, 0), TEMPERATURE) for value in [*TEMPERATURES, -math.inf]),
    ((0, 1e-40, 0), TEMPERATURE),
    ((5, 1.0, -1), SEED),
    ((0, 1.0, -1), SEED),
    ((-1, 1.0, 0), LENGTH),
    ((10_000_000, 1.0, 0), FITTING),
    ((2**31 - 1, 1.0, 0), FITTING),
]
# No tensor of the graph's types holds these.
ONLY_IN_PYTHON = [
    ((5, 1.0, 2**31), SEED),
    ((5, 1.0, 2**64), SEED),
    ((5, 1.0, 0.5), SEED),
    ((5, 1.0, None), SEED),
    ((2**32 + 5, 1.0, 0), FITTING),
    ((10**12, 1.0, 0), FITTING),
    ((5.0, 1.0, 0), LENGTH),
    ((None, 1.0, 0), LENGTH),
    ((5, 10**400, 0), TEMPERATURE),
    ((5, "1.0", 0), TEMPERATURE),
    ((5, None, 0), TEMPERATURE),
    ((5, 1j, 0), TEMPERATURE),
]
TAKEN = [
    (5, 1e-30, 0),
    (5, 1e30, 2**31 - 1),
    (5, np.float32(0.5), np.int64(3)),
    (np.int32(5), 1, 0),
]


@pytest.fixture(scope="module")
def sampler(gru, alphabet, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "gru"
    save_model(gru, alphabet, path)
    return Sampler.load(path)


@pytest.fixture(scope="module")
def in_python(sampler, gru, alphabet):
    """Return the ways that take numbers of Python, by name; each continues one prompt."""
    stateful = build_stateful(len(alphabet), 1, embedding_size=6, units=8)
    generator, one_step = Generator(gru, alphabet), OneStep(gru)
    return {
        "Sampler.generate": lambda *numbers: sampler.generate([PROMPT], *numbers)[0],
        "Sampler.write": lambda *numbers: PROMPT + "".join(sampler.write(PROMPT, *numbers)),
        "generate": lambda *numbers: generate(one_step, alphabet, [PROMPT], *numbers)[0],
        "Generator": lambda *numbers: generator([PROMPT], *numbers).numpy()[0].decode(),
        "generate_text": lambda *numbers: generate_text(stateful, alphabet, PROMPT, *numbers),
    }


@pytest.fixture(scope="module")
def in_graph(gru, alphabet, tmp_path_factory):
    """Return the ways that take tensors, by name."""
    generator = Generator(gru, alphabet)
    folder = tmp_path_factory.mktemp("exported") / "gru"
    save_saved_model(generator, folder)
    exported = tf.saved_model.load(str(folder))

    def tensors(length, temperature, seed):
        # TensorFlow would cut numbers that it cannot hold: NumPy, which says so, makes them.
        with np.errstate(over="ignore"):
            heat = np.float32(temperature)
        return tf.constant(length, tf.int32), tf.constant(heat), tf.constant(seed, tf.int32)

    def serve(*numbers):
        names = "length", "temperature", "seed"
        named = dict(zip(names, tensors(*numbers), strict=True))
        texts = exported.signatures["serving_default"](prompts=tf.constant([PROMPT]), **named)
        return texts["texts"].numpy()[0].decode()

    return {
        "Generator": lambda *n: generator([PROMPT], *tensors(*n)).numpy()[0].decode(),
        "SavedModel, called": lambda *n: exported([PROMPT], *tensors(*n)).numpy()[0].decode(),
        "SavedModel, served": serve,
    }


PYTHON = ["Sampler.generate", "Sampler.write", "generate", "Generator", "generate_text"]
GRAPH = ["Generator", "SavedModel, called", "SavedModel, served"]


@pytest.mark.parametrize("way", PYTHON)
def test_numbers_of_python_are_refused_with_one_sentence(in_python, way):
    for numbers, sentence in REFUSED + ONLY_IN_PYTHON:
        with pytest.raises(ValueError, match=re.escape(sentence) + ", received ") as error:
            in_python[way](*numbers)
        assert "\n" not in str(error.value), numbers


@pytest.mark.parametrize("way", GRAPH)
def test_tensors_are_refused_with_the_same_words(in_graph, way):
    for numbers, sentence in REFUSED:
        with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(sentence)):
            in_graph[way](*numbers)


def test_a_graph_refuses_numbers_that_it_would_not_use(gru, alphabet):
    """One character and none to add: no step is made."""
    generator = Generator(gru, alphabet)
    for numbers, sentence in [((0, 1e-40, 0), TEMPERATURE), ((0, 1.0, -1), SEED)]:
        with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(sentence)):
            generator(["a"], *map(tf.constant, numbers))


def test_numbers_at_their_limits_are_taken_by_every_way(in_python, in_graph):
    for numbers in TAKEN:
        for way in [*in_python.values(), *in_graph.values()]:
            text = way(*numbers)
            assert text.startswith(PROMPT)
            assert len(text) == len(PROMPT) + 5
            assert "[UNK]" not in text


def test_low_temperatures_take_the_most_likely_character_down_to_the_lowest(
    in_python, in_graph, gru, alphabet
):
    same = [in_python[way] for way in PYTHON if way != "generate_text"]  # which has other weights
    logits = np.array(gru(alphabet.encode(PROMPT)[None]))[0, -1, 1:]
    likely = alphabet.characters[logits.argmax()]
    for exponent in [-6, -15, -25, -30]:
        temperature = float(f"1e{exponent}")
        texts = {way(20, temperature, 4) for way in [*same, *in_graph.values()]}
        assert len(texts) == 1, temperature
        assert texts.pop()[len(PROMPT)] == likely


def test_the_highest_temperature_makes_all_characters_equally_likely(sampler, alphabet):
    texts = sampler.generate([PROMPT] * 6000, 1, 1e30)
    counts = np.bincount(alphabet.encode("".join(text[-1] for text in texts)), minlength=13)
    assert counts[0] == 0
    assert (abs(counts[1:] - 500) < 5 * math.sqrt(500)).all()


def test_any_temperature_and_seed_is_refused_or_writes_known_characters(sampler, in_python):
    """A loop over numbers of all sizes: never another error, a warning, or an unknown character."""
    random = np.random.default_rng(0)
    for _ in range(300):
        temperature = float(10 ** random.uniform(-60, 60)) * random.choice([1, 1, 1, -1])
        seed = int(random.choice([-1, 1, 1])) * int(2 ** random.uniform(0, 70))
        possible = 1e-30 <= temperature <= 1e30 and 0 <= seed < 2**31
        top_p = float(10 ** random.uniform(-60, 0))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                (text,) = sampler.generate(["a"], 3, temperature, seed, None, top_p)
        except ValueError as error:
            assert re.match("(temperature|seed|top_p): expected .*, received ", str(error))  # noqa: PT017
            assert not possible or top_p < 1.1e-30
        else:
            assert possible
            assert top_p > 0.9e-30
            assert len(text) == 4
            assert "[UNK]" not in text


@pytest.mark.parametrize(
    "top_p", [0, -0.5, 1e-46, 1e-40, 9e-31, 1.01, 1e300, math.nan, "1", 10**400]
)
def test_a_probability_that_float32_cannot_hold_is_refused(gru, alphabet, sampler, top_p):
    ways = [
        lambda: sampler.generate([PROMPT], 5, top_p=top_p),
        lambda: sampler.write(PROMPT, 5, top_p=top_p),
        lambda: OneStep(gru, top_p=top_p),
        lambda: Generator(gru, alphabet, top_p=top_p),
    ]
    for way in ways:
        with pytest.raises(ValueError, match="top_p: expected a number from 1e-30 to 1, received "):
            way()


def test_the_smallest_probability_takes_the_most_likely_character(gru, alphabet, sampler):
    numbers = 20, 1.0, 0
    expected = sampler.generate([PROMPT], 20, top_k=1)
    assert sampler.generate([PROMPT], 20, top_p=1e-30) == expected
    assert generate(OneStep(gru, top_p=1e-30), alphabet, [PROMPT], *numbers) == expected
    texts = Generator(gru, alphabet, top_p=1e-30)([PROMPT], *numbers)
    assert [text.decode() for text in texts.numpy()] == expected


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_a_step_of_its_own_refuses_a_temperature(gru, temperature):
    with np.errstate(over="ignore"):
        heat = tf.constant(np.float32(temperature))
    states, ids = gru.initial_states(1), tf.constant([1])
    with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(TEMPERATURE)):
        OneStep(gru)(ids, states, heat, tf.constant([0, 1]))

    @tf.function
    def write(heat):
        return continue_ids(OneStep(gru), ids[None], tf.constant([1]), tf.constant(3), heat, 0)

    with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(TEMPERATURE)):
        write(heat)


def test_a_step_of_its_own_refuses_a_seed(gru):
    with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(SEED)):
        OneStep(gru)(
            tf.constant([1]), gru.initial_states(1), tf.constant(1.0), tf.constant([-1, 1])
        )


def test_the_texts_of_a_call_count_together(monkeypatch, gru, alphabet, sampler):
    """With the longest prompt, to which the others are filled up."""
    monkeypatch.setattr(prompts, "ROOM", 30)
    monkeypatch.setattr("charrnn.generation.ROOM", 30)
    generator, one_step = Generator(gru, alphabet), OneStep(gru)
    texts = ["a", "bad", "a"]
    for way in [
        lambda length: sampler.generate(texts, length),
        lambda length: generate(one_step, alphabet, texts, length),
        lambda length: generator(texts, length, 1.0, 0),
        lambda length: generator(*map(tf.constant, (texts, length, 1.0, 0))),
    ]:
        way(7)
        with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match="length: expected"):
            way(8)


@pytest.mark.parametrize("characters", ["ab", "abcdefghijklmnop"])
def test_a_vocabulary_of_another_size_is_refused_by_name(gru, characters, tmp_path):
    other = Vocabulary(characters)
    stateful = build_stateful(13, 1, embedding_size=6, units=8)
    message = rf"vocabulary: expected 13 ids, as the model has logits, received {len(other)}"
    for way in [
        lambda: generate(OneStep(gru), other, ["b"], 5),
        lambda: Generator(gru, other),
        lambda: generate_text(stateful, other, "b"),
    ]:
        with pytest.raises(ValueError, match=message):
            way()
    with pytest.raises(ValueError, match=f"expected a vocabulary of 13 ids, .* {len(other)}"):
        save_model(gru, other, tmp_path / "model")
