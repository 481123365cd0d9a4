"""A text read in pieces, its ids mapped from a file: the same as in memory, and nothing left."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import threading
import tracemalloc
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn import corpora, encoded, recipes
from charrnn.command_line import main
from charrnn.corpora import CorpusError
from charrnn.support import encodings, sources
from charrnn.vocabulary import Vocabulary
from charrnn.weights import read_weights
from charrnn.windows import endless_streams
from tests.helpers.own_text import TINY, clock_text

# Of one to four bytes in UTF-8, of one and two units in UTF-16; line ends of all kinds.
TEXTS = st.text(st.sampled_from("ab é中\U0001f600\r\n\u2028"), min_size=2).filter(str.strip)


@pytest.fixture
def mapped(monkeypatch, tmp_path):
    """Every text is long: its blocks have three bytes, its ids stand in a file."""
    monkeypatch.setattr(sources, "BLOCK", 3)
    monkeypatch.setattr(sources, "IN_MEMORY", 0)
    monkeypatch.setattr(encoded, "IN_MEMORY", 0)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def is_mapped(ids):
    while ids is not None and not isinstance(ids, np.memmap):
        ids = ids.base
    return ids is not None


@given(
    TEXTS,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be", "utf-32-be"]),
    st.integers(1, 9),
    st.sampled_from([0, 2**24]),
)
def test_ids_digest_and_vocabulary_are_those_of_the_whole_text(text, encoding, block, in_memory):
    """Wherever a block ends: within a character, between \\r and \\n."""
    if encoding.endswith("be"):
        text = "\ufeff" + text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "BLOCK", block)
        patch.setattr(encoded, "IN_MEMORY", in_memory)
        data = text.encode(encoding)
        whole = data.decode(encoding).removeprefix("\ufeff")
        whole = whole.replace("\r\n", "\n").replace("\r", "\n")
        path = Path(os.environ["PYTEST_FILE"])
        path.write_bytes(data)
        found = encoded.read(str(path))
        assert corpora.load(path) == whole
    assert is_mapped(found.ids) == (in_memory == 0)
    assert found.vocabulary.characters == Vocabulary(whole).characters
    np.testing.assert_array_equal(found.ids, Vocabulary(whole).encode(whole))
    assert found.sha256 == hashlib.sha256(whole.encode("utf-8")).hexdigest()
    assert len(found) == len(whole)
    for position in (0, len(whole) // 2):
        assert found.words(position, 3) == whole[position:].lstrip()[:3]


@pytest.fixture(scope="module", autouse=True)
def file_of_examples(tmp_path_factory):
    """One file for all examples of the property above."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_FILE", str(tmp_path_factory.mktemp("encoded") / "x.txt"))
        yield


@pytest.mark.parametrize("in_memory", [0, 2**24])
@pytest.mark.parametrize(
    ("symbols", "kind"), [(255, "uint8"), (256, "uint16"), (65_535, "uint16"), (65_536, "uint32")]
)
def test_ids_are_the_smallest_integers_that_hold_them(monkeypatch, symbols, kind, in_memory):
    monkeypatch.setattr(encoded, "IN_MEMORY", in_memory)
    text = "".join(map(chr, range(0x10000, 0x10000 + symbols)))
    found = encoded.encode(lambda: iter([text]), "x")
    assert found.ids.dtype == kind
    np.testing.assert_array_equal(found.ids, 1 + np.arange(symbols))
    with pytest.raises(ValueError, match="read-only"):
        found.ids[0] = 1


def test_ids_of_another_vocabulary(mapped):
    Path("x.txt").write_text("abcé\na", encoding="utf-8")
    found = encoded.read("x.txt", vocabulary=Vocabulary("ac"))
    assert found.ids.tolist() == [1, 0, 2, 0, 0, 1]
    assert found.sha256 == hashlib.sha256("abcé\na".encode()).hexdigest()


def test_batches_from_a_file_are_those_from_memory(mapped):
    Path("clock.txt").write_text(clock_text(), encoding="utf-8")
    ids = Vocabulary(clock_text()).encode(clock_text())
    found = encoded.read("clock.txt")
    assert is_mapped(found.ids)
    for ours, theirs in zip(
        islice(endless_streams(found.ids, 4, 8, 3), 200),
        endless_streams(ids, 4, 8, 3),
        strict=False,
    ):
        for mine, expected in zip(ours, theirs, strict=True):
            assert mine.dtype == "int32"
            np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \r\n\t",
        b"too short",
        b"a" * 40,
        "Привет, мир! ".encode("cp1251") * 20,
        "你好，世界。".encode("gb18030") * 20,
        "Привет, мир!".encode() + b"\xff" + "Привет, мир!\n".encode() * 3,
        "cut within a character é".encode()[:-1],
        b"NULs at the end\0",
        "Привет, мир!".encode("utf-16-le") * 5,
        "odd".encode("utf-16") + b"x",
        b"\xef\xbb\xbfmarked, then not \xe9",
        b"%PDF-1.7",
    ],
)
def test_messages_are_those_of_the_whole_text(mapped, monkeypatch, data):
    Path("my.txt").write_bytes(data)
    with pytest.raises(CorpusError) as pieces:
        encoded.read("my.txt", least=30)
    monkeypatch.undo()
    monkeypatch.chdir(mapped)
    with pytest.raises(CorpusError) as whole:
        corpora.load("my.txt", least=30)
    assert str(pieces.value) == str(whole.value)


