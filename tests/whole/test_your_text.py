"""The chapter for people without Python: their texts, their errors, and what Colab alone runs.

A field of a form is set as Colab sets it: the line in the cell gets another value.
"""

import copy
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from charrnn.weights import read_weights
from tests.helpers.chapters import write_chapter
from tools import execute
from tools.chapters.notebooks import ROOT, chapter_paths, find_chapters, read_chapter
from tools.chapters.output_rules import code_cells, output_texts

(CHAPTER,) = find_chapters(["your_text"], chapter_paths())
SAMPLES = ROOT / "charrnn" / "samples"


def filled(**fields: str | int | float) -> Any:
    """Return the chapter with other values in its forms."""
    notebook = copy.deepcopy(read_chapter(CHAPTER))
    for name, value in fields.items():
        line, new = re.compile(rf"^{name} = .*(?=  # @param)", re.M), f"{name} = {value!r}"
        found = [cell for cell in code_cells(notebook) if line.search(cell.source)]
        assert found, f"no field {name}"
        for cell in found:
            cell.source = new.join(line.split(cell.source))
    return notebook


def executed(folder: Path, **fields: str | int | float) -> dict[str, dict[str, str]]:
    """Run the chapter, whose files go into ``folder``; return by cell what each stream shows."""
    path = write_chapter(folder, filled(**fields), CHAPTER.stem)
    argv = [str(path), "--output", str(folder / "out"), "-p", "DIRECTORY", str(folder)]
    assert execute.main(argv) == 0
    cells = code_cells(read_chapter(folder / "out" / path.name))
    return {cell.id: dict(output_texts(cell)) for cell in cells}


@pytest.mark.slow
def test_another_text_gives_a_model_that_writes(tmp_path: Path) -> None:
    text = (SAMPLES / "ko.txt").read_text(encoding="utf-8")[:2500]
    source = tmp_path / "my text.txt"
    source.write_text(text, encoding="utf-8")

    shown = executed(
        tmp_path, FILE=str(source), NAME="mine", MODEL="mine", MINUTES=1, PROMPT=text[:9]
    )

    assert re.search(r"^characters +2,500$", shown["look"]["stdout"], re.M)
    assert re.search(r"^hangul +\d", shown["look"]["stdout"], re.M)
    assert "saved as mine.safetensors" in shown["train"]["stdout"]
    assert "\nmore: %run -m charrnn sample --model mine\n" in shown["train"]["stdout"]
    assert read_weights(tmp_path / "mine").vocabulary.characters == "".join(sorted(set(text)))
    written = shown["write"]["stdout"]
    assert written.startswith(text[:9])
    assert len(written) == 9 + 400 + 1
    assert set(written) <= {*text, "\n"}
    assert re.fullmatch(r"mine\.safetensors: \d\.\d MB\n", shown["download"]["stdout"])


@pytest.mark.slow
def test_an_old_encoding_is_told_and_nothing_breaks(tmp_path: Path) -> None:
    source = tmp_path / "my.txt"
    text = (SAMPLES / "ru.txt").read_text(encoding="utf-8")[:3000]
    source.write_bytes(text.encode("cp1251"))

    shown = executed(tmp_path, FILE=str(source))

    said = shown["look"]["stdout"]
    assert said.startswith(f"{source}: expected UTF-8, received the byte 0xcc at position 0; ")
    assert "the encoding is probably CP1251" in said
    assert shown["train"] == {"stderr": f"charrnn train: {said}"}
    assert shown["write"]["stderr"].startswith("charrnn sample: --model: expected ")
    assert shown["write"]["stderr"].count("\n") == 1
    assert not list(tmp_path.glob("my-model*"))


