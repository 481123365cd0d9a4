"""Characters and pieces: cuts that lose nothing, and a record that follows from its numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest

from charrnn.support.files import read_table
from charrnn.vocabulary import Vocabulary
from experiments import pieces, shared
from experiments.pieces import CHARACTERS, PIECES, RECIPE, RECORD, STEPS, Tokens
from experiments.shared import Shakespeare

LINES = "the king and the queen,\n  then  the other\n\nTHE END\ta tab \n"


@pytest.fixture
def short(monkeypatch):
    """Return a text of some thousand characters in place of Shakespeare's."""
    text = (LINES * 200)[:9000]
    monkeypatch.setattr(pieces, "VALIDATION", 2000)
    vocabulary = Vocabulary(text)
    ids = vocabulary.encode(text)
    training = ids[:-2000]
    return Shakespeare(text, vocabulary, training, ids[-2000:], training[:6000], training[6000:])


@pytest.mark.parametrize("text", [LINES, "no end", "\n", "  tab  ", "\tthe\n\n", ""])
def test_cutting_and_joining_loses_nothing(text):
    learned = pieces.learn_pieces(LINES * 20, 40)
    assert learned.get_piece_size() == 40
    ids = learned.encode(text)
    assert learned.decode(ids) == text
    assert learned.unk_id() not in ids


def test_a_line_end_is_a_piece_and_part_of_no_other():
    learned = pieces.learn_pieces("ab\nab\n" * 50, 5)
    found = [learned.id_to_piece(number) for number in range(5)]
    assert [piece for piece in found if "\n" in piece] == ["\n"]
    assert "ab" in found


def test_pieces_come_from_the_training_text_alone(short):
    other = replace(short, text=short.text[:-2000] + "zzzz" * 500)
    found = [pieces.cut(30, text) for text in (short, other)]
    assert np.array_equal(found[0].training, found[1].training)
    assert 0 in found[1].validation  # a letter that was not seen


def test_bits_per_byte_are_the_same_text_whatever_the_tokens():
    # Each of 6 bytes after the first is one of two equally likely ones: one bit a byte.
    ids = np.zeros(7, "int32")
    assert pieces.bits_per_byte(math.log(2), Tokens(2, ids, ids, 6)) == pytest.approx(1)
    # The same in two tokens, each one of eight.
    ids = np.zeros(3, "int32")
    assert pieces.bits_per_byte(math.log(8), Tokens(8, ids, ids, 6)) == pytest.approx(1)


def test_the_first_token_does_not_count(short):
    tokens = pieces.cut(30, short)
    learned = pieces.learn_pieces(short.text[:-2000], 30)
    first = learned.decode([int(tokens.validation[0])])
    assert tokens.predicted == 2000 - len(first)


def test_equal_text_means_fewer_steps_for_longer_tokens():
    text = Shakespeare(*[None] * 2, np.zeros(1000), *[None] * 3)
    tokens = Tokens(256, np.zeros(400), np.zeros(1), 0)
    assert pieces.steps_of("steps", tokens, text) == STEPS
    assert pieces.steps_of("text", tokens, text) == 0.4 * STEPS


def test_a_row_is_measured_and_stays(short, tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "RECIPE", replace(RECIPE, units=8, batch_size=4, length=8))
    monkeypatch.setattr(pieces, "STEPS", 40)
    monkeypatch.setattr(pieces, "PIECES", (30,))
    monkeypatch.setattr(shared, "TIMED", 1)
    cut = pieces.cut
    texts = {
        CHARACTERS: Tokens(CHARACTERS, short.training, short.validation, 1999),
        30: cut(30, short),
    }
    rows = pieces.fill(tmp_path / "pieces.csv", texts.__getitem__, short)
    assert [(row["pieces"], row["equal"]) for row in rows] == [
        ("66", "steps"),
        ("30", "steps"),
        ("30", "text"),
    ]
    assert all(0 < float(row["bits_a_byte"]) < 6 for row in rows)
    monkeypatch.setattr(pieces, "measure", None)
    monkeypatch.setattr(pieces, "times_by_size", None)
    path = tmp_path / "pieces.csv"
    assert pieces.fill(path, texts.__getitem__, short) == rows
    monkeypatch.setattr(pieces, "times_by_size", lambda given: {each.size: 0.5 for each in given})
    pieces.time_anew(path, texts.__getitem__)
    assert read_table(path) == [row | {"milliseconds": "0.5000"} for row in rows]


def test_the_record_has_all_runs_and_what_follows_from_their_numbers():
    rows = read_table(RECORD)
    assert [{name: row[name] for name in ("pieces", "equal")} for row in rows] == pieces.keys()
    text = Shakespeare.load()
    for row in rows:
        size, tokens, steps = (int(row[name]) for name in ("pieces", "tokens", "steps"))
        share = tokens / len(text.training)
        assert steps == (STEPS if row["equal"] == "steps" else round(STEPS * share))
        read = steps * RECIPE.batch_size * RECIPE.length
        assert float(row["passes"]) == pytest.approx(read / tokens, abs=1e-4)
        assert float(row["characters_a_step"]) == pytest.approx(read / steps / share, abs=1e-3)
        units, embedding = RECIPE.units, RECIPE.embedding_size
        gru = 3 * (embedding * units + units**2 + 2 * units)
        assert int(row["parameters"]) == size * embedding + gru + units * size + size
    assert len(text.training) == int(rows[0]["tokens"])
    assert {int(row["pieces"]) for row in rows[1:]} == set(PIECES)


@pytest.mark.parametrize("size", [CHARACTERS, 512])
def test_the_record_s_tokens_are_those_of_the_text(size):
    text = Shakespeare.load()
    tokens = pieces.cut(size, text)
    rows = [row for row in read_table(RECORD) if row["pieces"] == str(size)]
    assert rows
    for row in rows:
        assert int(row["tokens"]) == len(tokens.training)
        bits = pieces.bits_per_byte(float(row["nats_a_token"]), tokens)
        assert float(row["bits_a_byte"]) == pytest.approx(bits, abs=2e-4)
