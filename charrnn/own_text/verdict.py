"""What a run saw -> one sentence: is the model better than an n-gram, and if not, what would help.

The rules look at the losses of the reports alone; whether their advice helps is for the next run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from charrnn.checkpoints import History

__all__ = ["Ended", "sentence"]

# A text with fewer characters is short: a model soon has learnt it by heart.
SHORT = 500_000
# So much less loss on what the model is trained on than on the validation text, in nats, or so much
# more on the validation text than at the best report, is learning by heart.
GAP, WORSE = 0.2, 0.02
# A run whose best report was in this last part of it was still getting better.
LATE = 0.1


@dataclass(frozen=True)
class Ended:
    """A run that has ended.

    Attributes:
        history: a row for each report with ``seconds``, ``loss`` and ``validation_loss``.
        minutes: that it was given.
        characters: of the text that it was trained on.
        units: of the model; None where they are those of the model that it went on from.
        dropout: of the recipe.
        stopped: whether somebody stopped it.
        diverged: whether it ended early, because its loss was no longer finite.
    """

    history: History
    minutes: float
    characters: int
    units: int | None
    dropout: float
    stopped: bool = False
    diverged: bool = False


def sentence(loss: float, n_gram: float, ended: Ended) -> str:
    """Return the sentence.

    Args:
        loss: of the model, in nats per character.
        n_gram: the lowest loss of an n-gram on the same characters.
        ended: the run.
    """
    numbers = f"{loss:.3f} against {n_gram:.3f} nats per character"
    ratio = f" (ratio {loss / n_gram:.3f})" if n_gram else ""
    if loss < n_gram:
        return f"better than the best n-gram: {numbers}, {n_gram - loss:.3f} less{ratio}"
    return f"not better than the best n-gram: {numbers}{ratio}; {_advice(ended)}"


def _advice(ended: Ended) -> str:
    if ended.stopped:
        return "the run was stopped, and going on with it would help"
    if ended.diverged:
        return "its loss was no longer finite, and another --seed would help"
    rows = [row for row in ended.history if "loss" in row and "validation_loss" in row]
    if not rows:
        return "more minutes would help"
    if _by_heart(rows):
        found = "it learns the text by heart: "
        dropout = next((rate for rate in (0.3, 0.5) if rate > ended.dropout + 0.1), None)
        ways = [f"more dropout (--dropout {dropout})"] if dropout else []
        if ended.characters < SHORT or ended.units is None:
            ways = ["more text", *ways]
        else:
            ways.append(f"a smaller model (--units {max(ended.units // 2, 1)})")
        return f"{found}{' or '.join(ways)} would help"
    if rows[-1]["seconds"] >= 0.95 * 60 * ended.minutes:
        found = "it was still getting better when its time was up: "
        return f"{found}more minutes (--minutes {2 * ended.minutes:.3g}) would help"
    if ended.dropout and rows[-1]["loss"] > rows[-1]["validation_loss"]:
        return f"less dropout (--dropout {ended.dropout / 2:g}) would help"
    return "more text would help"


def _by_heart(rows: Sequence[dict[str, float]]) -> bool:
    best = min(rows, key=lambda row: row["validation_loss"])
    last = rows[-1]
    late = best["seconds"] >= (1 - LATE) * last["seconds"]
    worse = last["validation_loss"] > best["validation_loss"] + WORSE
    return (worse and not late) or best["loss"] < best["validation_loss"] - GAP
