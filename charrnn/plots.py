"""Every figure of the book, small enough to be stored five times.

Each function draws one figure from data and returns it; labels are symbols or plain English terms.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

__all__ = ["COLOURS", "curves", "new_figure", "probabilities"]

# Okabe and Ito 2008: told apart by colour-blind readers, and on paper.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]


def new_figure(width: float = 6.0, height: float = 3.0) -> tuple[Figure, Any]:
    """Return a figure and its axes; sizes in inches at 80 dots each, readable on a phone."""
    figure, axes = plt.subplots(figsize=(width, height), dpi=80, layout="constrained")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def curves(
    x: npt.ArrayLike,
    lines: Mapping[str, npt.ArrayLike],
    levels: Mapping[str, float] | None = None,
    x_label: str = "epoch",
    y_label: str = "nats per character",
    y_limits: tuple[float, float] | None = None,
) -> Figure:
    """Draw lines over the same x, and horizontal levels to compare them with.

    Args:
        x: shape (points,).
        lines: name -> values, shape (points,).
        levels: name -> value, drawn dashed in grey with the name at the right.
        x_label: what x counts.
        y_label: what the values measure, with its unit.
        y_limits: smallest and largest y shown; None for all.
    """
    figure, axes = new_figure()
    for (name, values), colour in zip(lines.items(), COLOURS, strict=False):
        axes.plot(np.asarray(x), np.asarray(values), "o-", ms=3, color=colour, label=name)
    for name, level in (levels or {}).items():
        axes.axhline(level, color="0.5", ls="--", lw=1)
        axes.annotate(
            f"{name} {level:.3f}", (1, level), xycoords=("axes fraction", "data"),
            ha="right", va="bottom", fontsize=8, color="0.35",
        )  # fmt: skip
    axes.set(xlabel=x_label, ylabel=y_label, ylim=y_limits)
    axes.legend(frameon=False)
    return figure


def probabilities(
    symbols: Sequence[str], lines: Mapping[str, npt.ArrayLike], largest: int = 12
) -> Figure:
    """Draw the most likely characters of one or more distributions as groups of bars.

    Args:
        symbols: name of each id; line ends and spaces are made visible.
        lines: name -> probabilities, shape (vocabulary,); the first decides which ids are shown.
        largest: how many ids to show.
    """
    figure, axes = new_figure()
    order = np.argsort(-np.asarray(next(iter(lines.values()))))[:largest]
    width = 0.8 / len(lines)
    for index, (name, values) in enumerate(lines.items()):
        places = np.arange(len(order)) + (index - (len(lines) - 1) / 2) * width
        axes.bar(places, np.asarray(values)[order], width, color=COLOURS[index], label=name)
    visible = {"\n": "\\n", " ": "␣"}
    labels = [visible.get(symbols[i], symbols[i]) for i in order]
    axes.set_xticks(range(len(order)), labels, family="monospace")
    axes.set(ylabel="probability")
    axes.legend(frameon=False)
    return figure
