"""The glossary and what it says of translated texts."""

from pathlib import Path

import pytest

from tools.glossary import FILE, Term, contains, departures, read_glossary
from tools.languages import SOURCE, languages
from tools.notebooks import ROOT
from tools.translation_structure import GAP, prose

HEADER = "en,ru,zh-Hans,ko,avoid,note\n"
ROWS = """\
text,текст,文本,텍스트,,
training,обучение,训练,학습,"ko: 훈련, 트레이닝; zh-Hans: 培训",
training text,обучающий текст,训练文本,학습용 텍스트,,
window,окно / окна,窗口,윈도,,
batch,батч,批次,배치,ru: пакет,
pass (over the text),проход (по тексту),遍,패스 / 훑다,,
top-k sampling,сэмплирование top-k,top-k 采样,top-k 샘플링,,
lookup layer,слой поиска,查找层,조회 층,,
"""


def write(root: Path, rows: str = ROWS, header: str = HEADER) -> Path:
    path = root / FILE
    path.parent.mkdir(parents=True)
    path.write_text(header + rows, encoding="utf-8")
    return root


@pytest.fixture
def terms(tmp_path: Path) -> list[Term]:
    return read_glossary(write(tmp_path))


@pytest.mark.parametrize(
    ("english", "translated", "language"),
    [
        ("Two batches of windows", "Два батча окон и их окна", "ru"),
        ("The batch", "О батче", "ru"),
        ("A training text", "С обучающим текстом", "ru"),
        ("The training text", "训练文本", "zh-Hans"),
        ("Top-k sampling", "Про сэмплирование top-k", "ru"),
        ("top-k sampling", "使用 top-k采样", "zh-Hans"),
        ("top-k\nsampling", "top-k\n샘플링을 합니다", "ko"),
        ("A pass over it", "그것을 훑다가", "ko"),
        ("the bypass, contexts, a batched", "", "ko"),  # other words
        ("`batch` and $batch$", "", "ko"),  # no words of the text
        ("```\nbatch\n```", "", "ko"),
        ("[other](batch.ipynb)", "", "ko"),
        ("A batch", "", "fr"),  # a language that the glossary lacks
    ],
)
def test_texts_that_keep_to_the_glossary(english, translated, language, terms) -> None:
    assert departures(english, translated, language, terms) == []


@pytest.mark.parametrize(
    ("english", "translated", "language", "words"),
    [
        ("The batch", "О пачке", "ru", ["'batch', the text has no батч;"]),
        ("Batches", "배 치", "ko", []),
        ("Batches", "배`치`", "ko", ["no 배치;"]),
        ("A **batch**", "它", "zh-Hans", ["no 批次;"]),
        (
            "The training text",
            "학습 텍스트",
            "ko",
            ["'training text', the text has no 학습용 텍스트"],
        ),
        ("the pass", "it", "ko", ["no 패스 or 훑다;"]),
        ("A lookup layer", "Слой `x` поиска", "ru", ["no слой поиска;"]),
        ("A lookup layer", "Слой. Поиск", "ru", []),  # punctuation is no border
        (
            "# Training\n\n- a text",
            "# 학습\n\n- 훈련",
            "ko",
            ["avoid 훈련; 'training'", "no 텍스트"],
        ),
        ("Nothing", "Пакетами", "ru", ["avoid пакет; 'batch' is батч"]),
        ("Nothing", "培 训", "zh-Hans", ["avoid 培训"]),
        ("[a batch](x.ipynb)", "[이것](배치.ipynb)", "ko", ["no 배치;"]),
    ],
)
def test_departures_are_named(english, translated, language, words, terms) -> None:
    found = departures(english, translated, language, terms)
    assert len(found) == len(words)
    for word in words:
        assert any(word in message for message in found), found


def test_longer_terms_come_first_and_explanations_go(terms) -> None:
    assert [term.english for term in terms][:2] == ["top-k sampling", "training text"]
    (found,) = [term for term in terms if term.english == "pass"]
    assert found.renderings == {
        "ru": ("проход",),
        "zh-Hans": ("遍",),
        "ko": ("패스", "훑다"),
    }
    (found,) = [term for term in terms if term.english == "training"]
    assert found.avoid == {"ko": ("훈련", "트레이닝"), "zh-Hans": ("培训",)}


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("en,ru,note\n", "", "expected columns en, languages, avoid, note"),
        ("ru,en,avoid,note\n", "", "expected columns en"),
        (HEADER, "text,a,b,c,\n", r"line 2 \(text\): expected 6 cells"),
        (HEADER, "text,a,b,c,,,d\n", r"line 2 \(text\): expected 6 cells"),
        (HEADER, "text,a,b,c,,\nText (of all),d,e,f,,\n", r"line 3 .*no other row has"),
        (HEADER, ",a,b,c,,\n", "expected a term"),
        (HEADER, "text,a,b,c,fr: d,\n", "expected 'language: words"),
        (HEADER, "text,a,b,c,d,\n", "expected 'language: words"),
        (HEADER, "text,a,b,학습용 글,ko: 글,\n", "학습용 글 is a rendering and to be avoided"),
    ],
)
def test_a_glossary_that_is_none_is_refused(tmp_path, header, rows, message) -> None:
    with pytest.raises(ValueError, match=f"notebooks/glossary.csv.*{message}"):
        read_glossary(write(tmp_path, rows, header))


def test_a_book_without_a_glossary_has_no_terms(tmp_path) -> None:
    assert read_glossary(tmp_path) == []


def test_stems_agree_in_all_cases_of_russian() -> None:
    forms = "символ символа символу символом символе символы символов символам символами символах"
    assert all(contains(form, "символ", "ru") for form in forms.split())
    assert not contains("символический", "символ", "ru")
    assert contains("Перекрёстной энтропией", "перекрестная энтропия", "ru")


def test_prose_has_gaps_for_what_is_no_word() -> None:
    text = prose("# A *b*\n\nc\nd `e` $f$ [g](h)\n\n```\ni\n```\n\n<b title='j'>k</b>")
    assert "".join(text.split()).strip(GAP).startswith(f"Ab{GAP}")
    assert "c d " in text
    for hidden in "efhij":
        assert hidden not in text
    assert "g" in text
    assert "k" in text


def test_the_book_s_glossary_has_every_language() -> None:
    terms = read_glossary(ROOT)
    codes = set(languages(ROOT)) - {SOURCE}
    assert len(terms) >= 80
    assert all(set(term.renderings) == codes for term in terms)
