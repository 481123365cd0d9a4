"""The workflows: valid, safe, and in agreement with the Makefile and the list of actions."""

import importlib.util
import re
import subprocess
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NAMES = [path.name for path in WORKFLOWS]
SCRIPTS = Path(sysconfig.get_path("scripts"))


def run(*command: str | Path, text: str | None = None) -> str:
    """Run a program of this environment; its output, for the message of a failing test."""
    program, *rest = command
    result = subprocess.run(
        [SCRIPTS / program, *rest], input=text, capture_output=True, encoding="utf-8", cwd=ROOT
    )
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    return output


def read(path: Path) -> dict[str, Any]:
    # The base loader keeps the key "on" a string instead of making it true.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job.get("steps", [])]


def scripts(path: Path) -> list[str]:
    return [step["run"] for step in steps(path) if "run" in step]


def test_the_two_workflows_exist():
    assert NAMES == ["book.yml", "tests.yml"]


def test_schema():
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)


def test_zizmor_finds_nothing():
    run("zizmor", "--offline", "--no-progress", "--strict-collection", ".github")


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_shellcheck_of_steps(path):
    for script in scripts(path):
        # As the runner starts them; an expression of the workflow language would be one more word.
        run("shellcheck", "--shell=bash", "-", text="set -e\n" + script)


@pytest.mark.parametrize("name", ["run", "set-up"])
def test_shellcheck_of_ci(name):
    run("shellcheck", ROOT / ".ci" / name)
    assert (ROOT / ".ci" / name).stat().st_mode & 0o111


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_least_permissions(path):
    workflow = read(path)
    assert workflow["permissions"] == {}
    allowed = {"contents": "read", "pages": "write", "id-token": "write"}
    for job in workflow["jobs"].values():
        assert job["permissions"].items() <= allowed.items()
        assert int(job["timeout-minutes"]) <= 180
        # What may write the site runs none of the repository's code.
        if "pages" in job["permissions"]:
            assert not [step for step in job["steps"] if "run" in step]
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


def test_actions_agree_with_the_list():
    used = {step["uses"] for path in WORKFLOWS for step in steps(path) if "uses" in step}
    text = (ROOT / ".github" / "ACTIONS.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w/-]+)` \| `(\S+)` \|", text, re.M)
    assert used == {f"{name}@{tag}" for name, tag in rows}


def called(text: str) -> tuple[set[str], set[str]]:
    """Return the targets of make and the modules of `python -m` that a text calls."""
    # "make" in a sentence is no call: a call begins a line, a code or a step.
    targets = set(re.findall(r"(?:^ *|`|run: )make ([a-z][a-z-]*)", text, re.M))
    modules = set(re.findall(r"python -m ((?:tools|benchmarks|experiments)[\w.]*)", text))
    return targets, modules


CALLERS = [
    *WORKFLOWS,
    ROOT / ".ci/run",
    ROOT / "Makefile",
    ROOT / ".pre-commit-config.yaml",
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "guides").glob("*.md"),
]


@pytest.mark.parametrize("path", CALLERS, ids=lambda path: path.name)
def test_what_is_called_exists(path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets, modules = called(path.read_text(encoding="utf-8"))
    assert targets | modules or path.parent.name == "guides", "no call found"
    assert targets <= set(re.findall(r"^([a-z-]+):", makefile, re.M))
    for module in modules - {"tools.NAME", "experiments.NAME"}:
        assert importlib.util.find_spec(module), module


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_files_that_steps_name_exist(path):
    lines = [line for script in scripts(path) for line in script.splitlines() if "*" not in line]
    for line in lines:
        for name in re.findall(r"(?<![\w/$\"-])(\.?[\w-]+/[\w./-]+|\w+\.(?:txt|yml))", line):
            if not name.startswith((".venv/", "_build/")):
                assert (ROOT / name).exists(), name


def test_cuda_takes_the_locked_version():
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    (cuda,) = [
        step
        for step in steps(ROOT / ".github/workflows/book.yml")
        if "CUDA" in step.get("name", "")
    ]
    assert '"tensorflow[and-cuda]==$version"' in cuda["run"]
    (program,) = re.findall(r"sed -n '(.+)' requirements\.txt", cuda["run"])
    command = ["sed", "-n", program, ROOT / "requirements.txt"]
    version = subprocess.run(command, capture_output=True, encoding="utf-8").stdout.strip()
    assert re.search(rf"^tensorflow=={re.escape(version)} \\$", lock, re.M)


def test_python_versions_are_those_of_the_set_up():
    versions = read(ROOT / ".github/workflows/tests.yml")["jobs"]["test"]["strategy"]["matrix"]
    set_up = (ROOT / ".ci" / "set-up").read_text(encoding="utf-8")
    low, high = re.search(
        r"\(3, (\d+)\) <= sys\.version_info\[:2\] <= \(3, (\d+)\)", set_up
    ).groups()
    expected = [f"3.{minor}" for minor in range(int(low), int(high) + 1)]
    assert versions["python"] == expected
    (names,) = re.findall(r'^NAMES="(.+)"$', set_up, re.M)
    assert names.split() == ["python3", *(f"python{version}" for version in reversed(expected))]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == f">={expected[0]}"


def test_the_checks_run_by_one_definition_and_leave_what_failed():
    """`.ci/run` calls `make test`; a failed job keeps logs, screenshots and executed chapters."""
    for path in WORKFLOWS:
        named = [
            step for step in steps(path) if step.get("uses", "").startswith("actions/upload-a")
        ]
        (upload,) = named
        assert upload["if"] == "failure()"
        assert upload["with"]["path"].split() == [
            f"_build/{folder}" for folder in ("logs", "screenshots", "executed")
        ]
    assert ".ci/run" in scripts(ROOT / ".github/workflows/tests.yml")
    assert re.search(r"^make test ", (ROOT / ".ci/run").read_text(encoding="utf-8"), re.M)


def test_the_address_is_checked_before_anything_runs():
    commands = scripts(ROOT / ".github/workflows/book.yml")
    check = 'tools.stamp --check --expect "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"'
    (position,) = [n for n, command in enumerate(commands) if check in command]
    (books,) = [n for n, command in enumerate(commands) if "make book" in command]
    assert position < books
