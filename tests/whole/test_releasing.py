"""What a release is made of, and that nothing of it appears before all is checked."""

import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256

import pytest
import yaml

import charrnn
from tests.helpers.workflows import RELEASE, ROOT, WORKFLOWS, read, scripts
from tools.chapters.release import section


def test_the_site_is_published_from_tags_only():
    assert read(RELEASE)["on"] == {"push": {"tags": ["v*"]}}
    publishing = [path for path in WORKFLOWS if "pages: write" in path.read_text(encoding="utf-8")]
    assert publishing == [RELEASE]


def test_nothing_is_published_before_everything_is_checked_and_built():
    jobs = read(RELEASE)["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "build": None,
        "site": "build",
        "files": "build",
        "index": "build",
    }
    commands = scripts(RELEASE)
    order = [
        "make setup",
        'tools.stamp --check --tag "$GITHUB_REF_NAME" '
        '--expect "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"',
        "make test",
        "make test-wheel",
        "make book",
        "make editions",
        ".ci/release-files _build/release",
    ]
    found = [
        [n for n, text in enumerate(commands) if text.rstrip().endswith(command)]
        for command in order
    ]
    assert sorted(found) == found
    assert all(len(places) == 1 for places in found), found


def test_the_upload_to_a_package_index_is_off_until_a_variable_says_so():
    index = read(RELEASE)["jobs"]["index"]
    assert index["if"] == "vars.PACKAGE_INDEX == 'true'"
    assert index["permissions"] == {"id-token": "write"}
    assert index["environment"]["name"] == "package-index"
    # Trusted publishing: no password.
    (upload,) = [step for step in index["steps"] if "pypi-publish" in step["uses"]]
    assert "with" not in upload


def test_the_citation_names_the_last_release():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    version = charrnn.__version__
    if ".dev" in version:
        changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        assert section(changes, citation["version"])
    else:
        assert citation["version"] == version


CHANGES = "# Changes\n\n## 9.8.7 (today)\n\n- Faster.\n\n## 9.8.6\n\n- Old.\n"


@pytest.fixture
def built(tmp_path):
    """A clone of a book in two languages, built, with stand-ins for all large files."""
    root = tmp_path / "book"
    for folder in ("charrnn", "tools/chapters"):
        shutil.copytree(ROOT / folder, root / folder, ignore=lambda _, names: set(names) & SPARED)
    shutil.copy(ROOT / "tools/__init__.py", root / "tools")
    (root / "charrnn/__init__.py").write_text('"""A."""\n__version__ = "9.8.7"\n')
    texts = {"CHANGELOG.md": CHANGES, ".gitignore": "_build/\n.venv\n", "pictures/page.png": "p"}
    texts |= {"LICENSE": "l", "LICENSE-prose.md": "l", ".ci/release-files": ""}
    texts |= {"charrnn/pretrained/one.safetensors": "1", "models/two.safetensors": "2"}
    texts["_build/wheel/charrnn_book-9.8.7-py3-none-any.whl"] = "w"
    for code in ("en", "ko"):
        texts |= {f"notebooks/{code}/{name}": code for name in ("language.yml", "a.ipynb")}
        texts |= {f"_build/site/{code}/charrnn-book-{code}.{kind}": "e" for kind in ("pdf", "epub")}
    texts[".venv/bin/python"] = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    shutil.copy(ROOT / ".ci/release-files", root / ".ci")
    (root / ".venv/bin/python").chmod(0o755)
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all"]):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *command], cwd=root, check=True)
    (root / "notebooks/en/.draft.ipynb").write_text("not committed")
    return root


# What need not be copied.
SPARED = {"pretrained", "records", "samples", "__pycache__"}


def collect(root):
    command = [root / ".ci/release-files", "_build/release"]
    return subprocess.run(command, capture_output=True, encoding="utf-8")


def test_a_release_carries_wheel_weights_editions_notebooks_and_sums(built):
    done = collect(built)
    assert done.returncode == 0, done.stderr
    folder = built / "_build/release"
    assert (folder / "notes.md").read_text() == "- Faster.\n"
    assets = {path.name: path for path in (folder / "assets").iterdir()}
    sums = dict(line.split()[::-1] for line in assets.pop("SHA256SUMS").read_text().splitlines())
    assert sums == {name: sha256(path.read_bytes()).hexdigest() for name, path in assets.items()}
    assert sorted(assets) == [
        "charrnn-book-en.epub",
        "charrnn-book-en.pdf",
        "charrnn-book-ko.epub",
        "charrnn-book-ko.pdf",
        "charrnn_book-9.8.7-py3-none-any.whl",
        "notebooks-en.zip",
        "notebooks-ko.zip",
        "one.safetensors",
        "two.safetensors",
    ]
    with zipfile.ZipFile(assets["notebooks-ko.zip"]) as archive:
        files = [name for name in archive.namelist() if not name.endswith("/")]
    names = ["LICENSE", "LICENSE-prose.md", "notebooks/ko/a.ipynb", "notebooks/ko/language.yml"]
    assert sorted(files) == [f"charrnn-book-9.8.7/{name}" for name in [*names, "pictures/page.png"]]
    with zipfile.ZipFile(assets["notebooks-en.zip"]) as archive:
        assert not [name for name in archive.namelist() if "draft" in name]


@pytest.mark.parametrize(
    "missing",
    [
        "_build/site/ko/charrnn-book-ko.epub",
        "_build/wheel/charrnn_book-9.8.7-py3-none-any.whl",
        "CHANGELOG.md",
    ],
)
def test_a_release_that_lacks_a_part_is_none(built, missing):
    (built / missing).unlink()
    assert collect(built).returncode != 0
    assert not (built / "_build/release/assets/SHA256SUMS").exists()


def test_an_older_release_s_files_are_not_mixed_in(built):
    assert collect(built).returncode == 0
    done = collect(built)
    assert done.returncode != 0
    assert "_build/release" in done.stderr
