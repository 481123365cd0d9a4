"""Drawings of how things are arranged: windows in a text, layers, states in time, files."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.figures.library import Figure, Rectangle
from charrnn.figures.look import COLOURS, TEXT, TINT, colours, new_figure, styled
from charrnn.figures.plots import visible
from charrnn.figures.strokes import arrow

__all__ = [
    "PATTERNS",
    "export_routes",
    "layers",
    "overlaps",
    "parameter_areas",
    "patterns",
    "strips",
]

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


@styled
def strips(text: str, rows: Mapping[str, npt.ArrayLike]) -> Figure:
    """Draw a short text as a row of cells, and below it which windows take which characters.

    Neighbouring windows have different colours; what no window takes is an empty dashed cell.

    Args:
        text: up to about 30 characters.
        rows: name -> positions in the text, shape (windows, time).
    """
    figure, axes = new_figure(height=0.2 + 0.42 * (1 + len(rows)))
    lines: list[tuple[str, dict[int, str]]] = [("text", dict.fromkeys(range(len(text)), TEXT))]
    for name, windows in rows.items():
        taken = np.asarray(windows).tolist()
        pairs = [(COLOURS[index % 2], row) for index, row in enumerate(taken)]
        lines.append((name, {position: colour for colour, row in pairs for position in row}))
    for y, (_, cells) in enumerate(lines):
        for x, character in enumerate(text):
            style: dict[str, Any] = {"fc": "none", "ec": TEXT, "lw": 1, "ls": (0, (2, 3))}
            if x in cells:
                style = {"fc": cells[x] + TINT, "ec": cells[x], "lw": 1.8}
                sign = "↵" if character == "\n" else visible(character)
                axes.text(
                    x + 0.5, y + 0.5, sign, ha="center", va="center", family="monospace"
                )  # fmt: skip
            axes.add_patch(Rectangle((x + 0.06, y + 0.1), 0.88, 0.8, clip_on=False, **style))
    axes.set(xlim=(0, len(text)), ylim=(len(lines), 0), xticks=[])
    axes.set_yticks(np.arange(len(lines)) + 0.5, [name for name, _ in lines])
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    return figure


@styled
def overlaps(starts: npt.ArrayLike, kept: npt.ArrayLike, length: int) -> Figure:
    """Draw windows over the positions of a text, and below them what both kinds of windows hold.

    Windows that overlap stand in different rows.

    Args:
        starts: positions in the text where windows begin, rising, shape (windows,).
        kept: whether a window is kept for validation, shape (windows,); the others are trained on.
        length: characters of a window.

    Raises:
        ValueError: there is no window, or the shapes differ.
    """
    begins, validation = np.asarray(starts), np.asarray(kept, dtype=bool)
    if begins.shape != validation.shape or begins.ndim != 1 or not begins.size:
        raise ValueError(
            f"kept: expected one value for each of at least one start, received shape "
            f"{validation.shape} for {begins.shape}"
        )
    # A window is free of all that began before it, once so many others lie between.
    step = np.diff(begins).min(initial=length)
    rows = int(np.ceil(length / max(step, 1)))
    positions = begins[:, None] + np.arange(length)
    both = np.intersect1d(positions[validation], positions[~validation])
    runs = np.split(both, np.flatnonzero(np.diff(both) > 1) + 1) if both.size else []
    figure, axes = new_figure(height=1.0 + 0.34 * (rows + 1))
    kinds = dict(zip(("training", "validation"), COLOURS, strict=False))

    def bar(row: int, start: int, width: int, colour: str) -> None:
        corner = (start + width * 0.02, row + 0.1)
        size = (width * 0.96, 0.8)
        axes.add_patch(Rectangle(corner, *size, fc=colour, lw=0))

    for index, start in enumerate(begins):
        kind = "validation" if validation[index] else "training"
        bar(index % rows, start, length, kinds[kind])
    for run in runs:
        bar(rows, run[0], len(run), COLOURS[len(kinds)])  # its row says what it is
    for name, colour in kinds.items():
        axes.plot([], [], "s", ms=9, color=colour, label=name)
    axes.set(
        xlim=(begins[0], begins[-1] + length), ylim=(rows + 1, 0), xlabel="position in the text"
    )
    axes.set_yticks([rows / 2, rows + 0.5], ["windows", "in both"])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, handletextpad=0.2)
    return figure


@styled
def layers(names: Sequence[str], shapes: Sequence[Sequence[int]], recurrent: int) -> Figure:
    """Draw layers as boxes below each other, and on the arrows between them the shapes that flow.

    Args:
        names: of the layers.
        shapes: of what enters the first layer and of what leaves each, one more than names.
        recurrent: index of the layer that gets an arrow back to itself, its state.

    Raises:
        ValueError: there is no layer, or there are more layers than ``COLOURS``.
    """
    layer_colours = colours("names", len(names))
    figure, axes = new_figure(height=0.2 + 0.95 * len(names) + 0.5)
    for index, shape in enumerate(shapes):
        arrow(axes, (0, 2 * index), (0, 2 * index + 1))
        label = f"({', '.join(map(str, shape))})"
        axes.text(0.15, 2 * index + 0.47, label, ha="left", va="center")
    for index, (name, colour) in enumerate(zip(names, layer_colours, strict=True)):
        corner = (-1.3, 2 * index + 1)
        axes.add_patch(Rectangle(corner, 2.6, 1, fc=colour + TINT, ec=colour, lw=2))
        axes.text(0, 2 * index + 1.5, name, ha="center", va="center")
    middle = 2 * recurrent + 1.5
    loop = (1.32, middle + 0.25), (1.32, middle - 0.25)
    arrow(axes, *loop, connectionstyle="arc3,rad=1.6")
    axes.text(1.9, middle, "state", ha="left", va="center")
    axes.set(xlim=(-3.2, 3.2), ylim=(2 * len(names) + 1.1, -0.1))
    axes.set_axis_off()
    return figure


@styled
def parameter_areas(counts: Mapping[str, int], flows: Sequence[str]) -> Figure:
    """Draw layers as squares whose areas are like their numbers of parameters.

    Args:
        counts: name of each layer -> its number of parameters, in the order of the data's way.
        flows: label of what enters the first layer and of what leaves each, one more than counts.

    Raises:
        ValueError: there is no layer, there are more than ``COLOURS``, or the number of flows does
            not fit.
    """
    layer_colours = colours("counts", len(counts))
    if len(flows) != len(counts) + 1:
        raise ValueError(f"flows: expected {len(counts) + 1} labels, received {len(flows)}")
    figure, axes = new_figure(height=2.9)
    largest = max(counts.values())
    x, gap = 0.0, 0.5
    for index, flow in enumerate(flows):
        arrow(axes, (x + 0.04, 0), (x + gap - 0.04, 0))
        axes.text(x + gap / 2, 0.06, flow, ha="center", va="bottom")
        if index == len(counts):
            break
        name, count = list(counts.items())[index]
        side = (count / largest) ** 0.5
        corner, colour = (x + gap, -side / 2), layer_colours[index]
        axes.add_patch(Rectangle(corner, side, side, fc=colour + TINT, ec=colour, lw=2))
        below = -0.12 - side / 2 if side < 0.8 else 0
        alignment = "center" if side >= 0.8 else "top"
        label = f"{name}\n{count:,}"
        axes.text(x + gap + side / 2, below, label, ha="center", va=alignment)
        x += gap + side
    axes.set(xlim=(-0.05, x + gap + 0.05), ylim=(-0.53, 0.53), aspect="equal")
    axes.set_axis_off()
    return figure


@styled
def patterns() -> Figure:
    """Draw the five patterns of sequences, unrolled in time: inputs below, states, outputs above.

    Source: the classification is Karpathy's (2015).
    """
    figure, axes = new_figure(height=5.2)
    places = [(0, 4), (3, 4), (7, 4), (0, 0), (7, 0)]
    for (name, (inputs, outputs)), (left, bottom) in zip(PATTERNS.items(), places, strict=True):
        title = name.replace(" many to many", "\nmany to many")
        axes.text(left - _WIDTH / 2, bottom + 2.4, title, ha="left", va="bottom")
        for time, (has_input, has_output) in enumerate(zip(inputs, outputs, strict=True)):
            x = left + time
            _box(axes, x, bottom, "state")
            if time:
                arrow(axes, (x - 1 + _WIDTH / 2, bottom + 1), (x - _WIDTH / 2, bottom + 1))
            if has_input == "1":
                _box(axes, x, bottom, "input")
                arrow(axes, (x, bottom + _HEIGHT / 2), (x, bottom + 1 - _HEIGHT / 2))
            if has_output == "1":
                _box(axes, x, bottom, "output")
                arrow(axes, (x, bottom + 1 + _HEIGHT / 2), (x, bottom + 2 - _HEIGHT / 2))
    for name, row in _ROWS.items():
        axes.text(10, row, name, ha="left", va="center")
    axes.set(xlim=(-0.5, 11.4), ylim=(-0.4, 7.3))
    axes.set_axis_off()
    return figure


@styled
def export_routes() -> Figure:
    """Draw one model, three files made from it, and the program that runs each of them."""
    figure, axes = new_figure(height=3.3)
    heights = (4.7, 2.75, 0.8)
    routes = [
        ("SavedModel", "graph, numbers", "server", "TensorFlow"),
        ("LiteRT", "graph, numbers", "phone", "LiteRT"),
        ("safetensors", "numbers", "page, script", "NumPy or own code"),
    ]
    axes.add_patch(Rectangle((0, 2.2), 1.6, 1.1, fill=False, ec=TEXT, lw=2))
    axes.text(0.8, 2.75, "model", ha="center", va="center")
    axes.plot([2.2, 2.2], [heights[0], heights[-1]], color=TEXT, lw=1.2)
    axes.plot([1.6, 2.2], [2.75, 2.75], color=TEXT, lw=1.2)
    for y, colour, (name, content, place, needs) in zip(heights, COLOURS, routes, strict=False):
        arrow(axes, (2.2, y), (2.9, y))
        axes.add_patch(Rectangle((2.9, y - 0.65), 3.3, 1.3, fc=colour + TINT, ec=colour, lw=2))
        arrow(axes, (6.2, y), (7.1, y))
        for x, side, upper, lower in [(4.55, "center", name, content), (7.3, "left", place, needs)]:
            axes.text(x, y + 0.06, upper, ha=side, va="bottom", weight="bold")
            axes.text(x, y - 0.06, lower, ha=side, va="top")
    axes.set(xlim=(-0.1, 11.1), ylim=(0, 5.5))
    axes.set_axis_off()
    return figure


def _box(axes: Any, x: float, bottom: float, row: str) -> None:
    """Draw the box of an input, a state or an output; its label tells which."""
    corner = (x - _WIDTH / 2, bottom + _ROWS[row] - _HEIGHT / 2)
    colour = COLOURS[_ROWS[row]]
    style: dict[str, Any] = {"fc": colour + TINT, "ec": colour, "lw": 2, "label": row}
    axes.add_patch(Rectangle(corner, _WIDTH, _HEIGHT, **style))
