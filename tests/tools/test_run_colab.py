"""Running chapters as Colab does: what can be tested without a network."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn.support.folders import MARKER
from tests.helpers.chapters import standalone_chapter, write_chapter
from tools import run_colab
from tools.chapters.notebooks import ROOT, chapter_paths
from tools.chapters.repository import read_repository
from tools.run_colab import (
    PACKAGES,
    chosen,
    clone_repository,
    colab_versions,
    git_at,
    main,
    make_environment,
    run_alone,
)
from tools.translation.languages import languages


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """Commands that would have been run, with their options and the files around them."""
    found = []

    def record(command, **options):
        if "venv" in command:
            Path(command[-1]).mkdir(exist_ok=True)
        files = sorted(path.name for path in Path(options.get("cwd", tmp_path)).iterdir())
        found.append((command, options, files))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(run_colab.subprocess, "run", record)
    return found


def git(*arguments, **environment):
    command = ["git", *map(str, arguments)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | environment
    )
    return done.stdout


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("9.8.7", ["refs/heads/main", "refs/tags/v9.8.7"]),
        ("9.8.7.dev0", ["refs/heads/main"]),
    ],
)
def test_the_public_address_leads_to_the_commit_at_hand(tmp_path, monkeypatch, version, names):
    """By what a set-up cell names: the tag, though the repository has none, or the branch."""
    monkeypatch.setattr("charrnn.__version__", version)
    clone_repository(tmp_path / "book.git")
    repository = read_repository(ROOT / "_config.yml")
    assert f"/{repository.reference}" in names[-1]
    patterns = ["refs/heads/main", "refs/tags/v9*"]
    listed = git("ls-remote", repository.url, *patterns, **git_at(tmp_path / "book.git"))
    head = git("-C", ROOT, "rev-parse", "HEAD").strip()
    assert [line.split() for line in listed.splitlines()] == [[head, name] for name in names]


def test_the_versions_are_those_of_the_one_file():
    text = (ROOT / ".ci" / "colab-versions").read_text(encoding="utf-8")
    written = dict(re.findall(r"^(\w+)=([\d.]+)$", text, re.M))
    assert written == colab_versions()
    assert sorted(written) == ["keras", "numpy", "python", "tensorflow"]
    for name in ("tensorflow", "keras", "numpy"):
        assert f"{name}=={written[name]}.*" in PACKAGES
    assert not [package for package in PACKAGES if package.startswith("python")]


def test_a_folder_of_somebody_else_is_no_environment(commands, tmp_path):
    (tmp_path / "thesis.tex").write_text("years")
    with pytest.raises(ValueError, match="--environment: expected a new or empty folder"):
        make_environment(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    assert not commands


def test_an_environment_is_made_once_and_loses_the_package_each_time(commands, tmp_path):
    place = tmp_path / "colab"
    place.mkdir()
    (place / MARKER).touch()
    (place / "half made").touch()
    python = str(place / "bin" / "python")
    venv = [sys.executable, "-m", "venv", str(place)]
    install = [python, "-m", "pip", "install", "--quiet", *PACKAGES]
    uninstall = [python, "-m", "pip", "uninstall", "--quiet", "--yes", "charrnn-book"]

    def run():
        commands.clear()
        assert str(make_environment(place)) == python
        assert all(options["check"] for _, options, _ in commands)
        return [command for command, *_ in commands]

    assert run() == [venv, install, uninstall]
    assert not (place / "half made").exists()
    assert run() == [uninstall]
    (place / "set-up-complete").write_text("other versions")
    assert run() == [venv, install, uninstall]


def test_a_notebook_runs_alone_and_out_of_reach_of_this_repository(commands, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("VIRTUAL_ENV", "elsewhere")
    chapter = chapter_paths()[0]
    run_alone(tmp_path / "bin" / "python", chapter, tmp_path / "book.git")
    ((command, options, files),) = commands
    assert command[:4] == [str(tmp_path / "bin" / "python"), "-m", "papermill", chapter.name]
    assert files == [chapter.name]
    assert not {"PYTHONPATH", "VIRTUAL_ENV"} & options["env"].keys()
    assert options["env"]["PATH"].split(os.pathsep)[0] == str(tmp_path / "bin")
    assert options["env"].items() >= git_at(tmp_path / "book.git").items()
    assert options["check"]


def test_a_chapter_that_stands_alone_finds_its_text(commands, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    found = []

    def record(command, **options):
        folder = Path(options["env"]["KERAS_HOME"])
        found.extend(path.name for path in (folder / "datasets").iterdir())

    monkeypatch.setattr(run_colab.subprocess, "run", record)
    chapter = write_chapter(tmp_path, standalone_chapter())
    run_alone(tmp_path / "python", chapter, tmp_path / "book.git")
    assert found == ["shakespeare.txt"]
    assert "KERAS_HOME" not in os.environ


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Notebooks that would have been run, as paths in the repository; those named fail."""
    found, failing = [], set()

    def run(python, notebook, clone):
        found.append(notebook.relative_to(ROOT / "notebooks").as_posix())
        assert (clone / "HEAD").is_file()
        if found[-1] in failing:
            raise subprocess.CalledProcessError(1, "papermill")

    monkeypatch.setattr(run_colab, "make_environment", lambda place: place / "python")
    monkeypatch.setattr(run_colab, "run_alone", run)
    return found, failing


@pytest.mark.parametrize("position", [0, 3])
def test_a_chapter_runs_in_every_language(runs, position, capsys):
    found, _ = runs
    chapter = chapter_paths()[position]
    assert main(["--chapter", str(position + 1)]) == 0
    assert found == [f"{code}/{chapter.name}" for code in languages()]
    assert len(capsys.readouterr().out.splitlines()) == len(found)


def test_without_a_name_the_installation_and_what_stands_alone_are_tried(runs, monkeypatch):
    found, _ = runs
    known = chapter_paths()[:4]
    monkeypatch.setattr(run_colab, "chapter_paths", lambda: known)
    monkeypatch.setattr(run_colab, "read_chapter", lambda path: path)
    monkeypatch.setattr(run_colab, "is_standalone", lambda path: path in (known[0], known[2]))
    assert main([]) == 0
    alone = [f"en/{known[0].name}", f"en/{known[2].name}"]
    assert found == alone + [f"{code}/{known[1].name}" for code in languages()]


def test_the_first_of_the_book_s_chapters_that_installs_the_package_is_one_of_them():
    jobs = chosen(None)
    assert [code for code, _ in jobs[-len([*languages()]) :]] == [*languages()]
    (chapter,) = {path for _, path in jobs[-len([*languages()]) :]}
    assert "charrnn" in chapter.read_text(encoding="utf-8")


def test_the_first_failure_ends_the_run_and_is_named(runs, capsys):
    found, failing = runs
    second = f"{[*languages()][1]}/{chapter_paths()[0].name}"
    failing.add(second)
    assert main(["--chapter", chapter_paths()[0].stem]) == 1
    assert found[-1] == second
    assert f"run_colab: {second} failed" in capsys.readouterr().err


def test_an_unknown_chapter_is_refused(runs, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["--chapter", "none"])
    assert "chapter: expected a path, a number" in capsys.readouterr().err
    assert runs[0] == []
