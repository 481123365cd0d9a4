import io

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

from charrnn.diagrams import PATTERNS, patterns


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


def test_the_figure_is_small():
    figure = patterns()
    assert figure.get_size_inches()[0] * figure.dpi <= 640
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi="figure", bbox_inches="tight")
    assert 500 < len(picture.getvalue()) < 40_000
