"""What the elements store, against probabilities computed in another way."""

import json
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup

from charrnn.live import elements
from charrnn.live.script import FOLDER, PARTS, WORDS, book, script, style, words
from charrnn.live.stored import (
    CHIPS,
    LIKELIEST,
    TEMPERATURES,
    following,
    read_along,
    states_along,
    stored_colours,
    stored_guess,
    stored_pen,
)
from charrnn.sampler import Sampler
from charrnn.weights import PRETRAINED
from tests.helpers.node import run

TRAINING = "she sells sea shells by the sea shore " * 3
PASSAGE = "the sea sells shells"


@pytest.fixture(scope="module")
def sampler():
    return Sampler.load(PRETRAINED)


def softmax(logits, temperature=1.0):
    scores = np.asarray(logits, dtype="float64") / temperature
    scores[..., 0] = -np.inf
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def test_the_pen_in_the_page_has_the_probabilities_of_the_model(sampler, tmp_path):
    text = "ROMEO:\nBut"
    pen = json.loads(json.dumps(stored_pen(sampler, text, 6, "O", 20)))
    assert pen["text"] == text
    assert pen["at"] == 6
    heats = [0.1, 0.5, 1.0, 1.7, 2.0]
    code = """
      return given.places.map((place) => given.heats.map((heat) => storedChances(place, heat)));
    """
    given = {"places": pen["places"], "heats": heats}
    found = run(code, given, tmp_path, ("bars",))
    logits = read_along(sampler, text)
    assert len(found) == len(text)
    for place, by_heat in zip(logits, found, strict=True):
        for heat, chances in zip(heats, by_heat, strict=True):
            expected = softmax(place, heat)
            assert len(chances["likely"]) in (LIKELIEST, LIKELIEST + 1)
            for bar in chances["likely"]:
                (number,) = sampler.vocabulary.encode(bar["sign"])
                # Hundredths of a nat, twentieths for the rest, divided by the temperature.
                assert bar["chance"] == pytest.approx(expected[number], rel=0.15, abs=0.02)
            total = sum(bar["chance"] for bar in chances["likely"]) + chances["rest"]
            assert total == pytest.approx(1)


def test_the_bars_show_as_cut_what_the_draw_leaves_out(sampler, tmp_path):
    code = """
      const cases = [];
      for (const logits of given.logits)
        for (const heat of [0.1, 1, 2])
          for (const [k, p] of [[0, 1], [0, 0.5], [0, 0.95], [3, 1], [5, 0.6]]) {
            const chances = probabilities(logits, heat);
            const kept = keepLikely(chances, k, p < 1 ? p : undefined);
            const came = given.came;
            const bars = cutBars(modelChances({ logits }, given.symbols, heat, came), k, p);
            const wrong = bars.slice(0, -1)
              .filter(({ sign, kept: shown }) => kept[given.symbols.indexOf(sign)] !== shown);
            cases.push(wrong.map(({ sign, chance }) => [heat, k, p, sign, chance]));
          }
      return cases;
    """
    logits = read_along(sampler, "ROMEO:\nBut soft! what light")
    (came,) = sampler.vocabulary.encode("q")
    given = {
        "logits": logits.tolist(),
        "symbols": [*sampler.vocabulary.symbols],
        "came": int(came),
    }
    found = run(code, given, tmp_path, ("draw", "bars"))
    assert len(found) == 15 * len(logits)
    assert [wrong for wrong in found if wrong] == []


def test_stored_logits_are_exact_to_their_hundredths(sampler):
    (signs, *numbers) = following(sampler, read_along(sampler, "ROMEO")[-1])
    expected = read_along(sampler, "ROMEO")[-1]
    ids = sampler.vocabulary.encode(signs)
    steps, levels = numbers[: LIKELIEST - 1], numbers[LIKELIEST - 1 :]
    costs = np.concatenate([[0], np.cumsum(steps)]) / 100
    np.testing.assert_allclose(costs, expected[ids[0]] - expected[ids], atol=0.0051)
    assert len(levels) == len(TEMPERATURES)
    others = np.delete(expected, [0, *ids])
    for heat, level in zip(TEMPERATURES, np.cumsum(levels) / 20, strict=True):
        exact = np.log(np.exp((others - expected[ids[0]]) / heat).sum())
        assert level == pytest.approx(max(exact, -20), abs=0.026)


