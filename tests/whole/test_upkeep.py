"""What keeps the project up: locks, the monthly run, Colab's versions, Dependabot, a container."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.helpers.workflows import NEWEST, ROOT, TESTS, WORKFLOWS, read, scripts
from tools.run_colab import colab_versions

LOCKS = ["requirements.txt", "benchmarks/requirements.txt", ".ci/cuda.txt"]


def locked(name: str) -> dict[str, set[str]]:
    """Return what a lock has, by package: each version with the Pythons and systems it is for."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for package, rest in re.findall(r"^([\w.-]+)==(.*?)\s*\\?$", text, re.M):
        found.setdefault(package, set()).add(rest)
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_hashes_that_are_checked(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if not line.startswith(" "):
            assert re.match(r"    --hash=sha256:[0-9a-f]{64}", after), line
    installed = [
        line
        for path in [*WORKFLOWS, ROOT / "Makefile", ROOT / ".ci/set-up"]
        for line in path.read_text(encoding="utf-8").splitlines()
        if "pip install" in line and name in line.split()
    ]
    assert installed, "nothing installs it"
    assert all("--require-hashes" in line for line in installed)
    # By this line, Dependabot's uv keeps it a lock for every Python.
    source = name.replace(".txt", ".in")
    command = re.search(r"^#    (uv pip compile .+)$", text, re.M)[1]
    assert "--universal --python-version 3.11 " in command
    assert command.endswith(f"--generate-hashes {source} -o {name}")
    wanted = re.findall(r"^([a-z][\w-]*)", (ROOT / source).read_text(encoding="utf-8"), re.M)
    assert {package.lower() for package in wanted} <= locked(name).keys()


@pytest.mark.parametrize("name", LOCKS[1:])
def test_locks_agree(name):
    book, other = locked(LOCKS[0]), locked(name)
    common = book.keys() & other.keys()
    assert "numpy" in common
    different = {package for package in common if book[package] != other[package]}
    assert {package for package in different if not versions_overlap(book, other, package)} == set()
    assert not name.startswith(".ci") or book["tensorflow"] == other["tensorflow"], "make lock"


def versions_overlap(one, other, package) -> bool:
    """Return whether one lock's versions are among the other's, whatever they are for."""
    first, second = ({rest.split()[0] for rest in lock[package]} for lock in (one, other))
    return first <= second or second <= first


# In place of `gh`: says what it was told, and which issues there are.
GH = """#!/bin/sh
echo "$*" >>"$HERE/told"
case "$*" in
  "issue list"*"--state open"*) cat "$HERE/open" ;;
  "issue list"*"--search created:>="????-??-01*) cat "$HERE/month" ;;
esac
"""


@pytest.mark.parametrize(
    ("open_issue", "this_month", "act"),
    [
        ("", "", "issue create --label newest-versions --title"),
        ("7\n", "", "issue comment 7"),
        ("", "8\n", "issue comment 8"),
        ("7\n", "8\n", "issue comment 7"),
    ],
)
def test_the_monthly_run_opens_one_issue_a_month_at_most(tmp_path, open_issue, this_month, act):
    (report,) = [script for script in scripts(NEWEST) if "gh issue" in script]
    for name, text in (("gh", GH), ("open", open_issue), ("month", this_month)):
        (tmp_path / name).write_text(text)
    (tmp_path / "gh").chmod(0o755)
    versions = tmp_path / "_build/versions/versions-colab" / "versions.txt"
    versions.parent.mkdir(parents=True)
    versions.write_text("keras==3.13.2\n")
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HERE": str(tmp_path)}
    environment |= {"RUN": "https://example.org/1", "CHECKS": "success", "CHAPTERS": "failure"}
    command = ["bash", "-e", "-c", report]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    told = (tmp_path / "told").read_text().splitlines()
    (acted,) = [line for line in told if re.match("issue (create|comment)", line)]
    assert acted.startswith(act)
    assert acted.endswith("--body-file issue.md")
    body = (tmp_path / "issue.md").read_text()
    assert "**colab**\n\n```\nkeras==3.13.2\n```" in body
    assert "Colab's: failure." in body
    assert "The run: https://example.org/1" in body


def test_the_monthly_run_reports_whatever_failed_with_versions_of_each_run():
    jobs = read(NEWEST)["jobs"]
    report = jobs["report"]
    assert sorted(report["needs"]) == sorted(jobs.keys() - {"report"})
    assert report["if"] == "failure()"
    for name in report["needs"]:
        (kept,) = [
            step
            for step in jobs[name]["steps"]
            if step.get("with", {}).get("name", "").startswith("versions-")
        ]
        assert kept["if"] == "always()"
        assert kept["with"]["path"] == "_build/versions.txt"


def test_colab_s_versions_stand_in_one_place():
    versions = colab_versions()
    for path in (TESTS, NEWEST):
        assert "grep -v '^#' .ci/colab-versions >>\"$GITHUB_OUTPUT\"" in scripts(path)
        assert "steps.colab.outputs.python" in path.read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = str(project["project"])
    for path in [*WORKFLOWS, ROOT / "tools/run_colab.py", ROOT / ".ci/installed"]:
        for name in ("tensorflow", "keras", "numpy"):
            assert not re.search(rf"{name}==\d", path.read_text(encoding="utf-8")), path
    # A package that asked for more would replace what Colab has, and need a restart there.
    for name in ("tensorflow", "keras", "numpy"):
        (least,) = re.findall(rf"{name}>=([\d.]+)", asked)
        numbers = [[int(part) for part in text.split(".")] for text in (least, versions[name])]
        assert numbers[0] <= numbers[1], name


@pytest.mark.parametrize(
    ("which", "asked"),
    [
        ("colab", [f"{name}==" for name in ("tensorflow", "keras", "numpy")]),
        ("newest", []),
        ("other", None),
    ],
)
def test_the_chapters_run_beside_an_installed_package(tmp_path, which, asked):
    """With a stand-in for Python: which versions it is asked for, and where the chapters run."""
    root = tmp_path / "book"
    for name in ("installed", "name-versions", "colab-versions"):
        (root / ".ci").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / ".ci" / name, root / ".ci")
    for name in ("notebooks/en", "tools", "programs"):
        (root / name).mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml", "notebooks/en/a.ipynb", "notebooks/en/b.ipynb"):
        (root / name).touch()
    python = root / "programs" / "python"
    python.write_text(f'#!/bin/sh\necho "$PWD: $*" >>{tmp_path}/log; echo keras==3.13.2\n')
    python.chmod(0o755)
    environment = {"PATH": f"{python.parent}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [root / ".ci/installed", which], env=environment, capture_output=True, encoding="utf-8"
    )
    if asked is None:
        assert done.returncode == 2
        assert "installed: expected colab or newest, received 'other'" in done.stderr
        assert not (tmp_path / "log").exists()
        return
    assert done.returncode == 0, done.stderr
    assert "keras==3.13.2" in (root / "_build/versions.txt").read_text()
    install, *_, first, second = (tmp_path / "log").read_text().splitlines()
    assert "pip install .[book] " in install
    assert re.findall(r"(?<= )\w+==(?=[\d.]+\.\*)", install) == asked
    for line, chapter in ((first, "a"), (second, "b")):
        folder, command = line.split(": ")
        assert command == f"-m tools.solutions notebooks/en/{chapter}.ipynb"
        assert Path(folder) != root


