"""Figures of what was counted or measured, small enough to be stored five times.

Each function draws one figure from data and returns it; labels are symbols or plain English terms.
Drawings of how things are arranged: `diagrams.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.figures.library import (
    Figure,
    LinearSegmentedColormap,
    Rectangle,
    font_manager,
    to_hex,
    to_rgb,
)
from charrnn.figures.look import COLOURS, TEXT, colours, new_figure, styled

__all__ = [
    "COLOURS",
    "colours",
    "curves",
    "frequencies",
    "grid",
    "level_bars",
    "new_figure",
    "points",
    "probabilities",
    "visible",
]

# One for each colour: what is told apart by colour alone is lost on some readers.
_MARKERS = "osD^vPX"
# More points than that on a line have no marker of their own.
_MARKED = 20
# Characters that fit beside each other above the axes; a line or square of the legend takes six.
_LINE = 52
# Of labels under the bars of `frequencies`.
_ROWS = 3
# Of a grid's strongest colours, on which black text has to be read.
_STRONGEST = 0.6


def visible(character: str) -> str:
    """Return what stands for a character in a figure: □ where matplotlib's font lacks it."""
    sign = {"\n": "\\n", "\t": "\\t", " ": "␣"}.get(character, character)
    font = font_manager.get_font(font_manager.findfont("monospace"))
    return sign if all(font.get_char_index(ord(part)) for part in sign) else "□"


