"""What is indexed, and where the index ends up; tests/whole/test_browser.py searches."""

import gzip
import json
from types import SimpleNamespace

import pytest

from tools.site.extensions import book_search, book_without_thebe
from tools.site.extensions.book_search import (
    NOTICE,
    SearchError,
    add_search,
    finish,
    remove_sphinx_search,
    searchable,
    setup,
    switch_sphinx_search_off,
    switch_theme_search_off,
)

PAGE = """<!doctype html>
<html lang="{language}">
<head>
  <meta name="viewport" content="width=device-width"/>
  <script src="_static/searchtools.js?v=1"></script>
  <script src="_static/language_data.js?v=2"></script>
  <script src="searchindex.js"></script>
  <script src="_static/search.js?v=3"></script>
</head>
<body><nav>Menu</nav><article class="bd-article">
<section id="first"><h1>{title}<a class="headerlink" href="#first">#</a></h1>
<div class="admonition note translation-notice"><p>Stale</p></div>
<p>{text} <span class="math notranslate">\\(h_t\\)</span> <code>text_from_ids</code>.</p>
<div class="cell"><div class="cell_input"><pre>import this</pre></div><pre>output</pre></div>
<div class="cell tag_slow tag_searched"><div class="cell_input"><pre>raise</pre></div>
<div class="cell_output"><pre><span>TypeError: batch_input_shape</span></pre></div></div>
<section id="second"><h2>Second</h2><p>More.</p><div class="math">\\[x\\]</div></section>
</section></article></body></html>
"""


@pytest.fixture
def site(tmp_path):
    """Return a function that writes a site of one page and a redirect."""

    def write(language="en", title="Title", text="A network."):
        folder = tmp_path / language
        (folder / "deeper").mkdir(parents=True)
        page = PAGE.format(language=language, title=title, text=text)
        (folder / "deeper/page.html").write_text(page, encoding="utf-8")
        (folder / "index.html").write_text("<!doctype html><html><body>elsewhere</body></html>")
        return folder

    return write


def fragments(site):
    """Return what pagefind stored of each page."""
    return [
        json.loads(gzip.decompress(path.read_bytes()).removeprefix(b"pagefind_dcd"))
        for path in (site / "pagefind/fragment").iterdir()
    ]


def test_prose_and_sections_are_indexed_and_nothing_else(site):
    folder = site()
    add_search(folder)
    (page,) = fragments(folder)
    assert page["url"] == "/deeper/page.html"
    assert page["meta"]["title"] == "Title"
    assert page["content"] == (
        "Title. A network. … text_from_ids. TypeError: batch_input_shape. Second. More."
    )
    assert [anchor["id"] for anchor in page["anchors"]] == ["second"]


@pytest.mark.parametrize("language", ["en", "ru", "ko", "zh-Hans", "zh-Hant"])
def test_a_site_has_one_index_in_its_language(site, language):
    folder = site(language)
    add_search(folder)
    entry = json.loads((folder / "pagefind/pagefind-entry.json").read_text())
    assert {code: found["page_count"] for code, found in entry["languages"].items()} == {
        language.lower(): 1
    }


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_chinese_is_divided_into_characters(site, language):
    folder = site(language, "模型", "用GRU生成文本。循環神經網路")
    add_search(folder)
    (page,) = fragments(folder)
    words = [word.strip() for word in page["content"].split("\u200b")]
    for text in ("模型", "生成文本", "循環神經網路"):
        start = words.index(text[0])
        assert words[start : start + len(text)] == [*text]


def test_other_languages_keep_their_words():
    page = searchable(PAGE.format(language="ko", title="순환 신경망", text="상태를 漢字"))
    assert "상태를 漢字" in page
    assert "\u200b" not in page


def test_a_page_without_article_is_not_indexed():
    assert searchable("<html><body><h1>elsewhere</h1></body></html>") is None
    assert searchable("") is None


def test_a_second_index_takes_the_place_of_the_first(site):
    folder = site()
    add_search(folder)
    (folder / "pagefind/old").write_text("old")
    add_search(folder)
    assert not (folder / "pagefind/old").exists()
    assert len(fragments(folder)) == 1


def test_only_what_the_search_loads_is_kept(site):
    folder = site()
    add_search(folder)
    names = {path.name for path in (folder / "pagefind").iterdir()}
    assert {"pagefind.js", "pagefind-component-ui.js", "pagefind-component-ui.css"} <= names
    assert not {"pagefind-ui.js", "pagefind-modular-ui.js", "pagefind-highlight.js"} & names


def test_a_site_without_pages_is_refused(tmp_path):
    with pytest.raises(SearchError, match="expected pages to index, found none"):
        add_search(tmp_path)


@pytest.mark.parametrize(
    "index",
    ["", 'for folder; do :; done\nmkdir -p "$folder"\ntouch "$folder/pagefind.js"\n'],
    ids=["nothing written", "half an index written"],
)
def test_a_failure_of_pagefind_is_reported(site, monkeypatch, tmp_path, index):
    program = tmp_path / "broken"
    program.write_text(f"#!/bin/sh\n{index}echo out of order\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PAGEFIND_BINARY_PATH", str(program))
    with pytest.raises(SearchError, match="pagefind ended with 3:\nout of order"):
        add_search(site())


def test_the_scripts_of_the_other_search_are_removed(site):
    folder = site()
    (folder / "_static").mkdir()
    for name in ("searchindex.js", "_static/searchtools.js", "_static/language_data.js"):
        (folder / name).write_text("old")
    remove_sphinx_search(folder)
    page = (folder / "deeper/page.html").read_text()
    assert "viewport" in page
    assert page.count("<script") == 1
    assert '<script src="_static/search.js?v=3"></script>' in page
    assert not list(folder.rglob("search*.js"))
    assert not (folder / "_static/language_data.js").exists()


def test_both_other_searches_are_switched_off():
    scripts = []
    config = SimpleNamespace(html_theme_options={}, search_notice="</script>“served”")
    app = SimpleNamespace(
        config=config,
        builder=SimpleNamespace(format="html", search=True),
        add_js_file=lambda name, body: scripts.append((name, body)),
    )
    switch_theme_search_off(app, config)
    switch_sphinx_search_off(app)
    assert config.html_theme_options == {"disable_search": True}
    assert app.builder.search is False
    assert scripts == [(None, 'const searchNotice = "\\u003c/script>“served”";')]


def test_only_a_finished_html_build_is_indexed(site):
    folder = site()
    app = SimpleNamespace(outdir=folder, builder=SimpleNamespace(format="html"))
    finish(app, RuntimeError())
    app.builder.format = "latex"
    finish(app, None)
    assert not (folder / "pagefind").exists()
    app.builder.format = "html"
    finish(app, None)
    assert len(fragments(folder)) == 1


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(book_search, "PACKAGES", ("pagefind", "no_such_package"))
    with pytest.raises(SearchError, match="package no_such_package not found"):
        setup(SimpleNamespace())
    assert NOTICE


def test_thebe_is_left_out():
    files = [
        SimpleNamespace(filename="_static/sphinx-thebe.js", attributes={}),
        SimpleNamespace(filename=None, attributes={"body": "const THEBE_JS_URL = 1"}),
        SimpleNamespace(filename="_static/search.js", attributes={}),
    ]
    context = {"script_files": [*files], "css_files": [*files]}
    before = dict(context)
    book_without_thebe.remove_thebe(SimpleNamespace(), "index", "page.html", context, None)
    assert context == {"script_files": files[2:], "css_files": files[2:]}
    # The lists stay the same ones, into which other extensions put their files.
    assert all(context[name] is before[name] for name in before)
