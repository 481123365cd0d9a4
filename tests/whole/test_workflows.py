"""The workflows: valid, safe, and in agreement with the Makefile and the list of actions."""

import importlib.util
import re
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest

from tests.helpers.workflows import NAMES, RELEASE, ROOT, TESTS, WORKFLOWS, read, scripts, steps

SCRIPTS = Path(sysconfig.get_path("scripts"))

# The sets of permissions with which a job may write, and the actions that it may use.
WRITING = [{"pages", "id-token"}, {"contents"}, {"id-token"}, {"issues"}]
HANDING_OVER = {
    "actions/download-artifact",
    "actions/deploy-pages",
    "pypa/gh-action-pypi-publish",
}


def run(*command: str | Path, text: str | None = None) -> str:
    """Run a program of this environment; its output, for the message of a failing test."""
    program, *rest = command
    result = subprocess.run(
        [SCRIPTS / program, *rest], input=text, capture_output=True, encoding="utf-8", cwd=ROOT
    )
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    return output


def test_the_three_workflows_exist():
    assert NAMES == ["newest.yml", "release.yml", "tests.yml"]


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("dependabot", [ROOT / ".github/dependabot.yml"]),
        ("citation-file-format", [ROOT / "CITATION.cff"]),
    ],
)
def test_schema(schema, files):
    run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)


def test_zizmor_finds_nothing():
    run("zizmor", "--offline", "--no-progress", "--strict-collection", ".github")


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_shellcheck_of_steps(path):
    for script in scripts(path):
        # As the runner starts them; an expression of the workflow language would be one more word.
        run("shellcheck", "--shell=bash", "-", text="set -e\n" + script)


@pytest.mark.parametrize("name", ["run", "set-up", "installed", "release-files", "name-versions"])
def test_shellcheck_of_ci(name):
    run("shellcheck", ROOT / ".ci" / name)
    assert (ROOT / ".ci" / name).stat().st_mode & 0o111


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_least_permissions(path):
    workflow = read(path)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert int(job["timeout-minutes"]) <= 180
        written = {name for name, kind in job["permissions"].items() if kind == "write"}
        assert job["permissions"].items() <= {"contents": "read"}.items() or written
        if written:
            # What may write runs nothing of the repository, which it does not even check out.
            assert written in WRITING, written
            taken = {step["uses"].split("@")[0] for step in job["steps"] if "uses" in step}
            assert taken <= HANDING_OVER
            for step in job["steps"]:
                assert "\n.ci/" not in step.get("run", "")
                assert not re.search(r"python|make |\./", step.get("run", ""))
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"
        # The token that may write is in the hands of the steps that need it, by a variable.
        assert "github.token" not in step.get("run", "")
        assert "secrets." not in str(step)


def test_actions_agree_with_the_list():
    used = {step["uses"] for path in WORKFLOWS for step in steps(path) if "uses" in step}
    text = (ROOT / ".github" / "ACTIONS.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w/-]+)` \| `(\S+)` \|", text, re.M)
    assert used == {f"{name}@{tag}" for name, tag in rows}


def called(text: str) -> tuple[set[str], set[str]]:
    """Return the targets of make and the modules of `python -m` that a text calls."""
    # "make" in a sentence is no call: a call begins a line, a code or a step.
    targets = set(re.findall(r"(?:^ *|[`\"]|run: )make ([a-z][a-z-]*)", text, re.M))
    modules = set(re.findall(r"python -m ((?:tools|benchmarks|experiments)[\w.]*)", text))
    return targets, modules


CALLERS = [
    *WORKFLOWS,
    ROOT / ".devcontainer/devcontainer.json",
    ROOT / ".github/dependabot.yml",
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
    text = path.read_text(encoding="utf-8")
    targets, modules = called(text)
    assert targets | modules or path.parent.name == "guides" or ".ci/" in text, "no call found"
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


def test_python_versions_are_those_of_the_set_up():
    versions = read(TESTS)["jobs"]["test"]["strategy"]["matrix"]
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
        (upload,) = [
            step
            for step in steps(path)
            if step.get("uses", "").startswith("actions/upload-artifact@")
            and step.get("if") == "failure()"
        ]
        assert upload["with"]["path"].split() == [
            f"_build/{folder}" for folder in ("logs", "screenshots", "executed")
        ]
    for name in ("tests.yml", "newest.yml"):
        assert ".ci/run" in scripts(ROOT / ".github/workflows" / name)
    assert "make test" in scripts(RELEASE)
    assert re.search(r"^make test ", (ROOT / ".ci/run").read_text(encoding="utf-8"), re.M)
