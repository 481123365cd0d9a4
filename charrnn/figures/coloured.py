"""Text and a value for each character -> HTML in which the values are colours.

Unlike a figure it shows every script, because the page's own fonts draw it; it can be selected and
wraps on a phone. It needs no JavaScript.
"""

import html
import unicodedata

import numpy as np
import numpy.typing as npt

__all__ = ["LEVELS", "clusters", "coloured_text"]

# Number of colours from -1 to 1; odd, so that one of them means 0.
LEVELS = 21
# Blue and orange, which colour-blind readers tell apart, and the opacity of -1 and 1, in 255ths:
# text in its page's own colour has a contrast of 4.5 with every level, on light and dark pages.
_LOWEST, _HIGHEST, _OPACITY = "#2f8ef0", "#e07b00", 0x66
_JOINER = "\u200d"
_STYLE = (
    "font-family:monospace;font-size:max(1rem,16px);line-height:1.6;"
    "white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext"
)


def _continues(cluster: str, character: str) -> bool:
    """Return whether a character belongs to the sign that ``cluster`` has begun."""
    point = ord(character)
    mark = unicodedata.category(character).startswith("M")
    medial_or_final = 0x1160 <= point <= 0x11FF or 0xD7B0 <= point <= 0xD7FF  # Hangul
    skin = 0x1F3FB <= point <= 0x1F3FF
    flag = len(cluster) == 1 and all(
        0x1F1E6 <= ord(part) <= 0x1F1FF for part in cluster + character
    )
    return mark or medial_or_final or skin or flag or _JOINER in (character, cluster[-1])


def clusters(text: str) -> list[str]:
    """Cut a text into what a reader takes for one sign: a character with the marks that follow it.

    An approximation of Unicode's grapheme clusters (Unicode Standard Annex 29): combining marks,
    parts of Hangul syllables, emoji with their joiners and modifiers, flags.
    """
    found: list[str] = []
    for character in text:
        # A line end or a tab carries no mark: what follows it begins a sign of its own.
        if found and found[-1] not in ("\n", "\r", "\t") and _continues(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _colour(level: int) -> str:
    """Return the colour of a level, 0 to LEVELS - 1, as HTML writes it; that of 0 is nothing."""
    value = 2 * level / (LEVELS - 1) - 1
    end = _HIGHEST if value > 0 else _LOWEST
    return f"{end}{round(abs(value) * _OPACITY):02x}"


def _shown(sign: str) -> str:
    """Return a sign as HTML; what no page can show becomes a picture of it."""
    parts = []
    for character in sign:
        point = ord(character)
        if character == "\r":
            parts.append("&#13;")  # a reader of HTML would turn a bare one into a line end
        elif point < 32 and character not in "\n\t":
            parts.append(chr(0x2400 + point))  # Unicode's pictures of control characters
        elif 0x7F <= point < 0xA0 or 0xD800 <= point < 0xE000:
            parts.append("\ufffd")  # further controls, halves of surrogate pairs
        else:
            parts.append(html.escape(character))
    return "".join(parts)


def coloured_text(text: str, values: npt.ArrayLike, lang: str | None = None) -> str:
    """Return HTML that shows a text, each character on the colour of its value, and a legend.

    Args:
        text: any text; it is escaped, so it is shown and never read as HTML. Control characters
            other than tabs and line ends appear as their pictures.
        values: shape (characters,), from -1, blue, over 0, no colour, to 1, orange; rounded to
            ``LEVELS`` levels. A sign of several characters has the mean of their values.
        lang: language of the text as HTML names it, such as "en"; None leaves it to the page.

    Returns:
        One ``div``. Neighbouring signs of the same level share one element.

    Raises:
        ValueError: the number of values is not that of the characters, or one is not in -1 to 1.
    """
    numbers = np.asarray(values, dtype="float64")
    if numbers.shape != (len(text),):
        raise ValueError(f"values: expected shape ({len(text)},), received {numbers.shape}")
    if not np.all(np.abs(numbers) <= 1):
        wrong = numbers[~(np.abs(numbers) <= 1)][0]
        raise ValueError(f"values: expected -1 to 1, received {wrong}")
    runs: list[tuple[int, list[str]]] = []
    place = 0
    for sign in clusters(text):
        value = numbers[place : place + len(sign)].mean()
        place += len(sign)
        level = round((value + 1) / 2 * (LEVELS - 1))
        if not runs or runs[-1][0] != level:
            runs.append((level, []))
        runs[-1][1].append(_shown(sign))
    shown = "".join(_span(level, "".join(signs)) for level, signs in runs)
    steps = range(0, LEVELS, (LEVELS - 1) // 4)
    scale = "".join(_span(level, f" {2 * level / (LEVELS - 1) - 1:g} ") for level in steps)
    language = "" if lang is None else f' lang="{html.escape(lang)}"'
    # The first class is for the site's style; the others keep MathJax from reading a text between
    # two dollar signs as a formula.
    return (
        f'<div class="coloured-text tex2jax_ignore mathjax_ignore" style="{_STYLE}">'
        f'<div dir="auto"{language}>{shown}</div>'
        f'<div dir="ltr" aria-label="colours of values from -1 to 1" style="margin-top:.5em">'
        f"{scale}</div></div>"
    )


def _span(level: int, content: str) -> str:
    """Return content, HTML already, on the colour of a level."""
    return f'<span style="background:{_colour(level)}">{content}</span>'