def test_what_came_is_stored_even_where_it_was_improbable(sampler):
    text = "ROMEO:\nzq"
    pen = stored_pen(sampler, text, 0, "O", 1)
    for place, came in zip(pen["places"], text[1:], strict=False):
        assert came in place[0]
    signs, *numbers = pen["places"][7]
    assert signs[-1] == "q"
    assert len(signs) == LIKELIEST + 1
    logits = read_along(sampler, text)[7]
    cost = sum(numbers[:LIKELIEST]) / 100
    (number,) = sampler.vocabulary.encode("q")
    assert cost == pytest.approx(logits.max() - logits[number], abs=0.0051)


def test_the_greedy_text_of_the_pen_takes_the_likeliest(sampler):
    pen = stored_pen(sampler, "O", 0, "ROMEO:", 30)["greedy"]
    assert pen["text"].startswith("ROMEO:")
    assert len(pen["text"]) == len(pen["places"]) == 36
    for place in range(5, 35):
        assert pen["text"][place + 1] == pen["places"][place][0][0]


def counted(training, context, sign, size):
    """The rule of Witten and Bell by dictionaries, as the chapter *Counting* writes it."""
    p = 1 / size
    for length in range(5):
        ending = context[len(context) - length :]
        after = [
            training[n + length]
            for n in range(len(training) - length)
            if training[n : n + length] == ending
        ]
        if after:
            kinds = len(set(after))
            p = (after.count(sign) + kinds * p) / (len(after) + kinds)
    return p


def test_the_guesses_of_counts_and_network(sampler):
    places = [4, 9, 15]
    stored = stored_guess(sampler, TRAINING, PASSAGE, places)
    size = len(sampler.vocabulary) - 1
    assert stored["size"] == size == 65
    whole = "".join(part["before"] + part["came"] for part in stored["places"]) + stored["after"]
    assert whole == PASSAGE
    network = softmax(read_along(sampler, PASSAGE))
    for place, part in zip(places, stored["places"], strict=True):
        before = PASSAGE[:place]
        characters = sampler.vocabulary.characters
        counts = np.array([counted(TRAINING, before, sign, size) for sign in characters])
        assert counts.sum() == pytest.approx(1)
        came = characters.index(PASSAGE[place])
        first, nats = part["counts"]
        assert first == characters[counts.argmax()]
        assert nats == pytest.approx(-np.log(counts[came]), abs=6e-4)
        first, nats = part["network"]
        # Without [UNK] the others share its probability, which is next to nothing.
        assert first == characters[network[place - 1][1:].argmax()]
        assert nats == pytest.approx(-np.log(network[place - 1][came + 1]), abs=1e-3)
        sums = counts + network[place - 1][1:]
        best = {characters[n] for n in np.argsort(-sums, kind="stable")[:CHIPS]}
        assert set(part["chips"]) == best
        assert part["chips"] == sorted(part["chips"])


def test_the_colours_are_states_surprises_and_differences(sampler):
    text, at = "ROMEO:\nжBut", 2
    stored = stored_colours(sampler, text, [654, 3], at, "e")
    states = states_along(sampler, text)
    assert states.shape == (len(text), 768)
    assert [unit for unit, _ in stored["units"]] == [654, 3]
    np.testing.assert_allclose(stored["units"][0][1], 100 * states[:, 654], atol=0.51)
    chances = np.exp(read_along(sampler, text))
    chances /= chances.sum(axis=1, keepdims=True)
    came = sampler.vocabulary.encode(text)
    assert came[7] == 0  # the model does not know it
    expected = [-np.log(chances[n - 1][came[n]]) for n in range(1, len(text))]
    np.testing.assert_allclose(stored["surprise"], 100 * np.array([0, *expected]), atol=0.51)
    other = np.exp(read_along(sampler, "ROeEO:\nжBut"))
    other /= other.sum(axis=1, keepdims=True)
    change = np.abs(chances - other).sum(axis=1)[at:] / 2
    np.testing.assert_allclose(stored["change"]["values"], 100 * change, atol=0.51)
    assert {" ", "e", "t"} < set(stored["letters"])


