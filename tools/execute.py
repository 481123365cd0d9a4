"""Run chapters with papermill: copies into a folder, or the stored outputs in place.

    python -m tools.execute                          all chapters, copies under _build/
    python -m tools.execute 4 --profile full         one chapter, the reference recipe
    python -m tools.execute 4 -p SEED 7              one parameter changed
    python -m tools.execute 4 --in-place             its outputs stored, in every language
    python -m tools.execute --in-place               those of all chapters: `make outputs`
    python -m tools.execute --keep-unreachable       what `make book` calls: a chapter whose corpus
                                                     cannot be had keeps its committed outputs

A chapter is named by its place in the toc, its name or its path. It runs in its own folder, as
under nbval and Jupyter, with this Python interpreter.
"""

import argparse
import sys
import time
from pathlib import Path

from charrnn.support.commands import check_folder, number_above, run_command
from charrnn.support.folders import note_written
from tools import argument_parser, translations
from tools.chapters.notebooks import (
    ROOT,
    chapter_paths,
    find_chapters,
    read_chapter,
    write_notebook,
)
from tools.chapters.parameters import (
    chapter_parameters,
    check_corpus,
    given_value,
    known_parameters,
)
from tools.chapters.reachable import missing_corpus
from tools.chapters.runner import ChapterError, run
from tools.translation.languages import SOURCE

OUTPUT = ROOT / "_build" / "executed" / SOURCE


def keep(path: Path, target: Path, reason: str) -> None:
    """Copy a chapter with its committed outputs, and say why."""
    write_notebook(target, read_chapter(path))
    print(f"{path.stem:24} keeps its committed outputs: {reason}", flush=True)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argument_parser("execute", __doc__)
    parser.add_argument("chapters", nargs="*", help="name, number or path; default: all")
    parser.add_argument("--profile", choices=["quick", "full"], default="quick")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--output", type=Path, default=OUTPUT, help="folder (default: %(default)s)")
    where.add_argument(
        "--in-place",
        action="store_true",
        help="store outputs, in every language",
    )
    parser.add_argument(
        "-p",
        "--parameter",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a path is taken from the current folder",
    )
    parser.add_argument(
        "--timeout", type=number_above(0), default=600, help="seconds per cell (600)"
    )
    parser.add_argument(
        "--keep-unreachable",
        action="store_true",
        help="copy a chapter as it is where its corpus cannot be had; not with --in-place",
    )
    args = parser.parse_args(argv)
    if args.in_place and args.keep_unreachable:
        parser.error("--keep-unreachable: not allowed with --in-place, which stores new outputs")
    return args


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the chapters of the command line; return the exit status."""
    args = arguments(argv)
    try:
        paths = find_chapters(args.chapters, chapter_paths(root))
        given = {name: given_value(name, text) for name, text in args.parameter}
        known = {path: known_parameters(path, read_chapter(path)) for path in paths}
        wanted = {"PROFILE": args.profile} | given
        jobs = chapter_parameters(known, wanted, changes_allowed=not args.in_place)
        if not args.in_place:
            check_folder(args.output)
        check_corpus(given.get("CORPUS", ""))
        if not args.in_place and args.output != OUTPUT:
            note_written(args.output, [path.name for path in paths])
    except (ValueError, OSError) as error:
        print(f"execute: {error}", file=sys.stderr)
        return 2
    started = time.monotonic()
    status = 0
    finished: set[Path] = set()
    try:
        for path in paths:
            target = path if args.in_place else args.output.resolve() / path.name
            if args.keep_unreachable and (reason := missing_corpus(path, jobs[path])):
                keep(path, target, reason)
                continue
            run(path, target, jobs[path], args.timeout)
            finished.add(path)
        print(f"{len(paths)} chapters in {time.monotonic() - started:.1f} s", flush=True)
    except ChapterError as error:
        print(f"\n{error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("\ninterrupted; the chapters not yet finished are unchanged", file=sys.stderr)
        status = 130
    # Also where a later chapter failed: a translation has the outputs that English has.
    if args.in_place and finished & set(chapter_paths(root)):
        status = translations.main(["sync"], root) or status
    return status


if __name__ == "__main__":
    sys.exit(run_command("execute", main))
