"""A small part of what ``experiments.reliability`` does for the record."""

import random
import re

import pytest

from charrnn.support.files import read_record
from experiments import odd_input
from experiments.reliability import PARTS
from tools.chapters.notebooks import ROOT


def test_the_guide_shows_the_record():
    rows = re.findall(
        r"^\| `(\w+)` \| (.*) \| (\d+) \| (\d+) \|$",
        (ROOT / "guides" / "reliability.md").read_text(encoding="utf-8"),
        re.M,
    )
    record = read_record("reliability")
    assert [(part, int(tried), int(wrong)) for part, _, tried, wrong in rows] == [
        (row["part"], row["tried"], row["wrong"]) for row in record
    ]
    words = {part: what for part, what, _, _ in rows}
    by_part = {row["part"]: row for row in record}
    assert f"(longest: {by_part['silence']['seconds']} s)" in words["silence"]
    assert f"({by_part['command_lines']['parsed']} of them past" in words["command_lines"]
    assert list(by_part) == list(PARTS)


@pytest.mark.slow
def test_random_command_lines_end_with_one_line(capsys):
    measured = odd_input.command_lines(rounds=80, seed=7)
    assert measured["wrong"] == 0, capsys.readouterr().out
    assert 40 <= measured["parsed"] <= measured["tried"] == 80


def test_damaged_files_are_told():
    rounds = {"model.safetensors": 60, "state.safetensors": 60, "best.safetensors": 30}
    assert odd_input.damage(rounds, seed=5) == {"tried": 150, "wrong": 0}


def test_damage_that_nobody_tells_is_counted(monkeypatch, capsys):
    monkeypatch.setattr(odd_input, "damaged", lambda content, draw: content)
    assert odd_input.damage({"model.safetensors": 3}) == {"tried": 3, "wrong": 3}


def test_each_damage_changes_the_file():
    draw = random.Random(2)
    content = bytes(range(50))
    for _ in range(300):
        assert odd_input.damaged(content, draw) != content


def test_a_command_line_that_raises_is_counted(monkeypatch, capsys):
    def broken(words):
        raise RuntimeError("broken")

    monkeypatch.setattr("charrnn.command_line.main", broken)
    monkeypatch.setattr(odd_input, "materials", lambda folder: ["x"])
    with pytest.raises(RuntimeError, match="broken"):  # the model that the lines sample from
        odd_input.command_lines(rounds=1)
    given = []

    def broken_later(words):
        given.append(words)
        if len(given) > 1:
            raise RuntimeError("broken")

    monkeypatch.setattr("charrnn.command_line.main", broken_later)
    assert odd_input.command_lines(rounds=5)["wrong"] == 5
    assert "RuntimeError: broken" in capsys.readouterr().out


def test_at_least_half_of_the_lines_are_commands_with_their_options():
    draw = random.Random(1)
    lines = [odd_input.command_line(draw, ["clock"]) for _ in range(500)]
    assert {line[0] for line in lines} == {"sample", "evaluate", "train", "write"}
    assert sum(line[0] != "write" for line in lines) > 400
    used = {word for line in lines for word in line if word.startswith("--")}
    assert used >= {"--resume", "--replace", "--top-p", "--top-k", "--output", "--prompt"}
