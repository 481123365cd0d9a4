"""Write the texts that the front pages open with: README and `index.md` of every language.

    python -m tools.opening            write
    python -m tools.opening --check    report differences, exit 1 if there are any

The texts come from `charrnn/records/opening_texts.csv`, which `python -m experiments.opening_texts
--store` makes. A page has marks, `<!-- written: NAME -->` and `<!-- /written -->`, between which
stands what this command writes:

- `opening`: the first draw of the language's model;
- `shaded`: the same, each character on a colour that says how probable it was; on the site it is
  the pen, a live element, which stores what is in `charrnn/records/pens.json`;
- `four`: one place continued in four ways, not labelled.

What stands between the marks is no part of what is translated.
"""

import html
import re
import sys
from itertools import groupby
from pathlib import Path

from charrnn.support.commands import run_command
from charrnn.support.files import RECORDS, read_table, write_atomically
from tools import argument_parser
from tools.chapters.markdown import WRITTEN
from tools.chapters.notebooks import ROOT
from tools.translation.files import INDEX
from tools.translation.languages import SOURCE

Row = dict[str, str]
RECORD = RECORDS / "opening_texts.csv"
# The model that writes in each language, by its name in `charrnn.weights`.
MODELS = {
    "en": "shakespeare",
    "ru": "ru",
    "zh-Hans": "zh-hans",
    "zh-Hant": "zh-hant",
    "ko": "ko",
}
# A line end within a paragraph of Han: the book's own lines are as long as its page was wide.
WRAPPED = re.compile(r"(?<=[^\n])\n(?=[^\n\s])")


def paragraphs(text: str, language: str) -> list[list[str]]:
    """Return the lines of each paragraph of a text, as a page shows them."""
    if language.startswith("zh"):
        text = WRAPPED.sub("", text)
    found = [part.split("\n") for part in re.split(r"\n\s*\n", text.strip())]
    return [[line.strip() for line in lines] for lines in found]


def plain(text: str, language: str) -> str:
    """Return a text as HTML."""
    return "".join(
        f"<p>{'<br>'.join(html.escape(line, quote=False) for line in lines)}</p>"
        for lines in paragraphs(text, language)
    )


def opening(rows: dict[str, Row], language: str) -> str:
    """Return the first draw as HTML."""
    return f'<div class="opening">{plain(rows["opening"]["text"], language)}</div>'


def shaded(rows: dict[str, Row], language: str) -> str:
    """Return the first draw as HTML whose colours are probabilities.

    The classes `tenth-0` to `tenth-9` say in which tenth the probability of a character lies; its
    first character has none. Line ends are shown where they were improbable, too, as a space.
    """
    row = rows["opening"]
    text, tenths = row["text"], [None, *row["tenths"]]
    if language.startswith("zh"):
        places = [place.start() for place in WRAPPED.finditer(text)]
        kept = [place for place in range(len(text)) if place not in places]
        text, tenths = "".join(text[place] for place in kept), [tenths[place] for place in kept]
    parts = []
    for tenth, run in groupby(zip(text, tenths, strict=True), key=lambda pair: pair[1]):
        signs = html.escape("".join(sign for sign, _ in run), quote=False)
        signs = re.sub(r"\n+", "<br>", signs)
        parts.append(signs if tenth is None else f'<span class="tenth-{tenth}">{signs}</span>')
    text = f'<p class="shaded">{"".join(parts)}</p>'
    named = f'data-model="{MODELS[language]}" data-record="pens/{language}"'
    return f'<div class="live" data-live="pen" {named}>{text}</div>'


def four(rows: dict[str, Row], language: str) -> str:
    """Return one place continued in four ways as HTML, in an order that is the same everywhere."""
    short, long = [way for way in rows if way.startswith("n-gram")]
    texts = [plain(rows[way]["text"], language) for way in (long, "model", "real", short)]
    items = "".join(f"<li>{text}</li>" for text in texts)
    return f'<ol class="four" type="A">{items}</ol>'


WRITERS = {"opening": opening, "shaded": shaded, "four": four}


def written(text: str, rows: dict[str, Row], language: str, place: str) -> str:
    """Return a page with what belongs between its marks.

    Raises:
        ValueError: a mark has a name that nobody writes.
    """

    def renew(match: re.Match[str]) -> str:
        (name,) = re.findall(r"written: ([\w-]+)", match[1])
        if name not in WRITERS:
            raise ValueError(f"{place}: expected a mark of {', '.join(WRITERS)}, received {name!r}")
        return f"{match[1]}{WRITERS[name](rows, language)}\n"

    return WRITTEN.sub(renew, text)


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Write or check the pages; return the exit status."""
    parser = argument_parser("opening", __doc__)
    parser.add_argument("--check", action="store_true", help="report only, exit 1 on a difference")
    args = parser.parse_args(argv)
    status = 0
    by_language: dict[str, dict[str, Row]] = {}
    for row in read_table(RECORD):
        by_language.setdefault(row["language"], {})[row["way"]] = row
    pages = [(root / "notebooks" / language / INDEX, language) for language in by_language]
    for path, language in [(root / "README.md", SOURCE), *pages]:
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(root).as_posix()
        try:
            renewed = written(text, by_language[language], language, place)
        except ValueError as error:
            print(f"opening: {error}", file=sys.stderr)
            return 1
        if renewed != text:
            print(f"{'differs' if args.check else 'written'}  {place}")
            status = int(args.check)
            if not args.check:
                write_atomically(path, renewed.encode())
    if status:
        print("run: python -m tools.opening", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(run_command("opening", main))
