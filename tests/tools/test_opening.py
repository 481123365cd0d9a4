"""The texts of the front pages: what is written between the marks, and what that leaves alone."""

import html
import json
import re

import pytest

from charrnn.support.files import RECORDS, read_table
from charrnn.weights import shipped
from tools import opening
from tools.chapters.notebooks import ROOT
from tools.translation.pairs import source_hash
from tools.translation.structure import differences

PAGE = "# Title\n\nBefore.\n\n<!-- written: {name} -->\n{body}<!-- /written -->\n\nAfter.\n"
ROWS = {
    "opening": {"text": "A:\nb<c,\n\nD", "tenths": "119990000"},
    "model": {"text": "model"},
    "n-gram 4": {"text": "short"},
    "n-gram 12": {"text": "long"},
    "real": {"text": "real"},
}


def page(name, body=""):
    return PAGE.format(name=name, body=body)


def test_the_pages_have_what_the_record_has():
    assert opening.main(["--check"]) == 0


def test_a_page_that_differs_is_told_and_mended(tmp_path, monkeypatch, capsys):
    rows = [row for row in read_table(opening.RECORD) if row["language"] == "en"]
    monkeypatch.setattr(opening, "read_table", lambda path: rows)
    index = tmp_path / "notebooks/en/index.md"
    index.parent.mkdir(parents=True)
    for path in (index, tmp_path / "README.md"):
        path.write_text(page("opening", "old\n"))
    assert opening.main(["--check"], tmp_path) == 1
    assert "differs  notebooks/en/index.md" in capsys.readouterr().out
    assert index.read_text() == page("opening", "old\n")
    assert opening.main([], tmp_path) == opening.main(["--check"], tmp_path) == 0
    assert "ROMEO" in index.read_text()
    assert index.read_text().startswith("# Title\n\nBefore.\n")
    assert index.read_text().endswith("\nAfter.\n")


def test_paragraphs_and_lines_are_kept_and_signs_escaped():
    assert opening.opening(ROWS, "en") == (
        '<div class="opening"><p>A:<br>b&lt;c,</p><p>D</p></div>'
    )


def test_each_character_has_the_tenth_of_its_probability():
    shown = opening.shaded(ROWS, "en")
    spans = re.findall(r'<span class="tenth-(\d)">(.*?)</span>', shown)
    # The first has none; neighbours of one tenth share an element.
    begin = '<div class="live" data-live="pen" data-model="shakespeare" data-record="pens/en">'
    assert shown.startswith(f'{begin}<p class="shaded">A<span class="tenth-1">')
    assert spans == [("1", ":<br>"), ("9", "b&lt;c"), ("0", ",<br>D")]
    plain = html.unescape(re.sub(r"<br>", "\n", re.sub(r"</?(?:div|p|span)[^>]*>", "", shown)))
    assert plain.replace("\n", "") == ROWS["opening"]["text"].replace("\n", "")


def test_lines_of_han_go_on_but_paragraphs_stay():
    assert opening.paragraphs("卻說曹操，\n軍士。\n\n　　又說", "zh-Hant") == [
        ["卻說曹操，軍士。"],
        ["又說"],
    ]
    assert opening.paragraphs("a\nb", "en") == [["a", "b"]]


def test_the_four_texts_stand_in_one_order_without_labels():
    items = re.findall(r"<li><p>(.*?)</p></li>", opening.four(ROWS, "ru"))
    assert items == ["long", "model", "real", "short"]


def test_a_mark_that_nobody_writes_is_refused():
    with pytest.raises(ValueError, match=r"README\.md: expected a mark of opening, .*'openning'"):
        opening.written(page("openning"), ROWS, "en", "README.md")


@pytest.mark.parametrize("body", ["<p>one</p>\n", "```text\nother\n```\n- list\n"])
def test_what_is_written_is_nothing_to_translate(body):
    assert source_hash(page("four", body)) == source_hash(page("four"))
    assert differences(page("four"), page("four", body), "ru") == []
    # The marks themselves are.
    assert source_hash(page("four")) != source_hash(page("opening"))


def test_the_answers_name_the_shared_runs_of_the_record():
    """Every front page says how much each of its four texts copies."""
    rows = read_table(opening.RECORD)
    for language in {row["language"] for row in rows}:
        text = (ROOT / "notebooks" / language / "index.md").read_text(encoding="utf-8")
        if "<!-- written: four -->" not in text:
            continue
        answer = "".join(re.findall(r"<details>.*?</details>", text, re.S))
        for row in rows:
            if row["language"] == language and row["way"] in ("model", "real"):
                run = rf"(?<!\d){row['shared_run']}(?!\d)"  # letters may stand beside it
                assert re.search(run, answer), (language, row["way"])


def test_the_pen_of_each_front_page_has_its_record_and_its_model():
    pens = json.loads((RECORDS / "pens.json").read_text(encoding="utf-8"))
    texts = {
        row["language"]: row["text"]
        for row in read_table(opening.RECORD)
        if row["way"] == "opening"
    }
    assert set(pens) == set(opening.MODELS) == set(texts)
    for language, pen in pens.items():
        assert pen["text"] == texts[language]
        assert len(pen["places"]) == len(pen["text"])
        assert shipped(opening.MODELS[language]).is_file()
