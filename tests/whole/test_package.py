"""The package as a whole: order of modules, what an installation carries, what README says."""

import ast
import json
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from tools.chapters.notebooks import ROOT, chapter_paths
from tools.translation.languages import SOURCE, languages

# As in CONTRIBUTING.md: a module imports only from those before it.
ORDER = re.findall(
    r"`(\w+)`",
    re.search(
        r"Modules import only from those above them in this list: (.*?)\.\n",
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        re.S,
    )[1],
)
MODULES = sorted(path.stem for path in (ROOT / "charrnn").glob("*.py") if path.stem != "__init__")


def imported(module: str) -> set[str]:
    """Return the names of the package's modules that a module imports."""
    names = set()
    for node in ast.walk(ast.parse((ROOT / "charrnn" / f"{module}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("charrnn"):
            rest = node.module.split(".")[1:]
            names |= set(rest[:1]) or {alias.name for alias in node.names}
    return names


def test_the_order_names_every_module() -> None:
    assert sorted(ORDER) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_those_before_it(module) -> None:
    assert imported(module) <= set(ORDER[: ORDER.index(module)])


@pytest.mark.slow
def test_a_wheel_carries_weights_records_and_types(tmp_path) -> None:
    # In a copy: setuptools leaves a folder build/ beside what it builds.
    source = tmp_path / "source"
    shutil.copytree(ROOT / "charrnn", source / "charrnn")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("charrnn_book-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "charrnn").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert path.relative_to(ROOT).as_posix() in held


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


def test_translators_of_every_language_are_told_in_it_what_to_do() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for code, language in languages(ROOT).items():
        if code != SOURCE:
            heading = f"#### {language.name}\n"
            assert heading in text, code
            section = text.split(heading)[1].split("\n#")[0]
            for command in (f"check --strict {code}", f"accept {code} ", f"check {code}`"):
                assert command in section, (code, command)


@pytest.mark.parametrize("name", ["README.md", "notebooks/en/index.md"])
def test_the_losses_named_are_those_that_were_measured(name) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    card = json.loads((ROOT / "charrnn/pretrained/shakespeare.json").read_text())["card"]
    assert f"| {card['windows_loss']:.3f} | {card['stream_loss']:.3f} |" in text
    (chapter,) = [path for path in chapter_paths() if path.stem == "04_training"]
    outputs = chapter.read_text(encoding="utf-8")
    windows, stream = (
        re.search(rf"{protocol}: (\d\.\d+) nats", outputs)[1] for protocol in ("windows", "stream")
    )
    assert f"| {windows} | {stream} |" in text
