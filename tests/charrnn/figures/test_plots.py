import inspect
from collections import Counter

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from charrnn.figures import look, plots
from tests.helpers.colours import contrast

TEXT = "First Citizen:\nBefore we proceed any further, hear me speak.\n\té中🙂 " * 8
random = np.random.default_rng(0)
distribution = random.dirichlet(np.ones(66))
SYMBOLS = ["[UNK]", "\n", " ", "\t", "中", *map(chr, range(40, 101))]

# Each function that draws, with arguments as large as in a chapter.
FIGURES = {
    "curves": lambda: plots.curves(
        range(1, 21),
        {"training": random.uniform(1, 2, 20), "validation": random.uniform(1, 2, 20)},
        {"unigram": 1.9, "n-gram": 1.698},
        y_limits=(1, 2),
    ),
    "frequencies": lambda: plots.frequencies(Counter(TEXT)),
    "grid": lambda: plots.grid(
        ["50 kB", "200 kB", "1 MB", "4.9 MB"],
        ["1 × 128\n0.0", "1 × 256\n0.3", "2 × 384\n0.3"],
        random.uniform(-0.3, 0.1, (4, 3)),
        "text",
        "layers × units, dropout",
    ),
    "level_bars": lambda: plots.level_bars(
        {name: 100.0 / (1 + len(name)) for name in ("stock", "own loop", "compiled")},
        {"limit": 20.0},
    ),
    "new_figure": lambda: plots.new_figure()[0],
    "points": lambda: plots.points(
        {name: {"b": random.normal(size=3), "a": [1, 2]} for name in ("plain", "scheduled")}, "nats"
    ),
    "probabilities": lambda: plots.probabilities(
        SYMBOLS, {f"T = {t}": distribution**t for t in (0.5, 1, 2)}
    ),
}


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
    assert figure.get_size_inches()[0] * figure.dpi == 900
    assert 500 < len(figure.png()) < 40_000
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


def test_lines_have_a_marker_of_their_own_and_few_where_points_are_many():
    for count, shown in {5: 5, 20: 20, 21: 11, 61: 16}.items():
        lines = {name: np.arange(count) for name in "abcdefg"}
        drawn = plots.curves(range(count), lines).axes[0].lines
        assert len({line.get_marker() for line in drawn}) == 7
        assert len(range(count)[:: drawn[0].get_markevery()]) == shown


def test_the_legend_hides_nothing_and_fits():
    """Above the axes, in one row where that is not too wide, in more and a taller figure else."""
    heights = []
    for names in (["a", "b", "c"], [f"a rather long name {i}" for i in range(5)]):
        figure = plots.curves([1, 2], {name: [1, 2] for name in names})
        figure.draw_without_rendering()
        (axes,) = figure.axes
        legend, drawn = axes.get_legend().get_window_extent(), axes.get_window_extent()
        assert legend.y0 >= drawn.y1
        assert legend.x1 <= figure.bbox.x1
        heights.append((figure.get_figheight(), drawn.height))
    (one, plain), (more, long) = heights
    assert more > one
    assert long == pytest.approx(plain, rel=0.05)


def test_ticks_have_fractions_where_x_has():
    def ticks(x):
        return plots.curves(x, {"a": np.zeros(len(x))}).axes[0].get_xticks()

    assert all(tick == int(tick) for tick in ticks([1, 2, 3]))
    assert any(tick != int(tick) for tick in ticks([0.1, 0.5, 1.5]))


def test_curves_have_a_linear_axis_unless_a_logarithmic_one_is_asked_for():
    for scale, options in {"linear": {}, "log": {"y_scale": "log"}}.items():
        (axes,) = plots.curves([1, 2], {"a": [1, 1e-9]}, **options).axes
        assert axes.get_yscale() == scale


def test_level_bars_are_as_long_as_their_values_and_compared_with_levels():
    values = {"slow": 140.2, "other": None, "fast": 40.0}
    (axes,) = plots.level_bars(values, {"limit": 20.4}, "ms").axes
    assert [bar.get_width() for bar in axes.patches] == [140.2, 0, 40.0]
    assert texts_of(axes.get_yticklabels()) == ["slow", "other", "fast"]
    top, bottom = (bar.get_y() for bar in axes.patches[::2])
    low, high = axes.get_ylim()
    assert (top - bottom) * (high - low) > 0  # the first one is the highest
    (level,) = axes.lines
    assert set(level.get_xdata()) == {20.4}
    assert texts_of(axes.texts) == ["140 ", " not on this processor", "40 ", " limit 20"]
    assert axes.get_xlabel() == "ms"
    assert axes.get_xlim()[1] > 140.2


def test_the_number_of_a_bar_too_short_for_it_stands_beside_it_in_the_colour_of_text():
    (axes,) = plots.level_bars({"long": 100.0, "short": 4.0}, x_label="ms").axes
    inside, beside = axes.texts
    assert (inside.get_color(), inside.get_horizontalalignment()) == ("w", "right")
    assert (beside.get_text(), beside.get_color()) == (" 4", look.TEXT)
    assert (beside.xy[0], beside.get_horizontalalignment()) == (4.0, "left")


def test_probabilities_shows_the_most_likely_first():
    figure = plots.probabilities(["[UNK]", "a", "\n", " "], {"p": [0, 0.2, 0.5, 0.3]}, largest=3)
    (axes,) = figure.axes
    assert texts_of(axes.get_xticklabels()) == ["\\n", "␣", "a"]
    assert [bar.get_height() for bar in axes.patches] == [0.5, 0.3, 0.2]


