import re
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.core import publish_from_doctree
from docutils.utils import new_document

from tools.site.extensions.book_quoted_language import is_latin, mark_english


def page_of(*outputs, language="ko"):
    """Return the HTML of a page with these outputs of a cell, after the extension."""
    document = new_document("page")
    cell = nodes.container(classes=["cell_output"])
    cell += [output.deepcopy() for output in outputs]
    document += [nodes.literal_block("", "code of a cell"), cell]
    mark_english(SimpleNamespace(config=SimpleNamespace(language=language)), document, "page")
    whole = publish_from_doctree(document, writer_name="html5").decode()
    return whole[whole.index("<body") :]


def literal(text):
    return nodes.literal_block(text, text, classes=["output", "stream"])


def raw(text):
    return nodes.raw("", text, format="html", classes=["output", "text_html"])


@pytest.mark.parametrize("output", [literal("First Citizen:"), raw("<p>Who's <b>there</b>?</p>")])
@pytest.mark.parametrize("language", ["ko", "zh_TW", "ru"])
def test_an_output_in_latin_letters_is_english_on_a_page_in_another_language(output, language):
    (found,) = re.findall(r'<[^>]* lang="en"[^>]*>', page_of(output, language=language))
    assert 'class="' in found
    assert "output" in found


@pytest.mark.parametrize("output", [literal("First Citizen:"), raw("<p>Who's there?</p>")])
def test_an_english_page_says_it_once_for_all(output):
    assert page_of(output, language="en").count('lang="en"') == 0


@pytest.mark.parametrize(
    "output",
    [
        literal("가나다 abc"),
        literal("莎士比亚"),
        literal("1.234  5.678"),
        raw("<p>Привет</p>"),
        raw('<div><div dir="auto" lang="fr">Bonjour</div></div>'),
        nodes.image(uri="figure.png", alt="a figure"),
    ],
)
def test_other_outputs_stay_as_they_are(output):
    assert 'lang="en"' not in page_of(output)


def test_what_is_no_output_stays_as_it_is():
    document = new_document("page")
    document += nodes.container("", literal("text"), classes=["cell_input"])
    mark_english(SimpleNamespace(config=SimpleNamespace(language="ko")), document, "page")
    assert "language-en" not in document.pformat()


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [("ROMEO: ho!", "text", 1), ("ROMEO: ho!", "python", 0), ("로미오", "text", 0)],
)
def test_a_quotation_in_a_fenced_block_is_english_if_it_is_latin(text, kind, expected):
    document = new_document("page")
    document += nodes.literal_block(text, text, language=kind)
    mark_english(SimpleNamespace(config=SimpleNamespace(language="ko")), document, "page")
    assert document.pformat().count("language-en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ROMEO: é 1", True), ("", False), ("12 + 3", False), ("abc я", False), ("ａｂｃ", True)],
)
def test_letters(text, expected):
    assert is_latin(text) == expected
