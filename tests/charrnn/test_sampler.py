import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import charrnn
from charrnn.export import save_model
from charrnn.model import CharacterModel
from charrnn.sampler import Sampler, sigmoid
from charrnn.vocabulary import UnknownCharacterError, Vocabulary
from charrnn.weights import StoredModel, expected_shapes
from tests.helpers.draws import assert_drawn_from, softmax

CELLS = [("gru", 1), ("gru", 2), ("lstm", 1), ("lstm", 2), ("gru", 1, True)]


@pytest.fixture(scope="module")
def saved(tmp_path_factory, make_model, alphabet):
    """Return a model of a cell and its file; each made once."""
    folder, models = tmp_path_factory.mktemp("saved"), {}

    def get(cell, layers, tied=False):
        key = (cell, layers, tied)
        path = folder / "-".join(map(str, key))
        if key not in models:
            models[key] = make_model(cell=cell, layers=layers, tied=tied)
            save_model(models[key], alphabet, path)
        return models[key], path

    return get


def logits_of(sampler, ids):
    states, logits = sampler.initial_states(len(ids)), []
    for column in ids.T:
        scores, states = sampler.step(column, states)
        logits.append(scores)
    return np.stack(logits, axis=1)


@pytest.mark.parametrize("kind", CELLS)
def test_logits_are_those_of_the_tensorflow_model(saved, kind):
    model, path = saved(*kind)
    ids = np.random.default_rng(0).integers(0, 12, (3, 30)).astype("int32")
    logits = logits_of(Sampler.load(path), ids)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, model(ids), atol=1e-5)


def plain_gru(weights, ids):
    """The gated recurrent unit as its paper's equations, one text, one layer, float64.

    With the reset gate after the product, as Keras' default has it.
    """
    embedding, kernel, recurrent, (b, c), dense, dense_bias = (w.astype("float64") for w in weights)
    n = len(recurrent)
    z, r, g = (slice(k * n, (k + 1) * n) for k in range(3))
    h, rows = np.zeros(n), []
    for i in ids:
        x = embedding[i]
        update = 1 / (1 + np.exp(-(x @ kernel[:, z] + b[z] + h @ recurrent[:, z] + c[z])))
        reset = 1 / (1 + np.exp(-(x @ kernel[:, r] + b[r] + h @ recurrent[:, r] + c[r])))
        new = np.tanh(x @ kernel[:, g] + b[g] + reset * (h @ recurrent[:, g] + c[g]))
        h = update * h + (1 - update) * new
        rows.append(h @ dense + dense_bias)
    return np.array(rows)


def plain_lstm(weights, ids):
    """The long short-term memory with a forget gate, one text, one layer, float64."""
    embedding, kernel, recurrent, b, dense, dense_bias = (w.astype("float64") for w in weights)
    n = len(recurrent)
    h, memory, rows = np.zeros(n), np.zeros(n), []
    for i in ids:
        total = embedding[i] @ kernel + h @ recurrent + b
        into, forget, new, out = (total[k * n : (k + 1) * n] for k in range(4))
        into, forget, out = (1 / (1 + np.exp(-gate)) for gate in (into, forget, out))
        memory = forget * memory + into * np.tanh(new)
        h = out * np.tanh(memory)
        rows.append(h @ dense + dense_bias)
    return np.array(rows)


@pytest.mark.parametrize(("cell", "plain"), [("gru", plain_gru), ("lstm", plain_lstm)])
def test_logits_are_those_of_the_equations(saved, cell, plain):
    model, path = saved(cell, 1)
    ids = np.random.default_rng(1).integers(0, 12, (1, 40)).astype("int32")
    expected = plain(model.get_weights(), ids[0])
    np.testing.assert_allclose(logits_of(Sampler.load(path), ids)[0], expected, atol=1e-5)


def test_sigmoid_does_not_overflow():
    x = np.array([-1e4, -1, 0, 1, 1e4], "float32")
    np.testing.assert_allclose(
        sigmoid(x), [0, 1 / (1 + np.e), 0.5, np.e / (1 + np.e), 1], atol=1e-7
    )


@pytest.mark.parametrize("temperature", [0.7, 1.5])
def test_drawn_characters_follow_the_softmax(saved, alphabet, temperature):
    model, path = saved("gru", 2)
    texts = Sampler.load(path).generate(["a", "bad"] * 4000, 1, temperature, seed=1)
    for prompt, rows in (("a", texts[::2]), ("bad", texts[1::2])):
        logits = np.array(model(alphabet.encode(prompt)[None]))[0, -1]
        drawn = alphabet.encode("".join(text[-1] for text in rows), strict=True)
        assert_drawn_from(softmax(logits, temperature), drawn)


def test_temperature_near_0_is_greedy_whatever_else_is_in_the_batch(saved, alphabet):
    model, path = saved("lstm", 2)
    prompts = ["a", "bag\n", "🙂deaf"]
    texts = Sampler.load(path).generate(prompts, 12, temperature=1e-4)
    for prompt, text in zip(prompts, texts, strict=True):
        assert text.startswith(prompt)
        assert len(text) == len(prompt) + 12
        logits = np.array(model(alphabet.encode(text)[None]))[0, len(prompt) - 1 : -1, 1:]
        expected = alphabet.decode(1 + logits.argmax(axis=-1))
        assert text[len(prompt) :] == expected
        assert Sampler.load(path).generate([prompt], 12, temperature=1e-4) == [text]