def test_frequencies_shows_the_most_frequent_first():
    (axes,) = plots.frequencies(Counter("aabbbbc\n\n\n"), largest=3).axes
    assert [bar.get_height() for bar in axes.patches] == [4, 3, 2]
    assert [(text.get_text(), text.xy[0]) for text in axes.texts] == [
        ("b", 0),
        ("\\n", 1),
        ("a", 2),
    ]


BLUE, ORANGE, GREEN = plots.COLOURS[:3]


def coloured(things):
    """Return the label and the colour of each line, and of each group of bars."""
    return [(thing.get_label(), to_hex(thing.get_color())) for thing in things]


def test_the_colours_of_what_is_drawn_are_those_of_its_legend():
    (axes,) = plots.curves([1, 2], {"a": [1, 2], "b": [2, 3], "c": [3, 4]}, {"level": 2.5}).axes
    *lines, level = axes.lines
    assert coloured(lines) == [("a", BLUE), ("b", ORANGE), ("c", GREEN)]
    assert coloured(axes.get_legend().legend_handles) == coloured(lines)
    assert (level.get_color(), level.get_linestyle()) == (look.TEXT, "--")
    (axes,) = plots.points({"a": {"x": [1]}, "b": {"x": [2]}}, "nats").axes
    assert coloured(axes.lines) == [("a", BLUE), ("b", ORANGE)]
    assert coloured(axes.get_legend().legend_handles) == coloured(axes.lines)


def test_bars_have_the_colours_of_their_legend():
    (axes,) = plots.probabilities(["x", "y"], {"a": [0.9, 0.1], "b": [0.2, 0.8]}).axes
    bars = [
        (group.get_label(), {to_hex(bar.get_facecolor()) for bar in group})
        for group in axes.containers
    ]
    assert bars == [("a", {BLUE}), ("b", {ORANGE})]
    handles = axes.get_legend().legend_handles
    assert [to_hex(handle.get_facecolor()) for handle in handles] == [BLUE, ORANGE]
    (axes,) = plots.frequencies(Counter("aab")).axes
    assert {to_hex(bar.get_facecolor()) for bar in axes.patches} == {BLUE}


def test_colours_are_different():
    assert len({colour.lower() for colour in plots.COLOURS}) == len(plots.COLOURS) == 7


# Each draws so many things, each of a colour of its own, and returns how many it drew.
MANY = {
    "lines": lambda names: plots.curves([1, 2], {name: [1, 2] for name in names}).axes[0].lines,
    "lines of probabilities": lambda names: (
        plots.probabilities("xy", {name: [0.5, 0.5] for name in names}).axes[0].containers
    ),
    "variants": lambda names: plots.points({name: {"x": [1]} for name in names}, "").axes[0].lines,
}


@pytest.mark.parametrize("argument", MANY)
def test_nothing_is_left_out_and_what_could_not_be_told_apart_is_refused(argument):
    draw = MANY[argument]
    assert len(draw("abcdefg")) == 7
    for names, count in (("abcdefghi", 9), ("", 0)):
        message = f"{argument.split()[0]}: expected 1 to 7, .* told apart, received {count}"
        with pytest.raises(ValueError, match=message):
            draw(names)


@pytest.mark.parametrize("values", [[0.0], [[0.0], [1.0]], [[0.0, 1.0, 2.0]], 0.0])
def test_a_grid_has_a_value_for_each_row_and_column(values):
    with pytest.raises(ValueError, match=r"values: expected shape \(1, 2\) as there are rows and"):
        plots.grid(["r"], ["a", "b"], values)


def test_a_grid_of_nothing_is_refused():
    with pytest.raises(ValueError, match="values: expected at least one that is a number"):
        plots.grid(["r"], ["a"], [[np.nan]])


def test_a_grid_shows_its_numbers_and_frames_the_lowest_of_each_row():
    values = [[0.1, -0.2, -0.004], [np.nan, 0.4, 0.3]]
    (axes,) = plots.grid(["one", "two"], ["a", "b", "c"], values, "text", "size").axes
    places = {text.get_position(): text.get_text() for text in axes.texts}
    assert places == {
        (0, 0): "0.10",
        (1, 0): "−0.20",
        (2, 0): "0.00",
        (1, 1): "0.40",
        (2, 1): "0.30",
    }
    assert [(round(box.get_x()), round(box.get_y())) for box in axes.patches] == [(1, 0), (2, 1)]
    (picture,) = axes.images
    assert picture.get_clim() == (-0.4, 0.4)
    red, green, blue, _ = picture.to_rgba(-0.4)
    assert blue > green > red
    red, green, blue, _ = picture.to_rgba(0.4)
    assert red > green > blue
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]


def test_the_numbers_of_a_grid_can_be_read_on_every_colour():
    (axes,) = plots.grid(["r"], ["a", "b", "c"], [[-1, 0, 1]]).axes
    (picture,) = axes.images
    assert {text.get_color() for text in axes.texts} == {"k"}
    for value in (-1, 0, 1):
        assert contrast("#000000", to_hex(picture.to_rgba(value))) > 7


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


@pytest.mark.parametrize("values", [[0.5, 0.5], [0.2, 0.2, 0.2, 0.4], 0.5])
def test_probabilities_of_another_vocabulary_are_refused(values):
    with pytest.raises(ValueError, match=r"lines: expected shape \(3,\) .* received .* in 'p'"):
        plots.probabilities("xyz", {"q": [0.3, 0.3, 0.4], "p": values})
