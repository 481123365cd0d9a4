"""What figures are drawn with: matplotlib and what it brings, or one sentence if it is missing."""

from charrnn.support.extras import check_installed

check_installed("matplotlib")

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle
from PIL import Image

__all__ = [
    "Circle",
    "FancyBboxPatch",
    "Figure",
    "Image",
    "LinearSegmentedColormap",
    "Rectangle",
    "cycler",
    "font_manager",
    "mpl",
    "plt",
    "to_hex",
    "to_rgb",
]
