"""Run chapters as Colab runs them: from the file alone, the package installed by the set-up cell.

    python -m tools.run_colab [--chapter 01_vectorization] [--environment _build/colab]

A clean environment has Colab's TensorFlow, Keras and NumPy, as far as the package index offers them
for this Python, and no ``charrnn``. The notebook of each language stands alone in an empty folder.
Its set-up cell installs the package from the repository's address on the internet, in place of
which git is given a bare clone of this repository; uncommitted changes do not take part.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.chapters.notebooks import ROOT
from tools.stamp import read_repository
from tools.translation.languages import languages

# Colab, August 2026. The kernel and papermill stand for Colab's own way to run cells.
PACKAGES = ("tensorflow==2.20.*", "keras==3.13.*", "numpy==2.0.*", "ipykernel", "papermill")


def make_environment(folder: Path) -> Path:
    """Return the interpreter of a clean environment with Colab's versions; made once."""
    python = folder / "bin" / "python"
    ready = folder / "set-up-complete"
    wanted = "\n".join(PACKAGES)
    if not ready.is_file() or ready.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        ready.write_text(wanted)
    # What the chapter before installed goes, so that each set-up cell installs it anew.
    remove = [str(python), "-m", "pip", "uninstall", "--quiet", "--yes", "charrnn-book"]
    subprocess.run(remove, check=True, stderr=subprocess.DEVNULL)
    return python


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
    """
    with tempfile.TemporaryDirectory(prefix="colab-") as folder:
        shutil.copy(notebook, folder)
        command = [str(python), "-m", "papermill", notebook.name, "executed.ipynb"]
        command += ["--no-progress-bar", "--log-level", "ERROR", "--kernel", "python3"]
        # No folder of this repository on the import path.
        environment = {
            k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        environment["PATH"] = f"{python.parent}{os.pathsep}{environment['PATH']}"
        subprocess.run(command, cwd=folder, env=environment | git_at(clone), check=True)


def main(arguments: list[str] | None = None) -> int:
    """Run a chapter of each language; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--chapter", default="01_vectorization")
    parser.add_argument("--environment", type=Path, default=ROOT / "_build" / "colab")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="clone-") as folder:
        clone = Path(folder) / "book.git"
        subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(clone)], check=True)
        branch = read_repository(ROOT / "_config.yml").branch
        # The commit at hand, whatever branch it is on.
        head = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "HEAD"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        subprocess.run(
            ["git", "-C", str(clone), "update-ref", f"refs/heads/{branch}", head], check=True
        )
        for code in languages():
            notebook = ROOT / "notebooks" / code / f"{given.chapter}.ipynb"
            started = time.monotonic()
            try:
                run_alone(make_environment(given.environment.resolve()), notebook, clone)
            except subprocess.CalledProcessError as error:
                print(f"run_colab: {code}/{notebook.name} failed: {error}", file=sys.stderr)
                return 1
            print(f"{code}/{notebook.name} {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
