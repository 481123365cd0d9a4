"""The workflows: valid, safe, and in agreement with the Makefile and the list of actions."""

import re
import subprocess
import sysconfig
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


def test_shellcheck_of_ci_run():
    run("shellcheck", ROOT / ".ci" / "run")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


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


@pytest.mark.parametrize(
    "name",
    [
        ".github/workflows/book.yml",
        ".github/workflows/tests.yml",
        ".ci/run",
        "README.md",
        "CONTRIBUTING.md",
    ],
)
def test_make_targets_exist(name):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    text = (ROOT / name).read_text(encoding="utf-8")
    called = set(re.findall(r"(?:^ *|`|run: )make ([a-z]+)", text, re.M))
    assert called, f"{name}: no call of make found"
    assert called <= targets


def test_files_that_steps_name_exist():
    named = {
        name
        for path in WORKFLOWS
        for script in scripts(path)
        for name in re.findall(r"\b(?:tools/\w+\.py|requirements\.txt)", script)
    }
    assert named == {"tools/stamp.py", "tools/solutions.py", "requirements.txt"}
    for name in named:
        assert (ROOT / name).is_file()


def test_cuda_takes_the_locked_version():
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert re.search(r"^tensorflow==[\d.]+$", lock, re.M)
    (cuda,) = [
        step
        for step in steps(ROOT / ".github/workflows/book.yml")
        if "CUDA" in step.get("name", "")
    ]
    assert '"tensorflow[and-cuda]==$version"' in cuda["run"]
    assert "s/^tensorflow==//p" in cuda["run"]


def test_python_versions_are_those_of_the_makefile():
    job = read(ROOT / ".github/workflows/tests.yml")["jobs"]["test"]
    versions = job["strategy"]["matrix"]["python"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    limits = r"\(3, (\d+)\) <= sys\.version_info\[:2\] <= \(3, (\d+)\)"
    low, high = re.search(limits, makefile).groups()
    assert versions == [f"3.{minor}" for minor in range(int(low), int(high) + 1)]


def test_the_address_is_checked_before_anything_runs():
    commands = scripts(ROOT / ".github/workflows/book.yml")
    check = 'tools/stamp.py --check --expect "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"'
    (position,) = [n for n, command in enumerate(commands) if check in command]
    (books,) = [n for n, command in enumerate(commands) if "make book" in command]
    assert position < books
