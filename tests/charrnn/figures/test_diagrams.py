import matplotlib as mpl
import numpy as np
import pytest

from charrnn.figures import plots
from charrnn.figures.diagrams import (
    PATTERNS,
    export_routes,
    layers,
    overlaps,
    parameter_areas,
    patterns,
    strips,
)


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
    names = {text.get_text().replace("\n", " ") for text in axes.texts if text.get_text()}
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
    assert [bool(cell.get_fill() and cell.get_facecolor()[3]) for cell in cells] == [
        True, True, False, True, True,
    ]  # fmt: skip
    assert [cell.get_linestyle() == "solid" for cell in cells] == [True, True, False, True, True]
    colours = [cell.get_edgecolor() for cell in cells]
    assert colours[0] == colours[1] != colours[3] == colours[4]


def test_layers_names_the_boxes_and_writes_the_shapes_between_them():
    (axes,) = layers(["A", "B"], [(1, 2), (1, 2, 3), (1, 2, 4)], recurrent=1).axes
    texts = {text.get_text(): text.get_position()[1] for text in axes.texts if text.get_text()}
    assert texts.pop("state") == texts["B"]
    order = sorted(texts, key=texts.__getitem__)
    assert order == ["(1, 2)", "A", "(1, 2, 3)", "B", "(1, 2, 4)"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # read from above
    *flows, loop = (text for text in axes.texts if getattr(text, "arrowprops", None))
    assert len(flows) == 3
    # from the box of B back to it
    assert max(abs(loop.xy[1] - texts["B"]), abs(loop.xyann[1] - texts["B"])) < 0.5


def test_neighbouring_windows_have_two_colours_in_turn():
    (axes,) = strips("abcdef", {"input": [[0, 1], [2, 3], [4, 5]]}).axes
    shades = [mpl.colors.to_hex(cell.get_edgecolor()) for cell in axes.patches[6:]]
    first, second = plots.COLOURS[:2]
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


def bars(figure):
    """Return (row, start, end) of each bar, edges to the nearest position."""
    (axes,) = figure.axes
    frames = [bar.get_bbox() for bar in axes.patches]
    return [(int(f.y0), round(f.x0), round(f.x1)) for f in frames]


def test_what_training_and_validation_both_hold_stands_below_the_windows():
    kept = np.array([False, True, True, False, False])
    drawn = bars(overlaps(np.arange(5) * 4, kept, 8))
    assert drawn[:5] == [(0, 0, 8), (1, 4, 12), (0, 8, 16), (1, 12, 20), (0, 16, 24)]
    # 8 to 12 is in both windows that are kept, and in no other.
    assert drawn[5:] == [(2, 4, 8), (2, 12, 16)]


def test_windows_have_the_colours_of_the_legend():
    (axes,) = overlaps([0, 4], [True, False], 8).axes
    kept, trained, both = (mpl.colors.to_hex(bar.get_facecolor()) for bar in axes.patches)
    legend = axes.get_legend()
    names = [text.get_text() for text in legend.get_texts()]
    colours = [handle.get_color() for handle in legend.legend_handles]
    assert dict(zip(names, colours, strict=True)) == {"training": trained, "validation": kept}
    assert len({both, kept, trained}) == 3


@pytest.mark.parametrize("step", [1, 3, 8, 20])
def test_windows_of_one_row_do_not_overlap(step):
    drawn = bars(overlaps(np.arange(12) * step, np.zeros(12, bool), 8))
    assert len(drawn) == 12  # nothing is in both
    for row in {row for row, _, _ in drawn}:
        edges = [edge for bar in drawn if bar[0] == row for edge in bar[1:]]
        assert edges == sorted(edges)


def test_windows_that_do_not_overlap_need_one_row():
    assert {row for row, _, _ in bars(overlaps([0, 8, 16], [True, False, True], 8))} == {0}


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"^kept: expected .*\(2,\) for \(3,\)"):
        overlaps([0, 4, 8], [True, False], 8)
    with pytest.raises(ValueError, match=r"^kept: "):
        overlaps([], [], 8)


def test_areas_are_like_the_numbers_of_parameters():
    (axes,) = parameter_areas({"A": 400, "B": 100}, ["1", "2", "3"]).axes
    first, second = axes.patches
    area = [box.get_width() * box.get_height() for box in (first, second)]
    assert area[0] == pytest.approx(4 * area[1])
    shown = [text.get_text() for text in axes.texts if text.get_text()]
    assert shown == ["1", "A\n400", "2", "B\n100", "3"]
    assert axes.get_aspect() == 1


def test_areas_refuse_a_wrong_number_of_flows_and_of_layers():
    with pytest.raises(ValueError, match="flows: expected 2 labels, received 1"):
        parameter_areas({"A": 1}, ["1"])
    with pytest.raises(ValueError, match=r"counts: expected 1 to 7, .* received 0"):
        parameter_areas({}, ["1"])


def test_each_file_of_a_model_leads_to_what_runs_it():
    (axes,) = export_routes().axes
    rows = {}
    for text in axes.texts:
        if text.get_text():
            rows.setdefault(round(text.get_position()[1]), []).append(text.get_text())
    model, *_ = rows.pop(3)
    assert model == "model"
    assert [rows[height][0] for height in (5, 1)] == ["SavedModel", "safetensors"]
    assert "NumPy or own code" in rows[1]
    arrows = [text for text in axes.texts if getattr(text, "arrowprops", None)]
    assert len(arrows) == 6


# With arguments as large as in a chapter.
FIGURES = {
    "export_routes": export_routes,
    "layers": lambda: layers(
        ["Embedding", "GRU", "Dense"],
        [(64, 100), (64, 100, 256), (64, 100, 1024), (64, 100, 66)],
        1,
    ),
    "overlaps": lambda: overlaps(np.arange(40) * 50, np.arange(40) % 9 == 0, 100),
    "parameter_areas": lambda: parameter_areas(
        {"Embedding": 4_224, "GRU": 1_921_536, "Dense": 50_754}, ["id", "64", "768", "66"]
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
    assert figure.get_size_inches()[0] * figure.dpi == 900
    assert 500 < len(figure.png()) < 30_000
