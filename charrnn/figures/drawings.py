"""Drawings of what happens in time: the loop in which a model writes, a layer unrolled, its cells.

Boxes of gates have one colour, the candidate another, the state a third.
"""

from collections.abc import Sequence
from typing import Any

from charrnn.figures.library import Circle, Figure, Rectangle
from charrnn.figures.look import COLOURS, TEXT, TINT, new_figure, styled
from charrnn.figures.strokes import Point, arrow, rounded_box

__all__ = ["edge", "gru_cell", "loop", "lstm_cell", "unrolled"]

_SIZE = 15  # points: signs with an index are small
_GATE, _CANDIDATE, _STATE = COLOURS[2], COLOURS[1], COLOURS[0]
# Of a cell: heights of its parts, and how far from a box's middle the lines of input and old state
# reach it.
_TOP, _MIDDLE, _BOXES, _OLD, _INPUT, _ASIDE = 5.3, 4.05, 2.6, 1.1, 0.2, 0.28


@styled
def loop() -> Figure:
    """Draw how a model writes: a character in, probabilities out, a draw, and an arrow back.

    A second arrow leads from the model back to itself: its state.
    """
    figure, axes = new_figure(height=3.0)
    for left, width, label, colour in [
        (0.0, 1.3, "E", _GATE), (2.4, 2.1, "model", _STATE), (9.2, 1.3, "O", _CANDIDATE)
    ]:  # fmt: skip
        corner = (left, 1.0)
        axes.add_patch(Rectangle(corner, width, 1.4, fc=colour + TINT, ec=colour, lw=2))
        axes.text(left + width / 2, 1.7, label, ha="center", va="center", fontsize=_SIZE)
    for place, height in enumerate([0.2, 0.35, 1.25, 0.3, 0.15]):
        axes.add_patch(Rectangle((5.75 + 0.34 * place, 1.0), 0.24, height, fc=_STATE))
    _line(axes, [(5.65, 1.0), (7.35, 1.0)])
    for start, end in [(1.35, 2.35), (4.55, 5.55), (7.55, 9.15)]:
        arrow(axes, (start, 1.7), (end, 1.7))
    axes.text(8.3, 1.8, "draw", ha="center", va="bottom")
    for x, label in [(0.65, "character"), (6.5, "probabilities"), (9.85, "drawn")]:
        axes.text(x, 2.55, label, ha="center", va="bottom")
    style = {"arrowstyle": "->", "color": TEXT, "lw": 1.2, "connectionstyle": "arc3,rad=1.25"}
    axes.annotate("", (3.0, 2.42), (3.9, 2.42), arrowprops=style | {"shrinkA": 0, "shrinkB": 0})
    axes.text(3.45, 3.15, "state", ha="center", va="bottom")
    _line(axes, [(9.85, 0.96), (9.85, 0.3), (0.65, 0.3)])
    arrow(axes, (0.65, 0.3), (0.65, 0.96))
    axes.text(5.25, 0.2, "fed back", ha="center", va="top")
    axes.set(xlim=(-0.45, 10.85), ylim=(-0.5, 3.75))
    axes.set_axis_off()
    return figure


@styled
def unrolled(
    inputs: Sequence[str], outputs: Sequence[str] | None = None, fed_back: bool = False
) -> Figure:
    """Draw a recurrent layer unrolled in time: one column for each time step, the same W and U.

    Args:
        inputs: label of what each time step reads, at most five.
        outputs: label of what each time step gives, by a layer that a small box stands for; None
            draws states alone.
        fed_back: draw an arrow from each output to the next input.
    """
    figure, axes = new_figure(height=2.2 if outputs is None else 3.7)
    for step, label in enumerate(inputs):
        x = 2.0 * step + 1.6
        _box(axes, (x, 2), f"$h_{step + 1}$", _STATE)
        arrow(axes, (x - 1.4, 2), (x - 0.6, 2))
        axes.text(x - 1.1, 2.16, "$U$", ha="center", va="bottom", fontsize=_SIZE)
        arrow(axes, (x, 0.75), (x, 1.55))
        axes.text(x + 0.1, 1.12, "$W$", ha="left", va="center", fontsize=_SIZE)
        axes.text(x, 0.4, label, ha="center", va="center", fontsize=_SIZE)
        if outputs is None:
            continue
        arrow(axes, (x, 2.45), (x, 2.95))
        axes.add_patch(Rectangle((x - 0.4, 2.95), 0.8, 0.35, fill=False, ec=TEXT, lw=1.2))
        arrow(axes, (x, 3.3), (x, 3.85))
        axes.text(x, 4.15, outputs[step], ha="center", va="center", fontsize=_SIZE)
        if fed_back and step + 1 < len(inputs):
            _line(axes, [(x + 0.3, 4.15), (x + 1.2, 4.15), (x + 1.2, 0.4)], _CANDIDATE)
            arrow(axes, (x + 1.2, 0.4), (x + 1.75, 0.4), _CANDIDATE)
    last = 2.0 * len(inputs)
    axes.text(0.1, 2, "$h_0$", ha="right", va="center", fontsize=_SIZE)
    arrow(axes, (last + 0.2, 2), (last + 0.9, 2))
    axes.set(xlim=(-0.5, last + 1.0), ylim=(0, 2.6 if outputs is None else 4.55))
    axes.set_axis_off()
    return figure


