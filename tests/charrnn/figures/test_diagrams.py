import io

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

from charrnn.figures import plots
from charrnn.figures.diagrams import PATTERNS, layers, patterns, strips


@pytest.fixture(autouse=True)
def no_window():
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def boxes(axes, row):
    return [box for box in axes.patches if box.get_label() == row]


def test_a_pattern_has_its_number_of_inputs_and_outputs():
    """Counted from the names of the patterns: one is one box, many are several."""
    for name, (inputs, outputs) in PATTERNS.items():
        *_, ins, _, outs = name.split()
        assert (inputs.count("1") == 1) == (ins == "one")
        assert (outputs.count("1") == 1) == (outs == "one")
        assert len(inputs) == len(outputs)
    first_output = PATTERNS["many to many"][1].index("1")
    assert PATTERNS["many to many"][0].rindex("1") < first_output  # read all, then write
    assert set(PATTERNS["synchronised many to many"]) == {"111"}


def test_each_input_state_and_output_is_a_box():
    (axes,) = patterns().axes
    assert len(boxes(axes, "input")) == 1 + 1 + 3 + 2 + 3
    assert len(boxes(axes, "state")) == 1 + 3 + 3 + 5 + 3
    assert len(boxes(axes, "output")) == 1 + 3 + 1 + 3 + 3
    names = {text.get_text() for text in axes.texts if text.get_text()}
    assert names == {*PATTERNS, "input", "state", "output"}


def test_boxes_do_not_cover_each_other():
    (axes,) = patterns().axes
    frames = [box.get_bbox() for box in axes.patches]
    for index, one in enumerate(frames):
        assert not any(one.overlaps(other) for other in frames[index + 1 :])


def test_an_arrow_leads_into_each_state_but_the_first_and_along_each_input_and_output():
    figure = patterns()
    (axes,) = figure.axes
    arrows = [text for text in axes.texts if getattr(text, "arrowprops", None)]
    # states but one of each pattern, inputs, outputs
    assert len(arrows) == (15 - 5) + 10 + 11
    # into a box: an arrow ends on its edge
    for arrow in arrows:
        x, y = arrow.xy
        assert any(box.get_bbox().padded(1e-6).contains(x, y) for box in axes.patches), arrow.xy


def test_strips_shows_what_a_window_takes_and_leaves_out_the_rest():
    (axes,) = strips("abcde", {"input": [[0, 1], [3, 4]]}).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["text", "input"]
    assert [text.get_text() for text in axes.texts] == [*"abcde", *"abde"]
    cells = axes.patches[5:]
    assert [cell.get_linestyle() for cell in cells] == ["-", "-", "--", "-", "-"]
    colours = [cell.get_facecolor() for cell in cells]
    assert colours[0] == colours[1] != colours[3] == colours[4]


def test_layers_names_the_boxes_and_writes_the_shapes_between_them():
    (axes,) = layers(["A", "B"], [(1, 2), (1, 2, 3), (1, 2, 4)], recurrent=1).axes
    texts = {text.get_text(): text.get_position()[0] for text in axes.texts if text.get_text()}
    order = sorted(texts, key=texts.__getitem__)
    assert order == ["(1, 2)", "A", "(1, 2, 3)", "B", "(1, 2, 4)"]
    loop = axes.texts[-1]  # from the box of B back to it
    assert abs(loop.xy[0] - texts["B"]) < 0.5


def test_neighbouring_windows_have_two_colours_in_turn():
    (axes,) = strips("abcdef", {"input": [[0, 1], [2, 3], [4, 5]]}).axes
    shades = [mpl.colors.to_hex(cell.get_facecolor()) for cell in axes.patches[6:]]
    first, second = (plots.COLOURS[place].lower() for place in (2, 5))
    assert shades == [first, first, second, second, first, first]


def test_inputs_states_and_outputs_have_a_colour_each():
    (axes,) = patterns().axes
    shades = {box.get_label(): mpl.colors.to_hex(box.get_facecolor()) for box in axes.patches}
    assert shades == {
        row: plots.COLOURS[place].lower() for place, row in enumerate(("input", "state", "output"))
    }


def test_layers_have_a_colour_each_and_no_more_than_there_are():
    def drawn(count):
        return layers(["A"] * count, [(1, 2)] * (count + 1), recurrent=0).axes[0].patches

    shades = [mpl.colors.to_hex(box.get_facecolor()) for box in drawn(7)]
    assert shades == [colour.lower() for colour in plots.COLOURS]
    with pytest.raises(ValueError, match=r"names: expected 1 to 7, .* received 8"):
        drawn(8)


# With arguments as large as in a chapter.
FIGURES = {
    "layers": lambda: layers(
        ["Embedding", "GRU", "Dense"],
        [(64, 100), (64, 100, 256), (64, 100, 1024), (64, 100, 66)],
        1,
    ),
    "patterns": patterns,
    "strips": lambda: strips(
        "First Citizen:\nBefore we pro", {"input": [[0, 1, 2], [4, 5, 6]], "target": [[1, 2, 3]]}
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_small(name):
    """Warnings, as of a missing letter in the font, are errors here."""
    figure = FIGURES[name]()
    assert figure.get_size_inches()[0] * figure.dpi <= 640
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi="figure", bbox_inches="tight")
    assert 500 < len(picture.getvalue()) < 40_000
