"""Drawings of one unit over time as a graph: values forwards, gradients backwards."""

from collections.abc import Sequence
from typing import Any

from charrnn.figures.library import Figure
from charrnn.figures.look import COLOURS, TEXT, new_figure, styled
from charrnn.figures.strokes import Point, arrow, rounded_box

__all__ = ["unit_backwards", "unit_forwards"]

_SIZE = 13  # points
_VALUE, _GRADIENT = COLOURS[0], COLOURS[1]
# Middles of the boxes: the first state, from column to column, to the loss; heights of their rows.
_FIRST, _COLUMN, _LAST = 0.0, 3.1, 3.75
_STATES, _SUMS, _FOOT = 5.0, 2.6, 0.3
_WIDE, _HIGH = 0.82, 0.56  # half of a box
_LINE = 1.6  # width of an edge, points


@styled
def unit_forwards(
    inputs: Sequence[float],
    sums: Sequence[float],
    states: Sequence[float],
    loss: float,
    weights: tuple[float, float],
) -> Figure:
    """Draw what one unit of a plain recurrence computes, with the values in the boxes.

    Args:
        inputs: what it reads, at most three.
        sums: of each time step, before tanh.
        states: the first one, then one for each time step.
        loss: of the last state.
        weights: what multiplies an input, and what multiplies a state.
    """
    figure, axes = new_figure(height=3.7)
    own, places = f"× {_short(weights[1])}", _places(len(inputs))
    _box(axes, (_FIRST, _STATES), "$h_0$", states[0], _VALUE)
    for step, x in enumerate(places, 1):
        _box(axes, (x, _FOOT), f"$x_{step}$", inputs[step - 1], _VALUE)
        _box(axes, (x, _SUMS), f"$s_{step}$", sums[step - 1], _VALUE)
        _box(axes, (x, _STATES), f"$h_{step}$", states[step], _VALUE)
        _up(axes, x, _FOOT, _SUMS, f"× {_short(weights[0])}")
        _up(axes, x, _SUMS, _STATES, "tanh")
        arrow(axes, *_diagonal(x), width=_LINE)
        _beside(axes, x, own)
    end = places[-1] + _LAST
    _box(axes, (end, _STATES), "$L$", loss, _VALUE)
    arrow(axes, (places[-1] + _WIDE, _STATES), (end - _WIDE, _STATES), width=_LINE)
    _frame(axes, end)
    return figure


@styled
def unit_backwards(
    slopes: Sequence[float],
    to_sums: Sequence[float],
    to_states: Sequence[float],
    states: Sequence[float],
    own: float,
) -> Figure:
    """Draw the same graph backwards: gradients in the boxes, on each edge the slope they meet.

    The lowest box is the weight for the own state: each time step adds its part to its gradient.

    Args:
        slopes: of tanh, at each time step.
        to_sums: gradient of each sum.
        to_states: gradient of the first state, then one for each time step.
        states: the first one, then one for each time step but the last; factors of the parts.
        own: the weight for the own state.
    """
    figure, axes = new_figure(height=3.7)
    places = _places(len(to_sums))
    parts = [to_sum * state for to_sum, state in zip(to_sums, states, strict=True)]
    _box(axes, (_FIRST, _STATES), r"$\delta h_0$", to_states[0], _GRADIENT)
    for step, x in enumerate(places, 1):
        _box(axes, (x, _SUMS), rf"$\delta s_{step}$", to_sums[step - 1], _GRADIENT)
        _box(axes, (x, _STATES), rf"$\delta h_{step}$", to_states[step], _GRADIENT)
        _up(axes, x, _STATES, _SUMS, f"× {_short(slopes[step - 1])}", _GRADIENT)
        _up(axes, x, _SUMS, _FOOT, f"× {_short(states[step - 1])}", _GRADIENT)
        axes.text(x, _FOOT, _short(parts[step - 1]), ha="center", va="center", fontsize=_SIZE + 1)
        begin, stop = _diagonal(x)
        arrow(axes, stop, begin, _GRADIENT, _LINE)
        _beside(axes, x, f"× {_short(own)}")
    for x in places[:-1]:
        axes.text(x + _COLUMN / 2, _FOOT, "+", ha="center", va="center", fontsize=_SIZE + 1)
    end = places[-1] + _LAST
    _box(axes, (end, _STATES), r"$\delta L$", 1.0, _GRADIENT)
    arrow(axes, (end - _WIDE, _STATES), (places[-1] + _WIDE, _STATES), _GRADIENT, _LINE)
    label = f"× {_short(to_states[-1])}"
    axes.text(end - _LAST / 2, _STATES + 0.1, label, ha="center", va="bottom", fontsize=_SIZE)
    corners = (places[0] - _WIDE, _FOOT - _HIGH), (places[-1] + _WIDE, _FOOT + _HIGH)
    rounded_box(axes, *corners, _GRADIENT)
    total = rf"$= \delta U =$ {_short(sum(parts))}"
    axes.text(places[-1] + _WIDE + 0.15, _FOOT, total, ha="left", va="center", fontsize=_SIZE)
    _frame(axes, end)
    return figure


def _places(count: int) -> list[float]:
    """Return the middle of each time step's column."""
    return [_FIRST + _COLUMN * step for step in range(1, count + 1)]


def _short(value: float) -> str:
    """Return a number with two decimals, or with fewer if it is exact with them."""
    short = f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
    return short.rstrip("0").rstrip(".") if abs(round(value, 2) - value) < 1e-9 else short


def _diagonal(x: float) -> tuple[Point, Point]:
    """Return the ends of the edge from the state of the column before to a column's sum."""
    return (x - _COLUMN + _WIDE, _STATES - 0.3), (x - _WIDE, _SUMS + 0.3)


def _beside(axes: Any, x: float, label: str) -> None:
    """Write a label under the diagonal that ends in a column."""
    axes.text(x - 1.6, _SUMS + 0.95, label, ha="right", va="center", fontsize=_SIZE)


def _up(axes: Any, x: float, start: float, stop: float, label: str, colour: str = TEXT) -> None:
    """Draw the edge between two boxes of a column, and its label where no other edge passes."""
    away = _HIGH if stop > start else -_HIGH
    arrow(axes, (x, start + away), (x, stop - away), colour, _LINE)
    middle = (start + stop) / 2
    # Above the sums the diagonal leaves room at the left.
    place, side = (
        ((x - 0.12, middle + 0.3), "right") if middle > _SUMS else ((x + 0.12, middle), "left")
    )
    axes.text(*place, label, ha=side, va="center", fontsize=_SIZE)


def _box(axes: Any, middle: Point, name: str, value: float, colour: str) -> None:
    """Draw a box with a name and its number below."""
    x, y = middle
    rounded_box(axes, (x - _WIDE, y - _HIGH), (x + _WIDE, y + _HIGH), colour)
    axes.text(x, y + 0.25, name, ha="center", va="center", fontsize=_SIZE + 1)
    axes.text(x, y - 0.26, _short(value), ha="center", va="center", fontsize=_SIZE + 1)


def _frame(axes: Any, end: float) -> None:
    """Set what is seen, and leave the axes away."""
    axes.set(xlim=(_FIRST - 0.92, end + 0.92), ylim=(_FOOT - 0.7, _STATES + 0.7))
    axes.set_axis_off()
