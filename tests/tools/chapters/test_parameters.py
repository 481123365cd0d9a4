from pathlib import Path

import pytest

from tools.chapters.parameters import chapter_parameters, given_value, literal


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("-0.5", -0.5), ("true", True), ("None", None), ("[1, 2]", [1, 2]), ("abc", "abc")],
)
def test_literals(text: str, value: object) -> None:
    assert literal(text) == value
    assert type(literal(text)) is type(value)


@pytest.mark.parametrize("name", ["CORPUS", "DIRECTORY", "WEIGHTS"])
def test_a_relative_path_becomes_absolute(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/reader")
    assert given_value(name, "a/my.txt") == str(tmp_path / "a" / "my.txt")
    assert given_value(name, "/b/my.txt") == "/b/my.txt"
    assert given_value(name, "~/my.txt") == "/home/reader/my.txt"
    for odd in ("7", "null", "None", "[1]"):
        assert given_value(name, odd) == str(tmp_path / odd)
    with pytest.raises(ValueError, match=f"{name}: expected a path, received '~no-such-user/x'"):
        given_value(name, "~no-such-user/x")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("CORPUS", "shakespeare", "shakespeare"),
        ("CORPUS", "great-expectations", "great-expectations"),
        ("CORPUS", "https://example.org/a.txt", "https://example.org/a.txt"),
        ("CORPUS", "", ""),
        ("SEED", "null", None),
        ("PROMPT", "ROMEO:", "ROMEO:"),
    ],
)
def test_what_is_no_path_stays_as_it_is(name: str, text: str, value: object) -> None:
    assert given_value(name, text) == value


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (1, 2, True),
        (1.5, 2, True),
        (1, 2.5, False),
        (True, False, True),
        (1, True, False),
        (True, 1, False),
        (1.5, True, False),
        ("a", "b", True),
        ("a", 1, False),
        (None, "a", True),
        (1, None, False),
        (["a"], ["b"], True),
    ],
)
def test_a_value_of_another_kind_is_refused(old: object, new: object, same: bool) -> None:
    known = {Path("training.ipynb"): {"PROFILE": "quick", "NAME": old}}
    wanted = {"NAME": new}
    if same:
        jobs = chapter_parameters(known, wanted, changes_allowed=True)
        assert jobs == {Path("training.ipynb"): wanted}
        return
    with pytest.raises(ValueError, match="NAME: expected a value of the kind of"):
        chapter_parameters(known, wanted, changes_allowed=True)
