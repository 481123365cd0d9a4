"""The workflows as the tests read them."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NEWEST, RELEASE, TESTS = WORKFLOWS
NAMES = [path.name for path in WORKFLOWS]


def read(path: Path) -> dict[str, Any]:
    """Return a file of YAML, all of whose values are texts."""
    # The base loader keeps the key "on" a string instead of making it true.
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return content


def steps(path: Path) -> list[dict[str, Any]]:
    """Return the steps of all jobs."""
    return [step for job in read(path)["jobs"].values() for step in job.get("steps", [])]


def scripts(path: Path) -> list[str]:
    """Return what the steps run."""
    return [step["run"] for step in steps(path) if "run" in step]
