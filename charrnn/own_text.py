"""A text of one's own -> a model's file: what ``charrnn train`` does.

The best weights are in the model's file from the first report on, and what is needed to go on
stands in a folder beside it, ``NAME.training``, until the run has ended.
"""

import hashlib
import os
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from charrnn import checkpoints, corpora, fine_tuning, metrics, own_run, verdict
from charrnn.checkpoints import RunError
from charrnn.sampler import Sampler
from charrnn.support.background import begin
from charrnn.support.console import one_line, say
from charrnn.support.files import check_room
from charrnn.support.interrupts import Interrupts
from charrnn.vocabulary import Vocabulary
from charrnn.weights import StoredModel, expected_shapes, model_file
from charrnn.windows import WINDOW, split_by_position

if TYPE_CHECKING:  # TensorFlow is loaded after what can be refused without it
    from charrnn.recipes import Progress, Recipe

__all__ = ["LARGEST", "LEAST", "Options", "digest", "losses", "name_of", "train"]

Ids = npt.NDArray[np.int32]

# Characters to train on: that `recipes.train_for` needs.
TRAINED = 513
# Characters of a text: also a window and its target to validate on.
LEAST = TRAINED + WINDOW + 1
# Sizes up to these are no slip of the finger; a model of the largest has a billion weights.
LARGEST = {"units": 4096, "layers": 8}
# Characters that an evaluation predicts at most, spread over the text: some seconds of work, and
# all of the validation text of tiny Shakespeare.
EVALUATED = 120_000
# Fewer where there are thousands of symbols: so many probabilities take some seconds, too.
PROBABILITIES = 200_000_000
# Characters that n-grams are counted in at most, the last ones: some seconds of work.
COUNTED = 10_000_000
# Of the recipe's learning rates, where training goes on from a trained model: the full ones undo
# what that has learnt.
GOING_ON = 0.5
# Columns of a terminal that a report's sample has.
SAMPLED = 60


@dataclass(frozen=True)
class Options:
    """What a user may want of a training; None leaves it to the recipe, or to ``train``.

    Attributes:
        minutes: to train.
        seed: of the weights at the beginning.
        units: of each recurrent layer.
        layers: how many there are.
        dropout: share of each layer's outputs that a training step leaves out.
        validation: how many characters at the end of the text are kept.
        origin: a trained model to go on from, as typed.
        resume: go on with a run that did not end.
        replace: begin anew, even if there is such a model or such a run.
    """

    minutes: float = 2.0
    seed: int = 0
    units: int | None = None
    layers: int | None = None
    dropout: float | None = None
    validation: int | None = None
    origin: str | None = None
    resume: bool = False
    replace: bool = False


def train(source: str, output: Path, options: Options) -> signal.Signals | None:
    """Train a model by the quick recipe and save it; say on standard output what happens.

    Args:
        source: as of ``corpora.load``.
        output: the model's file.
        options: what the user wants.

    Returns:
        The signal that ended it early, with the best weights saved; None if it came to its end.

    Raises:
        ValueError: the text cannot be trained on, the output is taken, another process trains
            under that name, or an option does not fit.
        OSError: the model cannot be written; the message says where it is instead.
        KeyboardInterrupt: ended before there was anything to save.
    """
    folder, history = own_run.folder_of(output), own_run.history_of(output)
    own_run.check_output(output, options.resume, options.replace)
    origin = None
    if options.origin is not None:
        sizes = {"units": options.units, "layers": options.layers}
        origin = own_run.read_origin(options.origin, output, options.resume, sizes)
    with Interrupts() as interrupts, own_run.held(folder):
        text = corpora.load(source, prefer_files=True, least=LEAST)
        run = _Run(text, output, interrupts, options, origin)
        if source in corpora.CORPORA and not Path(source).is_file():
            run.card["corpus"] = source
        training, validation = run.split()
        if len(training) > COUNTED / 5:
            counted = min(len(training), COUNTED)
            seconds = f"about {counted / 1e6:.0f} seconds"
            say(f"counting n-grams in {counted:,} characters: {seconds}")
        counting = begin(lambda: run.count(training, validation))

        from charrnn import recipes  # takes as long as counting

        recipe = run.prepare(recipes.QUICK)
        run.tell_n_gram(counting)
        if options.replace:  # not before there is room for the new one
            checkpoints.delete_run(folder)
        minutes = f"{options.minutes:g} minute{'' if options.minutes == 1 else 's'}"
        say(f"training for {minutes}; Ctrl+C ends it and keeps the best weights")
        try:
            if options.resume:
                run.go_on(folder)
            model = recipes.train_for(
                options.minutes * 60,
                training,
                len(run.vocabulary),
                options.seed,
                validation,
                recipe,
                run.report,
                clock=run.clock,
                directory=folder,
                made_from={"text": text, **run.settings()},
                start=run.start(),
            )
        except RunError as error:
            raise ValueError(own_run.as_told(error, folder, run.settings())) from error
        stopped = interrupts.received
        run.save_somewhere(model)
        if stopped in (None, signal.SIGINT):
            run.show(model, validation, stopped is not None)
        say(f"saved as {output}")
        if stopped is None:
            try:
                if checkpoints.keep_history(folder, history):
                    say(f"history of the losses: {history}")
                checkpoints.delete_run(folder)
            except OSError as error:
                warnings.warn(f"{error}; {folder} is not needed any more", stacklevel=2)
        return stopped


