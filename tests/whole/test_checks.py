"""What runs the checks: pytest's own options, `make help`, the hooks before a commit."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def collected(*arguments):
    """Return what pytest would run, and its last line."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT)
    assert result.returncode in (0, 5), result.stdout + result.stderr  # 5: nothing to run
    lines = result.stdout.splitlines()
    return {line.split("::")[-1] for line in lines if "::" in line}, lines[-1]


@pytest.fixture
def tree(tmp_path):
    """What makes pytest read a file of three tests with the configuration of this project."""
    marks = ("", "@pytest.mark.slow\n", "@pytest.mark.network\n")
    names = ("plain", "slow", "network")
    tests = [f"{mark}def test_{name}(): pass\n" for mark, name in zip(marks, names, strict=True)]
    file = tmp_path / "test_three.py"
    file.write_text("import pytest\n" + "\n".join(tests))
    return ["-c", ROOT / "pyproject.toml", "-p", "tests.conftest", file]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", {"test_plain", "test_slow"}),
        ("not slow", {"test_plain"}),
        ("slow", {"test_slow"}),
        ("network", {"test_network"}),
        ("network or slow", {"test_network", "test_slow"}),
        ("not network", {"test_plain", "test_slow"}),
    ],
)
def test_network_tests_run_only_where_they_are_named(tree, expression, expected):
    assert collected(*(["-m", expression] if expression else []), *tree)[0] == expected


@pytest.mark.slow
def test_make_check_runs_nine_tenths_of_the_tests_of_the_path():
    _, summary = collected("-m", "slow", "tests/charrnn")
    slow, everything = map(int, re.match(r"(\d+)/(\d+) tests collected", summary).groups())
    assert slow <= everything / 10, summary


def test_make_help_names_every_target_that_a_person_calls():
    output = subprocess.run(["make", "help"], capture_output=True, encoding="utf-8", cwd=ROOT)
    named = re.findall(r"^make ([a-z-]+) +\S", output.stdout, re.M)
    phony = re.search(r"^\.PHONY: (.*?[^\\])$", MAKEFILE, re.M | re.S)[1].replace("\\\n", " ")
    # Parts of `check` and `test`, which their output names.
    parts = re.findall(r"^static: (.*?) ##", MAKEFILE, re.M)[0].split()
    parts += re.findall(r"SIDE_BY_SIDE,([a-z-]+),", MAKEFILE)
    parts += ["sites-and-cells", *re.findall(r"^sites-and-cells: (.*)$", MAKEFILE, re.M)[0].split()]
    assert sorted(named) == sorted(set(phony.split()) - set(parts))


@pytest.mark.parametrize("chapter", ["", "4", "training"])
def test_make_outputs_takes_a_chapter(chapter):
    command = ["make", "-n", "-o", ".venv/set-up-complete", "outputs", f"CHAPTER={chapter}"]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT)
    (execute,) = result.stdout.splitlines()  # which brings the translations along
    assert execute.rstrip().endswith(f"--in-place {chapter}".strip())


def test_the_hooks_are_commands_of_the_environment_that_make_check_runs_too():
    """Nothing is fetched; each hook's command stands in the Makefile."""
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = configuration["repos"]
    assert repository["repo"] == "local"
    assert {hook["id"] for hook in repository["hooks"]} == {
        *("lint", "format", "addresses", "notebooks", "translations")
    }
    commands = MAKEFILE.replace("$(BIN)", ".venv/bin")
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert f"@{hook['entry']}" in commands, hook["id"]
