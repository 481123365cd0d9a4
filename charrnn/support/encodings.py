"""Bytes -> text: what is certain is named, what is likely is offered with a command that converts.

Text is UTF-8, or has a byte-order mark. A mark and the first bytes of well-known formats are
certain; for any other encoding the bytes do not say which it is, and a detector looks for the
readings that are most like a text. A file is read in blocks, of which one is in memory.
"""

import codecs
from collections.abc import Iterator
from itertools import chain

from charrnn.support.console import as_typed
from charrnn.support.formats import BEGINNING, known_format
from charrnn.support.sources import Blocks

__all__ = ["EncodingError", "decoded", "is_html", "likely_encodings"]

SAMPLE = 2**18  # bytes that the detector sees

# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = {
    b"\xff\xfe\0\0": "UTF-32LE",
    b"\0\0\xfe\xff": "UTF-32BE",
    b"\xef\xbb\xbf": "UTF-8",
    b"\xff\xfe": "UTF-16LE",
    b"\xfe\xff": "UTF-16BE",
}
# Codec of Python -> name for iconv, frequent ones first: of two that read a text alike, or equally
# well, the first is named first.
_ENCODINGS = {
    "cp1252": "CP1252",
    "cp1251": "CP1251",
    "gb18030": "GB18030",
    "big5": "BIG5",
    "cp949": "CP949",
    "cp932": "CP932",
    "euc_jp": "EUC-JP",
    "koi8_r": "KOI8-R",
    "cp1250": "CP1250",
    "cp1253": "CP1253",
    "cp1254": "CP1254",
    "cp1255": "CP1255",
    "cp1256": "CP1256",
    "cp866": "CP866",
    "iso8859_2": "ISO-8859-2",
    "iso8859_5": "ISO-8859-5",
    "iso8859_7": "ISO-8859-7",
    "iso8859_15": "ISO-8859-15",
    "mac_roman": "MACINTOSH",
    "mac_cyrillic": "MAC-CYRILLIC",
    "koi8_u": "KOI8-U",
    "cp950": "CP950",
    "big5hkscs": "BIG5-HKSCS",
    "johab": "JOHAB",
    "cp874": "CP874",
}


class EncodingError(ValueError):
    """Bytes that are no text in UTF-8; the message says what they are or may be, and what to do."""


def decoded(blocks: Blocks, name: str, *, keep_mark: bool = False) -> Iterator[str]:
    """Give the text of a file, a piece for each block.

    Args:
        blocks: gives the file's bytes; it is called again to say what is wrong with them.
        name: of the file, for messages.
        keep_mark: whether the mark of UTF-8 stays, as the character U+FEFF.

    Raises:
        EncodingError: the bytes are a known format, another encoding, or hold NULs.
    """
    beginning = _part(blocks, 0, BEGINNING)
    mark = next((mark for mark in _MARKS if beginning.startswith(mark)), b"")
    encoding = _MARKS.get(mark, "UTF-8")
    if not mark and (found := known_format(beginning)):
        what, advice = found
        raise EncodingError(f"{name}: expected a plain text, received {what}; {advice}")
    decoder = codecs.getincrementaldecoder(encoding)()
    left_out = 0 if keep_mark else len(mark)
    read = left_out
    for block in chain(_from(blocks, left_out), [b""]):
        held = len(decoder.getstate()[0])  # bytes of a character that the last block cut
        try:
            piece = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            place = read - held + error.start
            if mark:
                raise EncodingError(
                    f"{name}: expected {encoding}, as its byte-order mark says, received something "
                    f"else at byte {place:,}; the file is damaged"
                ) from error
            raise EncodingError(_advice(blocks, place, name)) from error
        if "\0" in piece:
            raise EncodingError(_advice(blocks, 0, name))
        read += len(block)
        yield piece


def is_html(text: str) -> bool:
    """Return whether a text begins as an HTML page does."""
    return text[:1000].lstrip().lower().startswith(("<!doctype html", "<html"))