ELEMENTS = {
    "pen": lambda: elements.pen("ROMEO:\n<b>&", 2, "O"),
    "guess": lambda: elements.guess(TRAINING, PASSAGE, [4, 9]),
    "unit": lambda: elements.colours("a <b>'\"", [654], 2, "&"),
    "surprise": lambda: elements.colours("a <b>", [654], 2, "&", way="surprise"),
    "change": lambda: elements.colours("a <b>", [654], 2, "&", way="change"),
}


@pytest.mark.parametrize("name", ELEMENTS)
def test_an_element_stands_for_itself_and_holds_what_it_stores(name):
    page = BeautifulSoup(ELEMENTS[name](), "html.parser")
    (element,) = page.select("div.live")
    assert element["data-live"] == {"pen": "pen", "guess": "guess"}.get(name, "colours")
    assert element["data-model"] == "shakespeare"
    stored = json.loads(element["data-stored"])
    if name == "guess":
        assert "".join(part["before"] + part["came"] for part in stored["places"]) in PASSAGE
        rows = [[cell.text for cell in row.select("td")] for row in element.select("tbody tr")]
        assert [row[1] for row in rows] == [PASSAGE[4], PASSAGE[9]]
    else:
        assert element.text.startswith(stored["text"])  # a legend follows
        assert element.select("b") == []


def test_the_colours_of_the_fallback_are_the_way_that_is_shown_first():
    texts = {name: ELEMENTS[name]() for name in ("surprise", "change")}
    marked = {name: re.findall(r"background:(#\w+)", text) for name, text in texts.items()}
    assert marked["surprise"] != marked["change"]


def test_the_script_is_one_classic_script_that_leaves_nothing_behind(tmp_path):
    text = script()
    assert text.startswith("(() => {")
    assert not re.search(r"^(import|export)\b", text, re.M)
    names = {path.stem for path in FOLDER.glob("*.js")}
    assert set(PARTS) == names
    assert "http" not in text.replace("http from another machine", "")
    assert "url(" not in style()
    assert "innerHTML" not in text
    assert "eval" not in text


def test_every_word_that_the_script_asks_for_is_there():
    text = script()
    asked = set(re.findall(r'"(live_\w+)"', text))
    # Names that are put together from a number or a value.
    asked |= {f"live_sure_{n}" for n in range(3)}
    asked |= {f"live_by_{way}" for way in ("surprise", "unit", "change")}
    known = json.loads(WORDS.read_text(encoding="utf-8"))
    for language, spoken in known.items():
        assert asked | {"live_page"} == set(spoken), language


def test_the_places_of_words_are_the_same_in_every_language():
    known = json.loads(WORDS.read_text(encoding="utf-8"))
    for language, spoken in known.items():
        for name, text in spoken.items():
            places = sorted(re.findall(r"\{\w+\}", text))
            assert places == sorted(re.findall(r"\{\w+\}", known["en"][name])), (language, name)


def test_a_language_that_the_book_lacks_is_refused():
    with pytest.raises(ValueError, match=r"language: expected one of en, .*; received 'fr'"):
        words("fr")


def test_what_the_script_reads_cannot_end_its_element():
    text = book({"a": "</script><!--"}, {"m": 1})
    assert text.count("</script>") == 1
    assert "<!--" not in text
    (found,) = re.findall(r">(.*)</script>", text)
    assert json.loads(found) == {"words": {"a": "</script><!--"}, "models": {"m": 1}}


def test_lines_of_the_script_are_at_most_100_columns():
    for path in [*FOLDER.glob("*.js"), *FOLDER.glob("*.css")]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            assert len(line) <= 100 or "const MODULE = " in line, f"{path.name}:{number}"
