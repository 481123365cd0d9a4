"""Commands that run, check and build the book, each called as `python -m tools.NAME`.

    execute          run chapters, in place or as copies
    check_notebooks  chapters against the rules of the house
    solutions        run the solutions of a chapter's exercises
    translations     add, sync, check, accept translations; their state
    opening          write the texts that the front pages open with
    live             write what the live elements are made of
    stamp            write the repository's address and the version's tag where they are needed
    build_site       build the pages of every language
    editions         make PDF, EPUB and social cards of the built pages
    run_colab        run a chapter of each language in an environment like Colab's
    screenshot       photograph a page of the built book

`chapters`, `translation` and `site` hold what these commands share.
"""

import argparse


def argument_parser(name: str, doc: str | None) -> argparse.ArgumentParser:
    """Return the parser of the command `python -m tools.NAME`, whose module says what it does."""
    first, *_ = (doc or "").splitlines()
    return argparse.ArgumentParser(prog=f"python -m tools.{name}", description=first)


def chapters_of(name: str, doc: str | None, argv: list[str] | None) -> list[str]:
    """Return the chapters that the command line names, for a command without other arguments."""
    parser = argument_parser(name, doc)
    parser.add_argument("chapters", nargs="*", help="number, name or path; default: all")
    chapters: list[str] = parser.parse_args(argv).chapters
    return chapters
