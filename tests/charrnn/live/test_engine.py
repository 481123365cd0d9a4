"""The script's engine against the package's sampler, in Node."""

import base64
import re

import numpy as np
import pytest

from charrnn.live.script import FOLDER
from charrnn.sampler import Sampler
from charrnn.vocabulary import Vocabulary
from charrnn.weights import (
    LANGUAGES,
    SHIPPED,
    StoredModel,
    expected_shapes,
    read_weights,
    shipped,
    write_weights,
)
from tests.helpers.node import run

PROMPTS = {
    "shakespeare": "ROMEO:\nBut soft! what light through yonder",
    "great-expectations": "“Pip,” said Joe, “what larks",
    "ru": "Чичиков поехал к Собакевичу",
    "zh-hans": "却说天下大势，分久必合",
    "zh-hant": "卻說天下大勢，分久必合",
    "ko": "그날 밤 나는 그 사람을",
}
MODELS = [name for name in (*SHIPPED, *LANGUAGES) if shipped(name).is_file()]
# The default one in `make check`, the others take seconds.
each_model = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "shakespeare" else pytest.mark.slow)
        for name in MODELS
    ],
)
# Sizes of which none is a multiple of the eights and fours in which the product goes.
SMALL = {
    "gru": {"cell": "gru", "layers": 1, "units": 5},
    "gru-three": {"cell": "gru", "layers": 3, "units": 21},
    "gru-tied": {"cell": "gru", "layers": 2, "units": 9, "tied": True},
    "lstm": {"cell": "lstm", "layers": 1, "units": 13},
    "lstm-two": {"cell": "lstm", "layers": 2, "units": 37},
    "lstm-tied": {"cell": "lstm", "layers": 1, "units": 8, "tied": True},
}
# Along a text, with WebAssembly and without.
ALONG = """
  const found = [];
  for (const path of given.paths)
    for (const wasm of [true, false]) {
      const model = await Model.read(bytes(path), { wasm });
      const ids = model.encode(given.text);
      found.push({ fast: model.fast, ids, logits: ids.map((id) => Array.from(model.step(id))) });
    }
  return found;
"""


def logits_along(sampler, text):
    states, found = sampler.initial_states(1), []
    for number in sampler.vocabulary.encode(text):
        logits, states = sampler.step(np.array([number]), states)
        found.append(logits[0])
    return np.array(found)


def small_model(folder, name, dtype="float32"):
    sizes = {"vocabulary_size": 7, "embedding_size": 6, "dropout": 0.0} | SMALL[name]
    random = np.random.default_rng(len(name))
    arrays = {
        array: random.normal(scale=0.5, size=shape).astype(dtype)
        for array, shape in expected_shapes(sizes).items()
    }
    path = folder / name
    write_weights(StoredModel(sizes, Vocabulary("abc\né𐐷"), {}, arrays), path)
    return path.with_suffix(".safetensors")


def check_along(folder, paths, text):
    given = {"paths": [str(path) for path in paths], "text": text}
    found = run(ALONG, given, folder)
    assert [one["fast"] for one in found] == [True, False] * len(paths)
    for n, path in enumerate(paths):
        sampler = Sampler.load(path)
        expected = logits_along(sampler, text)
        for one in found[2 * n : 2 * n + 2]:
            assert one["ids"] == sampler.vocabulary.encode(text).tolist()
            np.testing.assert_allclose(one["logits"], expected, rtol=0, atol=1e-4)


@each_model
def test_logits_of_every_shipped_model(tmp_path, name):
    check_along(tmp_path, [shipped(name)], PROMPTS[name])


@pytest.mark.parametrize("name", SMALL)
def test_logits_of_every_kind_of_model(tmp_path, name):
    paths = []
    for dtype in ("float32", "float16"):
        (tmp_path / dtype).mkdir()
        paths.append(small_model(tmp_path / dtype, name, dtype))
    check_along(tmp_path, paths, "ab\ncx𐐷éba" * 3)  # x is unknown


