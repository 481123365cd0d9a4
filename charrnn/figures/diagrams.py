"""Drawings of how things are arranged: windows in a text, layers in a model, states in time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from charrnn.figures import plots

__all__ = ["PATTERNS", "layers", "patterns", "strips"]

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


def strips(text: str, rows: Mapping[str, npt.ArrayLike]) -> Figure:
    """Draw a short text as a row of cells, and below it which windows take which characters.

    Neighbouring windows have different colours; what no window takes is an empty dashed cell.

    Args:
        text: up to about 30 characters.
        rows: name -> positions in the text, shape (windows, time).
    """
    figure, axes = plots.new_figure(height=0.3 + 0.34 * (1 + len(rows)))
    grey = {position: "0.88" for position in range(len(text))}
    lines: list[tuple[str, dict[int, str]]] = [("text", grey)]
    for name, windows in rows.items():
        taken = np.asarray(windows).tolist()
        colours = [plots.COLOURS[index % 2 * 3 + 2] + "70" for index in range(len(taken))]
        pairs = zip(taken, colours, strict=True)
        lines.append((name, {position: colour for row, colour in pairs for position in row}))
    for y, (_, cells) in enumerate(lines):
        for x, character in enumerate(text):
            style: dict[str, Any] = {"fc": cells.get(x, "none"), "ls": "-" if x in cells else "--"}
            place = (x + 0.04, y + 0.1)
            axes.add_patch(Rectangle(place, 0.92, 0.8, lw=0.8, ec="0.4", clip_on=False, **style))
            if x in cells:
                axes.text(x + 0.5, y + 0.5, plots.visible(character), ha="center", va="center")
    axes.set(xlim=(0, len(text)), ylim=(len(lines), 0), xticks=[])
    axes.set_yticks(np.arange(len(lines)) + 0.5, [name for name, _ in lines])
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    return figure


def layers(names: Sequence[str], shapes: Sequence[Sequence[int]], recurrent: int) -> Figure:
    """Draw layers as boxes, and on the arrows between them the shapes of what flows.

    Args:
        names: of the layers.
        shapes: of what enters the first layer and of what leaves each, one more than names.
        recurrent: index of the layer that gets an arrow back to itself, its state.

    Raises:
        ValueError: there is no layer, or there are more layers than ``plots.COLOURS``.
    """
    colours = plots.colours("names", len(names))
    figure, axes = plots.new_figure(6.6, 1.3)
    arrow = {"arrowstyle": "->", "color": "0.35", "shrinkA": 0, "shrinkB": 0}
    for index, shape in enumerate(shapes):
        x = 2 * index
        axes.annotate("", (x + 1.04, 0.5), (x, 0.5), arrowprops=arrow)
        label = f"({', '.join(map(str, shape))})"
        axes.text(x + 0.5, -0.02, label, ha="center", va="top", fontsize=8, color="0.35")
    for index, name in enumerate(names):
        start = 2 * index + 1.04
        axes.add_patch(Rectangle((start, 0.1), 0.96, 0.8, fc=colours[index] + "40", ec="0.35"))
        axes.text(start + 0.48, 0.5, name, ha="center", va="center", fontsize=9)
    loop = arrow | {"connectionstyle": "arc3,rad=1.3"}
    middle = 2 * recurrent + 1.52
    axes.annotate("", (middle - 0.25, 0.92), (middle + 0.25, 0.92), arrowprops=loop)
    axes.set(xlim=(-0.1, 2 * len(names) + 1.1), ylim=(-0.3, 1.5))
    axes.set_axis_off()
    return figure


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
