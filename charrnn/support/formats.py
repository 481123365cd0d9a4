"""The first bytes of a file that is no plain text -> what it is, and what to do with it."""

__all__ = ["BEGINNING", "known_format"]

BEGINNING = 4096  # bytes

_UNPACK = "unpack it first"
_EXPORT = "save it as plain text (UTF-8) in the program that made it"
_NO_TEXT = "it holds no plain text"
# First bytes -> what the file is, what to do.
_FORMATS = {
    b"\x1f\x8b": ("compressed by gzip", f"{_UNPACK} (gunzip)"),
    b"BZh": ("compressed by bzip2", f"{_UNPACK} (bunzip2)"),
    b"\xfd7zXZ\0": ("compressed by xz", f"{_UNPACK} (unxz)"),
    b"\x28\xb5\x2f\xfd": ("compressed by zstd", f"{_UNPACK} (unzstd)"),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", _UNPACK),
    b"Rar!\x1a\x07": ("a RAR archive", _UNPACK),
    b"PK\x03\x04": ("a ZIP archive", f"{_UNPACK} (unzip)"),
    b"PK\x05\x06": ("an empty ZIP archive", _NO_TEXT),
    b"%PDF-": ("a PDF document", _EXPORT),
    b"%!PS": ("a PostScript document", _EXPORT),
    b"{\\rtf": ("an RTF document", _EXPORT),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("an old Office document (.doc, .xls)", _EXPORT),
    b"MThd": ("a MIDI file", _NO_TEXT),
    b"\x89PNG\r\n": ("a PNG picture", _NO_TEXT),
    b"\xff\xd8\xff": ("a JPEG picture", _NO_TEXT),
    b"GIF8": ("a GIF picture", _NO_TEXT),
    b"OggS\0": ("an Ogg recording", _NO_TEXT),
    b"\x7fELF": ("a program", _NO_TEXT),
    b"SQLite format 3\0": ("an SQLite database", _NO_TEXT),
}
# What the beginning of a ZIP archive says of the document that it is.
_DOCUMENTS = {
    b"word/": "a Word document (.docx)",
    b"xl/": "an Excel document (.xlsx)",
    b"application/epub+zip": "an e-book (.epub)",
    b"application/vnd.oasis.opendocument": "an OpenDocument file (.odt)",
}


def known_format(data: bytes) -> tuple[str, str] | None:
    """Return what a file is and what to do with it, or None if it may be a text.

    Args:
        data: its first ``BEGINNING`` bytes.
    """
    for beginning, (what, advice) in _FORMATS.items():
        if data.startswith(beginning):
            if beginning == b"BZh" and data[4:10] != b"1AY&SY":
                continue  # a text that begins with these letters
            for inside, document in _DOCUMENTS.items():
                if beginning == b"PK\x03\x04" and inside in data:
                    return document, _EXPORT
            return what, advice
    return None