@styled
def edge() -> Figure:
    """Draw two windows of a stream: the state crosses the edge between them, the gradient stops.

    Source: truncated backpropagation through time, Williams and Peng 1990.
    """
    figure, axes = new_figure(height=2.9)
    middle = 6.5  # of the drawing, where the edge is
    axes.plot([middle, middle], [0.0, 4.0], color=TEXT, lw=1.2, ls=(0, (4, 4)))
    arrow(axes, (0.0, 1.75), (0.6, 1.75), _STATE, width=3)
    for window, letters in enumerate(["abc", "def"]):
        first = 1.2 + 7.4 * window
        for step, letter in enumerate(letters):
            x = first + 1.9 * step
            _box(axes, (x, 1.75), f"$h_{3 * window + step + 1}$", _STATE)
            arrow(axes, (x, 0.65), (x, 1.3))
            axes.text(x, 0.35, letter, ha="center", va="center", fontsize=_SIZE)
            crosses = letter == "c"
            arrow(axes, (x + 0.6, 1.75), (x + (3.0 if crosses else 1.3), 1.75), _STATE, width=3)
        start = first - 0.85
        arrow(axes, (first + 4.4, 2.65), (start + 0.05, 2.65), _CANDIDATE, width=3)
        _line(axes, [(start, 2.4), (start, 2.9)], _CANDIDATE, width=3)
        for y, label in [(3.0, "gradient"), (3.75, f"training step {window + 1}")]:
            axes.text(first + 1.9, y, label, ha="center", va="center")
    axes.text(middle + 0.15, 2.05, "state", ha="left", va="center")
    axes.set(xlim=(-0.2, 13.9), ylim=(0, 4.1))
    axes.set_axis_off()
    return figure


@styled
def gru_cell() -> Figure:
    """Draw one time step of a GRU: two gates, the candidate, and the line that carries the state.

    Source of the formulas: Cho et al. 2014, in the form of cuDNN.
    """
    figure, axes = new_figure(height=3.5)
    z, r, reset, new = 2.7, 5.0, 6.65, 8.4
    places = [z, r, new]
    _reach(axes, _INPUT, 0.1, [x + _ASIDE for x in places])
    axes.text(0, _INPUT, "$x_t$", ha="right", va="center", fontsize=_SIZE)
    _line(axes, [(0.9, _TOP), (0.9, _OLD)])
    _reach(axes, _OLD, 0.9, [z - _ASIDE, r - _ASIDE])
    # The candidate reads the old state behind the reset gate.
    arrow(axes, (r - _ASIDE, _OLD), (reset - 0.3, _OLD))
    _line(axes, [(r + 0.6, _BOXES), (reset, _BOXES)])
    arrow(axes, (reset, _BOXES), (reset, _OLD + 0.3))
    _line(axes, [(reset + 0.3, _OLD), (new - _ASIDE, _OLD)])
    arrow(axes, (new - _ASIDE, _OLD), (new - _ASIDE, _BOXES - 0.45))
    _carried(axes, _TOP, "$h_{t-1}$", "$h_t$", [z, new], 10.0)
    _box(axes, (z, _BOXES), "$z_t$", _GATE)
    _box(axes, (r, _BOXES), "$r_t$", _GATE)
    _box(axes, (new, _BOXES), r"$\tilde h_t$", _CANDIDATE)
    arrow(axes, (z, _BOXES + 0.45), (z, _TOP - 0.3))
    arrow(axes, (z, _MIDDLE), (new - 0.3, _MIDDLE))
    axes.text((z + new) / 2, _MIDDLE + 0.1, "$1 - z_t$", ha="center", va="bottom", fontsize=_SIZE)
    arrow(axes, (new, _BOXES + 0.45), (new, _MIDDLE - 0.3))
    arrow(axes, (new, _MIDDLE + 0.3), (new, _TOP - 0.3))
    for place in [(z, _TOP), (reset, _OLD), (new, _MIDDLE)]:
        _sign(axes, place, "×")
    _sign(axes, (new, _TOP), "+")
    _dots(axes, [(0.9, _TOP), (r - _ASIDE, _OLD), (z, _MIDDLE)])
    axes.set(xlim=(-0.9, 10.9), ylim=(-0.2, 5.8), aspect="equal")
    axes.set_axis_off()
    return figure


