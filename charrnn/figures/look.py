"""What all figures have in common: palette, sizes, ground, and how a notebook shows them.

The ground is transparent and every colour has a contrast of 3:1 with white and with the dark ground
of the site; text has 4.5:1 with white, also on a tint, and on dark pages by the site's style.
"""

import base64
import functools
import io
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from charrnn.figures.library import Figure, Image, cycler, mpl, plt

__all__ = ["COLOURS", "TEXT", "TINT", "BookFigure", "colours", "new_figure", "styled"]

# The hues of Okabe and Ito 2008, all of middle lightness; still told apart by readers who see no
# red or no green, the first four best: a test simulates that.
COLOURS = ["#1f68c8", "#c2860c", "#2ea57c", "#7f5a88", "#6e6628", "#4f92c4", "#6b6b6b"]
# Of text, axes and arrows.
TEXT = "#6b6b6b"
# Added to a colour: the opacity of what stands behind text.
TINT = "16"
# Inches, and dots in one of them; shown at two thirds where nothing else is said.
WIDTH, DOTS, SHOWN = 6.0, 150, 100
# Colours of a stored picture, the most that a palette holds.
PALETTE = 256
Drawing = ParamSpec("Drawing")
Drawn = TypeVar("Drawn")
_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.monospace": ["DejaVu Sans Mono"],
    "font.size": 13,  # points: 10 pixels where a page is 360 pixels wide
    **dict.fromkeys(["axes.titlesize", "axes.labelsize", "legend.fontsize"], 13),
    **dict.fromkeys(["xtick.labelsize", "ytick.labelsize"], 13),
    **dict.fromkeys(["text.color", "axes.labelcolor", "axes.edgecolor"], TEXT),
    **dict.fromkeys(["xtick.color", "ytick.color"], TEXT),
    **dict.fromkeys(["figure.facecolor", "axes.facecolor"], "none"),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 1.2,
    "axes.prop_cycle": cycler(color=COLOURS),
    "legend.frameon": False,
    "lines.linewidth": 2,
    "lines.markersize": 6,
}


def styled(draw: Callable[Drawing, Drawn]) -> Callable[Drawing, Drawn]:
    """Make a function draw in this style, whatever settings its caller has, and leave those alone.

    But what the first figure of a notebook switches on stays on: IPython's backend, which is set up
    then, shows only figures of an interactive session.
    """

    @functools.wraps(draw)
    def drawn(*values: Drawing.args, **named: Drawing.kwargs) -> Drawn:
        with mpl.rc_context(_STYLE):
            result = draw(*values, **named)
            interactive = mpl.is_interactive()
        mpl.interactive(interactive)
        return result

    return drawn


class BookFigure(Figure):
    """A figure that a notebook stores with a palette and shows at 600 pixels, drawn sharper."""

    def _ipython_display_(self) -> None:
        """Show the figure; IPython calls this before its own way, which stores all colours."""
        # A script that saves figures needs no IPython.
        from IPython.display import publish_display_data

        picture = self.png()
        # JupyterLab puts a light ground behind it in its dark mode.
        shown = {"width": round(self.get_figwidth() * SHOWN), "needs_background": "light"}
        content = {"image/png": base64.b64encode(picture).decode(), "text/plain": repr(self)}
        publish_display_data(content, {"image/png": shown})  # type: ignore[no-untyped-call]

    def png(self) -> bytes:
        """Return the picture, with the colours of a palette."""
        drawn = io.BytesIO()
        self.savefig(drawn, format="png", dpi="figure")
        stored = io.BytesIO()
        _with_palette(np.asarray(Image.open(drawn).convert("RGBA"))).save(
            stored, format="PNG", optimize=True, dpi=(DOTS, DOTS)
        )
        return stored.getvalue()


def _with_palette(pixels: npt.NDArray[np.uint8]) -> Image.Image:
    """Return a picture of the ``PALETTE`` most frequent colours, the nearest of them for others.

    Args:
        pixels: shape (height, width, 4): red, green, blue, opacity.
    """
    found, places, counts = np.unique(
        pixels.reshape(-1, 4), axis=0, return_inverse=True, return_counts=True
    )
    kept = np.sort(np.argsort(-counts, kind="stable")[:PALETTE])
    # Near is what looks alike: the less opaque, the less red, green and blue matter.
    seen = found * np.append(found[:, 3:].repeat(3, 1) / 255, np.ones((len(found), 1)), 1)
    near = ((seen[:, None] - seen[kept]) ** 2).sum(-1).argmin(1)
    picture = Image.fromarray(near[places].reshape(pixels.shape[:2]).astype("uint8"), "P")
    picture.putpalette(found[kept].tobytes(), "RGBA")
    return picture


def colours(argument: str, count: int) -> list[str]:
    """Return a colour for each of several things.

    Args:
        argument: name of the argument that has them, for the message.
        count: how many there are.

    Raises:
        ValueError: there is none, or there are more than can be told apart.
    """
    if not 1 <= count <= len(COLOURS):
        raise ValueError(
            f"{argument}: expected 1 to {len(COLOURS)}, as many as there are colours that can be "
            f"told apart, received {count}"
        )
    return COLOURS[:count]


@styled
def new_figure(width: float = WIDTH, height: float = 3.2) -> tuple[Figure, Any]:
    """Return a figure and its axes.

    Args:
        width: inches; 6 fill the text column with text of the same size in every figure.
        height: inches.
    """
    size = (width, height)
    figure = plt.figure(FigureClass=BookFigure, figsize=size, dpi=DOTS, layout="constrained")
    return figure, figure.add_subplot()
