"""Try the rules of ``recipes.recipe_for`` on texts in several scripts and of several lengths.

    python -m experiments.recipes_by_text [--seconds 60] [--store]

The last tenth of each text, which ``charrnn train`` validates on, is left aside: recipes are chosen
by the loss on windows of the tenth before it, after training on the rest, and set beside the best
n-gram's on the same characters. Run it on an idle machine. With ``--store`` the table goes to
``charrnn/records/recipes_by_text.csv``; trials that stand there already are not run again.
"""

import argparse
import functools
import sys
import time
from dataclasses import asdict, dataclass, replace

from charrnn import corpora, metrics, recipes
from charrnn.own_text.losses import best_n_gram, limit, windows_read
from charrnn.recipes import Recipe, recipe_for
from charrnn.support.commands import number_above, run_command
from charrnn.support.files import RECORDS
from charrnn.vocabulary import Vocabulary
from charrnn.windows import Ids, split_by_position
from experiments.record import Key, fill_table

RECORD = RECORDS / "recipes_by_text.csv"


@dataclass(frozen=True)
class Trial:
    """A change of the recipe that the rules give for a text.

    Attributes:
        corpus: its name.
        characters: of its beginning, of which the last tenth is left aside; 0 for all.
        change: what is another setting than the rule's, as ``name=value``; empty for the rule.
    """

    corpus: str
    characters: int = 0
    change: str = ""

    def recipe(self, symbols: int, characters: int, seconds: float) -> Recipe:
        """Return the recipe of the trial; arguments as of ``recipe_for``."""
        rule = recipe_for(symbols, characters, seconds)
        if not self.change:
            return rule
        name, _, value = self.change.partition("=")
        known = asdict(rule)
        if name == "dropout":
            return rule.with_dropout(float(value))
        return replace(rule, **{name: type(known[name])(float(value))})


TEXTS = ("ko-stories", "zh-hans-sanguo", "ru-gogol")
TRIALS = [
    *(Trial(name) for name in TEXTS),
    *(
        Trial("ko-stories", change=change)
        for change in ("dropout=0.2", "dropout=0.6", "weight_decay=0", "tied=0", "units=384")
    ),
    *(
        Trial("zh-hans-sanguo", change=change)
        for change in ("dropout=0.2", "weight_decay=0", "tied=0", "embedding_size=128", "units=640")
    ),
    *(Trial("ru-gogol", change=change) for change in ("dropout=0.2", "weight_decay=0")),
    *(
        Trial("shakespeare", 200_000, change)
        for change in ("", "dropout=0", "dropout=0.2", "dropout=0.5", "weight_decay=0")
    ),
]


@functools.cache
def parts(corpus: str, characters: int) -> tuple[Ids, Ids, int, float]:
    """Return the ids to train on and to choose on, how many ids there are, the n-gram's loss."""
    text = corpora.load(corpus)
    text = text[:characters] if characters else text
    text = text[: len(text) - len(text) // 10]
    vocabulary = Vocabulary(text)
    training, choice = split_by_position(vocabulary.encode(text), len(text) // 10)
    windows = windows_read(len(choice), limit(len(vocabulary)))
    _, n_gram = best_n_gram(training, choice, len(vocabulary), windows)
    return training, choice, len(vocabulary), n_gram


def measure_trial(trial: Trial, seconds: float) -> dict[str, float]:
    """Train for some seconds; return what the trial reached."""
    training, choice, size, n_gram = parts(trial.corpus, trial.characters)
    recipe = trial.recipe(size - 1, len(training), seconds)
    started = time.perf_counter()
    model = recipes.train_for(seconds, training, size, 1, choice, recipe)
    elapsed = time.perf_counter() - started
    loss = metrics.windows_loss(model, choice, limit=limit(size))
    rows = model.carried.states[0][0].shape[0]
    read = int(model.optimizer.iterations) * rows * recipe.length
    return {
        "dropout": recipe.dropout,
        "seconds": elapsed,
        "passes": read / len(training),
        "windows_loss": loss,
        "n_gram": n_gram,
        "ratio": loss / n_gram,
    }


def main() -> None:
    """Run all trials that are not known."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--seconds", type=number_above(0), default=60.0)
    parser.add_argument("--store", action="store_true", help="keep the package's record up to date")
    given = parser.parse_args()
    keys: list[Key] = [
        {name: str(value) for name, value in asdict(trial).items()} for trial in TRIALS
    ]
    fill_table(
        RECORD if given.store else None,
        keys,
        lambda key: measure_trial(TRIALS[keys.index(key)], given.seconds),
    )


if __name__ == "__main__":
    sys.exit(run_command("experiments.recipes_by_text", main))
