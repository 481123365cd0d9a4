"""Damaged files and random command lines, and whether each is told in one line.

Parts of ``experiments.reliability``.
"""

import contextlib
import io
import random
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from charrnn.weights import read_weights

__all__ = ["command_line", "command_lines", "damage", "damaged"]

DAMAGES = {"model.safetensors": 2000, "state.safetensors": 650, "best.safetensors": 150}


def damage(rounds: dict[str, int] = DAMAGES, seed: int = 4) -> dict[str, Any]:
    """Flip bits, set bytes, cut files; count what is not told in a line that names the file."""
    from charrnn.backend import keras
    from charrnn.checkpoints import RunState, load_best
    from charrnn.export import save_model
    from charrnn.model import CharacterModel
    from charrnn.vocabulary import Vocabulary

    draw, wrong = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = CharacterModel(vocabulary_size=4, embedding_size=4, units=8)
        state = RunState(model, keras.optimizers.Adam(), folder, {"text": "abc"})
        state.history = [{"epoch": 1.0, "loss": 1.5}]
        state.save_best(state.history[0])
        state.save(1)
        save_model(model, Vocabulary("abc"), folder / "model", {"loss": 1.5})
        readers: dict[str, Callable[[], object]] = {
            "model.safetensors": lambda: read_weights(folder / "model"),
            "state.safetensors": state.restore,
            "best.safetensors": lambda: load_best(model, folder),
        }
        for file, times in rounds.items():
            whole = (folder / file).read_bytes()
            readers[file]()
            for _ in range(times):
                (folder / file).write_bytes(damaged(whole, draw))
                try:
                    readers[file]()
                except ValueError as error:
                    told = file in str(error) and "\n" not in str(error)
                except Exception:
                    told = False
                    traceback.print_exc()
                else:
                    told = False
                wrong += not told
            (folder / file).write_bytes(whole)
    print(f"{sum(rounds.values())} damaged files, {wrong} not told")
    return {"tried": sum(rounds.values()), "wrong": wrong}


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Return bytes with one bit flipped, one byte set, or the end cut off."""
    place = draw.randrange(len(content))
    kind = draw.choice(["flip", "flip", "set", "cut"])
    if kind == "cut":
        return content[:place]
    changed = bytearray(content)
    changed[place] ^= 1 << draw.randrange(8) if kind == "flip" else draw.randrange(1, 256)
    return bytes(changed)


VALUES = [
    "0",
    "1",
    "-1",
    "1e-46",
    "1e300",
    "nan",
    "inf",
    "-inf",
    "0.5",
    "1e-30",
    "5",
    "99999999999",
]
VALUES += ["1000000000000", "", "x", "é", "\udcff", "0x10", "2.5", "1e999", "-0", "٣"]


def command_line(draw: random.Random, paths: list[str]) -> list[str]:
    """Return the words of a random command line, most of which get past the parser."""

    def some(*words: str) -> str:
        return draw.choice(words)

    number = draw.choice(VALUES)
    whole = draw.choice(["0", "1", "3", "-1", "7", "99999999999", "1000000000000", number])
    path = draw.choice(paths)
    command = draw.choice(["sample"] * 5 + ["evaluate"] * 3 + ["train"] * 3 + ["write"])
    options = {
        "sample": [
            ["--model", path],
            ["--prompt", some("a", "ROMEO:", "", "\n", "中", "\udcff", "tick", "\0", "e" * 5000)],
            ["--length", whole],
            ["--temperature", number],
            ["--top-k", whole],
            ["--top-p", number],
            ["--seed", whole],
        ],
        "evaluate": [["--model", path], [draw.choice(paths)]],
        "train": [
            [draw.choice(paths)],
            ["--output", draw.choice(paths)],
            ["--minutes", some("0.001", number)],
            ["--seed", whole],
            ["--units", some("8", "8", whole)],
            ["--layers", some("1", "1", whole)],
            ["--dropout", some("0.1", "0", number)],
            ["--validation", some("300", "300", whole)],
            ["--from", draw.choice(paths)],
            ["--resume"],
            ["--replace"],
        ],
    }.get(command, [])
    chosen = [option for option in options if draw.random() < 0.5]
    if command == "train" and options[0] not in chosen:
        chosen.append(options[0])
    return [command, *(word for option in chosen for word in option)]


class Sink(io.StringIO):
    """Standard output that somebody has read enough of after so many characters."""

    def write(self, text: str) -> int:
        if self.tell() > 20_000:
            raise BrokenPipeError
        return super().write(text)


@contextlib.contextmanager
def small_work() -> Iterator[None]:
    """Let ``train`` take a tiny recipe and few steps, and evaluations few characters."""
    from charrnn import recipes
    from charrnn.own_text import losses as own_losses

    before = recipes.recipe_for, recipes.MAX_PASSES, own_losses.EVALUATED
    tiny = recipes.Recipe(embedding_size=4, units=8, batch_size=4, length=8)
    recipes.recipe_for = lambda symbols, characters, seconds: tiny
    recipes.MAX_PASSES, own_losses.EVALUATED = 0.01, 2000
    try:
        yield
    finally:
        recipes.recipe_for, recipes.MAX_PASSES, own_losses.EVALUATED = before


def run_in_time(run: Callable[[list[str]], int], words: list[str], seconds: int = 60) -> int:
    """Run a command line; an error if it takes so long."""

    def late(*_: object) -> None:
        raise AssertionError(f"{words} took more than {seconds} seconds")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        return run(words)
    finally:
        signal.alarm(0)


def materials(folder: Path) -> list[str]:
    """Fill a folder with texts and models, sound and broken ones; return words that name them."""
    texts = {
        "clock.txt": "tick tock dong\n" * 60,
        "one.txt": "a" * 900,
        "a.txt": "a",
        "short.txt": "tick " * 20,
        "empty.txt": "",
        "spaces.txt": " \n" * 500,
        "page.html": "<!DOCTYPE html><html>" + "x y" * 400,
        "-dash.txt": "tick tock\n" * 100,
        "[1].txt": "tick tock\n" * 100,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "u16.txt").write_text("tick tock\n" * 100, encoding="utf-16")
    (folder / "nul.txt").write_bytes(b"tick\0tock\n" * 100)
    (folder / "latin.txt").write_bytes("façade\n".encode("latin-1") * 200)
    (folder / "broken.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0" + b"x" * 30)
    (folder / "folder").mkdir()
    extra = ["no/where", "folder", "folder/", "", "~nobody/x", "clock", "broken", "new", "/proc/m"]
    extra += ["shakespeare", "http://127.0.0.1:9/x.txt", "ftp://x", "\udcff", "x" * 300, "../", "."]
    return [*texts, "u16.txt", "nul.txt", "latin.txt", *extra]


def command_lines(rounds: int = 1000, seed: int = 3) -> dict[str, Any]:
    """Run random command lines in this process; count errors that are not told in one line."""
    from charrnn.command_line import main as run

    draw, wrong, parsed = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name), small_work():
        paths = materials(Path())
        with contextlib.redirect_stdout(Sink()):
            run(["train", "clock.txt", "--minutes", "0.01"])
        for number in range(rounds):
            words = command_line(draw, paths)
            output, errors = Sink(), io.StringIO()
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
                try:
                    code: int | str | None = run_in_time(run, words)
                except SystemExit as stop:
                    code = stop.code
                except BaseException:
                    code = traceback.format_exc()
            parsed += code != 2
            if number % 100 == 99:
                print(f"{number + 1} command lines, {wrong} wrong", flush=True)
            told = errors.getvalue()
            if isinstance(code, str) or (code == 1 and not told.startswith("charrnn ")):
                wrong += 1
                print(f"{words!r}: {code}\n{told}", flush=True)
    print(f"{rounds} command lines, {parsed} past the parser, {wrong} wrong")
    return {"tried": rounds, "wrong": wrong, "parsed": parsed}
