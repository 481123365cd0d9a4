"""A GRU and a transformer of equal size on the same text, each trained for an equal time.

    python -m experiments.transformer --speed [--store]
    python -m experiments.transformer [--store]

Both have the same text, split and number of trials, Muon for their inner matrices, and products in
bfloat16 where the processor has instructions for them. Runs are bounded in training steps, so that
another program on the machine changes nothing in ``transformer.csv``. One of the transformer takes
about 1.5 times as long as one of a GRU of its size (1.41 in the record, 1.50 to 1.55 in three other
measurements), so it takes so many fewer; ``--speed`` measures that on an idle machine:
``transformer_speed.csv``.

The learning rate of each is the best of three in a short run (``part`` is "choice": trained on nine
tenths of the training text, measured on its last tenth); the longer runs take it and are measured
on the validation text, and so is that of ``LONGER``. Losses are of windows of 128 characters, each
of which begins without a past. ``--store`` keeps the records up to date, and the transformer of the
run ``STORED`` with its weights; rows that the records hold are not measured again.
``transformer_context.csv`` has the loss at each position of these windows, so after so many
characters of context, for the first seed of the runs of equal time.
"""

import argparse
import functools
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from charrnn import metrics, windows
from charrnn.backend import keras, tf
from charrnn.fast import processor
from charrnn.recipes import Recipe
from charrnn.support.commands import run_command
from charrnn.support.files import RECORDS, read_table, write_table
from charrnn.training import cosine, next_character_loss
from charrnn.variants.transformer import SHIPPED, Transformer, save_transformer
from experiments.record import Key, fill_table
from experiments.shared import Shakespeare, step_times, warmup

RECORD, SPEED = RECORDS / "transformer.csv", RECORDS / "transformer_speed.csv"
CONTEXT = RECORDS / "transformer_context.csv"
# Characters of context at most, of a transformer; losses are of windows of so many.
LENGTH = 128
# Adam's learning rate for embeddings and output, as a share of Muon's.
ADAM_SHARE = 0.2
WEIGHT_DECAY = 0.1


@dataclass(frozen=True)
class Trial:
    """A model and how long it is trained.

    Attributes:
        model: "gru" or "transformer".
        width: units of the GRU, or numbers at a position.
        layers: blocks of the transformer, or layers of the GRU.
        dropout: share of numbers left out in training.
        steps: of training.
        rate: learning rate, the highest of the run.
        part: "choice" or "validation", on which the loss is measured.
        seed: of the weights at the beginning, and of the order of windows.
    """

    model: str
    width: int
    layers: int
    dropout: float
    steps: int
    rate: float
    part: str
    seed: int = 1

    def speed(self) -> Key:
        """Return what the time of a training step depends on."""
        names = ("model", "width", "layers", "dropout")
        return {name: str(getattr(self, name)) for name in names}

    @property
    def rows(self) -> int:
        """Rows of a batch; a batch has as many characters for both."""
        return 16 if self.model == "transformer" else 32

    @property
    def length(self) -> int:
        """Characters of a row; the GRU's are those of its recipe."""
        return LENGTH if self.model == "transformer" else 64


# Equal sizes: 0.82 million parameters each.
SIZES = {"gru": (480, 1, 0.0), "transformer": (128, 4, 0.0)}
RATES = {"gru": (0.01, 0.02, 0.04), "transformer": (0.005, 0.01, 0.02)}
CHOICES = [
    Trial(model, *SIZES[model], steps, rate, "choice")
    for model, steps in {"gru": 900, "transformer": 600}.items()
    for rate in RATES[model]
]
# The best of them: see the record.
BEST = {"gru": 0.02, "transformer": 0.01}
RUNS = [
    Trial(model, *SIZES[model], steps, BEST[model], "validation", seed)
    for seed in (1, 2)
    for model, steps in {"gru": 4200, "transformer": 2800}.items()
]
# Four times as long: without dropout it learns the text by heart.
LONGER = [Trial("transformer", *SIZES["transformer"], 11_200, BEST["transformer"], "validation")]
# The run whose transformer comes with the package.
STORED = next(trial for trial in RUNS if trial.model == "transformer")


