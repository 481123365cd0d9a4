"""Filling a table of trials."""

import pytest

from charrnn.support.files import read_table
from experiments.recorded_table import fill_table


def test_only_missing_rows_are_measured_and_the_order_is_that_of_the_keys(tmp_path):
    path, seen = tmp_path / "table.csv", []

    def measure(key):
        seen.append(key["arm"])
        return {"steps": 2, "loss": 1 / 3}

    fill_table(path, [{"arm": "b"}], measure)
    rows = fill_table(path, [{"arm": "a"}, {"arm": "b"}], measure)
    assert seen == ["b", "a"]
    assert rows == read_table(path)
    measured = {"steps": "2", "loss": "0.3333"}
    assert rows == [{"arm": "a", **measured}, {"arm": "b", **measured}]


def test_what_was_measured_before_an_error_is_kept(tmp_path):
    path = tmp_path / "table.csv"

    def measure(key):
        return {"loss": 1 / float(key["arm"])}

    with pytest.raises(ZeroDivisionError):
        fill_table(path, [{"arm": "2"}, {"arm": "0"}], measure)
    assert read_table(path) == [{"arm": "2", "loss": "0.5000"}]
