"""The repository's address, whose one place is `_config.yml`, and the tag of its version."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

import charrnn

__all__ = ["Repository", "launch_addresses", "read_repository"]

COLAB = "https://colab.research.google.com/github"
KAGGLE = "https://kaggle.com/kernels/welcome?src=https://github.com"

# What `charrnn.__version__` may be: that of a release, or of the work on the next one.
RELEASE = re.compile(r"\d+\.\d+\.\d+")
VERSION = re.compile(RELEASE.pattern + r"(\.dev\d+)?")


@dataclass(frozen=True)
class Repository:
    """Where the book's source lives.

    Attributes:
        url: `https://github.com/owner/name`, without a slash at the end.
        branch: the branch on which the work goes on.
        version: that of the package, `1.2.3` for a release, `1.2.3.dev0` for the work on it.
    """

    url: str
    branch: str
    version: str

    @property
    def name(self) -> str:
        """`owner/name`."""
        return self.url.removeprefix("https://github.com/")

    @property
    def tag(self) -> str | None:
        """The tag of a release; None while there is none of this version yet."""
        return f"v{self.version}" if RELEASE.fullmatch(self.version) else None

    @property
    def reference(self) -> str:
        """Where a notebook is opened and its package installed from: the tag, else the branch.

        So a chapter meets the package that it was written with, wherever a reader found it.
        """
        return self.tag or self.branch


def launch_addresses(repository: Repository, place: str) -> dict[str, str]:
    """Return where the notebook at `place` in the repository is opened, by the service's name."""
    file = f"{repository.name}/blob/{repository.reference}/{place}"
    return {"Colab": f"{COLAB}/{file}", "Kaggle": f"{KAGGLE}/{file}"}


def read_repository(config: Path) -> Repository:
    """Read the address from `_config.yml`; the version is `charrnn.__version__`.

    Raises:
        ValueError: if it is missing or no address of a repository on GitHub, which Colab needs, or
            the version is neither a release's nor that of the work on one.
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
    version = charrnn.__version__
    if not VERSION.fullmatch(version):
        raise ValueError(
            "charrnn/__init__.py: expected __version__ 1.2.3 of a release, or 1.2.3.dev0 of the "
            f"work on it, received {version!r}"
        )
    return Repository(url, branch, version)
