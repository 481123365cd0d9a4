"""The glossary and what it says of translated texts."""

import unicodedata
from pathlib import Path

import pytest

from tools.chapters.markdown import GAP, plain_words
from tools.chapters.notebooks import ROOT
from tools.translation.glossary import (
    GLOSSARY,
    Term,
    contains,
    departures,
    has_row,
    misnamed,
    no_longer_said,
    read_glossary,
)
from tools.translation.languages import SOURCE, languages

HEADER = "en,ru,zh-Hans,ko,avoid,note\n"
ROWS = """\
matrix / matrices,матрица,矩阵,행렬（수학）,,
loss,потери,损失,손실,,
vocabulary,словарь,词表,어휘 사전,,
parameter,параметр,参数,매개변수,ko: 파라미터,
hyper-parameter,гиперпараметр,超参数,하이퍼파라미터,,
text,текст,文本,텍스트,,
training,обучение,训练,학습,"ko: 훈련, 트레이닝; zh-Hans: 培训",
training text,обучающий текст,训练文本,학습용 텍스트,,
window,окно / окна,窗口,윈도,,
batch,батч,批次,배치,ru: пакет,
pass (over the text),проход (по тексту),遍,패스 / 훑다,,
top-k sampling,сэмплирование top-k,top-k 采样,top-k 샘플링,,
lookup layer,слой поиска,查找层,조회 층,,
zero state,нулевое состояние,零状态,초기화한 상태,"en: fresh state, `fresh`; ko: 새 상태",
query,запрос,查询,질의,"en: open inquiry, held-out",
`length`,,,,"en: `seq_len`, `size`",
"""


def write(root: Path, rows: str = ROWS, header: str = HEADER) -> Path:
    path = root / GLOSSARY
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
        ("Losses, matrices, vocabularies", "행렬과 손실, 어휘 사전", "ko"),
        ("The hyper-parameters.", "하이퍼파라미터입니다.", "ko"),  # holds what another term avoids
        ("re-training, batch-wise", "", "ko"),  # parts of other words
        ("Two matrices", unicodedata.normalize("NFD", "행렬"), "ko"),
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
        # an avoided word is free where English speaks of something else
        ("Nothing", "파라미터와 훈련, 培 训", "ko"),
        ("`training`, a retraining-plan", "훈련은 학습", "ko"),
        ("A parcel", "Пакетами", "ru"),
        ("A `length` of length", "", "ru"),  # a name is no term of prose
    ],
)
def test_texts_that_keep_to_the_glossary(english, translated, language, terms) -> None:
    assert departures(plain_words(english), plain_words(translated), language, terms) == []


@pytest.mark.parametrize(
    ("english", "translated", "language", "words"),
    [
        ("Losses", "", "ko", ["'loss', the text has no 손실;"]),
        ("Vocabularies", "", "ko", ["'vocabulary', the text has no 어휘 사전;"]),
        ("Matrices", "행", "ko", ["'matrix', the text has no 행렬;"]),
        (
            "Parameters, hyper-parameters",
            "매개변수와 파라미터와 하이퍼파라미터",
            "ko",
            ["avoid 파라미터; 'parameter' is 매개변수"],
        ),
        # a term within a longer one is meant, too
        ("The training text", "학습용 텍스트로 훈련", "ko", ["avoid 훈련; 'training' is 학습"]),
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
        ("A batch", "Батч: пакетами", "ru", ["avoid пакет; 'batch' is батч"]),
        ("Training", "训练：培 训", "zh-Hans", ["avoid 培训"]),
        ("[a batch](x.ipynb)", "[이것](배치.ipynb)", "ko", ["no 배치;"]),
    ],
)
def test_departures_are_named(english, translated, language, words, terms) -> None:
    found = departures(plain_words(english), plain_words(translated), language, terms)
    assert len(found) == len(words)
    for word in words:
        assert any(word in message for message in found), found


def test_longer_terms_come_first_and_explanations_go(terms) -> None:
    assert [term.english[0] for term in terms][:2] == ["hyper-parameter", "top-k sampling"]
    (found,) = [term for term in terms if term.english == ("pass",)]
    assert found.renderings == {
        "ru": ("проход",),
        "zh-Hans": ("遍",),
        "ko": ("패스", "훑다"),
    }
    (found,) = [term for term in terms if term.english == ("matrix", "matrices")]
    assert found.renderings["ko"] == ("행렬",)
    (found,) = [term for term in terms if term.english == ("training",)]
    assert found.avoid == {"ko": ("훈련", "트레이닝"), "zh-Hans": ("培训",)}
    assert not found.is_name
    (found,) = [term for term in terms if term.english == ("zero state",)]
    assert (found.avoid, found.names) == ({"en": ("fresh state",), "ko": ("새 상태",)}, ("fresh",))
    (found,) = [term for term in terms if term.is_name]
    assert (found.english, found.names, found.avoid) == (("`length`",), ("seq_len", "size"), {})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "A fresh state, a Fresh\nState, fresh states",
            ["fresh state", "Fresh\nState", "fresh states"],
        ),
        ("Held out, held-out and held-out", ["Held out", "held-out"]),
        ("Open inquiries", ["Open inquiries"]),
        (
            "A fresh statement, refresh states, a fresh-state-machine, withheld-out, fresh, state",
            [],
        ),
        (f"A fresh {GAP} state", []),
    ],
)
def test_phrases_that_english_avoids_are_found_in_every_form(text, found, terms) -> None:
    messages = no_longer_said(text, terms)
    assert len(messages) == len(found)
    for said in found:
        assert any(message.startswith(f"glossary: {said!r} is no") for message in messages)


