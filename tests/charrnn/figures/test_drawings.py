import itertools

import pytest

from charrnn.figures.drawings import edge, gru_cell, loop, lstm_cell, unrolled
from tests.helpers.figures import labels


def arrows(axes):
    """Return start and end of each arrow."""
    return [(text.xyann, text.xy) for text in axes.texts if getattr(text, "arrowprops", None)]


@pytest.mark.parametrize("steps", [1, 3, 4])
def test_unrolled_has_a_column_for_each_time_step_with_the_same_matrices(steps):
    inputs, outputs = [*"abcde"[:steps]], [*"vwxyz"[:steps]]
    (axes,) = unrolled(inputs, outputs).axes
    shown = labels(axes)
    assert shown.count("$W$") == shown.count("$U$") == steps
    assert len(axes.patches) == 2 * steps  # the state, and the layer that makes the output
    assert [label for label in shown if label in "abcdevwxyz"] == [
        label for pair in zip(inputs, outputs, strict=True) for label in pair
    ]
    # Into each column, from its state to its output in two, one to the next, one out of the last.
    assert len(arrows(axes)) == 4 * steps + 1


def test_unrolled_feeds_back_each_output_but_the_last():
    (plain,), (fed,) = unrolled("abc", "xyz").axes, unrolled("abc", "xyz", fed_back=True).axes
    assert len(arrows(fed)) - len(arrows(plain)) == 2
    places = {text.get_text(): text.get_position() for text in fed.texts}
    ends = [end for _, end in arrows(fed)]
    for label in "bc":
        x, y = places[label]
        assert any(0 < x - end[0] < 0.5 and abs(y - end[1]) < 0.01 for end in ends)


def test_unrolled_without_outputs_shows_none():
    (axes,) = unrolled(["$x_1$"]).axes
    assert sorted(labels(axes)) == ["$U$", "$W$", "$h_0$", "$h_1$", "$x_1$"]


@pytest.mark.parametrize(
    ("draw", "boxes", "signs"),
    [
        (gru_cell, {"$z_t$", "$r_t$", r"$\tilde h_t$"}, "×××+"),
        (lstm_cell, {"$f_t$", "$i_t$", "$o_t$", r"$\tilde c_t$"}, "×××+"),
    ],
)
def test_a_cell_has_the_parts_of_its_formulas(draw, boxes, signs):
    (axes,) = draw().axes
    shown = labels(axes)
    assert boxes <= set(shown)
    assert sorted(sign for sign in shown if sign in "×+") == sorted(signs)
    assert len(axes.patches) == len(boxes) + len(signs)
    # Input and old state, each on a line of its own, reach each box from below.
    places = {text.get_text(): text.get_position() for text in axes.texts}
    for box in boxes:
        x, y = places[box]
        below = [
            (start, end)
            for start, end in arrows(axes)
            if abs(end[0] - x) < 0.5 and start[1] < end[1] < y
        ]
        assert len({end for _, end in below}) == len({start[1] for start, _ in below}) == 2


def test_the_reset_gate_meets_the_old_state_before_the_candidate_reads_it():
    (axes,) = gru_cell().axes
    signs = [text.get_position() for text in axes.texts if text.get_text() == "×"]
    places = {text.get_text(): text.get_position() for text in axes.texts}
    low = min(y for _, y in signs)
    ((x, y),) = (place for place in signs if place[1] == low)
    assert places["$r_t$"][0] < x < places[r"$\tilde h_t$"][0]
    assert y < places["$r_t$"][1]
    # One arrow from the left, the old state, and one from above, the gate.
    reaching = [start for start, end in arrows(axes) if abs(end[0] - x) + abs(end[1] - y) < 0.4]
    assert sorted((a < x, b > y) for a, b in reaching) == [(False, True), (True, False)]


@pytest.mark.parametrize("draw", [gru_cell, lstm_cell])
def test_a_dot_marks_each_place_where_a_line_branches(draw):
    (axes,) = draw().axes
    dots, strokes = set(), arrows(axes)
    for line in axes.lines:
        corners = [tuple(map(float, corner)) for corner in line.get_xydata()]
        if line.get_marker() == "o":
            dots |= set(corners)
        else:
            strokes += itertools.pairwise(corners)

    def within(point, stroke):
        (left, right), (low, high) = (sorted(ends) for ends in zip(*stroke, strict=True))
        x, y = point
        return (left < x < right and low == y == high) or (low < y < high and left == x == right)

    branching = {
        start
        for start, _ in strokes
        if any(within(start, other) for other in strokes)
        # Where two strokes meet end to end, a third one begins there.
        or sum(start in other for other in strokes) > 2
    }
    assert branching == dots


@pytest.mark.parametrize("draw", [gru_cell, lstm_cell])
def test_the_thick_line_leads_straight_from_the_old_state_to_the_new_one(draw):
    (axes,) = draw().axes
    thick = [text for text in axes.texts if getattr(text, "arrowprops", None)]
    thick = [(text.xyann, text.xy) for text in thick if text.arrowprops["lw"] > 2]
    assert len(thick) == 3
    assert len({y for start, end in thick for y in (start[1], end[1])}) == 1


def test_the_loop_names_its_parts_and_feeds_back():
    (axes,) = loop().axes
    parts = {"E", "model", "probabilities", "draw", "O", "fed back", "state", "character", "drawn"}
    assert set(labels(axes)) == parts
    # Three arrows to the right, one from the model to itself, one that ends below the first box.
    ends = arrows(axes)
    assert len(ends) == 5
    assert sum(end[0] > start[0] and end[1] == start[1] for start, end in ends) == 3
    first, model = axes.patches[:2]
    ((_, back),) = ((start, end) for start, end in ends if end[0] == start[0])
    assert first.get_x() < back[0] < first.get_x() + first.get_width()
    assert back[1] <= first.get_y()
    ((start, end),) = ((start, end) for start, end in ends if end[0] < start[0])
    assert model.get_x() < end[0] < start[0] < model.get_x() + model.get_width()


# With arguments as large as in a chapter.
FIGURES = {
    "gru_cell": gru_cell,
    "loop": loop,
    "lstm_cell": lstm_cell,
    "unrolled": lambda: unrolled([*"ROMEO"], [*"OMEO:"], fed_back=True),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_drawing_is_small_and_its_words_stand_beside_each_other(name):
    figure = FIGURES[name]()
    assert figure.get_size_inches()[0] * figure.dpi == 900
    assert 500 < len(figure.png()) < 30_000
    words = [text for text in figure.axes[0].texts if text.get_text()]
    frames = [text.get_window_extent() for text in words]
    for index, one in enumerate(frames):
        assert one.x0 >= 0
        assert one.x1 <= 900
        assert words[index].get_fontsize() >= 13
        assert not any(one.overlaps(other) for other in frames[index + 1 :])


def test_the_state_crosses_the_edge_and_the_gradient_does_not():
    (axes,) = edge().axes
    (dashed,) = [line for line in axes.lines if line.get_linestyle() == "--"]
    place = dashed.get_xdata()[0]
    crossing = [(begin, end) for begin, end in arrows(axes) if begin[0] < place < end[0]]
    assert len(crossing) == 1
    back = [(begin, end) for begin, end in arrows(axes) if end[0] < begin[0]]
    assert len(back) == 2  # a gradient in each window, on its own side
    assert back[0][0][0] < place < back[1][1][0]
    shown = labels(axes)
    assert shown.count("gradient") == 2
    assert [label for label in shown if label in "abcdef"] == list("abcdef")