def test_a_login_page_is_warned_of(mapped):
    Path("my.txt").write_text("<!DOCTYPE html><p>Who are you?", encoding="utf-8")
    with pytest.warns(UserWarning, match=r"my\.txt begins as an HTML page does"):
        encoded.read("my.txt")


def test_a_pipe_is_kept_while_it_is_read(mapped):
    os.mkfifo("pipe")
    text = clock_text() + "é\r\n"
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(text.encode(),))
    writer.start()
    found = encoded.read("pipe", mapped)
    writer.join()
    assert found.sha256 == hashlib.sha256((clock_text() + "é\n").encode()).hexdigest()
    assert [path.name for path in mapped.iterdir()] == ["pipe"]


def test_the_standard_input_is_kept_while_it_is_read(mapped, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(clock_text().encode())))
    assert len(encoded.read("-", mapped)) == 6000
    assert list(mapped.iterdir()) == []


@pytest.mark.parametrize("second", ["abcabd", "abcabca", "abcab"])
def test_a_text_that_changes_while_it_is_read_is_told(second):
    versions = iter(["abcabc", second])
    with pytest.raises(CorpusError, match=r"^my\.txt: expected a file that stays as it is, rec"):
        encoded.encode(lambda: iter([next(versions)]), "my.txt")


def test_only_pieces_of_a_text_are_in_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "BLOCK", 2**14)
    monkeypatch.setattr(encoded, "IN_MEMORY", 0)
    (tmp_path / "x.txt").write_text("中文" * 2**20, encoding="utf-8")
    tracemalloc.start()
    try:
        found = encoded.read(str(tmp_path / "x.txt"), tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == 2**21
    assert found.words(2**20, 2) == "中文"
    assert peak < 4 * 2**20  # two tables of a number for each code point; the text has 6 MiB


@pytest.mark.slow
def test_a_model_and_its_losses_are_those_of_a_text_in_memory(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(recipes, "recipe_for", lambda *given: TINY)
    monkeypatch.setattr(recipes, "MAX_PASSES", 0.2)
    Path("clock.txt").write_text(clock_text(), encoding="utf-8")
    outputs = []
    for in_memory in (2**24, 0):
        monkeypatch.setattr(encoded, "IN_MEMORY", in_memory)
        assert main(["train", "clock.txt", "--minutes", "60", "--replace"]) == 0
        assert main(["evaluate", "clock.txt", "--model", "clock"]) == 0
        assert sorted(path.name for path in Path().iterdir()) == [
            "clock.history.csv",
            "clock.safetensors",
            "clock.txt",
        ]
        outputs.append((capsys.readouterr().out, read_weights("clock").card))
    outputs[0][1].pop("seconds"), outputs[1][1].pop("seconds")
    assert outputs[0] == outputs[1]
    assert "600 of 6,000 characters, those that the model was not trained on" in outputs[0][0]


def test_what_is_wrong_is_found_in_little_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "BLOCK", 2**14)
    monkeypatch.setattr(encodings, "SAMPLE", 2**10)
    path = tmp_path / "x.txt"
    path.write_bytes(b"Some English words.\n" * 2**17 + "Привет, мир!\n".encode("cp1251") * 50)
    encodings.likely_encodings(b"\xff")  # loads the detector
    tracemalloc.start()
    try:
        with pytest.raises(CorpusError, match=r"0xcf at position 2,621,440; .* CP1251"):
            encoded.read(str(path), tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 2**20  # a table of a bit for each code point; the text has 2.5 MiB


# --- what stays


def test_the_file_of_ids_has_no_name_and_ends_with_them(mapped):
    Path("clock.txt").write_text(clock_text(), encoding="utf-8")
    found = encoded.read("clock.txt", mapped)
    assert is_mapped(found.ids)
    assert [path.name for path in mapped.iterdir()] == ["clock.txt"]


@pytest.mark.skipif(os.name == "nt", reason="sends signals of POSIX")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_whatever_ends_the_process_no_file_stays(tmp_path, name):
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom charrnn import encoded\n"
        "encoded.IN_MEMORY = 0\n"
        "def pieces():\n"
        "    yield 'some words'\n"
        f"    if reads: os.kill(os.getpid(), signal.{name}), signal.pause()\n"
        "    reads.append(1)\n"
        "reads = []\n"
        "encoded.encode(pieces, 'x', Path.cwd())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert ended.returncode < 0, ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_told_before_ids_are_written(mapped, monkeypatch, capsys):
    Path("clock.txt").write_text(clock_text(), encoding="utf-8")
    usage = shutil.disk_usage(mapped)
    asked = []

    def disk_usage(folder):
        asked.append(folder)
        return usage._replace(free=5999)

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: pytest.fail("a file was made"))
    assert main(["train", "clock.txt", "--output", "mine"]) == 1
    assert capsys.readouterr().err == (
        f"charrnn train: [Errno 28] No space left on device, tried 6,000 bytes: {str(mapped)!r}\n"
    )
    assert asked == [mapped]
    assert [path.name for path in mapped.iterdir()] == ["clock.txt"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is full")  # noqa: PTH110
@pytest.mark.parametrize("source", ["clock.txt", "-"])
def test_a_disk_that_gets_full_is_one_line(mapped, monkeypatch, capsys, source):
    Path("clock.txt").write_text(clock_text(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(clock_text().encode())))

    def full(*_, **__):
        return open("/dev/full", "r+b")  # noqa: PTH123

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", full)
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert main(["train", source, "--output", "mine"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("charrnn train: [Errno 28] No space left on device, tried ")
    assert line.endswith(f" bytes: {str(mapped)!r}")
    assert [path.name for path in mapped.iterdir()] == ["clock.txt"]
