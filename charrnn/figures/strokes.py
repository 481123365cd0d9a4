"""What several drawings are made of: arrows, rounded boxes."""

from typing import Any

from charrnn.figures.library import FancyBboxPatch
from charrnn.figures.look import TEXT, TINT

__all__ = ["Point", "arrow", "rounded_box"]

Point = tuple[float, float]


def rounded_box(axes: Any, low: Point, high: Point, colour: str) -> None:
    """Draw an empty rounded box between two corners."""
    style: dict[str, Any] = {"fc": colour + TINT, "ec": colour, "lw": 2}
    shape = "round,pad=0,rounding_size=0.15"
    size = (high[0] - low[0], high[1] - low[1])
    axes.add_patch(FancyBboxPatch(low, *size, boxstyle=shape, **style))


def arrow(
    axes: Any, start: Point, end: Point, colour: str = TEXT, width: float = 1.2, **style: Any
) -> None:
    """Draw an arrow from start to end; ``style`` as matplotlib's ``arrowprops``."""
    line = {"arrowstyle": "->", "color": colour, "lw": width, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=line | style)