def _legend(figure: Figure, names: Sequence[str]) -> None:
    """Put the names above the axes, where they hide nothing, as many beside each other as fit."""
    (axes,) = figure.axes
    fitting = [
        columns
        for columns in range(1, len(names) + 1)
        if sum(max(map(len, part)) + 6 for part in np.array_split(names, columns)) <= _LINE
    ]
    columns = max(fitting, default=1)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=columns,
        borderaxespad=0.2, handlelength=1.6, columnspacing=1.2,
    )  # fmt: skip
    # Further rows take nothing from the axes.
    figure.set_figheight(figure.get_figheight() + 0.27 * (-(-len(names) // columns) - 1))


@styled
def curves(
    x: npt.ArrayLike,
    lines: Mapping[str, npt.ArrayLike],
    levels: Mapping[str, float] | None = None,
    x_label: str = "epoch",
    y_label: str = "nats per character",
    y_limits: tuple[float, float] | None = None,
    y_scale: str = "linear",
) -> Figure:
    """Draw lines over the same x, and horizontal levels to compare them with.

    Args:
        x: shape (points,).
        lines: name -> values, shape (points,).
        levels: name -> value, drawn dashed in grey with the name at the right.
        x_label: what x counts.
        y_label: what the values measure, with its unit.
        y_limits: smallest and largest y shown; None for all.
        y_scale: "linear", or "log" for values that differ by orders of magnitude.

    Raises:
        ValueError: there is no line, or there are more lines than ``COLOURS``.
    """
    shown = zip(lines.items(), colours("lines", len(lines)), strict=True)
    figure, axes = new_figure()
    every = -(-np.size(x) // _MARKED)
    for ((name, values), colour), marker in zip(shown, _MARKERS, strict=False):
        style: dict[str, Any] = {"color": colour, "marker": marker, "markevery": every}
        axes.plot(np.asarray(x), np.asarray(values), label=name, **style)
    for name, level in (levels or {}).items():
        axes.axhline(level, color=TEXT, ls="--", lw=1.2)
        axes.annotate(
            f"{name} {level:.3f}", (1, level), xycoords=("axes fraction", "data"),
            ha="right", va="bottom",
        )  # fmt: skip
    axes.set(xlabel=x_label, ylabel=y_label, ylim=y_limits, yscale=y_scale)
    # No epoch 2.5; where x itself has fractions, they are shown.
    whole = np.array_equal(np.asarray(x), np.round(np.asarray(x)))
    axes.xaxis.get_major_locator().set_params(integer=whole)
    _legend(figure, [*lines])
    return figure


@styled
def probabilities(
    symbols: Sequence[str], lines: Mapping[str, npt.ArrayLike], largest: int = 12
) -> Figure:
    """Draw the most likely characters of one or more distributions as groups of bars.

    Args:
        symbols: name of each id; line ends and spaces are made visible.
        lines: name -> probabilities, shape (vocabulary,).
        largest: how many ids to show, sorted by their largest probability in any line.

    Raises:
        ValueError: there is no line, there are more lines than ``COLOURS``, or one has another
            number of probabilities than there are symbols.
    """
    bar_colours = colours("lines", len(lines))
    for name, values in lines.items():
        if np.shape(values) != (len(symbols),):
            raise ValueError(
                f"lines: expected shape ({len(symbols)},) as there are symbols, received "
                f"{np.shape(values)} in {name!r}"
            )
    figure, axes = new_figure()
    order = np.argsort(-np.max([np.asarray(values) for values in lines.values()], axis=0))[:largest]
    width = 0.8 / len(lines)
    for index, (name, values) in enumerate(lines.items()):
        places = np.arange(len(order)) + (index - (len(lines) - 1) / 2) * width
        axes.bar(places, np.asarray(values)[order], width, color=bar_colours[index], label=name)
    labels = [visible(symbols[i]) for i in order]
    axes.set_xticks(range(len(order)), labels, family="monospace")
    axes.set(ylabel="probability")
    _legend(figure, [*lines])
    return figure


@styled
def frequencies(counts: Mapping[str, int], largest: int = 70) -> Figure:
    """Draw how often each character occurs, the most frequent first, on a logarithmic scale.

    Args:
        counts: character -> how often it occurs, at least once.
        largest: how many characters to show.
    """
    figure, axes = new_figure()
    order = sorted(counts, key=lambda character: (-counts[character], character))[:largest]
    axes.bar(range(len(order)), [counts[character] for character in order], color=COLOURS[0])
    axes.set_xticks([])
    # In rows: beside each other the labels would touch.
    for place, character in enumerate(order):
        axes.annotate(
            visible(character), (place, 0), (0, -4 - 16 * (place % _ROWS)),
            xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="center", va="top", family="monospace",
        )  # fmt: skip
    axes.set(ylabel="count", yscale="log", xlim=(-1, len(order)))
    axes.set_xlabel("character", labelpad=4 + 16 * min(_ROWS, len(order)))
    return figure


@styled
def points(variants: Mapping[str, Mapping[str, npt.ArrayLike]], y_label: str) -> Figure:
    """Draw what repeated runs measured as points, the variants of an experiment side by side.

    Args:
        variants: name -> measure -> values, shape (runs,); the first one has all measures.
        y_label: what the values are.

    Raises:
        ValueError: there is no variant, or there are more variants than ``COLOURS``.
    """
    point_colours = colours("variants", len(variants))
    figure, axes = new_figure()
    measures = list(next(iter(variants.values())))
    for index, (name, results) in enumerate(variants.items()):
        x = [measures.index(measure) for measure, runs in results.items() for _ in np.array(runs)]
        y = np.concatenate([np.asarray(runs) for runs in results.values()])
        shift = (index - (len(variants) - 1) / 2) * 0.15
        style: dict[str, Any] = {"color": point_colours[index], "marker": _MARKERS[index]}
        axes.plot(np.array(x) + shift, y, ls="none", label=name, **style)
    axes.set_xticks(range(len(measures)), measures)
    axes.set(ylabel=y_label)
    _legend(figure, [*variants])
    return figure


@styled
def level_bars(
    values: Mapping[str, float | None],
    levels: Mapping[str, float] | None = None,
    x_label: str = "milliseconds",
    missing: str = "not on this processor",
) -> Figure:
    """Draw a bar for each value, one below the other, and vertical levels to compare them with.

    Args:
        values: name -> length of the bar, or None for what could not be measured.
        levels: name -> value, drawn dashed in grey with the name above the bars.
        x_label: what the lengths are, with their unit.
        missing: stands where a value is None.
    """
    levels = levels or {}
    longest = max([*filter(None, values.values()), *levels.values()])
    figure, axes = new_figure(height=0.42 * len(values) + 0.5 + 0.5 * bool(levels))
    for place, value in enumerate(values.values()):
        axes.barh(place, value or 0, 0.62, color=COLOURS[0])
        style = {"ha": "left"}
        if value is None:
            # To the right of all levels, so that no line crosses it.
            label, end = f" {missing}", max([0, *levels.values()])
        elif value < longest / 10:  # too short to have its number inside
            label, end = f" {value:.0f}", value
        else:
            # Inside the bar, for behind it a level may stand; white has enough contrast there.
            label, end, style = f"{value:.0f} ", value, {"ha": "right", "color": "w"}
        axes.annotate(label, (end, place), va="center", **style)
    axes.set_yticks(range(len(values)), values)
    axes.invert_yaxis()
    lowest, highest = axes.get_ylim()
    for row, (name, level) in enumerate(levels.items()):
        # Names in rows, for levels may lie close to each other.
        top = highest - 0.15 - 0.6 * row
        axes.plot([level, level], [lowest, top - 0.3], color=TEXT, ls="--", lw=1.2, zorder=0)
        axes.annotate(f" {name} {level:.0f}", (level, top), va="bottom")
    axes.set_ylim(lowest, highest - 0.6 * len(levels))
    axes.set_xlim(0, 1.02 * longest)
    axes.set_xlabel(x_label)
    axes.tick_params(axis="y", length=0)
    return figure


@styled
def grid(
    rows: Sequence[str],
    columns: Sequence[str],
    values: npt.ArrayLike,
    row_label: str = "",
    column_label: str = "",
) -> Figure:
    """Draw a table whose cells are coloured by their numbers, the lowest of each row framed.

    Args:
        rows: name of each row; the first one is at the top.
        columns: name of each column; a line end in it begins a second line.
        values: shape (rows, columns), below 0 in blue and above in orange; NaN is an empty cell.
        row_label: what the rows are.
        column_label: what the columns are.

    Raises:
        ValueError: the number of values is not that of the rows and columns, or there is none.
    """
    table = np.asarray(values, dtype=float)
    if table.shape != (len(rows), len(columns)):
        raise ValueError(
            f"values: expected shape ({len(rows)}, {len(columns)}) as there are rows and columns, "
            f"received {table.shape}"
        )
    known = ~np.isnan(table)
    if not known.any():
        raise ValueError("values: expected at least one that is a number, received none")
    figure, axes = new_figure(height=0.55 * len(rows) + 1.1)
    blue, orange = (_lighter(colour) for colour in COLOURS[:2])
    blue_to_orange = LinearSegmentedColormap.from_list("", [blue, "white", orange])
    largest = np.abs(table[known]).max() or 1
    axes.imshow(table, blue_to_orange, vmin=-largest, vmax=largest, aspect="auto")
    for row, column in zip(*np.nonzero(known), strict=True):
        label = f"{table[row, column]:z.2f}".replace("-", "\N{MINUS SIGN}")  # no -0.00
        axes.text(column, row, label, ha="center", va="center", color="k")
    for row in np.nonzero(known.any(axis=1))[0]:
        place = (np.nanargmin(table[row]) - 0.46, row - 0.44)
        axes.add_patch(Rectangle(place, 0.92, 0.88, fc="none", ec="k", lw=2.4))
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel=column_label, ylabel=row_label)
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    # Lines between the cells, in which the page is seen.
    for edge in np.arange(len(columns) - 1) + 0.5:
        axes.axvline(edge, color=TEXT, lw=0.6)
    for edge in np.arange(len(rows) - 1) + 0.5:
        axes.axhline(edge, color=TEXT, lw=0.6)
    return figure


def _lighter(colour: str) -> str:
    """Return a colour mixed with white."""
    red, green, blue = (1 - _STRONGEST * (1 - part) for part in to_rgb(colour))
    return to_hex((red, green, blue))
