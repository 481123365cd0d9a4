"""Check chapters against the rules of the house.

    python -m tools.check_notebooks        all chapters
    python -m tools.check_notebooks 4      one, by its place in the toc, its name or its path

The rules are functions in `tools.chapters`: `output_rules` (what is stored), `source_rules` (what
is written), `reading_rules` (what a reader is asked), `term_rules` (the book's terms and their rows
in the glossary; with all chapters also in the index, README and guides), `alone_rules` (a chapter
that stands alone), `form_rules` (fields that Colab shows) and `taught` (what is taught equals what
`charrnn` holds).
"""

import sys
from pathlib import Path

from charrnn.support.commands import run_command
from tools import chapters_of
from tools.chapters import (
    alone_rules,
    form_rules,
    output_rules,
    reading_rules,
    source_rules,
    term_rules,
)
from tools.chapters.notebooks import Notebook, chapter_paths, find_chapters, read_chapter
from tools.chapters.taught import package_definitions, taught_equals_package

RULES = (
    *output_rules.RULES,
    *source_rules.RULES,
    *reading_rules.RULES,
    *term_rules.RULES,
    *alone_rules.RULES,
    *form_rules.RULES,
)


def check_notebook(
    path: Path, notebook: Notebook, package: dict[str, dict[str, str]] | None = None
) -> list[str]:
    """Return the messages of all rules for one chapter.

    Args:
        path: the chapter, for messages.
        notebook: its content.
        package: what `package_definitions` returns; read anew if left out.
    """
    messages = [message for rule in RULES for message in rule(path, notebook)]
    package = package_definitions() if package is None else package
    return messages + taught_equals_package(path, notebook, package)


def main(argv: list[str] | None = None) -> int:
    """Check the named chapters, or all; return the exit status."""
    names = chapters_of("check_notebooks", __doc__, argv)
    messages: list[str] = []
    package = package_definitions()
    try:
        paths = find_chapters(names, chapter_paths())
        messages += [] if names else term_rules.other_texts()
    except ValueError as error:
        paths, messages = [], [f"check_notebooks: {error}"]
    for path in paths:
        try:
            messages += check_notebook(path, read_chapter(path), package)
        except (ValueError, OSError) as error:
            messages.append(str(error))
    for message in messages:
        print(message)
    print(f"{len(paths)} chapters, {len(messages)} messages", file=sys.stderr)
    return min(1, len(messages))


if __name__ == "__main__":
    sys.exit(run_command("check_notebooks", main))
