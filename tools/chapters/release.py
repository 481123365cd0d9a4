"""What must hold before a tag is published; while something is missing, it is refused."""

import re
import subprocess
from pathlib import Path

from tools.chapters.repository import Repository

__all__ = ["check_release", "released", "section"]

TAG = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


def released(root: Path) -> list[str]:
    """Return the tags of releases that the clone knows, the newest version last."""
    command = ["git", "-C", str(root), "tag", "--list", "v*"]
    tags = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.split()
    return sorted((tag for tag in tags if TAG.fullmatch(tag)), key=_order)


def _order(tag: str) -> tuple[int, ...]:
    match = TAG.fullmatch(tag)
    return tuple(map(int, match.groups())) if match else ()


def _below(changes: str, heading: str) -> str:
    """Return what stands below a heading of CHANGELOG.md, "" if there is no such heading."""
    pattern = rf"^## {re.escape(heading)}(?: [^\n]*)?\n(.*?)(?=^## |\Z)"
    match = re.search(pattern, changes, re.M | re.S)
    return match[1].strip() if match else ""


def section(changes: str, version: str) -> str:
    """Return what CHANGELOG.md says of a version, without its heading.

    Raises:
        ValueError: it has no such section, or an empty one.
    """
    text = _below(changes, version)
    if not text:
        raise ValueError(
            f"CHANGELOG.md: expected a section '## {version}' with what is new, found none"
        )
    return text


def check_release(root: Path, repository: Repository, tag: str) -> None:
    """Refuse a tag that the state of the repository does not bear out.

    Args:
        root: the repository, whose clone has all tags.
        repository: its address and version.
        tag: the one that is published, or is to be.

    Raises:
        ValueError: the tag is not that of the version, the version is no newer than the last
            release, or CHANGELOG.md has nothing on it, or changes that belong to none.
    """
    if tag != repository.tag:
        raise ValueError(
            f"tag: expected {repository.tag or 'none'}, because charrnn.__version__ is "
            f"{repository.version}, received {tag}; set the version, then run: make stamp"
        )
    before = [other for other in released(root) if other != tag]
    if before and _order(tag) <= _order(before[-1]):
        raise ValueError(f"tag: expected one newer than {before[-1]}, received {tag}")
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    section(changes, repository.version)
    if _below(changes, "Unreleased"):
        raise ValueError(
            f"CHANGELOG.md: expected nothing under 'Unreleased' when {tag} is published, found "
            f"changes; they belong under '## {repository.version}', or the version is another"
        )
