"""What the machine computes well: products of bfloat16 numbers, a GPU."""

import os
from pathlib import Path

from charrnn.backend import tf

__all__ = [
    "check_matmul_dtype",
    "cores",
    "has_bfloat16_instructions",
    "matmul_dtype",
    "on_gpu",
    "shares",
]

# Where Linux describes the processor; other systems have no such file.
CPU_INFO = Path("/proc/cpuinfo")
MATMUL_DTYPES = ("bfloat16", "float32")
# A layer is computed in parts of so many units at least, and in so many parts at most, because they
# wait for one another at each time step. Two parts have been measured, of 256 to 512 units.
LEAST_UNITS, MOST_PARTS = 128, 4


def has_bfloat16_instructions() -> bool:
    """Return whether the processor multiplies bfloat16 numbers itself, as far as Linux tells."""
    try:
        words = set(CPU_INFO.read_text(encoding="utf-8").split())
    except OSError:
        return False
    return bool(words & {"avx512_bf16", "amx_bf16", "bf16"})


def check_matmul_dtype(value: str, name: str) -> str:
    """Return a number format of products; raise ValueError with its name if it is another word."""
    if value not in MATMUL_DTYPES:
        raise ValueError(f"{name}: expected 'bfloat16' or 'float32', received {value!r}")
    return value


def matmul_dtype() -> str:
    """Return the number format of the products in training and evaluation, as a word.

    "bfloat16" where the processor has instructions for it, else "float32"; the environment variable
    ``CHARRNN_MATMUL_DTYPE`` decides otherwise.

    Raises:
        ValueError: the variable holds another word.
    """
    chosen = os.environ.get("CHARRNN_MATMUL_DTYPE")
    if chosen is not None:
        return check_matmul_dtype(chosen, "CHARRNN_MATMUL_DTYPE")
    return "bfloat16" if has_bfloat16_instructions() else "float32"


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shares(units: int) -> list[int]:
    """Return the units of each part of a layer; there are as many parts as cores, if it is large.

    Sums are rounded otherwise in other parts, so the last digits depend on the number of cores.
    """
    parts = max(min(cores(), MOST_PARTS, units // LEAST_UNITS), 1)
    return [units // parts + (part < units % parts) for part in range(parts)]


def on_gpu() -> bool:
    """Return whether TensorFlow has a GPU, where cuDNN's layer is the faster one."""
    return bool(tf.config.list_logical_devices("GPU"))


# A wrong word in the environment is told before a text is read or a model made; later it would
# stand within Keras' account of a failing layer.
if "CHARRNN_MATMUL_DTYPE" in os.environ:
    matmul_dtype()
