"""Drawings that need no data: how inputs, states and outputs stand in time."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from charrnn import plots

__all__ = ["PATTERNS", "patterns"]

# Name -> which time steps have an input, and which have an output.
PATTERNS = {
    "one to one": ("1", "1"),
    "one to many": ("100", "111"),
    "many to one": ("111", "001"),
    "many to many": ("11000", "00111"),
    "synchronised many to many": ("111", "111"),
}
_WIDTH, _HEIGHT = 0.72, 0.5
_ROWS = {"input": 0, "state": 1, "output": 2}


def patterns() -> Figure:
    """Draw the five patterns of sequences, unrolled in time: inputs below, states, outputs above.

    Source: the classification is Karpathy's (2015).
    """
    figure, axes = plots.new_figure(6.4, 4.6)
    arrow = {"arrowstyle": "->", "color": "0.35", "shrinkA": 0, "shrinkB": 0}
    places = [(0, 4), (3, 4), (7, 4), (0, 0), (7, 0)]
    for (name, (inputs, outputs)), (left, bottom) in zip(PATTERNS.items(), places, strict=True):
        axes.text(left - _WIDTH / 2, bottom + 2.55, name, ha="left", va="bottom", fontsize=10)
        for time, (has_input, has_output) in enumerate(zip(inputs, outputs, strict=True)):
            x = left + time
            _box(axes, x, bottom, "state")
            if time:
                _arrow(axes, arrow, (x - 1 + _WIDTH / 2, bottom + 1), (x - _WIDTH / 2, bottom + 1))
            if has_input == "1":
                _box(axes, x, bottom, "input")
                _arrow(axes, arrow, (x, bottom + _HEIGHT / 2), (x, bottom + 1 - _HEIGHT / 2))
            if has_output == "1":
                _box(axes, x, bottom, "output")
                _arrow(axes, arrow, (x, bottom + 1 + _HEIGHT / 2), (x, bottom + 2 - _HEIGHT / 2))
    for name, row in _ROWS.items():
        axes.text(10.6, row, name, ha="left", va="center", fontsize=10, color="0.35")
    axes.set(xlim=(-0.5, 12), ylim=(-0.4, 7.1))
    axes.set_axis_off()
    return figure


def _box(axes: Any, x: float, bottom: float, row: str) -> None:
    """Draw the box of an input, a state or an output; its label tells which."""
    corner = (x - _WIDTH / 2, bottom + _ROWS[row] - _HEIGHT / 2)
    colour = plots.COLOURS[_ROWS[row]] + "50"
    axes.add_patch(Rectangle(corner, _WIDTH, _HEIGHT, fc=colour, ec="0.35", label=row))


def _arrow(
    axes: Any, style: dict[str, Any], start: tuple[float, float], end: tuple[float, float]
) -> None:
    """Draw an arrow from start to end."""
    axes.annotate("", end, start, arrowprops=style)