def test_the_container_for_development_is_set_up_for_make_book():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    assert container["postCreateCommand"] == "make setup"
    python = re.fullmatch(r"python:(3\.\d+)", container["image"])[1]
    # Debian's image of a Python has git and make; set-up takes the interpreter.
    assert python in read(TESTS)["jobs"]["test"]["strategy"]["matrix"]["python"]
    (port,) = re.findall(r"^PORT \?= (\d+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert container["forwardPorts"] == [int(port)]
    # The names that the specification has, of those in use here.
    assert container.keys() == {
        "name",
        "image",
        "postCreateCommand",
        "forwardPorts",
        "portsAttributes",
        "customizations",
    }


def test_dependabot_leaves_alone_what_cannot_move():
    updates = read(ROOT / ".github/dependabot.yml")["updates"]
    assert [(update["package-ecosystem"], update["directory"]) for update in updates] == [
        ("uv", "/"),
        ("github-actions", "/"),
    ]
    for update in updates:
        assert update["schedule"]["interval"] == "monthly"
        (group,) = update["groups"].values()
        assert group["patterns"] == ["*"]
    ignored = {rule["dependency-name"]: rule["versions"] for rule in updates[0]["ignore"]}
    assert ignored == {"jupyter-book": [">=2"], "sphinx": [">=8"]}
    asked = (ROOT / "requirements.in").read_text(encoding="utf-8")
    assert re.search(r"^jupyter-book==1\.", asked, re.M)
    assert re.search(r"^sphinx==7\.", asked, re.M)
