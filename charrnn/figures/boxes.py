"""A text -> its signs, code points and bytes, or its pieces, as rows of boxes in HTML.

Unlike a figure it shows every script, because the page's own fonts draw it, and it wraps on a
phone. It needs no JavaScript.
"""

import html
import unicodedata
from collections.abc import Mapping, Sequence

from charrnn.figures.coloured import clusters
from charrnn.figures.look import COLOURS, TINT
from charrnn.vocabulary import check_text

__all__ = ["boxes", "cuts"]

_STYLE = "margin:.3em 0 .8em;line-height:1.25"
# What is full goes on in the next line.
_ROW = "display:flex;flex-wrap:wrap"
# The rows, from above, with the size of their text; that of the legend.
_ROWS = {"sign": "1.15rem", "code point": "max(.8rem,12px)", "byte": "max(.75rem,11px)"}
_LEGEND = "max(.8rem,12px)"
# What cannot be seen, in a row of pieces.
_VISIBLE = {" ": "\u2423", "\n": "\\n"}
_DOTTED_CIRCLE, _BLANK = "\u25cc", "\u00a0"


def boxes(text: str, lang: str | None = None) -> str:
    """Return HTML that shows a text as three rows of boxes, and how many each row has.

    The first row has the signs that a reader sees, the second the code points that each consists
    of, as themselves and in hexadecimal, the third their bytes in UTF-8. What belongs together
    stands in one column; where a line is full, all three rows go on in the next one. A combining
    mark has a dotted circle in the place of its letter; what cannot be seen has its number alone.

    Args:
        text: a few words; it is escaped, so it is shown and never read as HTML.
        lang: language of the text as HTML names it, such as "en"; None leaves it to the page.

    Raises:
        ValueError: the text is empty, or holds half a character, which UTF-8 cannot write.
    """
    check_text(text)
    signs = clusters(text)
    numbers = (len(signs), len(text), len(text.encode("utf-8")))
    legend = "".join(
        f"<div>{_box(_many(number, name), row, _LEGEND)}</div>"
        for row, (number, name) in enumerate(zip(numbers, _ROWS, strict=True))
    )
    language = "" if lang is None else f' lang="{html.escape(lang)}"'
    columns = "".join(f'<div style="margin:1px 2px 4px">{_column(sign)}</div>' for sign in signs)
    # Classes as of ``coloured.coloured_text``. From left to right, as the bytes stand in a file. A
    # screen reader gets the text and the counts, in place of each byte.
    return (
        f'<div class="coloured-text tex2jax_ignore mathjax_ignore" style="{_STYLE}">'
        f'<div role="img" aria-label="{html.escape(text)}" dir="ltr"{language} style="{_ROW}">'
        f'{columns}</div><div lang="en" dir="ltr" style="{_ROW}">{legend}</div></div>'
    )


def _many(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _column(sign: str) -> str:
    """Return a sign's box above those of its code points, each above its bytes."""
    points = "".join(
        f'<div style="flex:1 0 auto">{_box(_point(character), 1)}'
        f'<div style="{_ROW}">{_bytes(character)}</div></div>'
        for character in sign
    )
    return f'{_box(_shown(sign), 0)}<div style="{_ROW}">{points}</div>'


def _point(character: str) -> str:
    """Return a code point as itself, where it can be seen, and its number."""
    circle = _DOTTED_CIRCLE * unicodedata.category(character).startswith("M")
    return f"{circle}{_shown(character)}<br>{ord(character):X}"


def _bytes(character: str) -> str:
    return "".join(_box(f"{value:02X}", 2) for value in character.encode("utf-8"))


def _shown(sign: str) -> str:
    """Return a sign as HTML; a blank for one that no page can show."""
    visible = any(each.isprintable() and not each.isspace() for each in sign)
    return html.escape(sign) if visible else _BLANK


def _box(content: str, row: int, size: str = "") -> str:
    """Return a box of one of the three rows around content, HTML already."""
    colour, size = COLOURS[row], size or list(_ROWS.values())[row]
    style = f"border:1px solid {colour};background:{colour}{TINT};font-size:{size}"
    return (
        f'<div style="flex:1 0 auto;margin:1px;padding:0 2px;border-radius:3px;'
        f'text-align:center;{style}">{content}</div>'
    )


def cuts(text: str, rows: Mapping[str, Sequence[str]], lang: str | None = None) -> str:
    """Return HTML that shows one text cut in several ways, each part in a box, and their numbers.

    Spaces and line ends are made visible. Where a line is full, the boxes go on in the next one.

    Args:
        text: a few words; it is escaped, so it is shown and never read as HTML.
        rows: what a part is called -> the parts.
        lang: language of the text as HTML names it, such as "en"; None leaves it to the page.

    Raises:
        ValueError: the text is empty or holds half a character, parts do not make up the text, or
            there are more rows than there are colours for them.
    """
    check_text(text)
    if len(rows) > len(_ROWS):
        raise ValueError(f"rows: expected at most {len(_ROWS)}, received {len(rows)}")
    for name, parts in rows.items():
        if "".join(parts) != text:
            raise ValueError(f"rows: expected parts of {text!r}, received {parts!r} in {name!r}")
    language = "" if lang is None else f' lang="{html.escape(lang)}"'
    shown = "".join(
        f'<div lang="en" dir="ltr" style="{_ROW}">'
        f"<div>{_box(_many(len(parts), name), row, _LEGEND)}</div></div>"
        f'<div role="img" aria-label="{html.escape(" | ".join(parts))}" dir="ltr"{language} '
        f'style="{_ROW};margin-bottom:.6em">{_parts(parts, row)}</div>'
        for row, (name, parts) in enumerate(rows.items())
    )
    return (
        f'<div class="coloured-text tex2jax_ignore mathjax_ignore" style="{_STYLE}">{shown}</div>'
    )


def _parts(parts: Sequence[str], row: int) -> str:
    """Return a box for each part; unlike a column of ``boxes`` it is as wide as what it holds."""
    return "".join(
        f"<div>{_box(html.escape(''.join(_VISIBLE.get(sign, sign) for sign in part)), row, '1rem')}"
        "</div>"
        for part in parts
    )