class _Clock:
    """Gives seconds, without those in which it was stopped."""

    def __init__(self) -> None:
        self.left_out = 0.0

    def __call__(self) -> float:
        return time.perf_counter() - self.left_out

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Leave out the time of the block."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.left_out += time.perf_counter() - began


class _Run:
    """What ``train`` knows while it runs.

    Attributes:
        text: all of it.
        kept: how many characters at its end are for validation.
        symbols: the vocabulary of the text.
        vocabulary: of the model: that of the text, merged with that of the model gone on from.
        output: the model's file.
        card: what that says of the model.
        interrupts: the signals that end the run.
        options: what the user wants.
        origin: the model gone on from, with the merged vocabulary, or None.
        recipe: known after ``prepare``.
        n_gram: loss of the best one, known after ``tell_n_gram``.
        history: a row for each report.
        clock: by which the run is timed; it stands still while samples are written.
    """

    def __init__(
        self,
        text: str,
        output: Path,
        interrupts: Interrupts,
        options: Options,
        origin: tuple[StoredModel, dict[str, Any]] | None = None,
    ) -> None:
        self.text, self.output, self.interrupts, self.options = text, output, interrupts, options
        self.kept = _kept(len(text), options.validation)
        self.card: dict[str, Any] = {
            "corpus_sha256": digest(text),
            "validation_characters": self.kept,
        }
        self.symbols = self.vocabulary = Vocabulary(text)
        self.origin: StoredModel | None = None
        if origin is not None:
            model, self.card["from"] = origin
            self.origin = fine_tuning.merge(model, self.symbols.characters)
            self.vocabulary = self.origin.vocabulary
        self.recipe: Recipe | None = None
        self.n_gram: float | None = None
        self.history: checkpoints.History = []
        self.clock = _Clock()

    def split(self) -> tuple[Ids, Ids]:
        """Return the ids for training and validation; say what they are."""
        say(f"{len(self.text):,} characters, {len(self.symbols) - 1} different ones; ", end="")
        say(f"the last {self.kept:,} are kept for validation")
        if "from" in self.card:
            self._tell_origin(self.card["from"])
        return split_by_position(self.vocabulary.encode(self.text), self.kept)

    def _tell_origin(self, origin: Mapping[str, Any]) -> None:
        new = len(self.vocabulary) - 1 - origin["characters"]
        say(f"going on from {origin['name']}, for which {new} of them are new")
        kept = origin.get("validation_characters")
        same = origin.get("corpus_sha256") == self.card["corpus_sha256"]
        if same and type(kept) is int and kept < self.kept:  # True is an int, too
            say(
                f"it was trained on {self.kept - kept:,} of the characters that are kept now: ",
                end="",
            )
            say("the losses here say too little")

    def count(self, training: Ids, validation: Ids) -> tuple[int, float]:
        """Return the context and the loss of the best n-gram, as ``best_n_gram``."""
        # Ids of the text's own vocabulary: a character that it lacks is nothing to expect.
        own = np.concatenate([[0], self.symbols.encode(self.vocabulary.characters)])
        parts = windows_read(len(validation), _limit(len(self.vocabulary)))
        counted = own[training[-COUNTED:]]
        return best_n_gram(counted, own[validation], len(self.symbols), parts)

    def tell_n_gram(self, counting: "Future[tuple[int, float]]") -> None:
        """Wait for ``count``; say what it gave."""
        context, self.n_gram = counting.result()
        self.card["n_gram_loss"] = round(self.n_gram, 4)
        given = f"best n-gram ({context} characters of context)"
        say(f"{given}: {self.n_gram:.3f} nats per character")

    def prepare(self, quick: "Recipe") -> "Recipe":
        """Return the recipe, with what the user wants; put it on the card.

        Try whether there is room for the model and the run.
        """
        given = {name: getattr(self.options, name) for name in ("units", "layers", "dropout")}
        wanted = {name: value for name, value in given.items() if value is not None}
        if self.origin is not None:
            sizes = self.origin.hyperparameters
            own = {name: sizes[name] for name in asdict(quick).keys() & sizes.keys()}
            own |= {"dropout": quick.dropout, "learning_rate": GOING_ON * quick.learning_rate}
            wanted = own | wanted
        self.recipe = recipe = replace(quick, **wanted)
        sizes = {name: getattr(recipe, name) for name in ("embedding_size", "units", "layers")}
        sizes |= {"vocabulary_size": len(self.vocabulary), "cell": "gru"}
        weights = sum(int(np.prod(shape)) for shape in expected_shapes(sizes).values())
        # The model, the best weights, and twice, while one replaces the other, a state with up to
        # two numbers of the optimizer for each weight; four bytes each.
        check_room(self.output, 4 * 8 * weights)
        self.card["recipe"] = {**asdict(recipe), "seed": self.options.seed}
        return recipe

    def settings(self) -> dict[str, Any]:
        """Return what a run that goes on has to have in common with its beginning."""
        common = {name: getattr(self.recipe, name) for name in ("units", "layers", "dropout")}
        common |= {"seed": self.options.seed, "validation": self.kept}
        return common | ({"from": self.card["from"]["sha256"]} if "from" in self.card else {})

    def start(self) -> list[npt.NDArray[Any]] | None:
        """Return the weights of the model gone on from."""
        if self.origin is None:
            return None
        return [self.origin.arrays[name] for name in expected_shapes(self.origin.hyperparameters)]

    def go_on(self, folder: Path) -> None:
        """Read where the run in a folder is, and say it."""
        self.note(checkpoints.best_row(folder))
        self.history, _ = checkpoints.read_run(folder)
        done = self.history[-1]["seconds"] if self.history else 0
        say(f"{done:.0f} of its {60 * self.options.minutes:.0f} seconds are done")

    def report(self, progress: "Progress") -> None:
        """Save the best weights, then say where the run is, and show what the model writes."""
        loss, validation_loss = progress.loss, progress.validation_loss
        row = {"seconds": progress.seconds, "loss": loss, "validation_loss": validation_loss}
        self.history.append({name: value for name, value in row.items() if value is not None})
        if progress.is_best and validation_loss is not None:
            self.note({"seconds": progress.seconds, "validation_loss": validation_loss})
            try:
                self.save(progress.model)
            except OSError as error:
                warnings.warn(f"{error}; training goes on", RuntimeWarning, stacklevel=2)
        before = "before training" if loss is None else f"loss {loss:.3f}"
        say(f"{min(progress.share, 1):4.0%}  {before}  validation {validation_loss:.3f}")
        with self.clock.stopped():
            say(f"      {self.sample(progress.model)}")
        self.interrupts.check()

    def sample(self, model: Any) -> str:
        """Return what the model writes after a line end, on one line; always the same draws."""
        from charrnn.export import as_stored

        sampler = Sampler(as_stored(model, self.vocabulary))
        return one_line(sampler.write(sampler.neutral_prompt(), SAMPLED, 0.8), SAMPLED)

    def note(self, best: Mapping[str, float]) -> None:
        """Put on the card when the best weights were found, and their loss."""
        self.card["seconds"] = round(best["seconds"])
        self.card["validation_loss"] = round(best["validation_loss"], 4)

    def save(self, model: Any) -> None:
        """Write the model's file; a signal waits for it."""
        from charrnn.export import save_model

        with self.interrupts.shielded():
            save_model(model, self.vocabulary, self.output, self.card)

    def save_somewhere(self, model: Any) -> None:
        """Write the model's file, in another folder if it cannot be where it should."""
        try:
            self.save(model)
        except OSError as error:
            self.output = Path(tempfile.mkdtemp(prefix="charrnn-")) / self.output.name
            self.save(model)
            raise OSError(f"{error}; the model has been saved as {self.output}") from error

    def show(self, model: Any, validation: Ids, stopped: bool) -> None:
        """Evaluate the model, save the losses with it, let it write; Ctrl+C leaves out the rest."""
        try:
            self.interrupts.allow()
            for name, loss in losses(model, validation):
                self.interrupts.check()
                self.card[name] = round(loss, 4)
                say(f"{name.removesuffix('_loss')}: {self.card[name]:.3f} nats per character")
            self.save(model)
            say(self.verdict(self.card["windows_loss"], stopped))
            sampler = Sampler.load(self.output)
            prompt = self.text[-self.kept :].lstrip()[:20] or self.text.strip()[:20]
            (written,) = sampler.generate([prompt], 300, 0.8)
            say(f"it writes:\n\n{written}\n")
        except KeyboardInterrupt:
            say("\nthe rest is left out")

    def verdict(self, loss: float, stopped: bool) -> str:
        """Return whether the model is better than the n-gram, and what would help if not."""
        assert self.recipe is not None
        assert self.n_gram is not None
        ended = verdict.Ended(
            self.history,
            self.options.minutes,
            len(self.text) - self.kept,
            self.recipe.units,
            self.recipe.dropout,
            stopped,
        )
        return verdict.sentence(loss, self.n_gram, ended)


