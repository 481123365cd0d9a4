"""What runs the checks: pytest's own options, `make help`, the hooks before a commit."""

import os
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
# What `make test` tells its own jobs is not meant for a make that a test starts.
TOLD = ("MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS", "AT_ONCE", "NBVAL")
OWN = {name: value for name, value in os.environ.items() if name not in TOLD}


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
    parts += ["cells", *re.findall(r"^JOBS := (.*?) \$", MAKEFILE, re.M)[0].split()]
    assert sorted(named) == sorted(set(phony.split()) - set(parts))


def pytest_runs(target):
    """Return the arguments of each pytest that a target of the Makefile starts."""
    command = ["make", "-n", "-o", ".venv/set-up-complete", target]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, env=OWN)
    assert (result.returncode, result.stderr) == (0, "")
    return [
        shlex.split(line.split(" -m pytest -q ")[1])
        for line in result.stdout.splitlines()
        if " -m pytest -q " in line
    ]


def jobs():
    """Return what `make test` runs at once, after `make check`."""
    (named,) = re.findall(r"^JOBS := (.*) \$\(PARTS:%=cells-%\)$", MAKEFILE, re.M)
    (parts,) = re.findall(r"^PARTS := (.*)$", MAKEFILE, re.M)
    return [*named.split(), *(f"cells-{part}" for part in parts.split())]


def test_make_test_runs_every_chapter_once():
    runs = [run for job in jobs() for run in pytest_runs(job) if "--nbval" in run]
    chapters = [name for run in runs for name in run if name != "--nbval"]
    expected = (ROOT / "notebooks" / "en").glob("*.ipynb")
    assert sorted(chapters) == sorted(str(path.relative_to(ROOT)) for path in expected)


def test_make_test_runs_every_test():
    """One job takes all that no other job or `make check` names."""
    runs = [run for job in ["unit", *jobs()] for run in pytest_runs(job) if "--nbval" not in run]
    (rest,) = (run for run in runs if "--ignore" in run)
    ignored = [name for name in rest if name != "--ignore"]
    assert len(rest) == 2 * len(ignored)
    taken = {}
    for run in runs:
        for name in run:
            if name in ignored and run is not rest:
                mark = run[run.index("-m") + 1] if "-m" in run else ""
                taken.setdefault(name, set()).add(mark)
    assert set(taken) == set(ignored)
    assert {*map(frozenset, taken.values())} == {frozenset({""}), frozenset({"slow", "not slow"})}


def test_jobs_of_make_test_run_at_once_and_every_failure_is_told(tmp_path):
    """A job that another waits for fails: the rest runs, and the whole has failed."""
    makefile = re.sub(r"^JOBS := .*$", "JOBS := one two three four", MAKEFILE, flags=re.M)
    makefile = re.sub(r"^READY := .*$", "READY :=", makefile, flags=re.M)
    makefile = makefile.replace("$(READY): requirements", "ready: requirements")
    makefile = makefile.replace("whole-browser-tests whole-live-tests: whole-site", "")
    begun = "for n in 1 2 3 4 5 6 7 8 9 10; do test -f {0} || sleep 1; done; test -f {0}"
    (tmp_path / "Makefile").write_text(
        f"{makefile}\nCORES := 2\ncheck: ;\nwhole-three: whole-one\n"
        f"one:\n\t@touch one; {begun.format('two')} && echo FAILED notebooks/one; exit 1\n"
        f"two:\n\t@touch two; {begun.format('one')} && sleep 1 && echo 7 passed\n"
        "three:\n\t@echo never\nfour:\n\t@echo 4 passed\n"
    )
    result = subprocess.run(
        ["make", "test"], capture_output=True, encoding="utf-8", cwd=tmp_path, env=OWN
    )
    assert result.returncode == 2
    shown = {*result.stdout.splitlines()}
    assert shown >= {"FAILED notebooks/one", "7 passed", "4 passed"}
    assert not shown & {"never", "== make test: all passed"}


@pytest.mark.parametrize("commits", range(5))
def test_continuous_integration_runs_each_chapter_in_one_language(commits):
    """Neighbours in different ones, and each in another one at the next commit."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (choice,) = re.findall(r"^languages=.*?(?=^export NBVAL)", script, re.M | re.S)
    chosen = []
    for count in (commits, commits + 1):
        program = f'git() {{ echo {count}; }}\nset -euo pipefail\n{choice}\necho "$NBVAL"'
        shown = subprocess.check_output(["bash", "-c", program], encoding="utf-8", cwd=ROOT)
        chosen.append({Path(name).name: Path(name).parent.name for name in shown.split()})
        assert len(shown.split()) == len(chosen[-1])
    assert list(chosen[0]) == sorted(path.name for path in (ROOT / "notebooks/en").glob("*.ipynb"))
    languages = [*chosen[0].values()]
    assert set(languages) == {path.parent.name for path in ROOT.glob("notebooks/*/language.yml")}
    assert all(one != next_one for one, next_one in pairwise(languages))
    assert all(chosen[1][name] != language for name, language in chosen[0].items())


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
