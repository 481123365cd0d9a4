"""What each process of ``experiments.several_workers`` does: a text -> its share of the training.

All do the same, but that each reads its own rows. The first one writes and speaks, and what a run
goes on from is in its folder alone: the others get it over the network.
"""

import hashlib
import json
import math
import os
import signal
import threading
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from charrnn import checkpoints, encoded, metrics
from charrnn.backend import keras, tf
from charrnn.checkpoints import RunError, RunState
from charrnn.encoded import EncodedText
from charrnn.export import as_stored, from_stored
from charrnn.frequencies import count, log_frequencies, stand_ins
from charrnn.own_text import files
from charrnn.own_text.losses import limit
from charrnn.own_text.run import LEAST
from charrnn.recipes import SPEED, Recipe, recipe_for
from charrnn.support.console import as_typed, complain, say
from charrnn.variants import workers
from charrnn.weights import write_weights
from charrnn.windows import WINDOW, Ids, check_windows, split_by_position

__all__ = ["Run", "agree", "recipe_of", "train"]

# What a process sees within seconds when another one has ended; when another one is silent,
# TensorFlow takes it for lost after ten.
LOST = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
    tf.errors.UnavailableError,
)
# Seconds in which the workers have to come together: people start them one after the other.
MEETING = 600.0


def train(given: Namespace, output: Path, index: int, addresses: list[str]) -> None:
    """Train as one of several workers, or alone; say what happens.

    Args:
        given: the options of ``experiments.several_workers``.
        output: the model's file.
        index: which of the workers this is.
        addresses: of all workers; none: it is alone.

    Raises:
        ValueError: the text cannot be trained on, options do not fit, the folder holds another run,
            or another worker was lost.
        FloatingPointError: the loss is not finite.
    """
    folder = files.folder_of(output)
    first = index == 0
    tell = say if first else lambda *_, **__: None
    with ExitStack() as held:
        if first:
            held.enter_context(files.held(folder))
        text = encoded.read(given.text, output.absolute().parent if first else None, LEAST)
        kept = max(len(text) // 10, WINDOW + 1)
        training, validation = split_by_position(text.ids, kept)
        tell(f"{len(text):,} characters, {len(text.symbols)} different ones; ", end="")
        tell(f"the last {kept:,} are kept for validation")
        if addresses:
            tell(f"waiting for {len(addresses)} workers: {', '.join(addresses)}")
        # Before a recipe looks for a GPU: after that TensorFlow takes no more workers.
        strategy = _meet(index, addresses)
        recipe = recipe_of(given, len(text.symbols), len(training))
        check_windows(training, recipe.length, recipe.batch_size)
        settings = _settings(given, recipe)
        made_from = {"text": f"of SHA-256 {text.sha256}", **settings, "recipe": asdict(recipe)}
        with _losses_told(len(addresses), given.replace):
            agree(strategy, {**made_from, "every": given.every})
            run = Run(strategy, recipe, training, len(text.vocabulary), given.seed, index)
            run.keep_in(folder, made_from)
            if first:
                if given.replace:
                    checkpoints.delete_run(folder)
                    files.history_of(output).unlink(missing_ok=True)
                held.enter_context(run.state)
            try:
                run.restore()
            except RunError as error:
                told = files.as_told(error, folder, settings).removeprefix("--resume: ")
                raise ValueError(f"--output: {told}") from error
            tell(_plan(given.steps, recipe, strategy.num_replicas_in_sync, len(training)))
            if run.step:
                tell(f"going on after step {run.step}")
            run.train(training, stand_ins(run.counts, given.seed), given.steps, given.every)
            if first:
                _finish(run, text, validation, made_from, output)
            # Nobody leaves before: the first one would take it for lost.
            workers.from_the_first(strategy, [tf.constant(0)])


def recipe_of(given: Namespace, symbols: int, characters: int) -> Recipe:
    """Return the recipe for a text and so many steps, with what the user wants."""
    wanted = {
        name: value
        for name in ("units", "layers", "batch_size", "learning_rate")
        if (value := getattr(given, name)) is not None
    }
    recipe = replace(recipe_for(symbols, characters, 1), **wanted)
    # What the rules take for seconds of training follows from what is read in them.
    seconds = given.steps * recipe.batch_size * recipe.length / SPEED
    dropout = recipe_for(symbols, characters, seconds).dropout
    return recipe.with_dropout(dropout if given.dropout is None else given.dropout)


def _settings(given: Namespace, recipe: Recipe) -> dict[str, Any]:
    """Return what a run that goes on has to have in common with its beginning, as it is typed."""
    return {
        "steps": given.steps,
        **{name: getattr(recipe, name) for name in ("units", "layers", "dropout")},
        "batch-size": recipe.batch_size,
        "learning-rate": recipe.learning_rate,
        "seed": given.seed,
    }


def _plan(steps: int, recipe: Recipe, replicas: int, characters: int) -> str:
    rows = f"{replicas} x {recipe.batch_size // replicas} rows"
    passes = steps * recipe.batch_size * recipe.length / characters
    read = f"the text is read {passes:.3g} times"
    return f"{steps:,} steps of {rows} of {recipe.length} characters: {read}"


def _meet(index: int, addresses: list[str]) -> Any:
    """Return the strategy of all workers as soon as they are there; alone, that of this machine."""
    if not addresses:
        several = len(tf.config.list_physical_devices("GPU")) > 1
        return tf.distribute.MirroredStrategy() if several else tf.distribute.get_strategy()

    def give_up() -> None:
        complain(
            f"experiments.several_workers: TF_CONFIG: expected {len(addresses)} workers within "
            f"{MEETING:.0f} seconds, received fewer; start one for each of {', '.join(addresses)}"
        )
        os._exit(1)

    watch = threading.Timer(MEETING, give_up)
    watch.daemon = True
    watch.start()
    # TensorFlow waits without looking for signals: Ctrl+C has to end the process.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        raise ValueError(
            f"TF_CONFIG: expected an address of this machine and a free port for worker {index}, "
            f"received {addresses[index]}: {str(error).splitlines()[0]:.200}"
        ) from error
    finally:
        signal.signal(signal.SIGINT, before)
        watch.cancel()


