import pytest

from tools.translation.structure import differences, has_words, structure, unclosed

TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n"
DETAILS = "<details>\n<summary>Solution</summary>\n\nText\n\n</details>\n"


@pytest.mark.parametrize(
    ("english", "translated"),
    [
        ("# A\n\n## B", "# 가\n\n## 나"),
        ("one two `a` and `b`", "`b`와 `a`"),
        ("[a](windows.ipynb#the-task)", "[가](windows.ipynb#과제)"),
        ("[a](https://x.org/notebooks/en/1.ipynb)", "[가](https://x.org/notebooks/ko/1.ipynb)"),
        ("[a](../../pictures/a.md)", "[가](../../pictures/a.md)"),
        ("![a curve](../a.png)", "![곡선](../a.png)"),
        (TABLE, "| 가 | 나 |\n|:--|--:|\n| 하나 | 둘 |\n"),
        (DETAILS, DETAILS.replace("Solution", "풀이").replace("Text", "글")),
        ("- a\n- b", "* 가\n* 나"),
        ('a <img src="a.png" alt="curve">', '가 <img src="a.png" alt="곡선">'),
        ("$x$ and $y$", "$y$, $x$는"),
        ("2 \\* 3, *four*", "2 \\* 3, *넷*"),
    ],
)
def test_other_words_are_no_difference(english: str, translated: str) -> None:
    assert differences(english, translated, "ko") == []
    assert unclosed(english, translated) == []


@pytest.mark.parametrize(
    ("english", "translated", "words"),
    [
        ("# A\n\n## B", "# 가\n\n### 나", "headings: number 2: expected '##', found '###'"),
        ("# A\n\n## B", "# 가\n\n나", "headings: expected 2 as in English, found 1"),
        ("```python\na\nb\n```", "```python\na\nc\n```", "fenced blocks: number 1: expected 'b'"),
        ("```python\na\n```", "```\na\n```", "expected '```python', found '```'"),
        ("```\na\n```", "가", "fenced blocks: expected 1 as in English, found 0"),
        ("a", "    a", "fenced blocks: expected 0"),
        ("$x$ and $y$", "$x$ and y", "inline formulas: expected 2 as in English, found 1"),
        ("a\n\n$$\nx\n$$", "a", "displayed formulas: expected 1 as in English, found 0"),
        ("a\n\n$$x$$ (eq)", "a", "displayed formulas: expected 1 as in English, found 0"),
        ("`a` `a` `b`", "`a` `b` `b`", "inline code: lacks 'a'; has 'b', which English lacks"),
        ("[a](1.md)", "[a](2.md)", "links: lacks 'notebooks/*/1.md'; has 'notebooks/*/2.md'"),
        ("[a](1.md#b)", "[a](1.md)", "links: lacks 'notebooks/*/1.md#'"),
        ("[a](1.md)", "[a](../en/1.md)", "has 'notebooks/en/1.md'"),
        ("[a](https://x.org/#b)", "[a](https://x.org/#c)", "lacks 'https://x.org/#b'"),
        ("see https://x.org", "https://x.org를", "links: lacks 'https://x.org'"),
        ("![a](1.png)", "![a](2.png)", "images: lacks"),
        (TABLE, TABLE + "| 3 | 4 |\n", "tables: number 1: expected '2 rows of 2 columns'"),
        (TABLE, TABLE.replace("|\n", "| |\n").replace("-| |", "-|-|"), "3 columns"),
        (DETAILS, "Text", "HTML tags: expected 4 as in English, found 0"),
        ("- a\n- b", "- a", "list items: expected 2 as in English, found 1"),
        ("1. a\n2. b", "- a\n- b", "list items: number 1: expected '1 at depth 0'"),
        ("a", " ", "text: number 1: expected 'some', found 'none'"),
    ],
)
def test_a_difference_is_found(english: str, translated: str, words: str) -> None:
    (message,) = differences(english, translated, "ko")
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("**텐서(tensor)**는 배열입니다.", "*"),
        ("这是**“字符”**模型", "*"),
        ("сеть *«RNN»*ом", "*"),
        ("這是**「字元」**模型", "*"),
        ("- 글\n- `vocabulary``는", "backtick"),
        ("| a |\n|---|\n| **텐서(a)**는 |", "*"),
        ("<details>\n<summary>**풀이**</summary>\n\na\n\n</details>", "*"),
        ("![**곡선(a)**은](a.png)", "*"),
        ("값은 $x 입니다", "$"),
    ],
)
def test_markup_that_is_not_closed(text: str, mark: str) -> None:
    messages = unclosed("a", text)
    assert messages
    assert all(mark in message and "not closed" in message for message in messages)


@pytest.mark.parametrize(
    "text",
    [
        "**텐서**(tensor)는 배열입니다.",
        "这是 **“字符”** 模型",
        "`a*b` $a*b$ https://x.org/a_b*c 말",
        "```\n**a(b)**c\n```",
    ],
)
def test_markup_that_is_closed(text: str) -> None:
    assert unclosed("a", text) == []


def test_what_english_shows_may_show() -> None:
    assert unclosed("2 * 3", "2 * 3 말") == []
    assert unclosed("2 * 3", "2 * 3 * 4 말") != []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`code` $x$ 12 — <br> https://x.org", False),
        ("```python\ncode\n```", False),
        ("| `a` |\n|---|\n| 1 |", False),
        ("`code` 글", True),
        ("![a curve](a.png)", True),
    ],
)
def test_has_words(text: str, expected: bool) -> None:
    assert has_words(text) is expected


def test_each_table_has_its_own_shape() -> None:
    wide = "| a | b | c |\n|---|---|---|\n"
    shapes = ["2 rows of 2 columns", "1 rows of 3 columns", "2 rows of 2 columns"]
    assert structure(f"{TABLE}\n{wide}\n{TABLE}", "en")["tables"] == shapes


def test_paths_are_taken_from_the_folder_of_the_language() -> None:
    assert structure("[a](1.md)", "ko")["links"] == structure("[a](1.md)", "en")["links"]
    assert structure("[a](../ko/1.md)", "ko")["links"] == ["notebooks/*/1.md"]
