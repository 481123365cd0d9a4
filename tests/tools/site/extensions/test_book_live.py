"""Pages with a live element and without, in a real build of a tiny book."""

import json

import pytest
from bs4 import BeautifulSoup

from charrnn.live.script import script, style
from charrnn.weights import shipped
from tests.helpers.books import add_language, tiny_book
from tests.helpers.chapters import code, tiny_chapter, v4, write_chapter
from tools.build_site import build_all, copy_models
from tools.site.assembly import BuildError
from tools.translation.pairs import source_hash

STORED = '{"text":"a &lt;b&gt;"}'
ELEMENT = (
    f'<div class="live" data-live="pen" data-model="shakespeare" data-stored=\'{STORED}\'>a</div>'
)
RECORD = '<div class="live" data-live="pen" data-model="ru" data-record="pens/ru"><p>б</p></div>'


def with_output(text):
    cell = code("live", "print('x')")
    cell.outputs = [v4.new_output("display_data", data={"text/html": text})]
    return tiny_chapter(cell)


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    root = tiny_book(folder / "book")
    write_chapter(root / "notebooks" / "en", with_output(ELEMENT), "02_second")
    index = root / "notebooks" / "en" / "index.md"
    text = f"# Front\n\n{RECORD}\n\n[The chapter](01_tiny.ipynb)\n"
    index.write_text(text, encoding="utf-8")
    add_language(root, "ru")
    front = f"---\ntranslation:\n  source: {source_hash(text)}\n---\n{text}"
    (root / "notebooks" / "ru" / "index.md").write_text(front, encoding="utf-8")
    build_all(root / "notebooks" / "en", folder / "sites", root=root)
    return folder / "sites"


def read(sites, name):
    return BeautifulSoup((sites / name).read_text(encoding="utf-8"), "html.parser")


def files(page):
    found = [tag.get("src") or tag.get("href") for tag in page.select("script[src], link[href]")]
    return [name.split("?")[0].split("/")[-1] for name in found if "/live." in name]


def test_a_page_without_an_element_gets_nothing(sites):
    page = read(sites, "en/01_tiny.html")
    assert files(page) == []
    assert page.select_one("#live-book") is None


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_with_an_element_gets_script_style_and_words(sites, language):
    page = read(sites, f"{language}/02_second.html")
    assert files(page) == ["live.js"]
    known = json.loads(page.select_one("#live-book").text)
    assert known["models"] == {"shakespeare": shipped("shakespeare").stat().st_size}
    assert known["words"]["live_stop"] == {"en": "Stop", "ru": "Стоп"}[language]
    assert (sites / language / "_static/live.js").read_text(encoding="utf-8") == script()
    assert (sites / language / "_static/live.css").read_text(encoding="utf-8") == style()
    # Its rules are in the one style sheet of the site, though their classes come from the script.
    assert ".live-bars" in (sites / language / "_static/book.css").read_text(encoding="utf-8")


def test_a_record_takes_the_place_of_its_name(sites):
    (element,) = read(sites, "ru/index.html").select(".live")
    assert "data-record" not in element.attrs
    assert json.loads(element["data-stored"])["text"].startswith("Чичиков")
    assert element.text.strip() == "б"


def test_each_model_of_a_page_stands_once_beside_the_sites(sites):
    found = sorted(path.name for path in (sites / "models").iterdir())
    assert found == ["ru.safetensors", "shakespeare.safetensors"]
    assert copy_models(sites) == ["ru", "shakespeare"]


def test_a_record_that_is_none_ends_the_build(tmp_path):
    root = tiny_book(tmp_path)
    chapter = with_output(RECORD.replace("pens/ru", "pens/fr"))
    write_chapter(root / "notebooks" / "en", chapter, "02_second")
    with pytest.raises(BuildError, match="expected a record, received 'pens/fr'"):
        build_all(root / "notebooks" / "en", tmp_path / "sites", root=root)
