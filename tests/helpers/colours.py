"""Contrast and distance of colours, and how readers see them who lack a kind of cones."""

import re

import numpy as np
from matplotlib.colors import to_rgb

from tools.chapters.notebooks import ROOT

# Ground and text of the site's theme; a test in a browser compares the dark ones.
LIGHT = ("#ffffff", "#222832")
DARK = ("#121212", "#ced6dd")
# Machado, Oliveira and Fernandes 2009, severity 1; for linear red, green, blue.
SEEN = {
    "all cones": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
# sRGB to XYZ, white at D65 (IEC 61966-2-1).
XYZ = np.array(
    [[0.412456, 0.357576, 0.180438], [0.212673, 0.715152, 0.072175], [0.019334, 0.119192, 0.950304]]
)


def linear(colour):
    """Return linear red, green, blue of a colour, as matplotlib or 0 to 1."""
    parts = np.array(to_rgb(colour))
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    """Return the relative luminance of the Web Content Accessibility Guidelines 2."""
    return float(linear(colour) @ XYZ[1])


def contrast(one, other):
    """Return the contrast of two colours, from 1 to 21, by the same guidelines."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def over(colour, ground):
    """Return a colour with an opacity, #rrggbbaa, over a ground."""
    opacity = int(colour[7:9], 16) / 255
    return tuple(opacity * np.array(to_rgb(colour[:7])) + (1 - opacity) * np.array(to_rgb(ground)))


def distance(one, other, seen="all cones"):
    """Return the distance in CIE 1976 L*a*b* of two colours as somebody sees them."""
    first, second = (lab(np.clip(SEEN[seen] @ linear(colour), 0, 1)) for colour in (one, other))
    return float(np.linalg.norm(first - second))


def lab(parts):
    ratios = XYZ @ parts / XYZ.sum(1)
    x, y, z = np.where(ratios > 0.008856, np.cbrt(ratios), 7.787 * ratios + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def on_dark_pages(colour):
    """Return what the site's style makes of a figure's colour on a dark page."""
    style = (ROOT / "_static" / "custom.css").read_text(encoding="utf-8")
    rule = r'data-theme="dark"\] [^{}]*\.cell_output img \{[^}]*filter: brightness\(([\d.]+)\)'
    factor = float(re.search(rule, style)[1])
    return tuple(np.clip(factor * np.array(to_rgb(colour)), 0, 1))