@each_model
def test_greedy_texts_are_equal_as_far_as_the_best_two_differ(tmp_path, name):
    code = """
      const model = await Model.read(bytes(given.path));
      const chosen = [];
      let logits;
      for (const id of model.encode(given.text)) logits = model.step(id);
      for (let n = 0; n < given.length; n++) {
        const id = likeliest(logits);
        chosen.push(id);
        logits = model.step(id);
      }
      return chosen;
    """
    given = {"path": str(shipped(name)), "text": PROMPTS[name], "length": 150}
    found = run(code, given, tmp_path)
    sampler = Sampler.load(shipped(name))
    states = sampler.initial_states(1)
    for number in sampler.vocabulary.encode(PROMPTS[name]):
        logits, states = sampler.step(np.array([number]), states)
    close = 0
    for chosen in found:
        order = np.argsort(logits[0][1:])[::-1] + 1
        if logits[0][order[0]] - logits[0][order[1]] > 1e-3:
            assert chosen == order[0]
        else:
            close += 1
        logits, states = sampler.step(np.array([chosen]), states)
    assert close < 5  # else nothing was compared


def test_a_state_can_be_taken_and_put_back(tmp_path):
    code = """
      const model = await Model.read(bytes(given.path));
      const [a, b] = model.encode("ab");
      model.step(a);
      const states = model.getState();
      const first = Array.from(model.step(b));
      model.step(b);
      model.setState(states);
      const again = Array.from(model.step(b));
      model.setState();
      return [first, again, Array.from(model.step(a)), Array.from(model.step(a))];
    """
    path = small_model(tmp_path, "lstm-two")
    first, again, fresh, second = run(code, {"path": str(path)}, tmp_path)
    assert first == again
    expected = logits_along(Sampler.load(path), "aa")
    np.testing.assert_allclose([fresh, second], expected, rtol=0, atol=1e-5)


