"""The whole chain against a number that is known: the entropy of a source of words.

A file is written and loaded, and from it come vocabulary, batches, a trained model and its loss;
then texts, from both ways of writing them, which the source itself judges.
"""

import math

import numpy as np
import pytest

from charrnn import corpora, metrics, windows
from charrnn.backend import keras, tf
from charrnn.export import save_model
from charrnn.generation import Generator
from charrnn.sampler import Sampler
from charrnn.streams import StreamModel
from charrnn.texts.known_source import WordSource
from charrnn.training import cosine_schedule, next_character_loss
from charrnn.vocabulary import Vocabulary

# Scripts of one to four bytes a letter; words of several lengths that share their beginnings; an
# é of one code point, and one of two.
WORDS = [
    "да",
    "дом",
    "дома",
    "домой",
    "мир",
    "한",
    "한국",
    "나",
    "나무",
    "é",
    "été",
    "e\u0301",
    "🦉🦉",
]
STEPS, ROWS, LENGTH = 260, 32, 64


@pytest.fixture(scope="module")
def source():
    random = np.random.default_rng(4)
    transitions = random.dirichlet(np.full(len(WORDS), 0.3), len(WORDS))
    return WordSource(WORDS, 0.95 * transitions + 0.05 / len(WORDS))


@pytest.fixture(scope="module")
def text(source, tmp_path_factory):
    """A text of the source, from a file."""
    path = tmp_path_factory.mktemp("known") / "known.txt"
    path.write_text(source.draw(300_000, seed=1), encoding="utf-8")
    return corpora.load(path)


@pytest.fixture(scope="module")
def cut(text):
    """Where the validation text begins, with a whole word."""
    return text.index(" ", 250_000) + 1


@pytest.fixture(scope="module")
def vocabulary(text):
    return Vocabulary(text)


@pytest.fixture(scope="module")
def model(text, cut, vocabulary):
    keras.utils.set_random_seed(1)
    model = StreamModel(
        ROWS, fresh_every=2, vocabulary_size=len(vocabulary), embedding_size=16, units=96
    )
    optimizer = keras.optimizers.Adam(cosine_schedule(1e-2, STEPS), global_clipnorm=1.0)
    model.compile(optimizer, next_character_loss(), jit_compile=False)
    batches = windows.endless_streams(vocabulary.encode(text[:cut]), ROWS, LENGTH)
    model.fit(batches, epochs=1, steps_per_epoch=STEPS, shuffle=False, verbose=0)
    return model


def test_the_loss_comes_close_to_the_entropy(model, source, text, cut, vocabulary):
    ids = vocabulary.encode(text[cut:], strict=True)
    loss = metrics.stream_loss(model, ids)
    assert abs(loss - source.entropy_rate()) < 0.03


def test_the_model_is_not_better_than_the_source(model, source, text, cut, vocabulary):
    ids = vocabulary.encode(text[cut:], strict=True)
    logits = tf.function(model)(ids[None, :-1])[0]  # (time, vocabulary)
    true = source.losses(text[cut:])[1:]
    assert np.isfinite(true).all()
    ends = range(0, len(true), 1000)
    differences = np.array(
        [
            metrics.cross_entropy(logits[i : i + 1000], ids[1:][i : i + 1000])
            - true[i : i + 1000].mean()
            for i in ends
        ]
    )
    error = differences.std(ddof=1) / math.sqrt(len(differences))
    assert error < 0.005
    assert -3 * error < differences.mean() < 0.03


@pytest.fixture(scope="module", params=["Generator", "Sampler"])
def written(request, model, vocabulary, tmp_path_factory):
    """Texts that begin with each word, 400 characters more."""
    prompts = [word + " " for word in WORDS] * 4
    if request.param == "Generator":
        texts = Generator(model, vocabulary)(prompts, 400, 1.0, 5).numpy()
        return [text.decode("utf-8") for text in texts]
    path = tmp_path_factory.mktemp("sampler") / "known"
    save_model(model, vocabulary, path, card={})
    return Sampler.load(path).generate(prompts, 400, seed=5)


def test_the_source_recognises_what_the_model_writes(written, source):
    words = [word for text in written for word in text.split(" ")[:-1]]
    assert np.mean([word in WORDS for word in words]) > 0.97
    losses = np.concatenate([source.losses(text) for text in written])
    possible = losses[np.isfinite(losses)]
    # Too low if only likely words were written, too high if pairs were mixed up.
    assert abs(possible.mean() - source.entropy_rate()) < 0.05
