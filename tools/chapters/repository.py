"""The repository's address, whose one place is `_config.yml`."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

__all__ = ["Repository", "read_repository"]


@dataclass(frozen=True)
class Repository:
    """Where the book's source lives.

    Attributes:
        url: `https://github.com/owner/name`, without a slash at the end.
        branch: the branch that Colab opens chapters and installs the package from.
    """

    url: str
    branch: str

    @property
    def name(self) -> str:
        """`owner/name`."""
        return self.url.removeprefix("https://github.com/")


def read_repository(config: Path) -> Repository:
    """Read the address from `_config.yml`.

    Raises:
        ValueError: if it is missing or no address of a repository on GitHub, which Colab needs.
    """
    content = yaml.safe_load(config.read_text(encoding="utf-8")).get("repository", {})
    url, branch = str(content.get("url", "")), str(content.get("branch", ""))
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", url) or url.endswith(".git"):
        raise ValueError(
            f"{config.name}: expected repository.url https://github.com/OWNER/NAME, "
            f"received {url!r}"
        )
    if not re.fullmatch(r"[\w./-]+", branch):
        raise ValueError(f"{config.name}: expected repository.branch, received {branch!r}")
    return Repository(url, branch)
