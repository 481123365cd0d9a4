"""The page of the package's API: what it describes, and what of it a chapter leads to."""

from textwrap import dedent

import pytest

from tests.helpers.books import tiny_book
from tests.helpers.chapters import code, v4
from tools.chapters.notebooks import ROOT, chapter_paths, read_chapter
from tools.site.api import PAGE, api_page, described, entries, home, offered, used_names
from tools.site.assembly import BuildError, assemble
from tools.translation.languages import languages

PACKAGE = {
    "__init__": '''
        """The package.

            corpora  a name -> text
            export   a model -> files

        What these share:

            backend  TensorFlow
        """
        ''',
    "corpora": """
        from charrnn.named import CORPORA
        from charrnn.named import find as look

        __all__ = ["CORPORA", "LIMIT", "Text", "load", "look"]

        def load(): ...
        def hidden(): ...
        class Text: ...
        #: The longest.
        LIMIT = 3
        """,
    "export": "",
    "named": '__all__ = ["CORPORA", "find"]\n#: All.\nCORPORA = {}\ndef find(): ...\nWORD = 1',
    "backend": '__all__ = ["tf"]\ndef tf(): ...',
    "figures/plots": '__all__ = ["curves", "bars"]\ndef curves(): ...\ndef bars(): ...',
}


@pytest.fixture
def root(tmp_path):
    for name, source in PACKAGE.items():
        path = tmp_path / "charrnn" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(source).lstrip(), encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def chapters():
    return {path.stem: read_chapter(path) for path in chapter_paths()}


def test_a_module_describes_what_is_public_its_own_and_has_words(root):
    assert described(root, "corpora") == ["load", "Text", "LIMIT"]
    assert described(root, "figures.plots") == ["curves", "bars"]
    assert described(root, "export") == described(root, "missing") == []


def test_a_name_is_described_where_it_is_defined(root):
    assert home(root, "corpora.look") == "named.find"
    assert home(root, "corpora.CORPORA") == "named.CORPORA"
    assert home(root, "corpora.load") == "corpora.load"
    assert home(root, "missing.load") == "missing.load"


def test_the_path_is_described_whole_and_of_others_what_is_wanted(root):
    path, others = offered(root, {"figures.plots.bars", "named.WORD", "corpora.load"})
    assert path == {"corpora": ["load", "Text", "LIMIT"]}
    assert others == {"figures.plots": ["bars"]}


def test_a_chapter_uses_what_it_shows_and_does_not_teach():
    imports = code("imports", "from charrnn import corpora\nfrom charrnn.weights import shipped")
    use = code("use", "corpora.load('x')\ncorpora.CorpusError\ncorpora.check('x')")
    teaches = code("teaches", "def check(name):\n    pass")
    teaches.metadata["tags"] = ["teaches"]
    hidden = code("hidden", "corpora.opened('x')")
    hidden.metadata["tags"] = ["remove-cell"]
    page = v4.new_notebook(cells=[imports, use, teaches, hidden])
    assert used_names(ROOT, {"page": page}) == {
        "page": {
            "corpora.CorpusError": "named_corpora.CorpusError",
            "corpora.load": "corpora.load",
            "weights.shipped": "weights.shipped",
        }
    }


def test_entries_are_anchors_of_what_is_described(root):
    used = {"page": {"corpora.look": "named.find", "x": "named.WORD", "a": "corpora.load"}}
    assert entries(root, used) == {
        "page": {"corpora.look": "charrnn.named.find", "a": "charrnn.corpora.load"}
    }


def test_every_name_that_a_chapter_uses_is_described(chapters):
    used = used_names(ROOT, chapters)
    found = entries(ROOT, used)
    missing = {page: sorted(used[page].keys() - found[page].keys()) for page in used}
    assert {page: names for page, names in missing.items() if names} == {}
    # "Training" uses these and teaches none of them.
    assert {"corpora.load", "model.CharacterModel"} <= found["training"].keys()
    # "Vectorization" teaches the one and uses the other.
    assert "corpora.load" in found["vectorization"]


def test_the_path_is_the_package_s_own_list(chapters):
    path, others = offered(ROOT, set())
    modules = {file.stem for file in (ROOT / "charrnn").glob("*.py")}
    assert path.keys() == modules - {"__init__", "__main__", "backend", "named_corpora"}
    assert "Sampler" in path["sampler"]
    assert others["texts.survey"] == ["Survey"]


def test_english_is_filled_by_autodoc_and_others_lead_there(root):
    known = languages(ROOT)
    used = {"page": {"figures.plots.bars": "figures.plots.bars"}}
    english, russian = (api_page(root, used, known[code]) for code in ("en", "ru"))
    assert ".. automodule:: charrnn.corpora\n   :members: load, Text, LIMIT\n" in english
    assert ".. automodule:: charrnn.figures.plots\n   :members: bars\n" in english
    assert russian.startswith(f"{known['ru'].words['api']}\n====")
    assert "automodule" not in russian
    link = "`bars <../en/api.html#charrnn.figures.plots.bars>`__"
    assert f"``charrnn.figures.plots``\n   {link}\n" in russian


def test_a_book_without_a_package_has_no_page(tmp_path):
    book = tiny_book(tmp_path / "book")
    (tmp_path / "folder").mkdir()
    assert PAGE not in assemble(book / "notebooks" / "en", tmp_path / "folder", book)


def test_no_chapter_can_have_the_page_s_name(tmp_path):
    book = tiny_book(tmp_path / "book")
    english = book / "notebooks" / "en"
    (english / "01_tiny.ipynb").rename(english / f"{PAGE}.ipynb")
    toc = book / "_toc.yml"
    toc.write_text(toc.read_text().replace("01_tiny", PAGE))
    (tmp_path / "folder").mkdir()
    with pytest.raises(BuildError, match=r"expected no page api, which the build makes"):
        assemble(english, tmp_path / "folder", book)
