"""A table of trials, filled row by row; an interrupted run goes on where it ended."""

from collections.abc import Callable, Sequence
from pathlib import Path

from charrnn.support.files import read_table, write_table

__all__ = ["Key", "fill_table"]

Key = dict[str, str]


def fill_table(
    path: Path, keys: Sequence[Key], measure: Callable[[Key], dict[str, float]]
) -> list[dict[str, str]]:
    """Measure the rows that a table lacks, and write it after each.

    Args:
        path: of the CSV file.
        keys: the columns that tell the rows apart, one dict a row, in the order of the table.
        measure: key -> the other columns; floats are stored with four decimals.

    Returns:
        All rows. What the file holds beside ``keys`` is dropped when a row is written.
    """
    stored = read_table(path)
    rows = [next((row for row in stored if key.items() <= row.items()), None) for key in keys]
    for place, key in enumerate(keys):
        if rows[place] is None:
            measured = {
                name: f"{value:.4f}" if isinstance(value, float) else str(value)
                for name, value in measure(key).items()
            }
            row = rows[place] = key | measured
            print(", ".join(f"{name} {value}" for name, value in row.items()), flush=True)
            write_table([row for row in rows if row is not None], path)
    return [row for row in rows if row is not None]
