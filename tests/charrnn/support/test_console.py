"""Words at a console that nobody reads, or that lacks characters; commands to be typed."""

import os
import shlex
import subprocess
import sys

import pytest

from charrnn.support import console


def run(script, **arguments):
    command = [sys.executable, "-W", "error", "-c", script]
    return subprocess.run(command, stderr=subprocess.PIPE, check=False, **arguments)


def test_work_goes_on_where_nobody_reads():
    """The reader is gone before anything is said; both `say` and Python's end stay quiet."""
    reading, writing = os.pipe()
    os.close(reading)
    script = (
        "import sys; from charrnn.support.console import say\n"
        "say('one'); say('two')\nprint('done', file=sys.stderr)"
    )
    result = run(script, stdout=writing)
    os.close(writing)
    assert (result.returncode, result.stderr.split()) == (0, [b"done"])


def test_what_is_shown_must_be_read():
    reading, writing = os.pipe()
    os.close(reading)
    script = (
        "import os, sys; from charrnn.support.console import show\n"
        "try:\n    show('one')\nexcept BrokenPipeError:\n    os._exit(7)"
    )
    assert run(script, stdout=writing).returncode == 7
    os.close(writing)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_characters_that_the_console_lacks_are_question_marks(encoding):
    script = (
        "from charrnn.support.console import replace_what_cannot_be_shown, show\n"
        "replace_what_cannot_be_shown(); show('a\\u4e2db')"
    )
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    result = run(script, stdout=subprocess.PIPE, env=environment)
    assert result.stdout.split() == [b"a?b"]
    assert result.stderr == b""


@pytest.mark.skipif(os.name == "nt", reason="quotes of POSIX")
@pytest.mark.parametrize("word", ["my", "my text", "it's", "-x", "", "$HOME", "a/-b", "é 中"])
def test_a_word_typed_in_the_shell_is_the_same_word(word):
    (typed,) = shlex.split(console.as_typed(word))
    assert typed == ("./-x" if word == "-x" else word)


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        ("my", "my"),
        ("C:\\texts\\my.txt", "C:\\texts\\my.txt"),
        ("my text", '"my text"'),
        ("R&D", '"R&D"'),
        ("http://a/?b=1&c", '"http://a/?b=1&c"'),
        ("", '""'),
    ],
)
def test_a_word_typed_on_windows_is_one_word(word, typed):
    assert console._quoted_on_windows(word) == typed


def test_this_program_is_named_as_it_was_started(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bin/charrnn", "train"])
    assert console.this_program() == "bin/charrnn"
    monkeypatch.setattr(sys, "argv", ["charrnn/__main__.py"])
    *python, option, package = shlex.split(console.this_program())
    assert (option, package) == ("-m", "charrnn")
    command = [*python, "-c", "import sys; print(sys.executable)"]
    assert subprocess.check_output(command, text=True).strip() == sys.executable


@pytest.mark.parametrize("launcher", ["ipykernel_launcher", "colab_kernel_launcher"])
def test_a_notebook_is_told_what_a_cell_takes(monkeypatch, launcher):
    monkeypatch.setattr(sys, "argv", [f"/usr/lib/{launcher}.py", "-f", "kernel.json"])
    assert console.this_program() == "%run -m charrnn"


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("abc def", 5, "abc d"),
        ("two\nlines\n", 60, "two⏎lines⏎"),
        ("a\tb\rc\x1b[31m\x00", 60, "a·b·c·[31m·"),
        # What turns the direction of writing; separators of lines and paragraphs; what is no text.
        ("a\u202eb\u2028c\u2029d\ud800\ue000", 60, "a·b·c·d··"),
        ("曹操煮酒", 6, "曹操煮"),
        ("曹操煮酒", 7, "曹操煮"),
        ("ｗｉｄｅ", 4, "ｗｉ"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301e\u0301"),
        ("می\u200cخواهم", 3, "می\u200cخ"),
        ("", 5, ""),
    ],
)
def test_a_text_on_one_line(text, columns, shown):
    assert console.one_line(text, columns) == shown


def test_no_more_is_drawn_than_is_shown():
    def draws():
        yield from "abc"
        pytest.fail("drawn in vain")

    assert console.one_line(draws(), 2) == "ab"
