"""One sentence at the end of a training: the comparison, and advice by rule."""

import dataclasses

import pytest

from charrnn.own_text.verdict import Ended, sentence


def rows(validation, training=None, seconds=120):
    """Reports at equal distances; the training loss is that on the validation text unless told."""
    return [
        {"seconds": seconds * (place + 1) / len(validation), "loss": loss, "validation_loss": value}
        for place, (value, loss) in enumerate(zip(validation, training or validation, strict=True))
    ]


FALLING = [3.0, 2.5, 2.2, 2.0, 1.9, 1.85, 1.82, 1.8, 1.79, 1.78]
RISING = [3.0, 2.5, 2.2, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7]


def ended(history, **changes):
    begun = Ended(history, minutes=2, characters=200_000, units=640, dropout=0.0)
    return dataclasses.replace(begun, **changes)


def test_a_model_that_is_better_is_said_to_be_by_difference_and_ratio():
    assert sentence(1.7, 1.861, ended(rows(FALLING))) == (
        "better than the best n-gram: 1.700 against 1.861 nats per character, 0.161 less "
        "(ratio 0.913)"
    )


def test_one_that_is_as_good_is_not_better():
    said = sentence(1.5, 1.5, ended(rows(FALLING)))
    assert said.startswith(
        "not better than the best n-gram: 1.500 against 1.500 nats per character (ratio 1.000); "
    )


def test_a_text_that_an_n_gram_predicts_for_certain_has_no_ratio():
    said = sentence(0.1, 0.0, ended(rows(FALLING)))
    assert said.startswith(
        "not better than the best n-gram: 0.100 against 0.000 nats per character; "
    )


MORE = "more text or more dropout (--dropout 0.3) would help"


@pytest.mark.parametrize(
    ("run", "advice"),
    [
        # The time was up before it was done.
        (
            ended(rows(FALLING)),
            "it was still getting better when its time was up: more minutes (--minutes 4) would "
            "help",
        ),
        # The validation loss rose again.
        (ended(rows(RISING)), f"it learns the text by heart: {MORE}"),
        # It has not risen yet, but what was trained on is predicted far better.
        (
            ended(rows(FALLING, [loss - 0.3 for loss in FALLING])),
            f"it learns the text by heart: {MORE}",
        ),
        # A long text.
        (
            ended(rows(RISING), characters=5_000_000),
            "it learns the text by heart: more dropout (--dropout 0.3) or a smaller model "
            "(--units 320) would help",
        ),
        # Dropout already.
        (
            ended(rows(RISING), dropout=0.3),
            "it learns the text by heart: more text or more dropout (--dropout 0.5) would help",
        ),
        (
            ended(rows(RISING), dropout=0.5, characters=5_000_000),
            "it learns the text by heart: a smaller model (--units 320) would help",
        ),
        # Other sizes would be refused.
        (
            ended(rows(RISING), dropout=0.5, characters=5_000_000, units=None),
            "it learns the text by heart: more text would help",
        ),
        # The passes were over before the time was.
        (ended(rows(FALLING, seconds=60)), "more text would help"),
        (
            ended(rows(FALLING, [loss + 0.1 for loss in FALLING], seconds=60), dropout=0.4),
            "less dropout (--dropout 0.2) would help",
        ),
        (
            ended(rows(FALLING[:3]), stopped=True),
            "the run was stopped, and going on with it would help",
        ),
        (
            ended(rows(FALLING[:3]), diverged=True),
            "its loss was no longer finite, and another --seed would help",
        ),
        # No report but that before training.
        (ended([{"seconds": 0.0, "validation_loss": 3.0}]), "more minutes would help"),
    ],
)
def test_what_would_help(run, advice):
    assert sentence(2.0, 1.5, run).split("; ", 1)[1] == advice


def test_a_little_noise_at_the_end_is_no_learning_by_heart():
    history = rows([*FALLING[:-2], 1.775, 1.78])
    assert "more minutes" in sentence(2.0, 1.5, ended(history))
    history = rows([3.0, 2.0, 1.775, 1.78, 1.78, 1.79, 1.79, 1.78, 1.79, 1.79])
    assert "more minutes" in sentence(2.0, 1.5, ended(history))