def test_the_product_in_webassembly_and_in_javascript(tmp_path):
    code = """
      const [rows, columns] = [given.x.length, given.w.length / given.x.length];
      return [true, false].map((wasm) => {
        const size = given.x.length + given.w.length + columns;
        const { room, product, fast } = makeRoom(size, wasm);
        room.set(given.x);
        room.set(given.w, rows);
        room.fill(1, size - columns);
        product(0, rows, rows + given.w.length, rows, columns);
        return { fast, y: Array.from(room.subarray(size - columns, size)) };
      });
    """
    random = np.random.default_rng(0)
    x = random.normal(size=24).astype("float32")
    w = random.normal(size=(24, 20)).astype("float32")
    given = {"x": x.tolist(), "w": w.ravel().tolist()}
    by_wasm, by_loop = run(code, given, tmp_path)
    assert (by_wasm["fast"], by_loop["fast"]) == (True, False)
    np.testing.assert_allclose(by_wasm["y"], by_loop["y"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(by_wasm["y"], 1 + x @ w, rtol=0, atol=1e-5)


def test_every_half_is_the_number_that_numpy_reads(tmp_path):
    found = run("return Array.from(SINGLE, String)", None, tmp_path)
    expected = np.arange(65536, dtype="uint16").view("float16").astype("float32")
    received = np.array([value.replace("Infinity", "inf") for value in found], dtype="float32")
    np.testing.assert_array_equal(received, expected)


DAMAGES = {
    "a changed weight": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "a changed description": lambda data: data.replace(b"abc", b"abd", 1),
    "cut short": lambda data: data[:-10],
    "another file": lambda data: b"<!DOCTYPE html>" + data[15:],
    "nothing": lambda data: b"",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = small_model(tmp_path, "gru")
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    code = """
      try {
        await Model.read(bytes(given));
      } catch (error) {
        return [error instanceof DamagedModel, error.message];
      }
    """
    refused, message = run(code, str(path), tmp_path)
    assert refused, message


def test_a_file_of_another_kind_is_refused(tmp_path):
    from charrnn.support.arrays import write_arrays

    path = tmp_path / "run.safetensors"
    write_arrays(path, "a run", {"a": np.zeros(3)}, {})
    code = """
      try { await Model.read(bytes(given)); } catch (error) { return error.message; }
    """
    assert run(code, str(path), tmp_path) == "expected a model, received a run"


def test_temperature_and_filters_are_those_of_the_sampler(tmp_path):
    from charrnn.sampler import keep_likely

    logits = np.random.default_rng(3).normal(size=30).astype("float32") * 2
    logits[7] = logits[12]  # equal ones are kept or cut off together
    rules = [(None, None), (1, None), (5, None), (None, 0.5), (8, 0.9), (40, 0.95)]
    cases = [
        {"t": heat, "k": top_k, "p": top_p}
        for heat in (0.1, 0.7, 1.0, 2.0)
        for top_k, top_p in rules
    ]
    code = """
      return given.cases.map(({ t, k, p }) => {
        const chances = probabilities(given.logits, t);
        return [Array.from(chances), keepLikely(chances, k, p)];
      });
    """
    found = run(code, {"logits": logits.tolist(), "cases": cases}, tmp_path)
    for case, (chances, kept) in zip(cases, found, strict=True):
        scores = logits.astype("float64") / case["t"]
        scores[0] = -np.inf
        powers = np.exp(scores - scores.max())
        np.testing.assert_allclose(chances, powers / powers.sum(), atol=1e-12)
        stays = np.isfinite(keep_likely(scores[None].astype("float32"), case["k"], case["p"])[0])
        assert kept == stays.tolist(), case


def test_draws_have_their_probabilities_and_seeds_decide_them(tmp_path):
    code = """
      const chances = given.chances;
      const kept = chances.map((p, id) => p > 0 && id !== given.cut);
      const many = (seed) => {
        const random = randomNumbers(seed);
        return Array.from({ length: given.draws }, () => draw(chances, kept, random));
      };
      return [many(1), many(1).join() === many(1).join(), many(1).join() === many(2).join()];
    """
    chances = [0, 0.5, 0.25, 0.15, 0.06, 0.04]
    draws, cut = 20_000, 3
    given = {"chances": chances, "cut": cut, "draws": draws}
    drawn, equal, other = run(code, given, tmp_path)
    assert equal
    assert not other
    counts = np.bincount(drawn, minlength=len(chances))
    assert counts[0] == counts[cut] == 0
    left = np.delete(np.array(chances), [0, cut])
    expected = draws * left / left.sum()
    chi_square = ((np.delete(counts, [0, cut]) - expected) ** 2 / expected).sum()
    assert chi_square < 16.27  # three degrees of freedom, one in a thousand


def test_random_numbers_fill_their_range_evenly(tmp_path):
    code = """
      const random = randomNumbers(given);
      return Array.from({ length: 20000 }, random);
    """
    numbers = np.array(run(code, 5, tmp_path))
    assert 0 <= numbers.min() < 0.01 < 0.99 < numbers.max() < 1
    counts, _ = np.histogram(numbers, bins=20, range=(0, 1))
    assert ((counts - 1000) ** 2 / 1000).sum() < 43.8  # nineteen degrees, one in a thousand


def test_the_bytes_in_the_script_are_those_of_its_source():
    wasmtime = pytest.importorskip("wasmtime", reason="wasmtime not installed: `make live` has it")
    from tools.live import without_names

    source = (FOLDER / "product.wat").read_text(encoding="utf-8")
    (code,) = re.findall(r'MODULE = "([^"]*)"', (FOLDER / "product.js").read_text(encoding="utf-8"))
    assert base64.b64decode(code) == without_names(bytes(wasmtime.wat2wasm(source)))


def test_the_default_model_is_among_those_compared():
    assert read_weights("shakespeare").hyperparameters["cell"] == "gru"
    assert "shakespeare" in MODELS
