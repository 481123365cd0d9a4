"""The package as a whole: imports, what README says."""

import ast
import graphlib
import re
import subprocess
import sys

import pytest

from charrnn.weights import PRETRAINED, read_weights
from tools.chapters.notebooks import ROOT, chapter_paths
from tools.translation.languages import SOURCE, languages

PACKAGE = ROOT / "charrnn"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py"
}
# Folders with code, whose docstrings list what is in them.
FOLDERS = sorted(
    path.parent
    for name in ("charrnn", "tools", "experiments", "benchmarks")
    for path in (ROOT / name).rglob("__init__.py")
)


def ranks() -> dict[str, int]:
    """Return the rank of each folder, and of "the path", by the one sentence that says it."""
    text = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")))
    (rule,) = re.findall(r"Imports run one way: ([^.]+)\.", text)
    groups = [re.split(r",\s*", group) for group in re.split(r"\s*<\s*", rule)]
    return {name: rank for rank, group in enumerate(groups) for name in group}


def group(module: str) -> str:
    """Return the word of the rule under which a module falls."""
    folder = module.split(".")[0]
    if folder == "__main__":
        return "command_line"
    alone = ("backend", "command_line")
    return folder if "." in module or folder in alone else "the path"


def imported(module: str) -> set[str]:
    """Return the modules of the package that a module imports, anywhere in its code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    inside = {name.removeprefix("charrnn.") for name in names if name.startswith("charrnn.")}
    return inside & MODULES.keys()


def below(module: str) -> list[str]:
    """Return the groups that a module may import from."""
    order = ranks()
    mine = group(module)
    return [mine] + [name for name, rank in order.items() if rank < order[mine]]


def test_every_module_falls_under_the_rule_for_imports() -> None:
    assert {group(module) for module in MODULES} == set(ranks())


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module) -> None:
    for other in imported(module):
        assert group(other) in below(module), f"{module} imports {other}"


def test_no_module_needs_itself() -> None:
    graphlib.TopologicalSorter({module: imported(module) for module in MODULES}).prepare()


@pytest.mark.parametrize(
    "module", ["metrics", "sampler", "prompts", "weights", "corpora", "encoded"]
)
def test_what_counts_and_samples_loads_no_tensorflow(module) -> None:
    script = f"import sys, charrnn.{module}; print({{'tensorflow', 'keras'}} & set(sys.modules))"
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT)
    assert result.stdout == "set()\n", result.stderr


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_folder_says_what_is_in_it(folder) -> None:
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
    folders = {path.parent.name for path in folder.glob("*/__init__.py")}
    # A line each: the name, at least two spaces, what it is.
    listed = re.findall(r"^ *(\w+) {2,}\S", text, re.M)
    assert sorted(set(listed) - folders) == sorted(modules)
    assert len(listed) == len(set(listed))
    # Folders may stand in a sentence.
    assert folders <= set(re.findall(r"\w+", text))


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_inside_the_repository_lead_somewhere(name) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    for link in links:
        if "://" not in link and link != "…":
            assert (ROOT / link.split("#")[0]).exists(), link


def test_the_table_of_languages_has_every_language_with_its_title() -> None:
    rows = re.findall(
        r"^\| ([^|]+?) \| \[(.+)\]\(notebooks/([\w-]+)/index\.md\) \|$",
        (ROOT / "README.md").read_text(encoding="utf-8"),
        re.M,
    )
    known = languages(ROOT)
    assert rows == [(known[code].name, known[code].title, code) for code in known]


@pytest.mark.parametrize("code", [code for code in languages(ROOT) if code != SOURCE])
def test_translators_of_every_language_are_told_in_it_what_to_do(code) -> None:
    text = (ROOT / "notebooks" / code / "TRANSLATING.md").read_text(encoding="utf-8")
    for command in (f"check --strict {code}", f"accept {code} ", f"check {code}`"):
        assert command in text, command


@pytest.mark.parametrize("name", ["README.md", "notebooks/en/index.md"])
def test_the_losses_named_are_those_that_were_measured(name) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    card = read_weights(PRETRAINED).card
    assert f"| {card['windows_loss']:.3f} | {card['stream_loss']:.3f} |" in text
    (chapter,) = [path for path in chapter_paths() if path.stem == "training"]
    outputs = chapter.read_text(encoding="utf-8")
    loss = re.search(r"epoch \d+: (\d\.\d+) nats, best n-gram", outputs)[1]
    assert f" units | {loss} | |" in text