def test_names_are_found_alone_and_as_a_part(terms) -> None:
    names = {"seq_len", "SEQ_LENS", "my_seq_len_2", "seq_length", "_size", "resize", "size2", "seq"}
    assert misnamed(names, terms) == [
        f"glossary: code names {name}; the book says `length`"
        for name in ("SEQ_LENS", "_size", "my_seq_len_2", "seq_len")
    ]
    assert misnamed({"Fresh"}, terms) == ["glossary: code names Fresh; the book says 'zero state'"]


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("en,ru,note\n", "", "expected columns en, languages, avoid, note"),
        ("ru,en,avoid,note\n", "", "expected columns en"),
        ("", "", "found \\[\\]"),
        ("en,ru,ru,avoid,note\n", "", "expected columns en"),
        ("en,,ru,avoid,note\n", "", "expected columns en"),
        (HEADER, "text,a,b,c,\n", r"line 2: text: expected 6 cells, found 5"),
        (HEADER, "text,a,b,c,,,d\n", r"line 2: text: expected 6 cells, found 7"),
        (HEADER, "text,a,b,c,,\nText (of all),d,e,f,,\n", r"line 3: Text .*no other row has"),
        (HEADER, 'text,a,b,c,,\n\nword,a,"b\nb",c,,\nx,y\n', r"line 6: x: expected 6 cells"),
        (HEADER, 'text,"a"b,b,c,,\n', r"line \d: .*after '\"'"),
        (HEADER, 'text,"a,b,c,,\n', r"line \d: unexpected end of data"),
        (HEADER, "text,a,b,c,ko:,\n", "expected 'language: words"),
        (HEADER, 'text,a,b,c,"ko: a,",\n', "expected 'language: words"),
        (HEADER, "text,a,b,c,ru: -,\n", "expected 'language: words"),
        (HEADER, "text,a,b,c,ko: d; ko: e,\n", "expected 'language: words"),
        (HEADER, ",a,b,c,,\n", "expected a term"),
        (HEADER, "text,a,b,c,fr: d,\n", "expected 'language: words"),
        (HEADER, "text,a,b,c,d,\n", "expected 'language: words"),
        (HEADER, "text,a,b,학습용 글,ko: 글,\n", "학습용 글 is a rendering and to be avoided"),
        (HEADER, "text,a,b,c,en: `x`y,\n", "expected a name in code marks, received `x`y"),
        (HEADER, "the `x`,a,b,c,,\n", "expected a name in code marks, received the `x`"),
        (HEADER, "`x`,a,,,,\n", "`x`: expected a name in code to have other names alone"),
        (HEADER, "`x`,,,,en: y,\n", "`x`: expected a name in code to have other names alone"),
        (HEADER, "`x`,,,,ko: y,\n", "`x`: expected a name in code to have other names alone"),
        (HEADER, "a b,a,b,c,,\nc,a,b,c,en: b,\n", "a b is a term, but glossary: 'b' is no longer"),
        (HEADER, "`a_b`,,,,,\nc,a,b,c,en: `b`,\n", "`a_b` is a term, but glossary: code names a_b"),
    ],
)
def test_a_glossary_that_is_none_is_refused(tmp_path, header, rows, message) -> None:
    with pytest.raises(ValueError, match=f"notebooks/glossary.csv.*{message}"):
        read_glossary(write(tmp_path, rows, header))


def test_a_file_in_another_encoding_is_refused_by_name(tmp_path) -> None:
    path = write(tmp_path) / GLOSSARY
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    with pytest.raises(ValueError, match=r"notebooks/glossary\.csv line 1: .*codec"):
        read_glossary(tmp_path)


def test_what_spreadsheets_and_keyboards_add_is_read(tmp_path) -> None:
    path = write(tmp_path, "text,a,b,c,ko：d、e（f）； ru: g，h,\n") / GLOSSARY
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    (term,) = read_glossary(tmp_path)
    assert term.avoid == {"ko": ("d", "e"), "ru": ("g", "h")}


def test_a_slash_without_spaces_belongs_to_a_rendering(tmp_path) -> None:
    (term,) = read_glossary(write(tmp_path, "text,a/b,b / c,c,,\n"))
    assert (term.renderings["ru"], term.renderings["zh-Hans"]) == (("a/b",), ("b", "c"))


def test_languages_with_spaces_are_compared_by_words() -> None:
    assert contains("Il en a vu neuf.", "vu neuf", "fr")
    assert not contains("Il en a vu neuf.", "vune", "fr")


def test_a_book_without_a_glossary_has_no_terms(tmp_path) -> None:
    assert read_glossary(tmp_path) == []


def test_stems_agree_in_all_cases_of_russian() -> None:
    forms = "символ символа символу символом символе символы символов символам символами символах"
    assert all(contains(form, "символ", "ru") for form in forms.split())
    assert not contains("символический", "символ", "ru")
    assert contains("Перекрёстной энтропией", "перекрестная энтропия", "ru")


def test_a_text_has_gaps_for_what_is_no_word() -> None:
    assert GAP in plain_words("배<https://a.b>치").split("배")[1].split("치")[0]
    text = plain_words("# A *b*\n\nc\nd `e` $f$ [g](h)\n\n```\ni\n```\n\n<b title='j'>k</b>")
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
    gaps = {
        term.english[0]: sorted(codes - set(term.renderings)) for term in terms if not term.is_name
    }
    assert not {term: lacking for term, lacking in gaps.items() if lacking}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("window", True),
        ("Windows", True),
        ("matrices", True),
        ("trained text", True),
        ("top-k", True),
        ("looked", False),
        ("win", False),
        ("windows of text", False),
        ("text training", False),
        ("seq_len", False),
    ],
)
def test_a_term_has_a_row_in_whatever_form(words: str, expected: bool, terms: list[Term]) -> None:
    assert has_row(words, terms) == expected