def test_seeds_decide(saved):
    sampler = Sampler.load(saved("gru", 1)[1])
    assert sampler.generate(["a"], 30, seed=1) == sampler.generate(["a"], 30, seed=1)
    assert sampler.generate(["a"], 30, seed=1) != sampler.generate(["a"], 30, seed=2)
    assert len(set(sampler.generate(["a"] * 4, 30))) == 4


def test_the_unknown_symbol_is_never_drawn(saved):
    sampler = Sampler.load(saved("gru", 1)[1])
    sampler.output_bias = sampler.output_bias.copy()
    sampler.output_bias[0] = 1e6
    assert "[UNK]" not in sampler.generate(["a"], 200, temperature=5.0)[0]


def test_what_cannot_be_is_refused(saved):
    sampler = Sampler.load(saved("gru", 1)[1])
    with pytest.raises(ValueError, match="temperature: expected"):
        sampler.generate(["a"], 5, temperature=0)
    with pytest.raises(ValueError, match="length: expected"):
        sampler.generate(["a"], -5)
    with pytest.raises(ValueError, match="prompts: expected"):
        sampler.generate([""], 5)
    with pytest.raises(UnknownCharacterError, match="'x'"):
        sampler.generate(["x"], 5)


def test_a_fresh_process_samples_without_tensorflow(saved):
    script = """
import sys
import charrnn.corpora, charrnn.prompts, charrnn.weights
from charrnn.sampler import Sampler

print(repr(Sampler.load(sys.argv[1]).generate(["ab", "c"], 40, seed=3)))
loaded = {"tensorflow", "keras", "matplotlib"} & set(sys.modules)
assert not loaded, loaded
"""
    _, path = saved("lstm", 2)
    command = [sys.executable, "-X", "utf8", "-W", "error", "-c", script, str(path)]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert result.stderr == ""
    assert result.stdout.strip() == repr(Sampler.load(path).generate(["ab", "c"], 40, seed=3))


@pytest.mark.parametrize("kind", CELLS)
def test_what_is_written_character_by_character_is_the_same_text(saved, kind):
    sampler = Sampler.load(saved(*kind)[1])
    for prompt, *numbers in [("a", 40, 1.0, 3), ("🙂deaf\n", 25, 0.6, 0), ("é中", 0, 1.0, 1)]:
        for choice in [(None, None), (4, None), (None, 0.8)]:
            pieces = list(sampler.write(prompt, *numbers, *choice))
            assert all(len(piece) == 1 for piece in pieces)
            assert [prompt + "".join(pieces)] == sampler.generate([prompt], *numbers, *choice)


def test_a_character_is_given_before_the_next_is_drawn(saved, monkeypatch):
    sampler = Sampler.load(saved("gru", 1)[1])
    steps = []
    step = sampler.step
    monkeypatch.setattr(sampler, "step", lambda *arguments: steps.append(1) or step(*arguments))
    text = sampler.write("bad", 9_999_997)  # the longest there is, which would take an hour
    assert steps == []
    for number in range(1, 6):
        next(text)
        assert len(steps) == 2 + number


def test_writing_takes_no_memory_for_what_was_written(saved):
    # Only what lines of the package hold: other tests' leavings come and go meanwhile.
    ours = tracemalloc.Filter(True, str(Path(charrnn.__file__).parent / "*"))
    text = Sampler.load(saved("gru", 1)[1]).write("a", 30_000)
    held = []
    tracemalloc.start()
    for number, _ in enumerate(text, 1):
        if number in (100, 30_000):
            lines = tracemalloc.take_snapshot().filter_traces([ours]).statistics("lineno")
            held.append(sum(line.size for line in lines))
    tracemalloc.stop()
    # A third of a byte for a character.
    assert 0 < held[1] < held[0] + 10_000


def test_what_cannot_be_written_is_refused_before_the_first_character(saved):
    sampler = Sampler.load(saved("gru", 1)[1])
    with pytest.raises(ValueError, match="prompts: expected"):
        sampler.write("", 5)
    with pytest.raises(UnknownCharacterError, match="'x'"):
        sampler.write("x", 5)
    with pytest.raises(ValueError, match="top_k: expected"):
        sampler.write("a", 5, top_k=0)


@pytest.mark.parametrize(
    ("characters", "biases", "expected"),
    [
        ("ab\n ", [9, 0, 0, 1, 0], "\n"),
        ("ab ", [9, 0, 1, 0], " "),
        ("ACGT", [9, 0, 1, 3, 2], "G"),
        ("中", [9, -5], "中"),
    ],
)
def test_a_text_without_line_ends_begins_with_another_character(characters, biases, expected):
    model = CharacterModel(len(characters) + 1, 3, 4)
    model.dense.bias.assign(biases)
    arrays = dict(zip(expected_shapes(model.hyperparameters), model.get_weights(), strict=True))
    sampler = Sampler(StoredModel(model.hyperparameters, Vocabulary(characters), {}, arrays))
    prompt = sampler.neutral_prompt()
    assert prompt == expected
    assert sampler.generate([prompt], 5)[0].startswith(prompt)
