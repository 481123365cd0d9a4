"""Each rule for the book's terms, and a chapter that breaks it."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.chapters import assert_noticed, code, each_of, markdown, tiny_chapter
from tools.chapters.notebooks import ROOT
from tools.chapters.term_rules import (
    RULES,
    code_keeps_names,
    other_texts,
    prose_keeps_terms,
    terms_have_rows,
)
from tools.translation.glossary import GLOSSARY, read_glossary

TINY = Path("01_tiny.ipynb")


def said(text: str) -> Any:
    return tiny_chapter(markdown("m", text))


def described(text: str) -> Any:
    cell = code("figure", "1")
    cell.metadata["mystnb"] = {"image": {"alt": text}}
    return tiny_chapter(cell)


SOLUTION = "<details>\n<summary>Solution</summary>\n\n```python\nheld_out = 3\n```\n\n</details>"
BROKEN = [
    *(
        (prose_keeps_terms, said(text), f"(m): glossary: {found!r} is no longer said; say {term!r}")
        for text, found, term in [
            ("In a fresh\nstate.", "fresh state", "zero state"),
            ("Two **fresh** *states*.", "fresh states", "zero state"),
            ("The Held-out text.", "Held-out", "validation text"),
            ("What is held out.", "held out", "validation text"),
            ("It predicts by counting.", "by counting", "n-gram model"),
            ("| the wrong state |\n|---|", "wrong state", "carried state"),
            ("the [right](x.md) state", "right state", "carried state"),
            ("Each arm has three seeds.", "Each arm", "variant"),
            ("All five arms.", "five arms", "variant"),
            (
                "<details>\n<summary>x</summary>\n\nAn update step.\n\n</details>",
                "update step",
                "training step",
            ),
        ]
    ),
    *(
        (terms_have_rows, said(text), f"(m): notebooks/glossary.csv has no row for {found!r}")
        for text, found in [
            ("The **flurry** says how fast.", "flurry"),
            ("**Flurry** is an optimizer.", "Flurry"),
            ("It is called a **second-order\nflurry rule**.", "second-order flurry rule"),
            ("- a state without a **flurry**", "flurry"),
            ("- A **flurry**: how fast.", "flurry"),
        ]
    ),
    (prose_keeps_terms, described("Two arms."), "(figure): glossary: 'Two arms' is no longer"),
    *(
        (code_keeps_names, tiny_chapter(code("c", source)), f"(c): glossary: code names {name};")
        for source, name in [
            ("held_out = 1", "held_out"),
            ("a, (HELD_OUT_IDS, *b) = 1, (2, 3)", "HELD_OUT_IDS"),
            ("for arm in 'ab': pass", "arm"),
            ("[1 for arms in 'ab']", "arms"),
            ("def f(*, rnn_units): pass", "rnn_units"),
            ("def show_arms(): pass", "show_arms"),
            ("import math as seq_len", "seq_len"),
            ("with open('x') as fresh_states: pass", "fresh_states"),
            ("print(hidden_state := 1)", "hidden_state"),
            ("try: pass\nexcept ValueError as preds: pass", "preds"),
        ]
    ),
    (code_keeps_names, said(SOLUTION), "(m): glossary: code names held_out; the book says `val"),
]


@each_of(BROKEN)
def test_a_broken_rule_is_noticed(rule: Any, notebook: Any, words: str) -> None:
    assert_noticed(rule, notebook, words)


def test_every_rule_has_a_broken_chapter() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


@pytest.mark.parametrize(
    "notebook",
    [
        # ordinary uses
        said("A fresh process; each step of its axis; a row of the table; the right to state it."),
        said("O, take me in thine arms! His right arm, an army, an armchair, to arms."),
        said("We hold out no hope. The new state, the old state. Counting them."),
        # bold that is no term, or one that has a row, whatever its form
        said("**Flurry:** so. **Flurry.**\n\n**Flurry**: so.\n\n**Flurry**\n\n- **Flurry** is."),
        said(
            "So **the rule of four words** holds, **it ends.** The **check**, **A**, **1**, **+**."
        ),
        said("The **Hebrew and Arabic** are. A *flurry*.\n\n| **Flurry** |\n|---|"),
        said("## The **flurry**\n\n<details>\n<summary>x</summary>\n\nA **flurry**.\n\n</details>"),
        said("It is **clipped**, two **Windows**; it **vanishes**, **top-k** and **one-hot**."),
        # no prose
        said("`held_out`, $fresh$ $state$\n\n```\nfresh state\n```"),
        said("[here](held-out.ipynb) <https://a.b/held-out>"),
        # another name, what others call it, what is read or only passed on
        tiny_chapter(code("c", "fresh_every = army = val_loss = unheld_outing = 1")),
        tiny_chapter(code("c", "f(held_out=1)\nrow['arm'], row.arm, x_train\nimport arms")),
        tiny_chapter(code("c", "'a fresh state'  # by counting")),
        tiny_chapter(code("c", "%no Python: held_out = 1")),
    ],
)
def test_good_chapters_are_left_alone(notebook: Any) -> None:
    assert [message for rule in RULES for message in rule(TINY, notebook)] == []


def test_what_no_chapter_says_is_read_too(tmp_path: Path) -> None:
    english = tmp_path / "notebooks" / "en"
    english.mkdir(parents=True)
    (tmp_path / GLOSSARY).write_text("en,avoid,note\nzero state,en: fresh state,\n")
    assert other_texts(tmp_path) == []
    for name in ("README.md", "notebooks/en/index.md", "guides/a.md", "CHANGELOG.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("A `fresh state` is free.\n\nA fresh\nstate is not.\n")
    words = "name: English\nwords:\n  messages:\n    x: A fresh state.\n"
    (english / "language.yml").write_text(words)
    files = ["README.md", "guides/a.md", "notebooks/en/index.md", "notebooks/en/language.yml"]
    message = "glossary: 'fresh state' is no longer said; say 'zero state'"
    assert other_texts(tmp_path) == [f"{name}: {message}" for name in files]


def test_the_book_keeps_its_terms_outside_of_chapters() -> None:
    assert other_texts() == []


def test_the_names_of_variables_are_listed() -> None:
    names = [term.english[0] for term in read_glossary(ROOT) if term.is_name]
    listed = "ids inputs targets states hidden logits units length validation"
    assert sorted(names) == sorted(f"`{name}`" for name in listed.split())