class Reader:
    """Somebody who presses the buttons of some cells, in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys, self.names = capsys, {"__name__": "__main__"}

    def press(self, *ids: str, **fields: str | int | float) -> str:
        """Run cells; return what they print."""
        sources = {cell.id: cell.source for cell in code_cells(filled(**fields))}
        for name in ids:
            exec(compile(sources[name], name, "exec"), self.names)
        return self.capsys.readouterr().out


@pytest.fixture
def reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Reader:
    monkeypatch.chdir(tmp_path)
    return Reader(capsys)


BEGIN = ("parameters", "imports", "functions")
LOOK = ("bring", "look-function", "look")
LONG = "A line of a text.\n" * 50


@pytest.fixture
def colab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Stand in for Colab's own module, whose buttons a test cannot press."""
    package = tmp_path / "packages" / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "files.py").write_text("chosen, downloaded = {}, []\ndownload = downloaded.append\n")
    monkeypatch.syspath_prepend(tmp_path / "packages")
    from google.colab import files  # type: ignore[import-untyped]

    def upload() -> dict[str, bytes]:
        for name, data in files.chosen.items():
            Path(name).write_bytes(data)
        return dict(files.chosen)

    files.upload = upload
    yield files
    for name in ("google.colab.files", "google.colab"):
        del sys.modules[name]


def test_in_colab_a_file_is_uploaded_and_the_model_downloaded(reader: Reader, colab: Any) -> None:
    colab.chosen["my text.txt"] = LONG.encode()
    shown = reader.press(*BEGIN, *LOOK)
    assert shown.startswith("my text.txt\ncharacters           900\n")
    Path("my-model.safetensors").write_bytes(bytes(1_500_000))
    assert reader.press("download") == "my-model.safetensors: 1.5 MB\n"
    assert colab.downloaded == [str(Path("my-model.safetensors").absolute())]


def test_in_colab_no_chosen_file_means_the_sample(reader: Reader, colab: Any) -> None:
    assert reader.press(*BEGIN, *LOOK).startswith("sample.txt\ncharacters")


def test_in_colab_a_name_is_taken_without_upload(reader: Reader, colab: Any) -> None:
    colab.chosen["other.txt"] = b"other"
    Path("my.txt").write_text(LONG)
    assert reader.press(*BEGIN, *LOOK, FILE="my.txt").startswith("my.txt\ncharacters")
    assert not Path("other.txt").exists()


def test_pasted_text_is_taken_before_a_file(reader: Reader, colab: Any) -> None:
    colab.chosen["other.txt"] = b"other"
    shown = reader.press(*BEGIN, *LOOK, FILE="my.txt", PASTED="Ein “Wort”, \\ noch eins. " * 40)
    assert shown.startswith("pasted.txt\ncharacters         1,000\n")


def test_a_text_that_is_too_short_is_told_in_one_line(reader: Reader) -> None:
    shown = reader.press(*BEGIN, *LOOK, PASTED="A short one.")
    assert shown == "pasted.txt\ntext: expected at least 770 characters, received 12\n"


@pytest.mark.parametrize("encoding", ["CP1251", "UTF-8", "nonsense"])
def test_an_encoding_that_is_named(reader: Reader, tmp_path: Path, encoding: str) -> None:
    old = tmp_path / "old.txt"
    old.write_bytes(("Она сказала: нет.\n" * 50).encode("cp1251"))
    shown = reader.press(*BEGIN, *LOOK, FILE=str(old), ENCODING=encoding)
    if encoding == "CP1251":
        assert "Она сказала: нет." in shown
        assert reader.names["text_file"] == "converted.txt"
    else:
        assert reader.names["text_file"] == str(old)
        assert len(shown.splitlines()) == 2


def test_elsewhere_a_parameter_names_the_text(reader: Reader) -> None:
    Path("my.txt").write_text(LONG)
    reader.press("parameters")
    reader.names["CORPUS"] = "my.txt"
    shown = reader.press(*BEGIN[1:], *LOOK)
    assert shown.startswith(f"{Path('my.txt').absolute()}\ncharacters           900\n")
