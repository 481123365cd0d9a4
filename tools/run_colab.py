"""Run a chapter as Colab runs it: from the file alone, the package installed by the set-up cell.

    python -m tools.run_colab                   the chapters that stand alone, in English, and
                                                the first of the others in every language
    python -m tools.run_colab --chapter 4       another one, by its place in the toc or its name

A clean environment has Colab's TensorFlow, Keras and NumPy, as far as the package index offers them
for this Python, and no `charrnn`. The notebook of each language stands alone in an empty folder.
Its set-up cell installs the package from the repository's address on the internet, in place of
which git is given a bare clone of this repository, with the tag that the cell names; uncommitted
changes do not take part. A chapter that stands alone installs nothing, and finds its text in Keras'
folder.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from charrnn.support.commands import run_command
from charrnn.support.folders import MARKER
from tools import argument_parser
from tools.chapters.keras_folder import keras_home
from tools.chapters.notebooks import (
    ROOT,
    chapter_paths,
    find_chapters,
    is_standalone,
    read_chapter,
)
from tools.chapters.repository import read_repository
from tools.translation.languages import SOURCE, folder, languages

# None of them leads out of the clean environment.
UNSET = ("PYTHONPATH", "VIRTUAL_ENV")


def colab_versions(file: Path = ROOT / ".ci" / "colab-versions") -> dict[str, str]:
    """Return the versions that Colab has, by name; `python` is among them."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=") for line in lines if line and not line.startswith("#"))


# The kernel and papermill stand for Colab's own way to run cells.
PACKAGES = (
    *(f"{name}=={version}.*" for name, version in colab_versions().items() if name != "python"),
    "ipykernel",
    "papermill",
)


def make_environment(place: Path) -> Path:
    """Return the interpreter of a clean environment with Colab's versions; made once."""
    python = place / "bin" / "python"
    ready = place / "set-up-complete"
    wanted = "\n".join(PACKAGES)
    if not ready.is_file() or ready.read_text() != wanted:
        own = place / MARKER
        if place.exists() and any(place.iterdir()) and not (own.exists() or ready.exists()):
            raise ValueError(f"--environment: expected a new or empty folder, received {place}")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        own.touch()
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        ready.write_text(wanted)
    # What the chapter before installed goes, so that each set-up cell installs it anew.
    remove = [str(python), "-m", "pip", "uninstall", "--quiet", "--yes", "charrnn-book"]
    subprocess.run(remove, check=True, stderr=subprocess.DEVNULL)
    return python


def clone_repository(clone: Path) -> None:
    """Make a bare clone whose branch and tag, if the version has one, are the commit at hand.

    The set-up cell of a chapter names one of the two.
    """
    subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(clone)], check=True)
    head = subprocess.check_output(["git", "-C", str(ROOT), "rev-parse", "HEAD"], text=True)
    repository = read_repository(ROOT / "_config.yml")
    names = [f"refs/heads/{repository.branch}"]
    names += [f"refs/tags/{repository.tag}"] if repository.tag else []
    for name in names:
        subprocess.run(["git", "-C", str(clone), "update-ref", name, head.strip()], check=True)


def git_at(clone: Path) -> dict[str, str]:
    """Return variables that let git find the repository's public address in a local clone."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{clone.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": read_repository(ROOT / "_config.yml").url,
    }


def run_alone(python: Path, notebook: Path, clone: Path) -> None:
    """Run one notebook in an empty folder.

    Raises:
        subprocess.CalledProcessError: a cell failed.
        ValueError: the text of a chapter that stands alone cannot be had.
    """
    with (
        tempfile.TemporaryDirectory(prefix="colab-") as alone,
        keras_home(read_chapter(notebook)),
    ):
        shutil.copy(notebook, alone)
        command = [str(python), "-m", "papermill", notebook.name, "executed.ipynb"]
        command += ["--no-progress-bar", "--log-level", "ERROR", "--kernel", "python3"]
        environment = {name: value for name, value in os.environ.items() if name not in UNSET}
        environment["PATH"] = f"{python.parent}{os.pathsep}{environment['PATH']}"
        subprocess.run(command, cwd=alone, env=environment | git_at(clone), check=True)


def chosen(name: str | None) -> list[tuple[str, Path]]:
    """Return the languages and chapters to be run.

    Args:
        name: number, name or path of one chapter, for every language; None is as without option.

    Raises:
        ValueError: there is no such chapter.
    """
    known = chapter_paths()
    if name is not None:
        (chapter,) = find_chapters([name], known)
        return [(code, chapter) for code in languages()]
    # Code is the same in all languages: once is enough for what does not test the installation.
    alone = [path for path in known if is_standalone(read_chapter(path))]
    first = next(path for path in known if path not in alone)
    return [(SOURCE, path) for path in alone] + [(code, first) for code in languages()]


def main(arguments: list[str] | None = None) -> int:
    """Run the chapters; return the exit status."""
    parser = argument_parser("run_colab", __doc__)
    parser.add_argument("--chapter", help="number, name or path, in every language")
    parser.add_argument("--environment", type=Path, default=ROOT / "_build" / "colab")
    given = parser.parse_args(arguments)
    try:
        jobs = chosen(given.chapter)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    with tempfile.TemporaryDirectory(prefix="clone-") as temporary:
        clone = Path(temporary) / "book.git"
        clone_repository(clone)
        for code, chapter in jobs:
            started = time.monotonic()
            try:
                python = make_environment(given.environment.resolve())
                run_alone(python, folder(ROOT, code) / chapter.name, clone)
            except (subprocess.CalledProcessError, ValueError) as error:
                print(f"run_colab: {code}/{chapter.name} failed: {error}", file=sys.stderr)
                return 1
            print(f"{code}/{chapter.name} {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(run_command("run_colab", main))
