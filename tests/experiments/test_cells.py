"""The comparison of recurrent cells: its variants, and that its record follows its own rule."""

import numpy as np
import pytest

from charrnn.support.files import read_table
from experiments.cells import (
    CELLS,
    GATES,
    OTHER_WARMUPS,
    RATES,
    RECORD,
    SEEDS,
    WARMUP,
    best_rate,
    key_of,
    later_keys,
    set_gate_bias,
    stock_model,
)

ROWS = read_table(RECORD)


def test_the_cells_have_equal_parameters():
    counts = {cell: stock_model(cell, 66).count_params() for cell in CELLS}
    assert max(counts.values()) / min(counts.values()) < 1.01
    assert {row["cell"]: int(row["parameters"]) for row in ROWS} == counts
    assert {row["cell"]: int(row["units"]) for row in ROWS} == CELLS


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_gate_bias_changes_what_the_gate_keeps_and_nothing_else(cell):
    layer = stock_model(cell, 5).layers[1]
    before = layer.cell.bias.numpy()
    set_gate_bias(layer, cell, 3.0)
    changed = layer.cell.bias.numpy() != before
    assert changed.sum() == CELLS[cell]
    # With all other parameters zero the state is half of what it was if the gate is at 1/2, and
    # nearly all of it with the bias. The LSTM's is its second one.
    kernel, recurrent, bias = (np.zeros_like(part) for part in layer.get_weights())
    kept = {}
    for value in (0.0, 3.0):
        layer.set_weights([kernel, recurrent, bias])
        set_gate_bias(layer, cell, value)
        state = np.ones((1, CELLS[cell]), "float32")
        states = {"gru": state, "lstm": [state, state]}[cell]
        result = layer.cell(np.zeros((1, kernel.shape[0]), "float32"), states)[1]
        kept[value] = float(np.ravel(result[-1] if cell == "lstm" else result)[0])
    assert kept[0.0] == pytest.approx(1 / 2, abs=1e-6)
    assert kept[3.0] == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-6)


def test_what_keras_begins_the_gates_with_is_the_variant_of_the_other_plans():
    for cell in ("gru", "lstm"):
        units, (place, begun, others) = CELLS[cell], GATES[cell]
        bias = stock_model(cell, 5).layers[1].cell.bias.numpy().reshape(-1)
        assert set(bias[place * units : (place + 1) * units]) == {begun}
        assert begun not in others


def test_the_rate_is_the_best_of_the_cells_own_plan():
    rows = [
        {"plan": plan, "cell": cell, "learning_rate": rate, "windows_loss": loss}
        for plan, cell, rate, loss in (
            ("rates", "gru", "0.1", "2.0"),
            ("rates", "gru", "0.2", "1.9"),
            ("rates", "lstm", "0.3", "1.0"),
            ("seeds", "gru", "0.4", "0.5"),
        )
    ]
    assert best_rate(rows, "gru") == "0.2"


def test_the_record_has_all_runs_with_the_chosen_rates():
    keys = [key_of("rates", cell, rate) for rate in RATES for cell in CELLS]
    keys += later_keys(ROWS)
    assert [{name: row[name] for name in keys[0]} for row in ROWS] == keys
    assert {row["steps"] for row in ROWS} == {"600"}
    warmups = {row["warmup"] for row in ROWS if row["plan"] == "warm-up"}
    assert warmups == {str(warmup) for warmup in OTHER_WARMUPS}
    assert {row["warmup"] for row in ROWS if row["plan"] != "warm-up"} == {str(WARMUP)}
    seeds = [row["seed"] for row in ROWS if (row["plan"], row["cell"]) == ("seeds", "gru")]
    assert seeds == [str(seed) for seed in SEEDS]


def test_no_best_rate_stands_at_the_edge_of_the_grid():
    for cell in CELLS:
        assert best_rate(ROWS, cell) not in (str(RATES[0]), str(RATES[-1]))
