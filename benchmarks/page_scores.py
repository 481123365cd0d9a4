"""Lighthouse over pages of the built book, on the slow phone that it simulates.

    python -m benchmarks.page_scores                        index and three chapters, two languages
    python -m benchmarks.page_scores --pages training --languages en --runs 1

Lighthouse 12 runs on Node 20, drives the machine's own Chromium and computes from what it sees how
long a phone with a slow network would take. The pages are served as their host serves them: packed
by gzip, over connections that stay open. Each value is the median of several runs; a machine that
has other work makes them worse. `make lighthouse` installs it and runs this.
"""

import argparse
import gzip
import io
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from charrnn.support.commands import at_least, run_command
from tools import screenshot

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "_build" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
PAGES = ("index", "next_character", "training", "gradients_and_gates")
LANGUAGES = ("en", "ko")
# Audit -> the most seconds that it may take.
SECONDS = {"first-contentful-paint": 1.8, "largest-contentful-paint": 2.5}
# Category -> the least score of 100.
SCORES = {"performance": 95, "accessibility": 95, "best-practices": 95, "seo": 95}
# Shown beside them, without a goal of their own: they explain the score of the performance.
EXPLAIN = {"total-blocking-time": 0.001, "speed-index": 0.001, "cumulative-layout-shift": 1.0}
PACKED = (".html", ".css", ".js", ".svg", ".json", ".xml", ".txt")


class Host(screenshot.SiteHandler):
    """Serves files as the pages' host does: packed, and over connections that stay open."""

    protocol_version = "HTTP/1.1"

    def send_head(self) -> Any:
        """Answer with the head of a response; return what its body is read from."""
        path = Path(self.translate_path(self.path))
        if path.suffix not in PACKED or not path.is_file():
            return super().send_head()
        body = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        return io.BytesIO(body)


def examine(address: str) -> dict[str, Any]:
    """Return what Lighthouse finds of a page.

    Raises:
        RuntimeError: Lighthouse failed.
    """
    flags = " ".join(["--headless=new", *screenshot.FLAGS])
    command = [str(PROGRAM), address, "--quiet", "--output=json", f"--chrome-flags={flags}"]
    command.append(f"--only-categories={','.join(SCORES)}")
    environment = os.environ | {"CHROME_PATH": str(screenshot.chromium())}
    result = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment)
    if result.returncode:
        raise RuntimeError(f"lighthouse ended with {result.returncode}: {result.stderr.strip()}")
    found: dict[str, Any] = json.loads(result.stdout)
    if error := found.get("runtimeError"):
        raise RuntimeError(f"lighthouse, {address}: {error['message']}")
    return found


def values(found: dict[str, Any]) -> dict[str, float]:
    """Return scores of 100 and seconds of one run."""
    scores = {name: 100 * found["categories"][name]["score"] for name in SCORES}
    seconds = {name: found["audits"][name]["numericValue"] / 1000 for name in SECONDS}
    others = {n: found["audits"][n]["numericValue"] * unit for n, unit in EXPLAIN.items()}
    return scores | seconds | others


def failed(found: dict[str, Any]) -> list[str]:
    """Return the audits of one run that cost a category points, other than the performance."""
    names = [
        reference["id"]
        for category in SCORES
        if category != "performance"
        for reference in found["categories"][category]["auditRefs"]
        if reference["weight"]
    ]
    return [name for name in names if found["audits"][name]["score"] not in (None, 1)]


def misses(medians: dict[str, float]) -> list[str]:
    """Return the goals that a page misses."""
    slow = [name for name, most in SECONDS.items() if medians[name] > most]
    return [*slow, *(name for name, least in SCORES.items() if medians[name] < least)]


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; return 1 if a page misses a goal."""
    parser = argparse.ArgumentParser("benchmarks.page_scores", description=str(__doc__))
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "site")
    parser.add_argument("--pages", nargs="+", default=[*PAGES])
    parser.add_argument("--languages", nargs="+", default=[*LANGUAGES])
    parser.add_argument("--runs", type=at_least(1), default=3)
    parser.add_argument("--keep", type=Path, help="folder for Lighthouse's own reports, as JSON")
    options = parser.parse_args(arguments)
    if not PROGRAM.is_file():
        parser.error(f"{PROGRAM} not found; run: make lighthouse")
    if screenshot.chromium() is None:
        parser.error(screenshot.NO_BROWSER)
    missed = False
    names = [*SECONDS, *SCORES, *EXPLAIN]
    print("page", *names, sep="\t")
    with screenshot.served(options.site, Host) as address:
        for language in options.languages:
            for page in options.pages:
                place = f"{language}/{page}.html"
                reports = [examine(f"{address}/{place}") for _ in range(options.runs)]
                runs = [values(report) for report in reports]
                medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
                print(place, *(f"{medians[name]:.4g}" for name in names), sep="\t", flush=True)
                wrong = [*misses(medians), *failed(reports[-1])]
                if wrong:
                    missed |= bool(misses(medians))
                    print(f"  misses: {', '.join(wrong)}", flush=True)
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    name = place.replace("/", "-").replace(".html", ".json")
                    (options.keep / name).write_text(json.dumps(reports[-1]), encoding="utf-8")
    return int(missed)


if __name__ == "__main__":
    sys.exit(run_command("page_scores", main))