def likely_encodings(data: bytes, place: int = 0) -> list[str]:
    """Return what may be the encoding of a text, by the names that iconv knows, likeliest first.

    Args:
        data: the bytes, not UTF-8.
        place: of the first byte that is not UTF-8.
    """
    if b"\0" in data:
        return _wide_encodings(data[:SAMPLE])
    # Needed for the message of an error alone.
    from charset_normalizer import from_bytes

    # Whole lines around that place: no encoding without NULs has a line end within a character.
    start = data.rfind(b"\n", 0, place) + 1 if place > SAMPLE // 2 else 0
    sample = data[start : start + SAMPLE]
    if start + SAMPLE < len(data) and b"\n" in sample:
        sample = sample[: sample.rfind(b"\n") + 1]
    order = {codec: place for place, codec in enumerate(_ENCODINGS)}
    ranked = []
    for match in from_bytes(sample, cp_isolation=list(_ENCODINGS)):
        first = min(order[codec] for codec in {match.encoding, *match.could_be_from_charset})
        # Differences in the third digit of disorder and in the second of likeness are noise.
        ranked.append((round(match.chaos, 2), -round(match.coherence, 1), first))
    return [list(_ENCODINGS.values())[first] for *_, first in sorted(ranked)]


def _wide_encodings(sample: bytes) -> list[str]:
    """Return those of UTF-16 and UTF-32 in which spaces and line ends occur as in a text."""
    sample = sample[: len(sample) // 4 * 4]
    found = {}
    for encoding in ("UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"):
        try:
            # The last two bytes may be half of a pair.
            text = sample[:-2].decode(encoding) if "16" in encoding else sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        breaks = sum(text.count(sign) for sign in " \n\t,.、。，")
        if breaks > len(text) / 1000 and "\0" not in text:
            found[encoding] = breaks
    return sorted(found, key=lambda encoding: -found[encoding])


def _advice(blocks: Blocks, place: int, name: str) -> str:
    """Return why bytes are refused, and the command that most likely makes a text of them."""
    nul = _first_nul(blocks)
    if nul is not None:
        received = f"NULs, the first at position {nul:,}"
        likely = _wide_encodings(_part(blocks, 0, SAMPLE))
    else:
        received = f"the byte 0x{_part(blocks, place, place + 1).hex()} at position {place:,}"
        if damaged := _damaged_places(blocks):
            line = sum(block.count(b"\n") for block in _from(blocks, 0, place)) + 1
            return (
                f"{name}: expected UTF-8, received {received} (line {line:,}); all else is UTF-8, "
                f"{damaged:,} such places excepted: mend them, or find the undamaged file"
            )
        # A byte more than the sample, so that the detector sees where the file goes on.
        first = max(place - SAMPLE, 0)
        near = _part(blocks, first, place + SAMPLE + 1)
        likely = likely_encodings(near, place - first)
    if not likely:
        return (
            f"{name}: expected a text in UTF-8, received {received}, and no encoding of text fits"
        )
    best, *others = likely[:3]
    is_page = name.lower().startswith(("http://", "https://"))
    return (
        f"{name}: expected UTF-8, received {received}; the encoding is probably {best}"
        f"{''.join(f', or {other}' for other in others)}: "
        f"{'save the page as old.txt, then ' if is_page else ''}"
        f"iconv -f {best} -t UTF-8 {'old.txt' if is_page else as_typed(name)} > new.txt"
    )


def _first_nul(blocks: Blocks) -> int | None:
    read = 0
    for block in blocks():
        if (place := block.find(0)) >= 0:
            return read + place
        read += len(block)
    return None


def _damaged_places(blocks: Blocks) -> int:
    """Return how many characters of a text in UTF-8 are damaged; 0 if it is no such text."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    sign = "\ufffd".encode()  # stands in the place of each, but may be a character of the text, too
    bad = good = 0
    end = b""
    for block in chain(blocks(), [b""]):
        text = decoder.decode(block, final=not block)
        bad += text.count("\ufffd") - (end + block).count(sign)
        good += len(text) - len(text.encode("ascii", "ignore"))
        end = (end + block)[-2:]
    good -= bad
    return bad if 20 * bad <= good else 0


def _part(blocks: Blocks, start: int, stop: int) -> bytes:
    return b"".join(_from(blocks, start, stop))


def _from(blocks: Blocks, start: int, stop: int | None = None) -> Iterator[bytes]:
    """Give what the blocks hold from a place of the file on, or up to another one."""
    read = 0
    for block in blocks():
        if stop is not None and read >= stop:
            return
        end = len(block) if stop is None else stop - read
        if wanted := block[max(start - read, 0) : end]:
            yield wanted
        read += len(block)
