"""A trained model gets the characters of another text, and keeps what it has learnt."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.export import as_stored
from charrnn.own_text.origin import kept_in_trainings, merge, origin, vocabulary_axes
from charrnn.sampler import Sampler
from charrnn.vocabulary import Vocabulary
from charrnn.weights import StoredModel, expected_shapes, write_weights

# Characters that come before, between and after those of the fixture's alphabet.
NEW = " -bäя한🙃"


TIED = {"cell": "gru", "tied": True}


@pytest.fixture(scope="module", params=[{"cell": "gru"}, {"cell": "lstm"}, TIED])
def model(request, make_model, alphabet):
    return as_stored(make_model(**request.param, layers=2), alphabet, {"corpus": "x"})


def log_probabilities(logits):
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def test_a_character_of_the_model_has_the_logits_it_had(model):
    """The oracle is the sampler, which reads the text character by character."""
    merged = merge(model, NEW)
    text = "abc é中🙂\ngfedcba"
    before, after = Sampler(model), Sampler(merged)
    old = model.vocabulary.characters
    places = merged.vocabulary.encode(old)
    states = before.initial_states(1), after.initial_states(1)
    for character in text:
        logits, first = before.step(model.vocabulary.encode(character), states[0])
        wider, second = after.step(merged.vocabulary.encode(character), states[1])
        states = first, second
        np.testing.assert_allclose(wider[:, places], logits[:, 1:], rtol=0, atol=1e-6)
        # Among themselves they are as likely as before.
        np.testing.assert_allclose(
            log_probabilities(wider[:, places]), log_probabilities(logits[:, 1:]), atol=1e-5
        )
        # Each new one is as likely as [UNK].
        added = [id_ for id_, sign in enumerate(merged.vocabulary.characters, 1) if sign not in old]
        np.testing.assert_allclose(wider[:, added], logits[:, [0] * len(added)], atol=1e-6)


def test_a_new_character_is_read_as_an_unknown_one(model):
    merged = merge(model, NEW)
    before, after = Sampler(model), Sampler(merged)
    _, states = before.step(model.vocabulary.encode("я"), before.initial_states(1))
    _, received = after.step(merged.vocabulary.encode("я"), after.initial_states(1))
    np.testing.assert_array_equal(received[0], states[0])


def test_the_merged_vocabulary_is_in_order_and_fits_the_arrays(model, tmp_path):
    merged = merge(model, NEW)
    assert merged.vocabulary.characters == "".join(sorted({*model.vocabulary.characters, *NEW}))
    shapes = {name: array.shape for name, array in merged.arrays.items()}
    assert shapes == expected_shapes(merged.hyperparameters)
    assert merged.hyperparameters == {
        **model.hyperparameters,
        "vocabulary_size": len(merged.vocabulary),
    }
    write_weights(merged, tmp_path / "merged")  # checks it all


def test_a_text_without_new_characters_changes_nothing(model):
    merged = merge(model, "abc")
    assert merged.vocabulary.characters == model.vocabulary.characters
    for name, array in model.arrays.items():
        np.testing.assert_array_equal(merged.arrays[name], array)


def test_the_arrays_that_grow_with_the_vocabulary():
    sizes = {"embedding_size": 5, "units": 5, "layers": 1, "cell": "gru", "dropout": 0.0}
    # As many ids as features and units: sizes alone would not tell which axis it is.
    assert vocabulary_axes({"vocabulary_size": 5, **sizes}) == {
        "embedding": 0,
        "dense.kernel": 1,
        "dense.bias": 0,
    }


def test_where_a_model_comes_from(model, tmp_path):
    card = {
        "corpus": "shakespeare",
        "corpus_sha256": "ab",
        "validation_characters": 7,
        "from": {"name": "older"},
        "recipe": {"units": 8},
    }
    stored = StoredModel(model.hyperparameters, model.vocabulary, card, model.arrays)
    file = tmp_path / "old.safetensors"
    write_weights(stored, file)
    from hashlib import sha256

    assert origin(file, stored) == {
        "name": "old",
        "sha256": sha256(Path(file).read_bytes()).hexdigest(),
        "characters": len(Vocabulary(model.vocabulary.characters)) - 1,
        "corpus": "shakespeare",
        "corpus_sha256": "ab",
        "validation_characters": 7,
        "from": {"name": "older"},
    }


@pytest.mark.parametrize(
    ("card", "kept"),
    [
        ({}, []),
        ({"corpus_sha256": "b", "validation_characters": 9}, []),
        ({"corpus_sha256": "a", "validation_characters": 9}, [9]),
        ({"corpus_sha256": "a"}, [None]),
        ({"corpus_sha256": "a", "validation_characters": True}, [None]),
        ({"corpus_sha256": "a", "validation_characters": "9"}, [None]),
        # Trained on the text, then on another one, then on the text again, with less kept at first.
        (
            {
                "corpus_sha256": "a",
                "validation_characters": 9,
                "from": {
                    "corpus_sha256": "b",
                    "validation_characters": 2,
                    "from": {"corpus_sha256": "a", "validation_characters": 5},
                },
            },
            [9, 5],
        ),
        ({"corpus_sha256": "b", "from": {"corpus_sha256": "a"}}, [None]),
        ({"from": "a"}, []),
    ],
)
def test_what_each_training_on_a_text_left_out(card, kept):
    assert kept_in_trainings(card, "a") == kept
