"""The comparison of recurrent cells: its arms, and that its record follows its own rule."""

import pytest

from charrnn.support.files import read_table
from experiments.cells import ARMS, RATES, RECORD, SEEDS, best_rate, stock_model

ROWS = read_table(RECORD)


def test_three_arms_have_equal_parameters_and_two_have_equal_units():
    counts = [stock_model(cell, units, 66).count_params() for cell, units in ARMS]
    assert max(counts[:3]) / min(counts[:3]) < 1.01
    assert ARMS[1][1] == ARMS[3][1]
    recorded = {(row["cell"], int(row["units"])): int(row["parameters"]) for row in ROWS}
    assert [recorded[arm] for arm in ARMS] == counts


def test_the_rate_is_the_best_of_the_arms_own_choice():
    rows = [
        {"plan": plan, "cell": cell, "units": "2", "learning_rate": rate, "windows_loss": loss}
        for plan, cell, rate, loss in (
            ("choice", "gru", "0.1", "2.0"),
            ("choice", "gru", "0.2", "1.9"),
            ("choice", "lstm", "0.3", "1.0"),
            ("steps", "gru", "0.4", "0.5"),
        )
    ]
    assert best_rate(rows, "gru", 2) == "0.2"


@pytest.mark.parametrize(("cell", "units"), ARMS)
def test_the_record_has_all_runs_with_the_chosen_rate(cell, units):
    own = [row for row in ROWS if (row["cell"], row["units"]) == (cell, str(units))]
    rate = best_rate(ROWS, cell, units)
    tried = [row["learning_rate"] for row in own if row["plan"] == "choice"]
    assert tried == [str(rate) for rate in RATES]
    for plan in ("steps", "time"):
        runs = [row for row in own if row["plan"] == plan]
        assert [int(row["seed"]) for row in runs] == list(SEEDS)
        assert {row["learning_rate"] for row in runs} == {rate}


def test_equal_time_is_that_of_the_gru():
    gru = next(row for row in ROWS if (row["cell"], row["plan"]) == ("gru", "time"))
    budget = int(gru["steps"]) * float(gru["milliseconds"])
    for row in ROWS:
        if row["plan"] == "time":
            assert int(row["steps"]) * float(row["milliseconds"]) == pytest.approx(budget, rel=0.01)
