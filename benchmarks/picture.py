"""The results as a picture.

python -m benchmarks.picture [benchmarks/results/PROCESSOR.json] [--output FILE]
"""

import argparse
import io
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.processes import ROOT, SHOWN
from benchmarks.rows import Row
from benchmarks.table import read_rows
from charrnn.figures.plots import COLOURS
from charrnn.support.commands import run_command
from charrnn.support.files import write_atomically

__all__ = ["draw", "write_picture"]

OURS, PEERS = COLOURS[0], "#6e6e6e"

# Title -> row; of several the highest.
TRAINING: dict[str, str | tuple[str, ...]] = {
    "system A (Keras)": "train_system_a",
    "Keras, XLA": "train_keras_xla",
    "PyTorch, float32": ("train_torch_fp32", "train_torch_fp32_compiled"),
    "this book, float32": "train_ours_fp32",
    "Keras, mixed bfloat16": "train_keras_mixed_bfloat16",
    "PyTorch, bfloat16": ("train_torch_bf16", "train_torch_bf16_compiled"),
    "this book, bfloat16": "train_ours_bf16",
}
GENERATION: dict[str, str | tuple[str, ...]] = {
    "system A, 1 text": "generate_one_system_a",
    "PyTorch, 1 text": "generate_one_torch",
    "this book, 1 text": "generate_one_vs_system_a",
    "system A, 5 texts": "generate_five_system_a",
    "this book, 64 texts": "generate_64_vs_system_a",
}
LOSSES: dict[str, str | tuple[str, ...]] = {
    "larger transformer": "loss_transformer_large",
    "small transformer": "loss_transformer",
    "n-gram, 5 characters": "ngram_5",
    "this book, windows": "loss_at_peer_time_windows",
    "this book, stream": "loss_at_peer_time_stream",
}


def draw(rows: Sequence[Row]) -> Figure:
    """Draw training, generation and loss, one panel under the other; readable 360 pixels wide."""
    values = {row["id"]: row["value"] for row in rows}
    heights = [len(TRAINING) + 1, len(GENERATION), len(LOSSES)]
    with mpl.rc_context({"font.size": 10}):
        figure, panels = plt.subplots(
            3, figsize=(4.5, 6.6), dpi=160, layout="constrained", height_ratios=heights
        )
        _bars(panels[0], TRAINING, values, "training, characters/s", "{:,.0f}")
        _limit(panels[0], values["limit_bf16"])
        _bars(panels[1], GENERATION, values, "generation, characters/s", "{:,.0f}")
        seconds = values["transformer_seconds"]
        label = f"loss on validation text, nats/character\n(networks: trained for {seconds:.0f} s)"
        _bars(panels[2], LOSSES, values, label, "{:.3f}")
    return figure


def _bars(
    axes: Any,
    bars: Mapping[str, str | tuple[str, ...]],
    values: Mapping[str, float],
    label: str,
    digits: str,
) -> None:
    """Draw one panel, the first bar at the top; a value stands inside its bar if there is room."""
    numbers = [
        values[names] if isinstance(names, str) else max(values[name] for name in names)
        for names in bars.values()
    ]
    colours = [OURS if title.startswith("this book") else PEERS for title in bars]
    axes.barh(list(bars), numbers, color=colours, height=0.7)
    for place, number in enumerate(numbers):
        inside = number > 0.5 * max(numbers)
        axes.annotate(
            digits.format(number), (number, place), (-4 if inside else 4, 0),
            textcoords="offset points", va="center", ha="right" if inside else "left",
            color="white" if inside else "black",
        )  # fmt: skip
    axes.invert_yaxis()
    axes.set_xlabel(label)
    axes.set_xlim(0, 1.04 * max(numbers))
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(4))
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _limit(axes: Any, limit: float) -> None:
    """Draw the limit of products and memory as a dashed line with its value."""
    axes.axvline(limit, color="black", ls="--", lw=1)
    axes.set_xlim(right=max(axes.get_xlim()[1], 1.05 * limit))
    axes.annotate(
        f"limit with bfloat16: {limit:,.0f} ", (limit, 1), ha="right", va="bottom",
        xycoords=("data", "axes fraction"),
    )  # fmt: skip


def write_picture(rows: Sequence[Row], path: str | os.PathLike[str]) -> None:
    """Write the picture as PNG on white, which light and dark surroundings both bear."""
    figure = draw(rows)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="white")
    plt.close(figure)
    # Two colours and their shades: a palette makes the file a quarter as large.
    small = io.BytesIO()
    Image.open(buffer).convert("RGB").quantize(48).save(small, format="png", optimize=True)
    write_atomically(path, small.getvalue())


def main() -> None:
    """Draw the results."""
    mpl.use("agg")
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("results", type=Path, nargs="?", default=SHOWN)
    parser.add_argument("--output", type=Path, default=ROOT / "pictures" / "benchmark.png")
    given = parser.parse_args()
    write_picture(read_rows(given.results), given.output)


if __name__ == "__main__":
    sys.exit(run_command("benchmarks.picture", main))
