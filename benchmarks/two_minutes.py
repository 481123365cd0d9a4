"""What ``charrnn train`` reaches in two minutes, and in one, with a text in a language."""

import tempfile
from pathlib import Path

from benchmarks.contender import arguments, report
from benchmarks.user_commands import start
from charrnn.corpora import load
from charrnn.weights import read_weights

__all__ = ["CORPORA", "main"]

CORPORA = {
    "en": "shakespeare",
    "ru": "ru-gogol",
    "ko": "ko-stories",
    "zh_hans": "zh-hans-sanguo",
    "zh_hant": "zh-hant-sanguo",
}
# Of a smoke run.
QUICK_CHARACTERS, QUICK_MINUTES = 20_000, 0.02


def losses(source: str, minutes: float, folder: Path) -> tuple[float, float]:
    """Train a model as a user does; return its loss on windows and the best n-gram's, in nats.

    Args:
        source: name or path of the text.
        minutes: to train.
        folder: an empty one.

    Raises:
        ValueError: the training failed; it has told why.
    """
    command = ["train", source, "--output", "model", "--minutes", f"{minutes:g}"]
    process = start(command, folder)
    process.communicate()
    if process.returncode:
        raise ValueError(
            f"{' '.join(command)}: expected it to succeed, received status {process.returncode}"
        )
    card = read_weights(folder / "model").card
    return card["windows_loss"], card["n_gram_loss"]


def main() -> None:
    """Train twice, report both losses and the n-gram's, which is that of the longer training."""
    given = arguments(str(__doc__), {"language": tuple(CORPORA)})
    source, minutes = CORPORA[given.language], 2.0
    measured = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if given.quick:
            text = load(source)[:QUICK_CHARACTERS]
            (folder / "text.txt").write_text(text, encoding="utf-8", newline="\n")
            source, minutes = str(folder / "text.txt"), QUICK_MINUTES
        for name, share in (("half_quick", 0.5), ("quick", 1.0)):
            (folder / name).mkdir()
            loss, n_gram = losses(source, share * minutes, folder / name)
            measured[f"{name}_{given.language}"] = loss
            measured[f"n_gram_{given.language}"] = n_gram
    report(measured)


if __name__ == "__main__":
    main()
