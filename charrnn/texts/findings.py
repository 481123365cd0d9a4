"""What a survey says to somebody who wants a model of a text: what ``charrnn survey`` shows."""

from collections.abc import Iterator

from charrnn.texts.survey import Survey

__all__ = ["findings"]

# Scripts that are named at most.
SCRIPTS = 3


def findings(found: Survey, least: int = 5) -> Iterator[str]:
    """Yield a line for each thing to know before a model is trained on the text.

    The first three are there for every text, the others where something is to be done about it.

    Args:
        found: the survey of the text.
        least: that of the survey.
    """
    yield (
        f"{found.characters:,} characters, {found.symbols:,} different ones, "
        f"{found.utf8_bytes:,} bytes in UTF-8"
    )
    letters = sum(found.scripts.values())
    named = list(found.scripts.items())[:SCRIPTS]
    shares = (f"{script} {count / letters:.1%}" for script, count in named)
    yield f"letters: {', '.join(shares) or 'none'}"
    yield (
        f"{found.rare_symbols:,} of the different characters occur fewer than {least} times, "
        f"{found.rare_share:.1%} of the text: a model hardly learns them"
    )
    if not (found.is_nfc or found.is_nfd):
        yield (
            "some letters are composed and others decomposed, so that what looks equal are "
            "different characters: normalise the text, in NFC it has "
            f"{found.nfc:,} characters"
        )
    elif not found.is_nfc:
        yield (
            "its letters are decomposed, each a letter and its marks: in NFC it has "
            f"{found.nfc:,} characters, and a model has less to learn"
        )
    unseen = {
        "that a decoder wrote for bytes that it could not read (U+FFFD)": found.replacements,
        "of control": found.controls,
        "that are not seen, such as soft hyphens and joiners": found.invisible,
    }
    for kind, count in unseen.items():
        if count:
            yield f"characters {kind}: {count:,}; a model will write them, too"