def _kept(characters: int, wanted: int | None) -> int:
    """Return how many characters at the end of a text are for validation: a tenth, or as wanted."""
    least, most = WINDOW + 1, characters - TRAINED
    if wanted is None:
        return max(characters // 10, least)
    if not least <= wanted <= most:
        raise ValueError(
            f"--validation: expected {least} to {most:,} of the {characters:,} characters, "
            f"received {wanted:,}"
        )
    return wanted


def losses(model: Any, ids: Ids) -> Iterator[tuple[str, float]]:
    """Give the loss of each protocol, by its name, as soon as it is there; say what runs.

    Long texts are read in parts; see ``EVALUATED`` and ``PROBABILITIES``.
    """
    limit = _limit(model.hyperparameters["vocabulary_size"])
    characters = min(len(ids) - 1, limit)
    spread = "" if characters == len(ids) - 1 else ", spread over the text"
    say(f"evaluating on {characters:,} characters{spread}: some seconds for each protocol")
    if len(ids) > WINDOW:
        yield "windows_loss", metrics.windows_loss(model, ids, limit=limit)
    else:
        say(f"windows of {WINDOW}: none, for the text has only {len(ids)} characters")
    streams = metrics.parallel_streams(len(ids), limit)
    yield "stream_loss", metrics.stream_loss(model, ids, streams=streams)


def _limit(symbols: int) -> int:
    """Return how many characters an evaluation predicts at most, so that it takes some seconds."""
    return max(min(EVALUATED, PROBABILITIES // symbols), WINDOW)


def windows_read(characters: int, limit: int) -> list[slice]:
    """Return the parts of a text that ``metrics.windows_loss`` reads, each with its last target."""
    count = (characters - 1) // WINDOW
    every = max(-(-count * WINDOW // limit), 1)
    return [slice(first * WINDOW, (first + 1) * WINDOW + 1) for first in range(0, count, every)]


def best_n_gram(
    training: Ids, validation: Ids, vocabulary_size: int, parts: Sequence[slice]
) -> tuple[int, float]:
    """Return the context of the n-gram with the lowest loss on parts of a text, and that.

    Args:
        training: ids to count.
        validation: ids to predict.
        vocabulary_size: [UNK], which never occurs, included.
        parts: of ``validation``; a part's first character is not predicted.
    """
    size = vocabulary_size - 1
    longest = min(metrics.longest_context(size), 5)
    pieces, predicted = [], []
    for part in parts:
        first = max(part.start + 1 - longest, 0)  # its context, too
        pieces.append(validation[first : part.stop] - 1)
        # A text's first character counts for n-grams: they predict it from nothing.
        predicted.append(np.arange(first, part.stop) > part.start)
    wanted, counts = np.concatenate(pieces), np.concatenate(predicted)
    seen, found = training - 1, {}
    for context in range(longest + 1):
        p = metrics.witten_bell_probabilities(seen, wanted, size, context)
        found[context] = float(-np.log(p[counts]).mean())
    return min(found.items(), key=lambda item: item[1])


def name_of(source: str) -> Path:
    """Return the file of a model that is named after its text.

    Raises:
        ValueError: the source has no name, as a pipe.
    """
    name = Path(source.split("?")[0]).stem
    if not name or source.startswith("/dev/") or source == "-":
        raise ValueError(f"--output: expected a name, for {source!r} gives none; received none")
    return model_file(os.path.join(os.curdir, name), "--output")  # noqa: PTH118


def digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, by which a model's card knows it."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
