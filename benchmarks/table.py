"""The results as tables: all rows for a terminal, those that compare in Markdown.

.venv/bin/python -m benchmarks.table [benchmarks/results/PROCESSOR.json or PROCESSOR-scripts.json]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import SHOWN
from benchmarks.rows import Row
from charrnn.support.commands import run_command

__all__ = ["TITLES", "markdown", "plain", "read_rows"]

_TRAINED = {
    "en": "tiny Shakespeare",
    "ru": "a Russian novel",
    "ko": "ten Korean stories",
    "zh_hans": "a Chinese novel, Simplified",
    "zh_hant": "a Chinese novel, Traditional",
}
# Of both benchmarks: ``run`` and ``scripts``.
TITLES = {
    "train_vs_system_a": "training, against system A's code",
    "train_vs_torch_bf16": "training, against PyTorch's best with bfloat16 autocast",
    "train_vs_torch_fp32": "training in float32, against PyTorch's best in float32",
    "train_share_of_limit": "training, share of the limit of bfloat16 products and memory",
    "train_han_vs_keras": "training with 4,181 symbols, output tied, against Keras with a full one",
    "generate_one_vs_system_a": "generating one text, against system A's loop",
    "generate_64_vs_system_a": "generating 64 texts at once, against system A's loop with one",
    "loss_at_peer_time_stream": "loss after the small transformer's time, stream",
    "loss_at_peer_time_windows": "loss after the small transformer's time, windows of 256",
    "loss_vs_large_transformer": "loss in that time, against a transformer of 10.65 M weights",
    "loss_after_1500k_windows": "loss after reading 1.5 million characters, windows of 256",
    "best_model_windows": "loss of the shipped model, windows of 256",
    "evaluate_100k_seconds": "both losses of the shipped model on 100,000 characters",
    "first_report_seconds": "from the start of `train` to its first report",
    "sample_start_seconds": "1,000 characters from the command line, start included",
    "page_characters_per_second_js": "characters in a page, JavaScript alone",
    "page_characters_per_second_wasm": "characters in a page, with WebAssembly",
    "page_first_character_seconds": "in a page, from the press to the first character",
    "epoch_of_batches_vs_system_a": "an epoch of batches from ids, against system A's pipeline",
    "vectorize_text_vs_system_a": "text to ids, against system A's lookup",
    **{f"quick_{key}": f"two minutes of `train`, {text}" for key, text in _TRAINED.items()},
    **{f"half_quick_{key}": f"one minute of `train`, {text}" for key, text in _TRAINED.items()},
    "memory_50mb_gib": "most memory of `train`, a text of 50 MB",
    "memory_1gb_gib": "most memory of `train`, a text of 1 GB",
}


def value_with_unit(row: Row) -> str:
    """Return a value as a reader wants it: few digits, its unit."""
    value, unit = row["value"], row["unit"]
    if unit == "share":
        return f"{value:.0%}"
    if unit == "nats/character":
        return f"{value:.3f} {unit}"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.2g} {unit}"


def times(ratio: float) -> str:
    """Return a ratio with about three digits."""
    return f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def markdown(rows: Sequence[Row]) -> str:
    """Return the table of the rows that compare, in their order.

    Raises:
        ValueError: there is none.
    """
    lines = ["| what | value | ratio |", "|---|---:|---:|"]
    compared = [row for row in rows if row["id"] in TITLES]
    if not compared:
        raise ValueError("rows: expected some that compare, received none")
    for row in compared:
        share = row["unit"] == "share"
        ratio = "" if row["ratio"] is None or share else f"{times(row['ratio'])} ×"
        lines.append(f"| {TITLES[row['id']]} | {value_with_unit(row)} | {ratio} |")
    return "\n".join(lines)


def plain(rows: Sequence[Row]) -> str:
    """Return all rows, one a line."""
    lines = []
    for row in rows:
        ratio = f"{times(row['ratio'])} x {row['baseline']}" if row["ratio"] else ""
        lines.append(f"{row['id']:30}{row['value']:>12,.5g} {row['unit']:15}{ratio}".rstrip())
    return "\n".join(lines)


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file that ``benchmarks.run`` or ``benchmarks.scripts`` wrote.

    Raises:
        ValueError: it is no such file.
    """
    try:
        rows: list[Row] = json.loads(path.read_bytes())["rows"]
        markdown(rows)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: expected results of benchmarks.run, received others") from error
    return rows


def main() -> None:
    """Print the Markdown table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("results", type=Path, nargs="?", default=SHOWN)
    print(markdown(read_rows(parser.parse_args().results)))


if __name__ == "__main__":
    sys.exit(run_command("benchmarks.table", main))
