"""Build the book's HTML from a folder of chapters.

    python tools/build_book.py                           the committed chapters, as they are
    python tools/build_book.py --source _build/executed/en  executed copies of them
    python tools/build_book.py --strict                  every warning is an error

A build starts from nothing, so that no page of an earlier one survives, and takes the place of the
old site only when it succeeded.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from charrnn.files import write_folder_atomically
from tools.notebooks import ROOT, toc_files

# What a build reads besides the pages.
PARTS = ("_config.yml", "_toc.yml", "_static", "docs", "tools/local_mathjax.py")
# Jupyter Book's own progress is some hundred lines; of a failed build these are worth reading.
COMPLAINT = re.compile(r"WARNING|ERROR|CRITICAL|Error:|Exception")
TAIL = 15
# Sphinx colours its messages under Jupyter Book whatever NO_COLOR says.
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class BuildError(ValueError):
    """The book cannot be built; the message says why."""


def page_file(entry: str, source: Path, root: Path) -> Path:
    """Find the file of one entry of the toc.

    Args:
        entry: path without suffix, as in the toc.
        source: folder of the chapters, which may hold the notebooks alone.
        root: the repository, where pages without code are taken from otherwise.

    Raises:
        BuildError: no such file. A notebook is never taken from the repository in place of an
            executed copy that is missing.
    """
    name = Path(entry).name
    candidates = [source / f"{name}.ipynb", source / f"{name}.md", root / f"{entry}.md"]
    for path in candidates:
        if path.is_file():
            return path
    tried = ", ".join(str(path) for path in candidates)
    raise BuildError(f"_toc.yml: expected a page for {entry}, found none of {tried}")


def assemble(source: Path, folder: Path, root: Path = ROOT) -> int:
    """Fill an empty folder with all that Jupyter Book reads, placed as in the repository.

    Returns:
        How many pages the book has.

    Raises:
        BuildError: a part or a page is missing.
    """
    for part in PARTS:
        origin, copy = root / part, folder / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, copy)
        elif origin.is_file():
            shutil.copy2(origin, copy)
        else:
            raise BuildError(f"{origin}: expected a part of the book, found nothing")
    toc = root / "_toc.yml"
    front = yaml.safe_load(toc.read_text(encoding="utf-8"))["root"]
    entries = [front, *toc_files(toc)]
    for entry in entries:
        page = page_file(entry, source, root)
        copy = folder / f"{entry}{page.suffix}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(page, copy)
    return len(entries)


def render(folder: Path, *, strict: bool) -> Path:
    """Run Jupyter Book over an assembled folder.

    Returns:
        The folder of the HTML.

    Raises:
        BuildError: the build failed; the message holds its complaints.
    """
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build"]
    if strict:
        command += ["-W", "-n", "--keep-going"]
    result = subprocess.run(
        [*command, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    lines = COLOUR.sub("", result.stdout).replace(f"{folder}{os.sep}", "").splitlines()
    complaints = [line for line in lines if COMPLAINT.search(line)]
    if result.returncode:
        shown = "\n".join(complaints or lines[-TAIL:])
        raise BuildError(f"jupyter-book build ended with {result.returncode}:\n{shown}")
    for line in complaints:
        print(line, file=sys.stderr)
    return folder / "_build" / "html"


def build(source: Path, output: Path, *, strict: bool = False, root: Path = ROOT) -> int:
    """Build the book and put it at `output`, where an old one stays if anything fails.

    Args:
        source: folder with the chapters' files, as `tools/execute.py --output` fills it.
        output: folder of the site.
        strict: treat warnings and unresolved references as errors.
        root: the repository.

    Returns:
        How many pages the book has.

    Raises:
        BuildError: a file is missing or the build failed.
    """
    with tempfile.TemporaryDirectory(prefix="book-") as temporary:
        # The system's temporary folder can be a link, which Sphinx would resolve in its messages.
        folder = Path(temporary).resolve()
        pages = assemble(source, folder, root)
        html = render(folder, strict=strict)
        with write_folder_atomically(output) as site:
            shutil.copytree(html, site, dirs_exist_ok=True)
    return pages


def main(arguments: list[str] | None = None) -> int:
    """Command line entry; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--source",
        type=Path,
        default=ROOT / "notebooks" / "en",
        help="folder of the chapters (default: the committed ones)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=ROOT / "_build" / "site" / "en",
        help="folder of the site (default: _build/site/en)",
    )
    parser.add_argument("--strict", action="store_true", help="warnings are errors")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    try:
        pages = build(options.source, options.output, strict=options.strict)
    except BuildError as error:
        print(f"build_book: {error}", file=sys.stderr)
        return 1
    print(f"{options.output}: {pages} pages built in {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
