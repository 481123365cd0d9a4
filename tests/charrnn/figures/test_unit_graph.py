import pytest

from charrnn.figures.unit_graph import unit_backwards, unit_forwards
from tests.helpers.figures import labels


def below(axes, name):
    """Return the number in the box that has a name."""
    places = {text.get_text(): text.get_position() for text in axes.texts}
    x, y = places[name]
    inside = [
        text.get_text()
        for text in axes.texts
        if text.get_position()[0] == x and 0 < y - text.get_position()[1] < 0.6
    ]
    (number,) = inside
    return number


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_forwards_has_a_sum_and_a_state_for_each_time_step(steps):
    inputs, sums, states = [0.5, -0.3, 0.25], [1.0, 0.2, 0.6], [0.0, 0.76, 0.2, 0.5]
    figure = unit_forwards(inputs[:steps], sums[:steps], states[: steps + 1], 0.125, (2.0, 0.5))
    (axes,) = figure.axes
    for step in range(steps):
        assert float(below(axes, f"$x_{step + 1}$").replace("−", "-")) == inputs[step]
        assert float(below(axes, f"$s_{step + 1}$")) == sums[step]
        assert float(below(axes, f"$h_{step + 1}$")) == states[step + 1]
    assert below(axes, "$h_0$") == "0"
    assert below(axes, "$L$") == "0.12"
    shown = labels(axes)
    assert (shown.count("× 2"), shown.count("× 0.5"), shown.count("tanh")) == (steps, steps, steps)


def test_backwards_adds_the_parts_of_the_shared_weight():
    figure = unit_backwards(
        slopes=[0.5, 0.25],
        to_sums=[-0.25, 0.5],
        to_states=[0.0, -0.5, 2.0],
        states=[0.4, 0.6],
        own=-1.5,
    )
    (axes,) = figure.axes
    shown = labels(axes)
    assert below(axes, r"$\delta s_1$") == "−0.25"
    assert below(axes, r"$\delta h_2$") == "2"
    assert {"× 0.5", "× 0.25", "× 0.4", "× 0.6", "× −1.5", "× 2"} <= set(shown)
    assert {"−0.1", "0.3"} <= set(shown)  # -0.25 * 0.4 and 0.5 * 0.6, the parts of the time steps
    assert r"$= \delta U =$ 0.2" in shown
    assert shown.count("+") == 1
    assert not any(label == "−0" for label in shown)


def test_zero_has_no_sign():
    figure = unit_backwards([0.5], to_sums=[-0.25], to_states=[0.0, -0.5], states=[0.0], own=1)
    (axes,) = figure.axes
    shown = labels(axes)
    assert r"$= \delta U =$ 0" in shown  # -0.25 * 0
    assert not any(label == "−0" for label in shown)
