"""Keep the translations of the book honest.

    python -m tools.translations sync [--drop-orphans] [LANGUAGE...]   copy code, outputs, order
    python -m tools.translations check [--strict] [LANGUAGE...]
    python -m tools.translations status [LANGUAGE...]     texts current, stale, missing
    python -m tools.translations accept LANGUAGE CHAPTER [ID...]   these texts follow English now
    python -m tools.translations add CODE                 begin a language

A translated page has the cells of the English one, in their order; its code equals English byte for
byte, and each text records the hash of the English text it was made from. `sync` alone copies,
`accept` alone renews a hash, and no command changes a translator's words, addresses of links
excepted. What a hash covers: `tools.translation.pairs`; how texts are matched:
`tools.translation.matching`.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from charrnn.support.commands import run_command
from charrnn.support.files import write_atomically
from tools import argument_parser
from tools.chapters.notebooks import ROOT
from tools.translation.accept import accept
from tools.translation.checks import check_language, states
from tools.translation.figures import followed, read_figures
from tools.translation.files import english_pages, read_pages
from tools.translation.languages import other_languages, skeleton
from tools.translation.moves import arranged
from tools.translation.pairs import STATES
from tools.translation.plan import Contents, plan

NO_LANGUAGE = "no language but English: no folder under notebooks/ has a language.yml"


def sync(
    root: Path, names: list[str], new: str | None = None, *, drop_orphans: bool = False
) -> None:
    """Make languages follow English; all is read and found good before anything is written."""
    english = english_pages(root)
    contents: Contents = dict([skeleton(root, new)] if new is not None else [])
    lines = [f"{new}/language.yml: made; fill in the language's name"] if new else []
    removed: list[Path] = []
    for language in [new] if new else other_languages(root, names):
        more, gone, said = plan(root, language, english, drop_orphans=drop_orphans)
        contents, removed, lines = contents | more, removed + gone, lines + said
    for path, content in contents.items():
        write_atomically(path, content)
    for path in removed:
        path.unlink()
    known = other_languages(root)
    print("\n".join(lines) or ("nothing to do" if known else NO_LANGUAGE))


def check(root: Path, names: list[str], *, strict: bool) -> int:
    """Print what is wrong; return the exit status."""
    english = english_pages(root)
    chosen = other_languages(root, names)
    problems = []
    for language in chosen:
        wrong, remarks = check_language(root, language, english, strict=strict)
        problems += wrong
        for line in wrong + remarks:
            print(line)
    if not chosen:
        print(NO_LANGUAGE)
    print(f"{len(chosen)} languages, {len(problems)} problems", file=sys.stderr)
    return min(1, len(problems))


def status(root: Path, names: list[str]) -> None:
    """Print a table per language: how many texts of each page are current, stale, missing."""
    english = english_pages(root)
    for language in other_languages(root, names):
        pages, _ = arranged(english, read_pages(root, language))
        figures = followed(english, read_figures(root, language))
        rows: dict[str, Counter[str]] = {}
        for name, page in english.items():
            found = states(page, pages.get(name), figures.get(Path(name).stem, {}))
            rows[Path(name).stem] = Counter(found.values())
        rows["total"] = sum(rows.values(), Counter())
        width = max(len(row) for row in [*rows, language])
        print(f"| {language:{width}} | " + " | ".join(STATES) + " |")
        print(f"|{'-' * (width + 2)}|" + "".join(f"{'-' * (len(kind) + 1)}:|" for kind in STATES))
        for name, count in rows.items():
            numbers = (f"{count[kind]:{len(kind)}}" for kind in STATES)
            print(f"| {name:{width}} | " + " | ".join(numbers) + " |")
        print()
    if not other_languages(root, names):
        print(NO_LANGUAGE)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argument_parser("translations", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("sync", "copy code, outputs, metadata and order from English; never touch prose"),
        ("check", "fail on whatever contradicts English"),
        ("status", "count texts that are current, stale and missing"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument("languages", nargs="*", help="default: all")
        if name == "check":
            command.add_argument("--strict", action="store_true", help="fail on stale and missing")
        if name == "sync":
            words = "delete translations whose English text is gone"
            command.add_argument("--drop-orphans", action="store_true", help=words)
    command = commands.add_parser("accept", help="record that texts are translated as English is")
    command.add_argument("language")
    command.add_argument("chapter", help="index, or a chapter's number or name")
    command.add_argument("ids", nargs="*", metavar="id", help="cells of the chapter")
    command.add_argument("--all", action="store_true", help="all texts of the chapter")
    command.add_argument("--same", action="store_true", help="even where it equals English")
    command = commands.add_parser("add", help="begin a language: its folder, full of stand-ins")
    command.add_argument("code", help="such as fr, pt-BR or zh-Hans")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Do what the command line says; return the exit status."""
    args = arguments(argv)
    try:
        if args.command == "check":
            return check(root, args.languages, strict=args.strict)
        if args.command == "status":
            status(root, args.languages)
        elif args.command == "accept":
            accept(root, args.language, args.chapter, args.ids, every=args.all, same=args.same)
        else:
            new = args.code if args.command == "add" else None
            drop = getattr(args, "drop_orphans", False)
            sync(root, getattr(args, "languages", []), new, drop_orphans=drop)
    except (ValueError, OSError) as error:
        for line in str(error).splitlines():
            print(f"translations: {line}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run_command("translations", main))
