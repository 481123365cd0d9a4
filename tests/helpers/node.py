"""JavaScript of the live elements in Node, which the package playwright brings along."""

import json
import subprocess
from pathlib import Path
from typing import Any

from charrnn.live.script import FOLDER

ENGINE = ("file", "product", "model", "draw")


def node() -> str:
    """Return the path of Node."""
    from playwright._impl._driver import compute_driver_executable

    executable, _ = compute_driver_executable()
    return str(executable)


def run(code: str, given: Any, folder: Path, parts: tuple[str, ...] = ENGINE) -> Any:
    """Run code after parts of the script.

    Args:
        code: the body of an asynchronous function with the argument `given`; what it returns is
            returned here. `bytes(path)` reads a file.
        given: anything that JSON holds.
        folder: where the program is written.
        parts: names of files in `charrnn/live/script/`.
    """
    texts = [(FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in parts]
    program = folder / "program.mjs"
    program.write_text(
        "\n".join(
            [
                'import { readFileSync } from "node:fs";',
                "const bytes = (path) => new Uint8Array(readFileSync(path));",
                *texts,
                f"const run = async (given) => {{ {code} }};",
                f"const found = await run({json.dumps(given)});",
                "process.stdout.write(JSON.stringify(found));",
            ]
        ),
        encoding="utf-8",
    )
    result = subprocess.run(
        [node(), str(program)], capture_output=True, encoding="utf-8", check=False, timeout=300
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return json.loads(result.stdout)
