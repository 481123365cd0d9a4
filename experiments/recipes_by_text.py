"""Try the rules of ``recipes.recipe_for`` on texts in several scripts and of several lengths.

    python -m experiments.recipes_by_text [--seconds 60] [--store]

The last tenth of each text, which ``charrnn train`` validates on, is left aside: recipes are chosen
by the loss on windows of the tenth before it, after training on the rest, and set beside the best
n-gram's on the same characters. Run it on an idle machine with two cores, which the rules are made
for. With ``--store`` the table goes to ``charrnn/records/recipes_by_text.csv``; trials that stand
there already are not run again.
"""

import argparse
import functools
import sys
import time
from dataclasses import asdict, dataclass, replace

from charrnn import corpora, metrics, timed_training
from charrnn.fast import processor
from charrnn.own_text.losses import best_n_gram, limit, windows_read
from charrnn.recipes import Recipe, recipe_for
from charrnn.support.commands import number_above, run_command
from charrnn.support.files import RECORDS
from charrnn.vocabulary import Vocabulary
from charrnn.windows import Ids, split_by_position
from experiments.record import Key, fill_table

RECORD = RECORDS / "recipes_by_text.csv"
# Settings of a recipe that the rules or the changes choose.
SHOWN = ("units", "embedding_size", "length", "tied", "dropout", "weight_decay")


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
        changed = replace(rule, **{name: type(known[name])(float(value))})
        # Only a tied output has embeddings of which something is left out.
        return changed.with_dropout(changed.dropout)


CHANGES = {
    ("ko-stories", 0): ("dropout=0.2", "dropout=0.6", "weight_decay=0", "tied=0", "units=384"),
    ("zh-hans-sanguo", 0): (
        "dropout=0.2",
        "weight_decay=0",
        "tied=0",
        "embedding_size=128",
        "units=640",
    ),
    ("ru-gogol", 0): ("dropout=0.2", "weight_decay=0", "tied=1", "length=32"),
    ("shakespeare", 200_000): ("dropout=0", "dropout=0.33", "dropout=0.5", "weight_decay=0"),
}
TRIALS = [
    Trial(corpus, characters, change)
    for (corpus, characters), changes in CHANGES.items()
    for change in ("", *changes)
]


@functools.cache
def parts(corpus: str, characters: int) -> tuple[Ids, Ids, int]:
    """Return the ids to train on and those to choose on, and how many different ones there are."""
    text = corpora.load(corpus)
    text = text[:characters] if characters else text
    text = text[: len(text) - len(text) // 10]
    vocabulary = Vocabulary(text)
    training, choice = split_by_position(vocabulary.encode(text), len(text) // 10)
    return training, choice, len(vocabulary)


@functools.cache
def n_gram_loss(corpus: str, characters: int) -> float:
    """Return the loss of the best n-gram on what is chosen on."""
    training, choice, size = parts(corpus, characters)
    windows = windows_read(len(choice), limit(size))
    return best_n_gram(training, choice, size, windows)[1]


def recipe_of(trial: Trial, seconds: float) -> Recipe:
    """Return the recipe of a trial of so many seconds."""
    training, _, size = parts(trial.corpus, trial.characters)
    return trial.recipe(size - 1, len(training), seconds)


def key_of(trial: Trial, seconds: float) -> Key:
    """Return what tells a trial from others; where the rules change, it is another one."""
    recipe = asdict(recipe_of(trial, seconds))
    shown = {name: recipe[name] for name in SHOWN}
    row = asdict(trial) | {"seconds": f"{seconds:g}"} | shown
    return {name: str(value) for name, value in row.items()}


def measure_trial(trial: Trial, seconds: float) -> dict[str, float | int]:
    """Train for some seconds; return what the trial reached."""
    training, choice, size = parts(trial.corpus, trial.characters)
    recipe, n_gram = recipe_of(trial, seconds), n_gram_loss(trial.corpus, trial.characters)
    started = time.perf_counter()
    model = timed_training.train_for(seconds, training, size, 1, choice, recipe)
    elapsed = time.perf_counter() - started
    loss = metrics.windows_loss(model, choice, limit=limit(size))
    rows = model.carried.states[0][0].shape[0]
    read = int(model.optimizer.iterations) * rows * recipe.length
    return {
        "cores": processor.cores(),
        "elapsed": elapsed,
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
    keys = [key_of(trial, given.seconds) for trial in TRIALS]
    fill_table(
        RECORD if given.store else None,
        keys,
        lambda key: measure_trial(TRIALS[keys.index(key)], given.seconds),
    )


if __name__ == "__main__":
    sys.exit(run_command("experiments.recipes_by_text", main))
