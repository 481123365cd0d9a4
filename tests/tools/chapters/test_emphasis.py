"""What a text sets in bold or italics, and what that says of the words."""

import pytest

from tools.chapters.emphasis import emphases


def only(text):
    (found,) = emphases(text)
    return found


def test_words_are_found_in_paragraphs_with_the_headings_before_them():
    text = "A *state*.\n\n## One\n\n- the **zero\n  state**\n\n### Two\n\nIts *`id`*."
    found = [(e.words, e.bold, e.headings, e.listed) for e in emphases(text)]
    assert found == [
        ("state", False, 0, False),
        ("zero state", True, 1, True),
        ("id", False, 2, False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "## A **state**",
        "| **state** |\n|---|\n| *state* |",
        "<details>\n<summary>Uncover</summary>\n\nIt is a **state**.\n\n</details>",
        "`**state**`",
    ],
)
def test_headings_tables_answers_and_code_have_none(text):
    assert list(emphases(text)) == []


@pytest.mark.parametrize(
    ("text", "leads", "opens"),
    [
        ("**Cost**: 5 seconds.", True, True),
        ("**Cost.**", True, True),
        ("- **Streams** go on.", True, True),
        ("- A *stream* goes on.", False, True),
        ("**Muon** is an optimizer.", False, True),
        ("The **LSTM** has two states.", False, True),
        ("It is called **state**.", False, False),
        ("- one **tensor** for each.", False, False),
    ],
)
def test_lead_ins(text, leads, opens):
    found = only(text)
    assert (found.leads, found.opens) == (leads, opens)


@pytest.mark.parametrize(
    ("text", "refers"),
    [
        ("Its *id* ([Two](two.ipynb)).", True),
        ("[Two](two.ipynb#x) has the *id*: a number.", True),
        ("Its *id*. See [Two](two.ipynb).", False),
        ("See [Two](two.ipynb). (It has one.) Its *id*.", False),
        ("Its *id* ([above](#x), [a paper](https://a.b/c)).", False),
    ],
)
def test_a_sentence_refers_to_the_page_that_it_links_to(text, refers):
    assert only(text).refers == refers
