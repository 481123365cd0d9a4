"""Write the repository's address and its version's tag to every place that needs them.

    python -m tools.stamp                   write
    python -m tools.stamp --check           report differences, exit 1 if there are any
    python -m tools.stamp --check --expect https://github.com/owner/name
    python -m tools.stamp --check --tag v1.2.3    and that this tag may be published

The address is that of `_config.yml`, the version `charrnn.__version__`. Chapters of a release are
opened at its tag and install it; those of a version that ends in `.dev0`, at the branch. Written
are each chapter's Colab link, set-up cell and metadata (a chapter that stands alone has a set-up
cell of its own), `Repository = "…"` in pyproject.toml, `REPOSITORY = "…"` in charrnn/weights.py,
`repository-code` and, of a release, `version` in CITATION.cff, and README.md between
`<!-- repository -->` and `<!-- /repository -->`.
"""

import copy
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

from charrnn.support.commands import run_command
from charrnn.support.files import write_atomically
from tools import argument_parser
from tools.chapters.notebooks import (
    ROOT,
    Notebook,
    chapter_paths,
    has_code,
    is_standalone,
    read_chapter,
    write_notebook,
)
from tools.chapters.release import check_release
from tools.chapters.repository import Repository, launch_addresses, read_repository

_format: Any = nbformat  # types cover a part of nbformat only
COLAB_LINE = re.compile(r"^(\[[^\]\n]+\])\(https://colab\.research\.google\.com/[^)\n]*\)$", re.M)
# In README: a chapter's link to Colab, and the one to Kaggle where it has that already.
ROW_LINKS = re.compile(
    r"\[Colab\]\(https://colab\.research\.google\.com/[^)\s]*?(notebooks/[^)\s]+)\)"
    r"(?: · \[Kaggle\]\([^)\s]*\))?"
)
MARKED = re.compile(r"(?<=<!-- repository -->).*?(?=<!-- /repository -->)", re.S)
# What pip installs, with or without the tag or branch that was written last.
INSTALLED = re.compile(r"(git\+https://[\w./-]+)(?:@[\w.-]+)?")
PROJECT_URL = re.compile(r'^(Repository = |REPOSITORY = )"[^"\n]*"$', re.M)
METADATA = {
    "accelerator": "GPU",
    "colab": {"gpuType": "T4", "provenance": [], "toc_visible": True},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
PLACED = ("title", "objectives")  # the set-up cell comes after these
# Where charrnn is missing, pip installs it and whatever of its few dependencies is missing too;
# it leaves a TensorFlow and a Keras that satisfy them as they are. The extra `book` has what the
# chapters need besides the package.
SETUP = """\
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("charrnn") is None:
    repository = "{url}"
    package = f"charrnn-book[book] @ git+{{repository}}@{reference}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", package]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"cannot install {{package}}:\\n{{result.stderr}}")
    importlib.invalidate_caches()"""


def stamp_notebook(notebook: Notebook, place: str, repository: Repository) -> list[str]:
    """Stamp a page, which stands at `place` in the repository; return what differed.

    One without code is not opened in Colab and has nothing to set up.
    """
    differences: list[str] = []
    title = next((cell for cell in notebook.cells if cell.id == "title"), None)
    address = launch_addresses(repository, place)["Colab"]
    if title is None:
        differences.append("no cell with the id title; add it by hand, first of all")
    elif has_code(notebook):
        text, count = COLAB_LINE.subn(rf"\g<1>({address})", title.source)
        if not count:
            text = f"{text.rstrip()}\n\n[Open this chapter in Colab]({address})"
        if text != title.source:
            differences.append("the Colab link in the cell title")
            title.source = text
    if has_code(notebook) and not is_standalone(notebook):
        differences += _stamp_setup(notebook, repository)
    for key, value in METADATA.items():
        if notebook.metadata.get(key) != value:
            differences.append(f"the metadata {key}")
            notebook.metadata[key] = _format.from_dict(copy.deepcopy(value))
    return differences


def _stamp_setup(notebook: Notebook, repository: Repository) -> list[str]:
    source = SETUP.format(url=repository.url, reference=repository.reference)
    setup = next((cell for cell in notebook.cells if cell.id == "setup"), None)
    if setup is None:
        setup = _format.v4.new_code_cell(id="setup")
        ids = [cell.id for cell in notebook.cells]
        notebook.cells.insert(1 + max(ids.index(i) if i in ids else -1 for i in PLACED), setup)
    if setup.source == source and setup.metadata.get("tags") == ["setup", "hide-input"]:
        return []
    setup.source, setup.metadata["tags"] = source, ["setup", "hide-input"]
    return ["the cell setup"]


def stamp_readme(text: str, repository: Repository) -> str:
    """Return a README with the addresses between its markers replaced, other words untouched."""

    def links(match: re.Match[str]) -> str:
        addresses = launch_addresses(repository, match[1])
        return " · ".join(f"[{name}]({address})" for name, address in addresses.items())

    def renew(match: re.Match[str]) -> str:
        owner, name = repository.name.split("/")
        part = re.sub(
            r"github\.com/[\w.-]+/[\w-]+(?:\.(?!git\b)[\w-]+)*",
            f"github.com/{repository.name}",
            match[0],
        )
        part = re.sub(r"[\w-]+\.github\.io/[\w.-]+", f"{owner.lower()}.github.io/{name}", part)
        part = re.sub(r"^cd [\w.-]+$", f"cd {name}", part, flags=re.M)
        part = INSTALLED.sub(rf"\g<1>@{repository.reference}", part)
        return ROW_LINKS.sub(links, part)

    return MARKED.sub(renew, text)


def stamp_project(text: str, repository: Repository) -> str:
    """Return a pyproject.toml or a module with the address replaced, if it has one."""
    return PROJECT_URL.sub(rf'\g<1>"{repository.url}"', text)


def stamp_citation(text: str, repository: Repository) -> str:
    """Return a CITATION.cff with address and version replaced, if it has them.

    Between releases the version stays: what is cited is the last release.
    """
    text = re.sub(r"^(repository-code: ).+$", rf"\g<1>{repository.url}", text, flags=re.M)
    if repository.tag:
        text = re.sub(r"^(version: ).+$", rf"\g<1>{repository.version}", text, flags=re.M)
    return text


def stamp(root: Path, *, write: bool) -> list[str]:
    """Stamp the chapters and files of `root`; return what differed."""
    repository = read_repository(root / "_config.yml")
    messages = []
    for path in chapter_paths(root):
        place = path.relative_to(root).as_posix()
        if not path.exists():
            messages.append(f"{place}: in _toc.yml, but no such file")
            continue
        notebook = read_chapter(path)
        differences = stamp_notebook(notebook, place, repository)
        messages += [f"{place}: {difference}" for difference in differences]
        if write and differences:
            write_notebook(path, notebook)
    for name, renew in (
        ("README.md", stamp_readme),
        ("pyproject.toml", stamp_project),
        ("charrnn/weights.py", stamp_project),
        ("CITATION.cff", stamp_citation),
    ):
        path = root / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if (renewed := renew(text, repository)) != text:
            messages.append(f"{name}: the repository's address or version")
            if write:
                write_atomically(path, renewed.encode())
    return messages


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Stamp or check; return the exit status."""
    parser = argument_parser("stamp", __doc__)
    parser.add_argument("--check", action="store_true", help="report only, exit 1 on a difference")
    parser.add_argument("--expect", metavar="URL", help="the address that _config.yml must have")
    parser.add_argument("--tag", help="the tag to be published; refused if it cannot be yet")
    args = parser.parse_args(argv)
    try:
        repository = read_repository(root / "_config.yml")
        expected = (args.expect or repository.url).removesuffix("/").removesuffix(".git")
        if expected.casefold() != repository.url.casefold():  # GitHub ignores case
            raise ValueError(
                f"_config.yml: expected repository.url {expected}, received {repository.url}; "
                "change it there, then run: make stamp"
            )
        if args.tag:
            check_release(root, repository, args.tag)
        messages = stamp(root, write=not args.check)
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        print(f"stamp: {error}", file=sys.stderr)
        return 1
    for message in messages:
        print(f"{'differs' if args.check else 'stamped'}  {message}")
    if args.check and messages:
        print("run: make stamp", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run_command("stamp", main))