@styled
def lstm_cell() -> Figure:
    """Draw one time step of an LSTM: three gates, the candidate, and the line of the cell state.

    Source of the formulas: Hochreiter and Schmidhuber 1997; Gers et al. 2000.
    """
    figure, axes = new_figure(height=3.5)
    forget, enter, new, out = 1.7, 3.9, 6.1, 8.3
    places = [forget, enter, new, out]
    for y, label, aside in [(_INPUT, "$x_t$", _ASIDE), (_OLD, "$h_{t-1}$", -_ASIDE)]:
        axes.text(0, y, label, ha="right", va="center", fontsize=_SIZE)
        _reach(axes, y, 0.1, [x + aside for x in places])
    _carried(axes, _TOP, "$c_{t-1}$", "$c_t$", [forget, new], 10.0)
    for x, name in [(forget, "$f_t$"), (enter, "$i_t$"), (out, "$o_t$")]:
        _box(axes, (x, _BOXES), name, _GATE)
    _box(axes, (new, _BOXES), r"$\tilde c_t$", _CANDIDATE)
    arrow(axes, (forget, _BOXES + 0.45), (forget, _TOP - 0.3))
    _line(axes, [(enter, _BOXES + 0.45), (enter, _MIDDLE)])
    arrow(axes, (enter, _MIDDLE), (new - 0.3, _MIDDLE))
    arrow(axes, (new, _BOXES + 0.45), (new, _MIDDLE - 0.3))
    arrow(axes, (new, _MIDDLE + 0.3), (new, _TOP - 0.3))
    arrow(axes, (out, _BOXES + 0.45), (out, _MIDDLE - 0.3))
    arrow(axes, (out, _TOP), (out, _MIDDLE + 0.3))
    axes.text(out + 0.15, 4.75, r"$\tanh$", ha="left", va="center", fontsize=_SIZE)
    arrow(axes, (out + 0.3, _MIDDLE), (10.0, _MIDDLE))
    axes.text(10.1, _MIDDLE, "$h_t$", ha="left", va="center", fontsize=_SIZE)
    for place in [(forget, _TOP), (new, _MIDDLE), (out, _MIDDLE)]:
        _sign(axes, place, "×")
    _sign(axes, (new, _TOP), "+")
    _dots(axes, [(out, _TOP)])
    axes.set(xlim=(-0.9, 10.9), ylim=(-0.2, 5.8), aspect="equal")
    axes.set_axis_off()
    return figure


def _reach(axes: Any, y: float, start: float, places: list[float]) -> None:
    """Draw a line to the right from which an arrow leads up into a box at each place."""
    _line(axes, [(start, y), (places[-1], y)])
    for x in places:
        arrow(axes, (x, y), (x, _BOXES - 0.45))
    _dots(axes, [(x, y) for x in places[:-1]])


def _carried(axes: Any, y: float, old: str, new: str, signs: list[float], end: float) -> None:
    """Draw the straight line from the old state to the new one, with gaps for the signs on it."""
    axes.text(0, y, old, ha="right", va="center", fontsize=_SIZE)
    axes.text(end + 0.1, y, new, ha="left", va="center", fontsize=_SIZE)
    starts = [0.1, *(x + 0.3 for x in signs)]
    for start, stop in zip(starts, [*(x - 0.3 for x in signs), end], strict=True):
        arrow(axes, (start, y), (stop, y), _STATE, width=3)


def _box(axes: Any, middle: Point, label: str, colour: str) -> None:
    """Draw a rounded box with its label."""
    x, y = middle
    rounded_box(axes, (x - 0.6, y - 0.45), (x + 0.6, y + 0.45), colour)
    axes.text(x, y, label, ha="center", va="center", fontsize=_SIZE + 1)


def _sign(axes: Any, middle: Point, sign: str) -> None:
    """Draw a circle with the sign of an operation."""
    axes.add_patch(Circle(middle, 0.3, fill=False, ec=TEXT, lw=1.2))
    axes.text(*middle, sign, ha="center", va="center_baseline", fontsize=_SIZE)


def _dots(axes: Any, places: Sequence[Point]) -> None:
    """Mark where a line branches: lines that cross without a dot do not meet."""
    axes.plot(*zip(*places, strict=True), "o", color=TEXT, ms=5, zorder=3)


def _line(axes: Any, points: Sequence[Point], colour: str = TEXT, width: float = 1.2) -> None:
    """Draw a line without a head through points."""
    axes.plot(*zip(*points, strict=True), color=colour, lw=width)
