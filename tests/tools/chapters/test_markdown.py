import re

from tools.chapters.markdown import GAP, parse, plain_words, python_code


def test_words_around_code_formulas_and_addresses_are_kept() -> None:
    text = "one `two` three ``four ` five`` six $x$ [seven](eight)\n\n~~~\nnine\n~~~\nten"
    assert re.findall(r"\w+", plain_words(text)) == ["one", "three", "six", "seven", "ten"]
    assert plain_words("a *b*\nc").strip(GAP) == "a b c"
    for hard_break in ("  \n", "\\\n"):
        assert plain_words(f"a *b*{hard_break}c").strip(GAP) == "a b c"


def test_bare_addresses_are_no_words_and_file_names_no_addresses() -> None:
    assert "example" not in plain_words("see https://example.org/a")
    assert plain_words("in model.py").strip(GAP) == "in model.py"
    assert not [token for token in parse("model.py") if token.type == "link_open"]


def test_fenced_python_is_joined_and_other_fences_are_left_out() -> None:
    text = "a\n\n```python\nx = 1\n```\n\n```text\ny\n```\n\n~~~~ python\n```\n~~~~\n`z`"
    assert python_code(text) == "x = 1\n\n```\n"
    assert python_code("no code") == ""
    assert python_code("````md\n```python\nquoted\n```\n````") == ""
