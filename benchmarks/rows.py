"""Measurements of all rounds -> the rows of the results."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from benchmarks.processes import Measurements

__all__ = [
    "BROWSER",
    "GIB",
    "GOALS",
    "MEASURED",
    "NATS",
    "RATE",
    "SECONDS",
    "SHARE",
    "Goal",
    "Row",
    "make_rows",
]

RATE, SECONDS, NATS, SHARE, GIB = "characters/s", "s", "nats/character", "share", "GiB"


class Row(TypedDict):
    """A row of the results; ``baseline`` is the id of the row that ``ratio`` compares with."""

    id: str
    value: float
    unit: str
    ratio: float | None
    baseline: str | None


@dataclass(frozen=True)
class Goal:
    """A row that compares.

    Attributes:
        measured: what is compared; of several rates, the one with the highest median.
        unit: of the value.
        baseline: what it is compared with, if anything; of several as above.
    """

    measured: tuple[str, ...]
    unit: str
    baseline: tuple[str, ...] = ()


# What contenders measure, with its unit.
MEASURED = {
    **dict.fromkeys(["products_bf16", "products_fp32"], "GFLOP/s"),
    **dict.fromkeys(["limit_bf16", "limit_fp32"], RATE),
    **dict.fromkeys(["bandwidth", "copy_bandwidth"], "GB/s"),
    "generate_limit": RATE,
    **dict.fromkeys(
        [
            "train_system_a",
            "train_keras_xla",
            "train_keras_mixed_bfloat16",
            "train_torch_fp32",
            "train_torch_bf16",
            "train_torch_fp32_compiled",
            "train_torch_bf16_compiled",
            "train_ours_fp32",
            "train_ours_bf16",
            "train_han_keras",
            "train_han_ours",
            "generate_one_system_a",
            "generate_five_system_a",
            "generate_one_torch",
            "generate_one_sampler",
            "generate_one_graph",
            "generate_64_sampler",
            "generate_64_graph",
        ],
        RATE,
    ),
    **dict.fromkeys(
        [
            "vectorize_text_system_a",
            "vectorize_text_ours",
            "epoch_of_batches_system_a",
            "epoch_of_batches_ours",
            "transformer_seconds",
            "transformer_large_seconds",
            "ours_seconds",
            "ngram_4_seconds",
            "ngram_5_seconds",
            "bench_seconds",
        ],
        SECONDS,
    ),
    **dict.fromkeys(
        [
            "loss_transformer",
            "loss_transformer_large",
            "loss_ours_stream",
            "loss_ours_windows",
            "ngram_4",
            "ngram_5",
        ],
        NATS,
    ),
}

# What ``page_speed`` measures where there is a browser.
BROWSER = {
    "page_characters_per_second_js",
    "page_characters_per_second_wasm",
    "page_first_character_seconds",
}
_BATCHES, _VECTORIZE = "epoch_of_batches", "vectorize_text"
GOALS = {
    "train_vs_system_a": Goal(("train_ours_bf16", "train_ours_fp32"), RATE, ("train_system_a",)),
    "train_vs_torch_bf16": Goal(
        ("train_ours_bf16",), RATE, ("train_torch_bf16", "train_torch_bf16_compiled")
    ),
    "train_vs_torch_fp32": Goal(
        ("train_ours_fp32",), RATE, ("train_torch_fp32", "train_torch_fp32_compiled")
    ),
    "train_share_of_limit": Goal(("train_ours_bf16",), SHARE, ("limit_bf16",)),
    "train_han_vs_keras": Goal(("train_han_ours",), RATE, ("train_han_keras",)),
    "generate_one_vs_system_a": Goal(
        ("generate_one_sampler", "generate_one_graph"), RATE, ("generate_one_system_a",)
    ),
    "generate_64_vs_system_a": Goal(
        ("generate_64_sampler", "generate_64_graph"), RATE, ("generate_one_system_a",)
    ),
    "loss_at_peer_time_stream": Goal(("loss_ours_stream",), NATS, ("loss_transformer",)),
    "loss_at_peer_time_windows": Goal(("loss_ours_windows",), NATS, ("loss_transformer",)),
    "loss_vs_large_transformer": Goal(("loss_ours_windows",), NATS, ("loss_transformer_large",)),
    "loss_after_1500k_windows": Goal(("loss_after_1500k_windows",), NATS),
    "best_model_windows": Goal(("best_model_windows",), NATS),
    "evaluate_100k_seconds": Goal(("evaluate_100k_seconds",), SECONDS),
    "first_report_seconds": Goal(("first_report_seconds",), SECONDS),
    "sample_start_seconds": Goal(("sample_start_seconds",), SECONDS),
    "page_characters_per_second_js": Goal(("page_characters_per_second_js",), RATE),
    "page_characters_per_second_wasm": Goal(("page_characters_per_second_wasm",), RATE),
    "page_first_character_seconds": Goal(("page_first_character_seconds",), SECONDS),
    f"{_BATCHES}_vs_system_a": Goal((f"{_BATCHES}_ours",), SECONDS, (f"{_BATCHES}_system_a",)),
    f"{_VECTORIZE}_vs_system_a": Goal(
        (f"{_VECTORIZE}_ours",), SECONDS, (f"{_VECTORIZE}_system_a",)
    ),
}


def make_rows(
    measurements: Measurements,
    measured: Mapping[str, str] = MEASURED,
    goals: Mapping[str, Goal] = GOALS,
) -> list[Row]:
    """Return all rows: first those measured, then those that compare.

    A value is the median over the rounds. A ratio is the median of the ratios within each round,
    so that a slow hour of the machine does not come into it; of seconds it says how many times
    shorter, of all else how many times more: value / baseline.

    Args:
        measurements: one or more of each row.
        measured: the rows of what contenders measure, with their units.
        goals: the rows that compare.

    Returns:
        The rows, those left out for which there is no browser.

    Raises:
        ValueError: a measurement is missing, or unknown.
    """
    expected = set(measured) | {name for goal in goals.values() for name in goal.measured}
    left_out = BROWSER - set(measurements)
    if wrong := sorted((expected - left_out) ^ set(measurements)):
        raise ValueError(f"measurements: expected one of each, missing or unknown are {wrong}")
    rows = [_row(name, Goal((name,), unit), measurements) for name, unit in measured.items()]
    wanted = {name: goal for name, goal in goals.items() if name not in left_out}
    return rows + [_row(name, goal, measurements) for name, goal in wanted.items()]


def _row(name: str, goal: Goal, measurements: Measurements) -> Row:
    values = measurements[_fastest(goal.measured, measurements)]
    value, ratio, baseline = statistics.median(values), None, None
    if goal.baseline:
        baseline = _fastest(goal.baseline, measurements)
        pairs = zip(values, measurements[baseline], strict=True)
        ratio = statistics.median(
            theirs / mine if goal.unit == SECONDS else mine / theirs for mine, theirs in pairs
        )
    if goal.unit == SHARE and ratio:
        value = ratio
    return {
        "id": name,
        "value": _rounded(value),
        "unit": goal.unit,
        "ratio": None if ratio is None else _rounded(ratio),
        "baseline": baseline,
    }


def _fastest(ways: tuple[str, ...], measurements: Measurements) -> str:
    return max(ways, key=lambda way: statistics.median(measurements[way]))


def _rounded(value: float) -> float:
    """Return a number with the five digits that the noise of a machine leaves."""
    return float(f"{value:.5g}")