def agree(strategy: Any, made_from: Mapping[str, object]) -> None:
    """Raise ValueError unless the first worker has the same text and the same options."""
    digest = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
    number = int(digest[:15], 16)
    (expected,) = workers.from_the_first(strategy, [tf.constant(number, tf.int64)])
    if int(expected) != number:
        raise ValueError(
            "TEXT: expected the text and the options of worker 0, received others; start all "
            "workers with the same ones"
        )


@contextmanager
def _losses_told(count: int, replaces: bool) -> Iterator[None]:
    """Tell in a sentence that another one of so many workers was lost, and what to do."""
    try:
        yield
    except LOST as error:
        if not count:
            raise
        without = ", without --replace" if replaces else ""
        raise ValueError(
            f"worker: expected all {count} to answer, received silence from one of them; start "
            f"all workers again with the same commands{without}: they go on after the last state "
            "that was saved"
        ) from error


class Run:
    """A model in training, with what one process of several needs for it.

    Attributes:
        counts: how often the training text has each id.
        state: what is kept; with the states of all rows, as one process would have them.
        step: training steps done.
    """

    def __init__(
        self,
        strategy: Any,
        recipe: Recipe,
        training: Ids,
        vocabulary_size: int,
        seed: int,
        index: int,
    ) -> None:
        self.strategy, self.recipe, self.index = strategy, recipe, index
        self.counts = count(training, vocabulary_size)
        keras.utils.set_random_seed(seed)
        with strategy.scope():
            self.model = recipe.build(vocabulary_size)
        self.model.dense.bias.assign(log_frequencies(self.counts))
        self.one_step = workers.training_step(
            strategy, self.model, self.model.optimizer, recipe.batch_size
        )
        self.gather = workers.state_gatherer(strategy, self.model)
        self.rows = [
            tf.Variable(tf.zeros((recipe.batch_size, *state.shape[1:]), state.dtype))
            for state in tf.nest.flatten(self.model.carried.states)
        ]
        self.step, self.seconds = 0, 0.0

    def keep_in(self, folder: Path, made_from: Mapping[str, object]) -> None:
        """Say where the run is kept; the folder is not touched."""
        self.state = RunState(self.model, self.model.optimizer, folder, made_from)
        self.state.parts["carried"] = self.rows

    def restore(self) -> None:
        """Give all workers the state that the first one has in its folder, or begins with."""
        if self.index == 0:
            self.step = self.state.restore()
            if self.state.history:
                self.seconds = self.state.history[-1]["seconds"]
        variables = [variable for part in self.state.parts.values() for variable in part]
        step, *values = workers.from_the_first(
            self.strategy, [tf.constant(self.step), *map(tf.convert_to_tensor, variables)]
        )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        self.step = int(step)
        workers.set_states(self.strategy, self.model, self.rows, self.step)
        # What is left out of its rows each worker draws by itself.
        for seeds in self.model.non_trainable_variables:
            seeds.assign(seeds + tf.constant([self.index, 0], seeds.dtype))

    def train(self, ids: Ids, change: Any, steps: int, every: int) -> None:
        """Train up to a step; report and save each ``every`` steps, and at the end."""
        size, length, first_step = self.recipe.batch_size, self.recipe.length, self.step
        batches = iter(
            self.strategy.distribute_datasets_from_function(
                lambda context: workers.own_rows(ids, size, length, context, first_step, change)
            )
        )
        optimizer, losses, began = self.model.optimizer, [], time.perf_counter()
        while self.step < steps:
            optimizer.learning_rate = self.recipe.rate(self.step, self.step / steps)
            losses.append(self.one_step(*next(batches)))
            self.step += 1
            if self.step % every == 0 or self.step == steps:
                now = time.perf_counter()
                self.seconds, began = self.seconds + now - began, now
                self.report(sum(map(float, losses)) / len(losses))
                losses.clear()

    def report(self, loss: float) -> None:
        """Say the mean loss since the last report, and save the state."""
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"loss: expected a finite number, received {loss} at step {self.step}; a lower "
                "--learning-rate may help"
            )
        states = self.gather()
        if self.index:
            return
        for rows, state in zip(self.rows, states, strict=True):
            rows.assign(state)
        self.state.history.append({"seconds": self.seconds, "step": self.step, "loss": loss})
        self.state.save(self.step)
        say(f"step {self.step}  loss {loss:.6f}")


def _finish(
    run: Run, text: EncodedText, validation: Ids, made_from: Mapping[str, Any], output: Path
) -> None:
    """Evaluate the model and write its file; what the run has kept is not needed any more."""
    stored = as_stored(run.model, text.vocabulary)
    most = limit(len(text.vocabulary))
    loss = metrics.windows_loss(from_stored(stored), validation, limit=most)
    say(f"validation, windows of {WINDOW}: {loss:.4f} nats per character")
    card = {
        "corpus_sha256": text.sha256,
        "validation_characters": len(validation),
        "recipe": {**made_from["recipe"], "steps": made_from["steps"], "seed": made_from["seed"]},
        "windows_loss": round(loss, 4),
    }
    write_weights(replace(stored, card=card), output)
    say(f"saved as {output}")
    checkpoints.keep_history(run.state.directory, files.history_of(output))
    checkpoints.delete_run(run.state.directory)
    say(f"more: python -m charrnn sample --model {as_typed(output.with_suffix(''))}")