def build(trial: Trial, symbols: int) -> Any:
    """Return a new compiled model."""
    keras.utils.set_random_seed(trial.seed)
    if trial.model == "gru":
        recipe = Recipe(
            units=trial.width,
            layers=trial.layers,
            batch_size=trial.rows,
            length=trial.length,
            weight_decay=WEIGHT_DECAY,
            learning_rate=trial.rate,
        )
        return recipe.with_dropout(trial.dropout).build(symbols)
    before = keras.config.dtype_policy()
    if processor.matmul_dtype() == "bfloat16":
        keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = Transformer(
            symbols, LENGTH, trial.width, trial.width // 32, trial.layers, trial.dropout
        )
    finally:
        keras.config.set_dtype_policy(before)
    optimizer = keras.optimizers.Muon(
        trial.rate,
        adam_lr_ratio=ADAM_SHARE,
        weight_decay=WEIGHT_DECAY,
        adam_weight_decay=WEIGHT_DECAY,
        global_clipnorm=1.0,
    )
    model.compile(optimizer, next_character_loss(), jit_compile=False)
    return model


def batches(trial: Trial, ids: windows.Ids) -> Iterator[Any]:
    """Yield batches without end: streams for the GRU, shuffled windows for the transformer."""
    if trial.model == "gru":
        return iter(windows.endless_streams(ids, trial.rows, trial.length))
    inputs, targets = windows.step_windows(ids, trial.length)
    return iter(windows.shuffled_batches(inputs, targets, trial.rows, trial.seed))


def measure_speeds(trials: list[Trial]) -> list[float]:
    """Return the shortest time of a training step of each, in milliseconds."""
    text = Shakespeare.load()
    models = [build(trial, len(text.vocabulary)) for trial in trials]
    return step_times(models, [batches(trial, text.training) for trial in trials])


def measure(trial: Trial, text: Shakespeare, store: bool) -> dict[str, Any]:
    """Train, and return what was reached."""
    training, unread = {
        "choice": (text.beginning, text.choice),
        "validation": (text.training, text.validation),
    }[trial.part]
    model = build(trial, len(text.vocabulary))
    train_step = tf.function(model.train_step)
    steps, rising = trial.steps, max(warmup(trial.steps), 1)
    for step, batch in zip(range(steps), batches(trial, training), strict=False):
        share = min((step + 1) / rising, 1.0) * cosine(step / steps)
        model.optimizer.learning_rate.assign(trial.rate * share)
        result = train_step(batch)
        if (step + 1) % 500 == 0:
            print(f"step {step + 1} of {steps}: {float(result['loss']):.3f}", flush=True)
    if store and trial == STORED:
        save_transformer(model, SHIPPED, text.vocabulary.characters)
    if store and trial in RUNS and trial.seed == 1:
        store_by_context(trial, loss_by_context(model, unread))
    read = steps * trial.rows * trial.length
    return {
        "parameters": model.count_params(),
        "passes": read / len(training),
        "windows_loss": metrics.windows_loss(model, unread, LENGTH),
    }


def loss_by_context(model: Any, ids: windows.Ids) -> list[float]:
    """Return the mean loss at each position of windows, in nats: after 1 character, after 2, ..."""
    inputs, targets = windows.step_windows(ids, LENGTH)
    losses = [
        keras.ops.sparse_categorical_crossentropy(wanted, model(given), from_logits=True)
        for given, wanted in zip(
            *(np.array_split(ids, 20) for ids in (inputs, targets)), strict=True
        )
    ]
    return np.concatenate(losses).astype("float64").mean(axis=0).tolist()  # type: ignore[no-any-return]


def store_by_context(trial: Trial, losses: list[float]) -> None:
    """Put the losses of a run into their record, in the place of its earlier ones."""
    key = {name: str(getattr(trial, name)) for name in ("model", "width")}
    rows = [row for row in read_table(CONTEXT) if not key.items() <= row.items()]
    rows += [
        key | {"context": str(context), "loss": f"{loss:.4f}"}
        for context, loss in enumerate(losses, 1)
    ]
    write_table(rows, CONTEXT)


def main() -> None:
    """Measure what is not known."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--speed", action="store_true", help="time training steps, and end")
    parser.add_argument(
        "--store", action="store_true", help="keep the package's records up to date"
    )
    given = parser.parse_args()
    trials = [*CHOICES, *RUNS, *LONGER]
    by_speed = {tuple(trial.speed().items()): trial for trial in RUNS}
    if given.speed:
        speeds = functools.cache(lambda: measure_speeds(list(by_speed.values())))
        fill_table(
            SPEED if given.store else None,
            [dict(key) for key in by_speed],
            lambda key: {
                "cores": processor.cores(),
                "milliseconds": speeds()[list(by_speed).index(tuple(key.items()))],
            },
        )
        return
    text = Shakespeare.load()
    keys = [{name: str(value) for name, value in asdict(trial).items()} for trial in trials]

    fill_table(
        RECORD if given.store else None,
        keys,
        lambda key: measure(trials[keys.index(key)], text, given.store),
    )


if __name__ == "__main__":
    sys.exit(run_command("experiments.transformer", main))
