import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.chapters import (
    code,
    standalone_chapter,
    tiny_chapter,
    write_chapter,
    write_toc,
)
from tools import execute, translations
from tools.chapters.notebooks import ROOT, chapter_paths, notebook_text, read_chapter
from tools.execute import main

SHOW = code("show", "print(PROFILE, STEPS)")


@pytest.fixture
def chapter(tmp_path: Path) -> Path:
    return write_chapter(tmp_path, tiny_chapter(SHOW, executed=False))


def printed(path: Path) -> str:
    cell = next(cell for cell in read_chapter(path).cells if cell.id == "show")
    return "".join(output.text for output in cell.outputs)


def test_in_place_stores_outputs_and_nothing_of_the_run(chapter: Path) -> None:
    notebook = read_chapter(chapter)
    notebook.metadata["papermill"] = {"duration": 1.5}
    notebook.metadata["language_info"]["version"] = "3.11.7"
    notebook.cells[5].metadata["tags"] = []
    notebook.cells[5].metadata["execution"] = {"iopub.execute_input": "2026-01-01"}
    notebook.cells.insert(4, code("old", "STEPS = 99", "injected-parameters"))
    streams = "import sys\nfor n in range(3):\n    print(n)\n    sys.stdout.flush()"
    notebook.cells.append(code("streams", streams))
    write_chapter(chapter.parent, notebook)

    assert main(["--in-place", str(chapter)]) == 0

    text = chapter.read_text(encoding="utf-8")
    stored = read_chapter(chapter)
    assert printed(chapter) == "quick 3\n"
    assert [c.execution_count for c in stored.cells if c.cell_type == "code"] == [1, 2, 3, 4, 5, 6]
    assert len(stored.cells[-1].outputs) == 1
    assert stored.metadata.language_info == {"name": "python"}
    for word in ("papermill", "iopub", '"tags": []', "injected", "99"):
        assert word not in text
    assert text == notebook_text(stored)
    assert text.endswith("}\n")
    assert not [path for path in chapter.parent.iterdir() if path != chapter]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of two chapters, the second of which fails, with Korean."""
    root = tmp_path / "book"
    english = root / "notebooks" / "en"
    write_chapter(english, tiny_chapter(SHOW, executed=False), "training")
    write_chapter(english, tiny_chapter(code("divide", "1 / 0"), executed=False), "export")
    write_toc(root, "training", "export")
    assert translations.main(["add", "ko"], root) == 0
    return root


@pytest.mark.parametrize(("chapters", "status"), [(["1"], 0), (["training"], 0), ([], 1)])
def test_outputs_of_the_book_s_own_chapters_are_stored_in_every_language(
    book: Path, capsys: pytest.CaptureFixture[str], chapters: list[str], status: int
) -> None:
    """Also those of the chapters before one that fails."""
    korean = book / "notebooks" / "ko" / "training.ipynb"
    assert printed(korean) == ""
    capsys.readouterr()
    assert main([*chapters, "--in-place"], book) == status
    assert printed(korean) == printed(book / "notebooks/en/training.ipynb") == "quick 3\n"
    assert "ko/training.ipynb: code cells copied" in capsys.readouterr().out
    assert translations.main(["check"], book) == 0


def test_copies_leave_the_translations_alone(book: Path, tmp_path: Path) -> None:
    korean = book / "notebooks" / "ko" / "training.ipynb"
    before = korean.read_bytes()
    # Something that sync would copy.
    write_chapter(book / "notebooks" / "en", tiny_chapter(SHOW, code("new", "1")), "training")
    assert main(["1", "--output", str(tmp_path / "out")], book) == 0
    assert printed(tmp_path / "out" / "training.ipynb") == "quick 3\n"
    assert korean.read_bytes() == before


@pytest.mark.parametrize("language", ["en", "ko"])
def test_copies_never_take_the_place_of_chapters(
    book: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    folder = book / "notebooks" / language
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert main(["1", "--output", str(folder)], book) == 2
    assert "training.ipynb: expected a new name" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_copy_is_replaced_by_the_next_one(chapter: Path, tmp_path: Path) -> None:
    for steps in ("3", "4"):
        assert main([str(chapter), "--output", str(tmp_path / "out"), "-p", "STEPS", steps]) == 0
        assert printed(tmp_path / "out" / chapter.name) == f"quick {steps}\n"


def test_a_translation_that_cannot_be_read_is_told(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (book / "notebooks" / "ko" / "training.ipynb").write_text("{")
    assert main(["1", "--in-place"], book) == 1
    assert "translations: ko/training.ipynb: expected a Jupyter notebook" in capsys.readouterr().err
    assert printed(book / "notebooks/en/training.ipynb") == "quick 3\n"


def test_a_chapter_that_stands_alone_has_no_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = write_chapter(tmp_path, standalone_chapter(code("show", "print(FILE)")), "alone")
    other = write_chapter(tmp_path, tiny_chapter(SHOW), "other")
    out = tmp_path / "out"
    argv = ["--output", str(out), "--profile", "full"]
    assert main([str(alone), str(other), *argv]) == 0
    assert printed(out / "other.ipynb") == "full 3\n"
    assert printed(out / "alone.ipynb") == "shakespeare.txt\n"
    assert "injected" not in (out / "alone.ipynb").read_text(encoding="utf-8")
    assert read_chapter(out / "alone.ipynb").metadata["standalone"] is True
    # Its own names can be changed; a profile that nothing has is refused.
    argv = [str(alone), "--output", str(out), "-p", "FILE", "my.txt"]
    assert main(argv) == 0
    assert printed(out / "alone.ipynb") == "my.txt\n"
    assert main([*argv, "--profile", "full"]) == 2
    assert "expected one of ADDRESS, FILE, received 'PROFILE'" in capsys.readouterr().err


def test_a_path_is_taken_from_where_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = tiny_chapter(code("show", "print(open(CORPUS).read())"), executed=False)
    notebook.cells[3].source += '\nCORPUS = "shakespeare"'
    path = write_chapter(tmp_path / "notebooks", notebook)
    (tmp_path / "my.txt").write_text("A text.")
    monkeypatch.chdir(tmp_path)
    argv = [str(path), "--output", str(tmp_path / "out"), "-p", "CORPUS", "my.txt"]
    assert main(argv) == 0
    assert printed(tmp_path / "out" / path.name) == "A text.\n"


def test_running_twice_changes_nothing(chapter: Path) -> None:
    assert main(["--in-place", str(chapter)]) == 0
    first = chapter.read_bytes()
    assert main(["--in-place", str(chapter)]) == 0
    assert chapter.read_bytes() == first


def test_copies_take_profile_and_parameters(chapter: Path, tmp_path: Path) -> None:
    before = chapter.read_bytes()
    out = tmp_path / "deep" / "out"
    argv = [str(chapter), "--output", str(out), "--profile", "full", "-p", "STEPS", "7"]

    assert main(argv) == 0

    assert printed(out / chapter.name) == "full 7\n"
    assert [c.id for c in read_chapter(out / chapter.name).cells][4] == "injected-parameters"
    assert chapter.read_bytes() == before


def test_defaults_given_by_hand_inject_nothing(chapter: Path, tmp_path: Path) -> None:
    argv = [str(chapter), "--output", str(tmp_path / "out"), "-p", "STEPS", "3"]
    assert main(argv) == 0
    assert "injected" not in (tmp_path / "out" / chapter.name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-p", "STEP", "7"], ["'STEP'", "CORPUS, PROFILE, STEPS"]),
        (["-p", "STEPS", "many"], ["STEPS", "'many'"]),
        (["-p", "STEPS", "1.5"], ["STEPS", "1.5"]),
        (["--in-place", "--profile", "full"], ["01_tiny", "'full'"]),
        (["no_such_chapter"], ["no_such_chapter", chapter_paths()[0].stem]),
        (["-p", "CORPUS", "null"], ["null", "none of them"]),
        (["-p", "CORPUS", "~no-such-user/x"], ["CORPUS", "~no-such-user/x"]),
        (["-p", "CORPUS", "."], ["expected a text file, received a folder"]),
        (["-p", "CORPUS", "/dev/stdin"], ["CORPUS: expected the path of a file"]),
        (["-p", "CORPUS", "cp1251.txt"], ["cp1251.txt", "the encoding is probably CP1251"]),
        (["--output", "cp1251.txt"], ["execute: ", "cp1251.txt"]),
        (["--output", "/proc/x"], ["execute: ", "/proc"]),
    ],
)
def test_refused_before_anything_runs(
    chapter: Path,
    options: list[str],
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(execute, "run", lambda *_: pytest.fail("a chapter was run"))
    notebook = read_chapter(chapter)
    notebook.cells[3].source += '\nCORPUS = "shakespeare"'
    write_chapter(chapter.parent, notebook)
    monkeypatch.chdir(tmp_path)
    Path("cp1251.txt").write_bytes("Привет, мир!".encode("cp1251"))
    assert main([str(chapter), *options]) == 2
    (message,) = capsys.readouterr().err.splitlines()
    assert all(word in message for word in words), message


def test_a_failing_cell_is_named_and_the_file_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = code("divide", "numerator = 1\nnumerator / 0")
    chapter = write_chapter(tmp_path, tiny_chapter(bad))
    before = chapter.read_bytes()
    assert main(["--in-place", str(chapter)]) == 1
    message = capsys.readouterr().err
    for word in ("01_tiny", "cell 7 ", "id divide", "numerator / 0", "ZeroDivisionError"):
        assert word in message
    assert "\x1b" not in message
    assert chapter.read_bytes() == before
    assert list(tmp_path.iterdir()) == [chapter]


def test_what_a_chapter_says_of_a_text_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = code("data", "from charrnn.corpora import load\nload(CORPUS, least=100)")
    notebook = tiny_chapter(cell, executed=False)
    notebook.cells[3].source += '\nCORPUS = "shakespeare"'
    chapter = write_chapter(tmp_path, notebook)
    (tmp_path / "my.txt").write_text("A text.")
    argv = [str(chapter), "--output", str(tmp_path / "out"), "-p", "CORPUS"]
    assert main([*argv, str(tmp_path / "my.txt")]) == 1
    (message,) = capsys.readouterr().err.strip().splitlines()
    assert message == "01_tiny: text: expected at least 100 characters, received 7"


def test_cell_number_is_the_chapters_own_with_parameters_injected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chapter = write_chapter(tmp_path, tiny_chapter(code("fail", "raise KeyError(STEPS)")))
    out = tmp_path / "out"
    assert main([str(chapter), "--output", str(out), "-p", "STEPS", "12"]) == 1
    message = capsys.readouterr().err
    assert "cell 7 (id fail)" in message
    assert "KeyError: 12" in message
    assert not list(out.glob("*.ipynb"))


def test_a_cell_has_a_time_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chapter = write_chapter(tmp_path, tiny_chapter(code("sleep", "import time\ntime.sleep(60)")))
    started = time.monotonic()
    assert main(["--in-place", "--timeout", "1", str(chapter)]) == 1
    assert time.monotonic() - started < 25
    message = capsys.readouterr().err
    assert "id sleep" in message
    assert "1 s (--timeout)" in message


def test_a_dead_kernel_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chapter = write_chapter(tmp_path, tiny_chapter(code("die", "import os\nos._exit(1)")))
    assert main(["--in-place", str(chapter)]) == 1
    message = capsys.readouterr().err
    assert "id die" in message
    assert "the kernel died" in message


def test_kernel_is_this_interpreter_in_the_chapters_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = ["/no/such/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    content = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    lines = "import os, sys\nprint(sys.executable, os.getcwd(), os.environ['MPLBACKEND'], sep='|')"
    chapter = write_chapter(tmp_path, tiny_chapter(code("show", lines)))
    assert main(["--in-place", str(chapter)]) == 0
    executable, folder, backend = printed(chapter).strip().split("|")
    assert executable == sys.executable
    assert Path(folder) == tmp_path
    assert "inline" in backend


def run_script(*argv: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tools.execute", *argv]
    pipe: Any = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT)


def test_lines_without_control_characters_off_a_terminal(chapter: Path) -> None:
    output, errors = (process := run_script("--in-place", str(chapter))).communicate(timeout=60)
    assert process.returncode == 0, errors
    assert errors == ""
    first, last = output.splitlines()
    assert first.startswith("01_tiny")
    assert "9 cells" in first
    assert output.count("01_tiny") == 1
    assert last.startswith("1 chapters in")
    assert output.replace("\n", "").isprintable()


def test_interrupt_ends_cleanly(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    lines = (
        f"import os, pathlib, time\npathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))"
    )
    sleep = code("sleep", f"{lines}\ntime.sleep(60)")
    chapter = write_chapter(tmp_path, tiny_chapter(sleep))
    before = chapter.read_bytes()
    # A background job of a shell inherits an ignored SIGINT, and so would the runner under test.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = run_script("--in-place", str(chapter))
    finally:
        signal.signal(signal.SIGINT, previous)
    deadline = time.monotonic() + 40
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    kernel = int(pid_file.read_text())
    process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=40)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert chapter.read_bytes() == before
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)
