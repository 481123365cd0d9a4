"""The command that writes what the live elements are made of."""

import json

import pytest

from charrnn.live.script import WORDS
from tools import live
from tools.chapters.notebooks import ROOT
from tools.translation.languages import languages


def test_the_words_of_the_package_are_those_of_the_languages(capsys):
    assert live.main(["--check"]) == 0
    assert capsys.readouterr().out == ""
    spoken = json.loads(WORDS.read_text(encoding="utf-8"))
    assert set(spoken) == set(languages(ROOT))


def test_words_that_changed_are_told_and_written(tmp_path, monkeypatch, capsys):
    file = tmp_path / "words.json"
    file.write_text("{}")
    monkeypatch.setattr(live, "WORDS", file)
    monkeypatch.setattr(live, "ROOT", tmp_path)
    assert live.main(["--check"], ROOT) == 1
    assert file.read_text() == "{}"
    assert live.main([], ROOT) == 0
    assert live.main(["--check"], ROOT) == 0
    assert capsys.readouterr().out == "differs  words.json\nwritten  words.json\n"
    assert file.read_text(encoding="utf-8") == WORDS.read_text(encoding="utf-8")


def section(number, content, *, long=False):
    length = bytes([len(content) | 0x80, 0]) if long else bytes([len(content)])
    return bytes([number]) + length + content


@pytest.mark.parametrize("long", [False, True])
def test_the_names_of_a_module_are_left_out(long):
    kept = [section(1, b"types", long=long), section(10, b"\x00code", long=long)]
    names = section(0, b"\x04name", long=long)
    head = b"\0asm\1\0\0\0"
    assert live.without_names(head + names.join([b"", *kept, b""])) == head + b"".join(kept)
