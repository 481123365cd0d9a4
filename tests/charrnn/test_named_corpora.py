"""What is kept of each named corpus: counts of the real files, and small texts for each cut."""

import re

import pytest

from charrnn import named_corpora
from charrnn.corpora import CORPORA
from tests.conftest import load_book

KEPT = {
    "ru-gogol": (
        748_559,
        108,
        "Том первый\n\n\nГлава первая\n\nВ ворота",
        "представляется, и мы едва…",
    ),
    "zh-hans-sanguo": (592_880, 3_922, "第一回 宴桃园豪杰三结义", "后人凭吊空牢骚。"),
    "zh-hant-sanguo": (621_986, 4_147, "第一回：宴桃園豪傑三結義", "後人憑弔空\n牢騷。"),
    "ko-stories": (129_440, 1_534, " 새침하게 흐린 품이", "네게 알려주고자 함이다."),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_is_what_its_docstring_says(name):
    characters, symbols, first, last = KEPT[name]
    text = load_book(name)
    assert (len(text), len(set(text))) == (characters, symbols)
    assert text.startswith(first)
    assert text.endswith(last)
    assert not set(text) & set("\r\t\ufeff\ufffd\uf020")
    said = re.sub(r"\s+", " ", str(CORPORA[name].cut.__doc__))
    assert f"{characters:,} and {symbols:,} are kept" in said


def test_the_stories_are_ten():
    """Each has had one source line, ``― 『…』``; none is left."""
    text = load_book("ko-stories")
    assert len(CORPORA["ko-stories"].files) == 10
    assert "『" not in text
    assert "편집자" not in text
    assert "목차" not in text


def test_all_files_have_a_place_a_hash_and_an_address_of_their_own():
    files = {file for corpus in CORPORA.values() for file in corpus.files}
    for attribute in ("path", "sha256", "url"):
        assert len({getattr(file, attribute) for file in files}) == len(files)
    for file in files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert re.fullmatch(r"https://[\w.%/-]+", file.url, re.ASCII)
    hosted = [file.url for file in files if "raw.githubusercontent" in file.url]
    assert len(hosted) == 13
    assert all(re.search(r"\.com/[^/]+/[^/]+/[0-9a-f]{40}/.+\.txt$", url) for url in hosted)


def test_the_cut_of_gogol():
    text = (
        "\nГлава\n\nСказку?[1] В <мире>,[90] (1812)\nконец…[112]\n\nПримечания\n\n\n"
        "1\n\nСписок <их>"
    )
    assert named_corpora.cut_gogol(text) == "Глава\n\nСказку? В мире, (1812)\nконец…"


def test_the_cut_of_the_simplified_novel():
    text = (
        "《三国演义》罗贯中\n\n第一回\n\n    \t\t\n\n    话说?得\n\n"
        "    瓴蝗剩?灾卤?缓Γ?翘\n\n    且说。\n\n\n\n"
    )
    assert named_corpora.cut_simplified_sanguo(text) == "第一回\n\n    话说?得\n\n    且说。"


def test_the_cut_of_the_traditional_novel():
    text = (
        "\n第一回\n\n\u3000話說[陳\n怡3]，\uf020大'將★（左血）。\n\n\n"
        "End of Project Gutenberg's Romance\n\n"
    )
    assert named_corpora.cut_traditional_sanguo(text) == "第一回\n\n\u3000話說，大將★（左血）。"


@pytest.mark.parametrize(
    "contents", ["", "[목차]\n1. 빼허\n2. 되놈\n\n", "\n1. B여사\n2. 사건\n\n\n"]
)
def test_the_cut_of_a_story(contents):
    text = (
        f"\n       홍염\n            최 서 해\n\n{contents}"
        " 겨울은(白河 : 강 이름 - 편집자 주*) 3. 이\n― 눈.\n\n\n\n― 『개벽』, 48호(1924.6)\n\n"
    )
    assert named_corpora.cut_korean_story(text) == " 겨울은(白河) 3. 이\n― 눈."
