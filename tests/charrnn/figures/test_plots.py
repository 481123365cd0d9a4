import inspect
import io
from collections import Counter

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from charrnn.figures import plots

TEXT = "First Citizen:\nBefore we proceed any further, hear me speak.\n\té中🙂 " * 8
random = np.random.default_rng(0)
distribution = random.dirichlet(np.ones(66))
SYMBOLS = ["[UNK]", "\n", " ", "\t", "中", *map(chr, range(40, 101))]

# Each function that draws, with arguments as large as in a chapter.
FIGURES = {
    "activations": lambda: plots.activations(TEXT[:288], random.uniform(-1, 1, 288)),
    "curves": lambda: plots.curves(
        range(1, 21),
        {"training": random.uniform(1, 2, 20), "validation": random.uniform(1, 2, 20)},
        {"unigram": 1.9, "n-gram": 1.698},
        y_limits=(1, 2),
    ),
    "frequencies": lambda: plots.frequencies(Counter(TEXT)),
    "letter_map": lambda: plots.letter_map(
        {sign: random.normal(size=2) for sign in SYMBOLS[1:]},
        {"letters": SYMBOLS[30:], "capitals": SYMBOLS[10:30]},
        "first",
        "second",
    ),
    "new_figure": lambda: plots.new_figure()[0],
    "points": lambda: plots.points(
        {name: {"b": random.normal(size=3), "a": [1, 2]} for name in ("plain", "scheduled")}, "nats"
    ),
    "probabilities": lambda: plots.probabilities(
        SYMBOLS, {f"T = {t}": distribution**t for t in (0.5, 1, 2)}
    ),
}


@pytest.fixture(autouse=True)
def no_window():
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def test_each_function_that_draws_is_here():
    functions = {
        name
        for name in plots.__all__
        if inspect.isfunction(function := getattr(plots, name))
        and "Figure" in str(inspect.signature(function).return_annotation)
    }
    assert functions == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_once_and_small(name):
    """Warnings, as of a missing letter in the font, are errors here."""
    figure = FIGURES[name]()
    assert isinstance(figure, Figure)
    assert plt.get_fignums() == [figure.number]
    assert figure.get_size_inches()[0] * figure.dpi <= 640
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi="figure", bbox_inches="tight")
    assert 500 < len(picture.getvalue()) < 40_000
    plt.close(figure)
    assert plt.get_fignums() == []


def texts_of(labels):
    return [label.get_text() for label in labels]


def test_curves_are_the_values_and_the_levels():
    figure = plots.curves([1, 2, 3], {"a": [3, 2, 1]}, {"level": 2.5}, x_label="x")
    (axes,) = figure.axes
    curve, level = axes.lines
    np.testing.assert_array_equal(curve.get_xydata(), [[1, 3], [2, 2], [3, 1]])
    assert set(level.get_ydata()) == {2.5}
    assert texts_of(axes.texts) == ["level 2.500"]
    assert texts_of(axes.get_legend().get_texts()) == ["a"]
    assert axes.get_xlabel() == "x"


def test_ticks_have_fractions_where_x_has():
    def ticks(x):
        return plots.curves(x, {"a": np.zeros(len(x))}).axes[0].get_xticks()

    assert all(tick == int(tick) for tick in ticks([1, 2, 3]))
    assert any(tick != int(tick) for tick in ticks([0.1, 0.5, 1.5]))


def test_curves_have_a_linear_axis_unless_a_logarithmic_one_is_asked_for():
    for scale, options in {"linear": {}, "log": {"y_scale": "log"}}.items():
        (axes,) = plots.curves([1, 2], {"a": [1, 1e-9]}, **options).axes
        assert axes.get_yscale() == scale


def test_letter_map_draws_each_character_at_its_place_in_its_group_s_colour():
    places = {"a": (0, 1), "\n": (2, 3), "B": (-4, 5)}
    (axes,) = plots.letter_map(places, {"small": "a", "large": ["B"]}, "x", "y").axes
    drawn = {text.get_text(): (text.get_position(), text.get_color()) for text in axes.texts}
    assert drawn == {
        "a": ((0, 1), plots.COLOURS[0]),
        "\\n": ((2, 3), "0.5"),
        "B": ((-4, 5), plots.COLOURS[1]),
    }
    assert texts_of(axes.get_legend().get_texts()) == ["small", "large"]
    (low, high), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert low < -4 < 2 < high
    assert bottom < 1 < 5 < top


def test_probabilities_shows_the_most_likely_first():
    figure = plots.probabilities(["[UNK]", "a", "\n", " "], {"p": [0, 0.2, 0.5, 0.3]}, largest=3)
    (axes,) = figure.axes
    assert texts_of(axes.get_xticklabels()) == ["\\n", "␣", "a"]
    assert [bar.get_height() for bar in axes.patches] == [0.5, 0.3, 0.2]


def test_frequencies_shows_the_most_frequent_first():
    (axes,) = plots.frequencies(Counter("aabbbbc\n\n\n"), largest=3).axes
    assert [bar.get_height() for bar in axes.patches] == [4, 3, 2]
    labels = texts_of(axes.get_xticklabels()), texts_of(axes.get_xticklabels(minor=True))
    assert labels == (["b", "a"], ["\\n"])


def test_activations_puts_each_value_under_its_character():
    figure = plots.activations("abc\nd", [0.1, 0.2, 0.3, 0.4, 0.5], columns=2)
    axes = figure.axes[0]
    grid = np.ma.filled(axes.images[0].get_array(), np.nan)
    np.testing.assert_allclose(grid, [[0.1, 0.2], [0.3, 0.4], [0.5, np.nan]])
    places = {text.get_text(): text.get_position() for text in axes.texts}
    assert places == {"a": (0, 0), "b": (1, 0), "c": (0, 1), "↵": (1, 1), "d": (0, 2)}


def test_points_stand_side_by_side_over_their_measure():
    (axes,) = plots.points({"one": {"b": [1, 2], "a": [3]}, "two": {"a": [4]}}, "nats").axes
    assert texts_of(axes.get_xticklabels()) == ["b", "a"]
    one, two = (line.get_xydata() for line in axes.lines)
    assert one[:, 0].round().tolist() == [0, 0, 1]
    assert one[:, 1].tolist() == [1, 2, 3]
    assert two[:, 0].round().tolist() == [1]
    assert one[2, 0] < two[0, 0]


def test_what_the_font_lacks_is_a_square():
    assert [plots.visible(character) for character in "a\n\t 中"] == ["a", "\\n", "\\t", "␣", "□"]
