"""`charrnn page`: one file with the model inside."""

import base64
import hashlib
import json
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup

from charrnn.command_line import main
from charrnn.live.page import make_page, page_file
from charrnn.vocabulary import Vocabulary
from charrnn.weights import StoredModel, expected_shapes, read_weights, write_weights


def tiny(scale=0.3, units=8):
    sizes = {
        "vocabulary_size": 6,
        "embedding_size": 4,
        "units": units,
        "layers": 1,
        "cell": "gru",
        "dropout": 0.0,
    }
    random = np.random.default_rng(1)
    arrays = {
        name: (scale * random.normal(size=shape)).astype("float32")
        for name, shape in expected_shapes(sizes).items()
    }
    return StoredModel(sizes, Vocabulary("ab<\n&"), {}, arrays)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_weights(tiny(), "my")
    return tmp_path


def test_the_page_holds_the_model_in_half_precision(tmp_path):
    page = BeautifulSoup(make_page(tiny(), "my <page>"), "html.parser")
    assert page.title.text == page.h1.text == "my <page>"
    path = tmp_path / "inside.safetensors"
    path.write_bytes(base64.b64decode(page.select_one("#live-model").text))
    inside, expected = read_weights(path), tiny()
    assert inside.vocabulary.characters == expected.vocabulary.characters
    for name, array in expected.arrays.items():
        np.testing.assert_array_equal(inside.arrays[name], array.astype("float16"))


def test_weights_that_half_precision_cannot_hold_stay_as_they_are(tmp_path):
    model = tiny(scale=1e5)
    page = BeautifulSoup(make_page(model, "large"), "html.parser")
    path = tmp_path / "inside.safetensors"
    path.write_bytes(base64.b64decode(page.select_one("#live-model").text))
    for name, array in model.arrays.items():
        np.testing.assert_array_equal(read_weights(path).arrays[name], array)


def test_the_page_may_run_its_own_script_alone():
    page = BeautifulSoup(make_page(tiny(), "my"), "html.parser")
    first, second, *_ = page.head.find_all(True)
    assert first["charset"] == "utf-8"
    rules = dict(rule.split(" ", 1) for rule in second["content"].split("; "))

    def named(code):
        return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"

    (script,) = [tag for tag in page.find_all("script") if not tag.has_attr("type")]
    assert rules == {
        "default-src": "'none'",
        "script-src": f"'wasm-unsafe-eval' {named(script.string)}",
        "style-src": named(page.style.string),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_page_needs_nothing_else():
    text = make_page(tiny(), "my")
    page = BeautifulSoup(text, "html.parser")
    assert not page.select("[src], link, img, iframe")
    assert not re.search(r"https?://", text)


@pytest.mark.parametrize("language", ["en", "ru", "zh-Hans", "zh-Hant", "ko"])
def test_the_page_speaks_a_language_of_the_book(language):
    page = BeautifulSoup(make_page(tiny(), "my", language), "html.parser")
    spoken = json.loads(page.select_one("#live-book").text)["words"]
    assert page.html["lang"] == language
    number = "1\u00a0065" if language == "ru" else "1,065"
    page = BeautifulSoup(make_page(tiny(units=15), "my", language), "html.parser")
    assert sum(array.size for array in tiny(units=15).arrays.values()) == 1065
    about = page.select_one("h1 + p").text
    assert about == spoken["live_page"].replace("{parameters}", number)


def test_without_a_script_there_is_a_text_that_the_model_wrote():
    page = BeautifulSoup(make_page(tiny(), "my", prompt="ab"), "html.parser")
    text = page.select_one(".live .live-text").text
    assert text.startswith("ab")
    assert len(text) == 202


def test_the_command_says_the_size_and_writes_the_file(folder, capsys):
    assert main(["page", "--model", "my"]) == 0
    size = (folder / "my.html").stat().st_size
    said = capsys.readouterr().out
    assert said.startswith(f"my.html: {size / 1e6:.1f} MB, with the model inside\n")


def test_a_page_is_replaced_on_demand_only(folder, capsys):
    (folder / "my.html").write_text("mine")
    assert main(["page", "--model", "my"]) == 1
    assert (folder / "my.html").read_text() == "mine"
    assert "my.html exists; --replace replaces it" in capsys.readouterr().err
    assert main(["page", "--model", "my", "--replace"]) == 0
    assert (folder / "my.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["--prompt", "x"], "--prompt: expected characters of the vocabulary, received 'x'"),
        (["--prompt", ""], "--prompt: expected texts of at least one character"),
        (["--language", "fr"], "--language: expected one of en, "),
        (["--model", "yours"], "yours.safetensors, which does not exist"),
        (["--output", "folder/"], "--output: expected the name of a page"),
    ],
)
def test_what_cannot_be_is_said_in_one_line_and_nothing_is_written(folder, capsys, typed, message):
    (folder / "folder").mkdir()
    model = [] if "--model" in typed else ["--model", "my"]
    assert main(["page", *model, *typed]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["folder", "my.safetensors"]


def test_the_name_of_the_file_may_have_the_ending(tmp_path):
    assert page_file(tmp_path / "a", False) == page_file(tmp_path / "a.html", False)
