import numpy as np
import pytest

from charrnn.backend import tf
from charrnn.generation import Generator, OneStep, generate
from tests.helpers.draws import assert_drawn_from, softmax

PROMPTS = ["a", "bag\n", "é中", "🙂deaf"]


@pytest.fixture(scope="module", params=[False, True], ids=["dense", "tied"])
def model(request, make_model):
    return make_model(layers=2, tied=request.param)


@pytest.fixture(scope="module")
def one_step(model):
    return OneStep(model)


@pytest.fixture(scope="module")
def generator(model, alphabet):
    return Generator(model, alphabet)


@pytest.fixture(scope="module")
def in_graph(generator):
    """Return the generator with texts in, texts out, and the argument names of ``generate``."""

    def run(prompts, length, temperature=1.0, seed=0):
        texts = generator(tf.constant(prompts, tf.string), length, temperature, seed)
        return [text.decode() for text in texts.numpy()]

    return run


@pytest.fixture(scope="module")
def in_python(one_step, alphabet):
    return lambda *args, **kwargs: generate(one_step, alphabet, *args, **kwargs)


@pytest.fixture(params=["in_python", "in_graph"])
def way(request, model):  # whose kinds pytest has to know before it runs
    return request.getfixturevalue(request.param)


def greedy(model, vocabulary, prompt, text):
    """Return ``prompt`` with the most likely known character after each character of ``text``."""
    logits = np.array(model(vocabulary.encode(text)[None]))[0, len(prompt) - 1 : -1]
    return prompt + vocabulary.decode(1 + logits[:, 1:].argmax(axis=-1))


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("length", [0, 1, 25])
def test_both_ways_draw_the_same(in_python, in_graph, length, seed):
    texts = in_python(PROMPTS, length, temperature=0.8, seed=seed)
    assert in_graph(PROMPTS, length, temperature=0.8, seed=seed) == texts


def test_a_text_is_its_prompt_and_the_characters_asked_for(way):
    for prompt, text in zip(PROMPTS, way(PROMPTS, 9), strict=True):
        assert text.startswith(prompt)
        assert len(text) == len(prompt) + 9


def test_seeds_decide(way):
    assert way(PROMPTS, 20, seed=1) == way(PROMPTS, 20, seed=1)
    assert way(PROMPTS, 20, seed=1) != way(PROMPTS, 20, seed=2)


def test_rows_draw_on_their_own(way):
    texts = way(["a"] * 4, 20)
    assert len(set(texts)) == 4


def test_temperature_near_0_is_greedy(way, model, alphabet):
    """Also in a batch of prompts of other lengths, which must not matter to a row."""
    texts = way(PROMPTS, 12, temperature=1e-4)
    for prompt, text in zip(PROMPTS, texts, strict=True):
        assert text == greedy(model, alphabet, prompt, text)
        assert way([prompt], 12, temperature=1e-4) == [text]


@pytest.mark.parametrize("temperature", [0.7, 1.5])
def test_drawn_characters_follow_the_softmax(way, model, alphabet, temperature):
    texts = way(["bad"] * 4000, 1, temperature=temperature, seed=3)
    logits = np.array(model(alphabet.encode("bad")[None]))[0, -1]
    drawn = alphabet.encode("".join(text[-1] for text in texts), strict=True)
    assert_drawn_from(softmax(logits, temperature), drawn)


def test_the_state_is_carried(way, model, alphabet):
    """The second character of a continuation follows from all that came before it."""
    texts = way(["bad"] * 3000, 2, seed=5)
    following = [text[-1] for text in texts if text[-2] == texts[0][-2]]
    ids = alphabet.encode(texts[0][:4])
    logits = np.array(model(ids[None]))[0, -1]
    assert_drawn_from(softmax(logits), alphabet.encode("".join(following), strict=True))


def test_the_unknown_symbol_is_never_drawn(make_model, alphabet):
    model = make_model()
    bias = model.dense.bias.numpy()
    bias[0] = 1e6
    model.dense.bias.assign(bias)
    texts = generate(OneStep(model), alphabet, ["a"] * 50, 10, temperature=5.0)
    assert not any("[UNK]" in text for text in texts)
    prompts = tf.constant(["a"] * 50)
    texts = Generator(model, alphabet)(prompts, 10, 5.0, 0).numpy()
    assert not any(b"[UNK]" in text for text in texts)
    model.dense.bias.assign(np.zeros_like(bias))


def test_one_step_masks_and_divides(one_step, model):
    """It draws from the logits of the model's own call; the states go on."""
    ids = np.full(4000, 3, "int32")
    states = model.initial_states(4000)
    drawn, new_states = one_step(ids, states, tf.constant(2.0), tf.constant([1, 2]))
    logits, expected = model(ids[:1, None], return_state=True)
    assert_drawn_from(softmax(np.array(logits)[0, 0], 2.0), drawn.numpy())
    for layer, other in zip(new_states, expected, strict=True):
        np.testing.assert_allclose(layer[0][:1], other[0], atol=1e-6)


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ([""], "prompts: expected .*at least one character"),
        (["a", ""], "prompts: expected .*at least one character"),
        (["a", "xyz"], "expected .*characters"),
    ],
)
def test_prompts_that_cannot_be_are_refused(in_python, in_graph, prompts, message):
    with pytest.raises(ValueError, match=message):
        in_python(prompts, 5)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        in_graph(prompts, 5)


def test_prompts_that_are_no_list_or_no_utf_8_are_refused(in_python, generator):
    with pytest.raises(ValueError, match="expected a list of texts"):
        in_python("abc", 5)
    with pytest.raises(ValueError, match="prompts: expected texts"):
        in_python([], 5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected known characters"):
        generator(tf.constant([b"a\xff"]), 5, 1.0, 0)
