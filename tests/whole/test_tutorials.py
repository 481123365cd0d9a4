"""The appendix on the four tutorials: its messages can be found, its figures are those printed.

A message that a cell prints has a row in the page's table, which says what to write instead. The
figures that do not depend on random numbers stand in stored outputs, which nbval compares; those
that do stand in tables, with the records of our own runs beside them.
"""

import re

import pytest

from charrnn.support.files import read_record
from tools.chapters.alone_rules import line_count
from tools.chapters.notebooks import ROOT, Notebook, read_chapter, tags

PAGES = ROOT / "notebooks" / "en"
CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
# Named in the table without a cell: another machine, another way to write it, or no exception.
NOT_PRODUCED = {
    "too many values to unpack (expected 2)",
    "No module named 'tensorflow.contrib'",
    "loss: 0.0000e+00",
}


def page(name: str) -> Notebook:
    return read_chapter(PAGES / f"{name}.ipynb")


def printed(notebook: Notebook, tag: str = "") -> str:
    return "".join(
        output.get("text", "")
        for cell in notebook.cells
        if cell.cell_type == "code" and (not tag or tag in tags(cell))
        for output in cell.outputs
    )


def rows(notebook: Notebook, cell_id: str) -> list[list[str]]:
    """Return the cells of the rows of a text's table, its heading left out."""
    (source,) = (cell.source for cell in notebook.cells if cell.id == cell_id)
    lines = [line for line in source.splitlines() if line.startswith("|")]
    return [[part.strip() for part in line.strip("|").split("|")] for line in lines[2:]]


def known_messages() -> list[str]:
    """Return the messages in the first column of the table, cut where they leave something out."""
    spans = [span for row in rows(page("tutorials"), "find") for _, span in CODE.findall(row[0])]
    return [span.strip().split("…")[0] for span in spans]


def test_each_message_that_a_cell_prints_stands_in_the_table():
    lines = re.findall(r"^  (?:\w+Error|a warning): (.+)", printed(page("tutorials")), re.M)
    assert len(lines) > 20
    messages = known_messages()
    assert [line for line in lines if not any(each in line for each in messages)] == []


def test_each_message_of_the_table_is_printed_by_a_cell_that_the_search_reads():
    found = printed(page("tutorials"), "searched")
    # A message with "to LSTM" in place of "to Embedding" is named by its difference alone, and
    # where it is seen by the line of code.
    other = {"to LSTM", "to GRU", "StringLookup", "x, states = self.gru("}
    missing = [each for each in known_messages() if each not in found]
    assert set(missing) - other == NOT_PRODUCED


FIGURES = {
    "tutorials_system_a": [
        "1,115,394 characters, 65 unique",
        "First Citizen:\nBefore we proceed any further, hear me speak.",
        "66 ids",
        "[[40, 41, 42, 43, 44, 45, 46], [63, 64, 65]]\n[b'abcdefg' b'xyz']",
        "[19 48 57 ... 46  9  1], shape=(1115394,), dtype=int64",
        "['T', 'e', 'n', 's', 'o', 'r', 'f', 'l', 'o']\n"
        "['e', 'n', 's', 'o', 'r', 'f', 'l', 'o', 'w']",
        "11,043 chunks",
        "172 batches\n(64, 100) int64\n(64, 100) int64",
        "(64, 100, 66)\nembedding     16,896\ngru        3,938,304\ndense         67,650\n"
        "together   4,022,850",
        "loss 4.19, exp(loss) 66",
    ],
    "tutorials_systems_b_c_d": [
        "18 47 56 57 58 1 15 47 58 47 64 43 52",
        "chunks   11,042 of 1,115,394\nstepping      0",
        "1,013,445 characters",
        "993,905 characters, 73 symbols",
        "1,012,610 characters, 84 symbols",
        "40 78 1 59 54 73 61 58 71 6 72 1 59 54 66",
        "158 batches",
        "21,504 3,938,304    86,100",
        "16,640 5,246,976    66,625  together 5,330,241",
        "C loss 4.43, log(84) = 4.43",
        "D loss 4.17, log(65) = 4.17",
        "0  18 'F'    47 'i'",
    ],
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_of_the_systems_are_printed_digit_for_digit(name):
    found = printed(page(name))
    assert [figure for figure in FIGURES[name] if figure not in found] == []


def test_losses_of_system_a_stand_beside_our_records():
    table = rows(page("tutorials_system_a"), "epochs-text")
    whole, training = read_record("system_a_whole"), read_record("system_a_training")
    assert len(table) == len(whole) == len(training) == 20
    for row, one, other in zip(table, whole, training, strict=True):
        assert row[0] == str(int(one["epoch"]))
        assert row[3] == f"{one['loss']:.4f}"
        assert row[4] == f"{other['loss']:.4f}"
        assert row[5] == f"{other['windows_loss']:.3f}"
    first = "2.7409 2.0092 1.7211 1.5550 1.4547 1.3865 1.3325 1.2875 1.2474 1.2066"
    last = "1.1678 1.1270 1.0842 1.0388 0.9909 0.9409 0.8887 0.8373 0.7849 0.7371"
    assert " ".join(row[1] for row in table) == f"{first} {last}"


def test_the_index_says_how_many_lines_system_a_has():
    count = line_count(page("tutorials_system_a"))
    assert f"in {count} lines" in (PAGES / "index.md").read_text(encoding="utf-8")
