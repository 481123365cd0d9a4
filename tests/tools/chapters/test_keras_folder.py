"""A chapter that stands alone finds its text where Keras keeps files, without a network."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from charrnn import corpora
from charrnn.corpora import CORPORA, CorpusError
from tests.helpers.chapters import code, standalone_chapter, tiny_chapter, write_chapter
from tools import execute
from tools.chapters import keras_folder
from tools.chapters.keras_folder import fill_keras_folder, keras_home
from tools.chapters.notebooks import ROOT, read_chapter

NOWHERE = "http://127.0.0.1:9/a.txt"
READ = """\
import os, re
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
path = keras.utils.get_file(FILE, ADDRESS)
print(len(open(path).read()), re.sub(r".*/keras-\\w+/", "", path))"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, no KERAS_HOME."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_the_bytes_are_those_of_the_corpus(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = CORPORA["shakespeare"].files
    data = tmp_path / "data"
    data.mkdir()
    (data / file.path).write_bytes(corpora.load("shakespeare").encode())
    monkeypatch.setenv("CHARRNN_DATA", str(data))
    monkeypatch.setattr(corpora, "fetch", lambda *_: pytest.fail("asked the network"))
    folder = fill_keras_folder(tmp_path / "keras")
    assert [path for path in folder.rglob("*") if path.is_file()] == [
        folder / "datasets" / "shakespeare.txt"
    ]
    content = (folder / "datasets" / "shakespeare.txt").read_bytes()
    assert sha256(content).hexdigest() == file.sha256


@pytest.mark.parametrize("variable", ["", "own", "~/own"])
def test_the_user_s_configuration_stays_in_force(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    own = home / (".keras" if not variable else "own")
    if variable:
        monkeypatch.setenv("KERAS_HOME", variable if "~" in variable else str(own))
    own.mkdir()
    (own / "keras.json").write_text('{"floatx": "float64"}')
    folder = fill_keras_folder(tmp_path / "keras")
    assert (folder / "keras.json").read_text() == '{"floatx": "float64"}'
    assert [path.name for path in own.iterdir()] == ["keras.json"]


@pytest.mark.parametrize("before", [None, "/own"])
def test_the_folder_lives_as_long_as_the_context(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.delenv("KERAS_HOME", raising=False)
    if before:
        monkeypatch.setenv("KERAS_HOME", before)
    with suppress(KeyError), keras_home(standalone_chapter()):
        first = Path(os.environ["KERAS_HOME"])
        with keras_home(tiny_chapter(), standalone_chapter()):  # as of another process
            second = Path(os.environ["KERAS_HOME"])
            assert (second / "datasets" / "shakespeare.txt").is_file()
            assert second != first
        assert os.environ["KERAS_HOME"] == str(first)
        assert not second.exists()
        (first / "keras.json").write_text("what Keras writes")
        raise KeyError("in between")
    assert os.environ.get("KERAS_HOME") == before
    assert not first.exists()


def test_other_chapters_get_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_folder, "load", lambda name: pytest.fail("loaded"))
    before = dict(os.environ)
    for notebooks in ([], [tiny_chapter()]):
        with keras_home(*notebooks):
            assert dict(os.environ) == before


def test_keras_finds_the_text_without_its_address(tmp_path: Path, home: Path) -> None:
    notebook = standalone_chapter(code("read", READ))
    notebook.cells[3].source = f'FILE = "shakespeare.txt"\nADDRESS = "{NOWHERE}"'
    path = write_chapter(tmp_path, notebook)
    assert execute.main([str(path), "--output", str(tmp_path / "out")]) == 0
    executed = read_chapter(tmp_path / "out" / path.name)
    assert executed.cells[-1].outputs[-1].text == "1115394 datasets/shakespeare.txt\n"
    assert not (home / ".keras").exists()


def test_a_text_that_cannot_be_had_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(name: str) -> str:
        raise CorpusError(f"could not get {name}")

    monkeypatch.setattr(keras_folder, "load", load)
    path = write_chapter(tmp_path, standalone_chapter())
    assert execute.main([str(path), "--output", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.strip() == "01_tiny: could not get shakespeare"


@pytest.mark.parametrize("alone", [True, False])
def test_nbval_gives_its_kernels_the_folder(tmp_path: Path, home: Path, alone: bool) -> None:
    folder = tmp_path / "notebooks" / "en"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "conftest.py", folder.parent)
    find = "import os\nname = os.environ.get('KERAS_HOME', 'none')"
    cell = code("look", f"{find}\nassert os.path.isfile(name + '/datasets/shakespeare.txt')")
    write_chapter(folder, (standalone_chapter if alone else tiny_chapter)(cell))
    options = ["-q", "--nbval", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(folder)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    last = "3 passed" if alone else "1 failed, 6 passed"
    assert last in result.stdout, result.stdout + result.stderr
    assert not list(tmp_path.glob("keras-*"))
