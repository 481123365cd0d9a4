"""What a run was measured on. `python -m experiments.machine` prints it as JSON."""

import datetime
import json
import os
import platform
from importlib.metadata import version
from typing import Any

from charrnn.fast.processor import CPU_INFO, cores, has_bfloat16_instructions

__all__ = ["describe_machine", "processor_name"]


def processor_name() -> str:
    """Return the processor's name as Linux has it, or as Python does elsewhere."""
    try:
        lines = CPU_INFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def describe_machine() -> dict[str, Any]:
    """Return the machine and the versions in this environment."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    packages = {name: version(name) for name in ("tensorflow", "keras", "numpy")}
    return {
        "processor": processor_name(),
        "cores": cores(),
        "memory_gib": round(memory / 2**30, 1),
        "bfloat16_instructions": has_bfloat16_instructions(),
        "python": platform.python_version(),
        **packages,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


if __name__ == "__main__":
    print(json.dumps(describe_machine()))
