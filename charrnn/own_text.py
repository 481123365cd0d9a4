"""A text of one's own -> a model's file: what ``charrnn train`` does.

The best weights are in the model's file from the first report on, and what is needed to go on
stands in a folder beside it, ``NAME.training``, until the run has ended.
"""

import os
import signal
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from charrnn import corpora, encoded, metrics
from charrnn.checkpoints import STATE, TRACES, RunError
from charrnn.encoded import EncodedText
from charrnn.sampler import Sampler
from charrnn.support.console import say
from charrnn.support.files import check_room
from charrnn.support.interrupts import Interrupts
from charrnn.support.locks import locked
from charrnn.weights import expected_shapes, model_file
from charrnn.windows import WINDOW, split_by_position

if TYPE_CHECKING:  # TensorFlow is loaded after what can be refused without it
    from charrnn.recipes import Progress

__all__ = ["LEAST", "losses", "name_of", "train"]

Ids = npt.NDArray[Any]  # integers of any size

# Characters of a text: 513 that `recipes.train_for` needs, a window and its target to validate on.
LEAST = 513 + WINDOW + 1
# Characters that an evaluation predicts at most, spread over the text: some seconds of work, and
# all of the validation text of tiny Shakespeare.
EVALUATED = 120_000
# Fewer where there are thousands of symbols: so many probabilities take some seconds, too.
PROBABILITIES = 200_000_000
# Characters that n-grams are counted in at most, the last ones: some seconds of work.
COUNTED = 10_000_000


def train(
    source: str, output: Path, minutes: float, seed: int, resume: bool, replace: bool
) -> signal.Signals | None:
    """Train a model by the quick recipe and save it; say on standard output what happens.

    Args:
        source: as of ``corpora.load``.
        output: the model's file.
        minutes: to train.
        seed: of the weights at the beginning.
        resume: go on with a run that did not end.
        replace: begin anew, even if there is such a model or such a run.

    Returns:
        The signal that ended it early, with the best weights saved; None if it came to its end.

    Raises:
        ValueError: the text cannot be trained on, the output is taken, or another process trains
            under that name.
        OSError: the model cannot be written; the message says where it is instead.
        KeyboardInterrupt: ended before there was anything to save.
    """
    folder = output.with_name(f"{output.stem}.training")
    _check_output(output, folder, resume, replace)
    with Interrupts() as interrupts, _held(folder):
        text = encoded.read(source, output.absolute().parent, LEAST)
        run = _Run(text, output, interrupts)
        if source in corpora.CORPORA and not Path(source).is_file():
            run.card["corpus"] = source
        training, validation = run.split()

        from charrnn import checkpoints, recipes

        run.prepare(recipes.QUICK, seed)
        if replace:  # not before there is room for the new one
            checkpoints.delete_run(folder)
        say(f"training for {minutes:g} minutes; Ctrl+C ends it and keeps the best weights")
        try:
            if resume:
                run.note(checkpoints.best_row(folder))
            model = recipes.train_for(
                minutes * 60,
                training,
                len(run.vocabulary),
                seed,
                validation,
                recipes.QUICK,
                run.report,
                directory=folder,
                made_from={"text": f"of SHA-256 {text.sha256}"},
            )
        except RunError as error:
            raise ValueError(_as_told(error, folder, seed)) from error
        stopped = interrupts.received
        run.save_somewhere(model)
        if stopped in (None, signal.SIGINT):
            run.show(model, validation)
        say(f"saved as {output}")
        if stopped is None:
            try:
                checkpoints.delete_run(folder)
            except OSError as error:
                warnings.warn(f"{error}; {folder} is not needed any more", stacklevel=2)
        return stopped


