"""Which tags are refused."""

import subprocess
from pathlib import Path

import pytest

from tests.helpers.chapters import REPOSITORY
from tools.chapters.release import check_release, released, section
from tools.chapters.repository import Repository
from tools.stamp import main

CHANGES = """\
# Changes

## Unreleased

## 1.2.3 (2026-12-01)

### Added

- New.

## 1.2.2

- Old.

## 1.2.1
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone with a list of changes and the tags of two releases."""

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    (tmp_path / "CHANGELOG.md").write_text(CHANGES, encoding="utf-8")
    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "first")
    for tag in ("v1.2.2", "v1.1.10", "v1.1.9", "v2", "vanilla"):
        git("tag", tag)
    return tmp_path


def test_the_tag_of_the_version_is_taken(root: Path) -> None:
    assert check_release(root, REPOSITORY, "v1.2.3") is None
    # And once more, when the workflow runs again or the tag is set already.
    subprocess.run(["git", "tag", "v1.2.3"], cwd=root, check=True)
    assert check_release(root, REPOSITORY, "v1.2.3") is None


def test_releases_are_ordered_by_number(root: Path) -> None:
    assert released(root) == ["v1.1.9", "v1.1.10", "v1.2.2"]


@pytest.mark.parametrize(
    ("version", "tag", "message"),
    [
        ("1.2.3", "v1.2.4", r"tag: expected v1\.2\.3, because .* is 1\.2\.3, received v1\.2\.4"),
        ("1.2.3", "1.2.3", r"tag: expected v1\.2\.3, .*received 1\.2\.3"),
        ("1.2.3.dev0", "v1.2.3", r"tag: expected none, .* is 1\.2\.3\.dev0, received v1\.2\.3"),
        ("1.1.11", "v1.1.11", r"tag: expected one newer than v1\.2\.2, received v1\.1\.11"),
        ("1.3.0", "v1.3.0", r"CHANGELOG\.md: expected a section '## 1\.3\.0' .*, found none"),
    ],
)
def test_a_wrong_state_is_refused(root: Path, version: str, tag: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_release(root, Repository(REPOSITORY.url, "main", version), tag)


def test_changes_that_belong_to_no_version_are_refused(root: Path) -> None:
    changes = CHANGES.replace("## Unreleased\n", "## Unreleased\n\n- Later.\n")
    (root / "CHANGELOG.md").write_text(changes, encoding="utf-8")
    with pytest.raises(ValueError, match=r"nothing under 'Unreleased' when v1\.2\.3 is published"):
        check_release(root, REPOSITORY, "v1.2.3")


def test_the_section_of_a_version() -> None:
    assert section(CHANGES, "1.2.3") == "### Added\n\n- New."
    assert section(CHANGES, "1.2.2") == "- Old."
    for version in ("1.2.1", "1.2", "1x2.3"):
        with pytest.raises(ValueError, match="found none"):
            section(CHANGES, version)


def test_the_command_refuses_before_it_writes(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("charrnn.__version__", "1.2.3")
    config = "repository:\n  url: https://github.com/owner/name\n  branch: main\n"
    (root / "_config.yml").write_text(config, encoding="utf-8")
    (root / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    (root / "CITATION.cff").write_text("version: 1.0.0\n", encoding="utf-8")
    assert main(["--tag", "v1.2.4"], root) == 1
    assert "stamp: tag: expected v1.2.3" in capsys.readouterr().err
    assert (root / "CITATION.cff").read_text(encoding="utf-8") == "version: 1.0.0\n"
    assert main(["--check", "--tag", "v1.2.3"], root) == 1, "not stamped"
    assert main(["--tag", "v1.2.3"], root) == 0
    assert main(["--check", "--tag", "v1.2.3"], root) == 0