class _Run:
    """What ``train`` knows while it runs.

    Attributes:
        text: all of it, as ids.
        kept: how many characters at its end are for validation.
        vocabulary: of the text.
        output: the model's file.
        card: what that says of the model.
        interrupts: the signals that end the run.
    """

    def __init__(self, text: EncodedText, output: Path, interrupts: Interrupts) -> None:
        self.text, self.output, self.interrupts = text, output, interrupts
        self.vocabulary = text.vocabulary
        self.kept = max(len(text) // 10, WINDOW + 1)
        self.card: dict[str, Any] = {
            "corpus_sha256": text.sha256,
            "validation_characters": self.kept,
        }

    def split(self) -> tuple[Ids, Ids]:
        """Return the ids for training and validation; say what they are, and the best n-gram."""
        say(f"{len(self.text):,} characters, {len(self.vocabulary) - 1} different ones; ", end="")
        say(f"the last {self.kept:,} are kept for validation")
        training, validation = split_by_position(self.text.ids, self.kept)
        counted = training[-COUNTED:]
        if len(counted) > COUNTED / 5:
            last = "" if len(counted) == len(training) else "the last "
            say(f"counting n-grams in {last}{len(counted):,} characters: some seconds")
        parts = metrics.parallel_streams(len(validation), _limit(len(self.vocabulary)))
        context, loss = best_n_gram(counted, validation, len(self.vocabulary), parts)
        say(f"best n-gram ({context} characters of context): {loss:.3f} nats per character")
        return training, validation

    def prepare(self, recipe: Any, seed: int) -> None:
        """Put the recipe on the card; try whether there is room for the model and the run."""
        sizes = {name: getattr(recipe, name) for name in ("embedding_size", "units", "layers")}
        sizes |= {"vocabulary_size": len(self.vocabulary), "cell": "gru"}
        weights = sum(int(np.prod(shape)) for shape in expected_shapes(sizes).values())
        # The model, the best weights, and twice, while one replaces the other, a state with up to
        # two numbers of the optimizer for each weight; four bytes each.
        check_room(self.output, 4 * 8 * weights)
        self.card["recipe"] = {**asdict(recipe), "seed": seed}

    def report(self, progress: "Progress") -> None:
        """Save the best weights, then say where the run is."""
        validation_loss = progress.validation_loss
        if progress.is_best and validation_loss is not None:
            self.note({"seconds": progress.seconds, "validation_loss": validation_loss})
            try:
                self.save(progress.model)
            except OSError as error:
                warnings.warn(f"{error}; training goes on", RuntimeWarning, stacklevel=2)
        say(f"{min(progress.share, 1):4.0%}  loss {progress.loss:.3f}  ", end="")
        say(f"validation {validation_loss:.3f}")
        self.interrupts.check()

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

    def show(self, model: Any, validation: Ids) -> None:
        """Evaluate the model, save the losses with it, let it write; Ctrl+C leaves out the rest."""
        try:
            self.interrupts.allow()
            for name, loss in losses(model, validation):
                self.interrupts.check()
                self.card[name] = round(loss, 4)
                say(f"{name.removesuffix('_loss')}: {self.card[name]:.3f} nats per character")
            self.save(model)
            sampler = Sampler.load(self.output)
            prompt = self.text.words(len(self.text) - self.kept, 20) or self.text.words(0, 20)
            (written,) = sampler.generate([prompt], 300, 0.8)
            say(f"it writes:\n\n{written}\n")
        except KeyboardInterrupt:
            say("\nthe rest is left out")


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


def best_n_gram(
    training: Ids, validation: Ids, vocabulary_size: int, parts: Sequence[slice]
) -> tuple[int, float]:
    """Return the context of the n-gram with the lowest loss on parts of a text, and that.

    Args:
        training: ids to count.
        validation: ids to predict.
        vocabulary_size: [UNK], which never occurs, included.
        parts: of ``validation``, as of ``metrics.parallel_streams``.
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
    probabilities = metrics.witten_bell_by_context(training - 1, wanted, size, longest)
    found = {context: float(-np.log(p[counts]).mean()) for context, p in enumerate(probabilities)}
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


def _check_output(output: Path, folder: Path, resume: bool, replace: bool) -> None:
    """Raise ValueError unless the model's file and the run's folder may be written."""
    if not output.parent.is_dir():
        raise ValueError(
            f"--output: expected an existing folder, received {str(output.parent)!r} "
            f"for {output.name}"
        )
    if folder.exists() and not folder.is_dir():
        raise ValueError(
            f"--output: expected {folder}, where the run is kept, to be free or a folder, "
            "received a file"
        )
    left = [name for name in (STATE, *TRACES) if (folder / name).exists()]
    unfinished = STATE in left
    if resume and not unfinished:
        received = f"one without its {STATE}; --replace begins anew" if left else "none"
        raise ValueError(
            f"--resume: expected a run that did not end in {folder}, received {received}"
        )
    if resume or replace:
        return
    if unfinished:
        raise ValueError(
            f"--output: expected a new name, received {output.stem!r}, of which a run did not "
            "end; --resume goes on with it, --replace begins anew"
        )
    if left:
        raise ValueError(
            f"--output: expected a new name, received {output.stem!r}: {folder} holds {left[0]} of "
            "another run; --replace begins anew"
        )
    if output.exists():
        raise ValueError(
            f"--output: expected a new name, received {output.stem!r}: {output} exists; "
            "--replace replaces it"
        )


def _as_told(error: RunError, folder: Path, seed: int) -> str:
    """Return what is wrong with a run's folder in the words of the command line."""
    if error.setting == "text":
        difference = (
            f"expected the text that the run in {folder} began with, received another one, or that "
            "one has changed since"
        )
    elif error.setting == "seed":
        difference = (
            f"expected --seed {error.stored}, with which the run in {folder} began, received {seed}"
        )
    else:
        difference = error.difference
    return f"--resume: {difference}; --replace begins anew"


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the run's folder, which is made; it is removed if nothing stays in it."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"--output: expected a folder that files can be written to, received "
            f"{str(folder.parent)!r}: {error.strerror}"
        ) from error
    taken = f"--output: expected a name that no other training uses, received {folder.stem!r}"
    try:
        with locked(folder / "in-use", taken):
            yield
    finally:
        with suppress(OSError):
            folder.rmdir()
