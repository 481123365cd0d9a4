"""One run of ``charrnn train``: what it says, saves and shows while ``train_for`` works."""

import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from charrnn import checkpoints
from charrnn.encoded import EncodedText
from charrnn.own_text import verdict
from charrnn.own_text.losses import COUNTED, best_n_gram, kept_of, limit, losses, windows_read
from charrnn.own_text.origin import kept_in_trainings, merge
from charrnn.sampler import Sampler
from charrnn.support.console import one_line, say
from charrnn.support.files import check_room
from charrnn.support.interrupts import Interrupts
from charrnn.vocabulary import Vocabulary
from charrnn.weights import StoredModel, expected_shapes
from charrnn.windows import WINDOW, Ids, split_by_position

if TYPE_CHECKING:  # TensorFlow is loaded after what can be refused without it
    from charrnn.recipes import Recipe
    from charrnn.timed_training import Progress

__all__ = ["LEAST", "Options", "Run"]

# Characters to train on: that `timed_training.train_for` needs.
TRAINED = 513
#: Characters that a text needs to be trained on and, in a window and its target, validated on.
LEAST = TRAINED + WINDOW + 1
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


class Clock:
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


class Run:
    """What ``train`` knows while it runs.

    Attributes:
        text: all of it, as ids of the model's vocabulary.
        kept: how many characters at its end are for validation.
        vocabulary: of the model: that of the text, merged with that of the model gone on from.
        output: the model's file.
        card: what that says of the model.
        interrupts: the signals that end the run.
        options: what the user wants.
        origin: the model gone on from, with the merged vocabulary, or None.
        recipe: known after ``prepare``.
        n_gram: loss of the best one, known after ``tell_n_gram``.
        history: a row for each report.
        share: of the run, at the last report; all of it where a run that goes on was done already.
        clock: by which the run is timed; it stands still while samples are written.
    """

    def __init__(
        self,
        text: EncodedText,
        output: Path,
        interrupts: Interrupts,
        options: Options,
        origin: tuple[StoredModel, dict[str, Any]] | None = None,
    ) -> None:
        self.text, self.output, self.interrupts, self.options = text, output, interrupts, options
        self.kept = _kept(len(text), options.validation)
        self.card: dict[str, Any] = {
            "corpus_sha256": text.sha256,
            "validation_characters": self.kept,
        }
        self.vocabulary = text.vocabulary
        self.origin: StoredModel | None = None
        if origin is not None:
            model, self.card["from"] = origin
            self.origin = merge(model, self.vocabulary.characters)
        self.recipe: Recipe | None = None
        self.n_gram: float | None = None
        self.history: checkpoints.History = []
        self.share = 1.0
        self.clock = Clock()

    def split(self) -> tuple[Ids, Ids]:
        """Return the ids for training and validation; say what they are."""
        say(f"{len(self.text):,} characters, {len(self.text.symbols)} different ones; ", end="")
        say(f"the last {self.kept:,} are kept for validation")
        if "from" in self.card:
            self._tell_origin(self.card["from"])
        return split_by_position(self.text.ids, self.kept)

    def _tell_origin(self, origin: Mapping[str, Any]) -> None:
        new = len(self.vocabulary) - 1 - origin["characters"]
        say(f"going on from {origin['name']}, for which {new} of them are new")
        kept = kept_in_trainings(origin, self.card["corpus_sha256"])
        least = min((count for count in kept if count), default=self.kept)
        if None in kept:
            said = "it was trained on this text, and its card does not say on which part"
            say(f"{said}: the losses here may say too little")
        elif least < self.kept:
            learnt = f"{self.kept - least:,} of the characters that are kept now"
            say(f"it was trained on {learnt}: the losses here say too little")

    def count(self, training: Ids, validation: Ids) -> tuple[int, float]:
        """Return the context and the loss of the best n-gram, as ``best_n_gram``."""
        counted = training[-COUNTED:]
        parts = windows_read(len(validation), limit(len(self.vocabulary)))
        own = Vocabulary(self.text.symbols)
        if len(own) < len(self.vocabulary):  # an n-gram expects no characters of another text
            places = np.concatenate([[0], own.encode(self.vocabulary.characters)])
            counted, validation = places[counted], places[validation]
        return best_n_gram(counted, validation, len(own), parts)

    def tell_n_gram(self, counting: "Future[tuple[int, float]]") -> None:
        """Wait for ``count``; say what it gave."""
        context, self.n_gram = counting.result()
        self.card["n_gram_loss"] = round(self.n_gram, 4)
        given = f"best n-gram ({context} characters of context)"
        say(f"{given}: {self.n_gram:.3f} nats per character")

    def as_begun(self, quick: "Recipe", folder: Path) -> "Recipe":
        """Return the recipe with the dropout of the run in a folder, which other minutes change."""
        _, made_from = checkpoints.read_run(folder)
        return quick.with_dropout(float(made_from.get("dropout", quick.dropout)))

    def prepare(self, quick: "Recipe") -> "Recipe":
        """Return the recipe, with what the user wants; put it on the card.

        Try whether there is room for the model and the run.
        """
        given = {name: getattr(self.options, name) for name in ("units", "layers", "dropout")}
        wanted = {name: value for name, value in given.items() if value is not None}
        if self.origin is not None:
            sizes = self.origin.hyperparameters
            own = {name: sizes[name] for name in asdict(quick).keys() & sizes.keys()}
            own["tied"] = sizes.get("tied", False)
            wanted = own | {"dropout": quick.dropout} | wanted
        recipe = replace(quick, **wanted)
        if self.origin is not None or self.options.dropout is not None:
            recipe = recipe.with_dropout(recipe.dropout)
        self.recipe = recipe
        shapes = expected_shapes(recipe.hyperparameters(len(self.vocabulary)))
        weights = sum(int(np.prod(shape)) for shape in shapes.values())
        # The model, the best weights, and twice, while one replaces the other, a state with up to
        # two numbers of the optimizer for each weight; four bytes each.
        check_room(self.output, 4 * 8 * weights)
        self.card["recipe"] = {**asdict(recipe), "seed": self.options.seed}
        return recipe

    def settings(self) -> dict[str, Any]:
        """Return what a run that goes on has to have in common with its beginning."""
        # In this order: with another model, all sizes are others.
        common = {"from": self.card["from"]["sha256"] if "from" in self.card else "none"}
        common |= {name: getattr(self.recipe, name) for name in ("units", "layers", "dropout")}
        return common | {"seed": self.options.seed, "validation": self.kept}

    def start(self) -> list[npt.NDArray[Any]] | None:
        """Return the weights of the model gone on from."""
        if self.origin is None:
            return None
        return [self.origin.arrays[name] for name in expected_shapes(self.origin.hyperparameters)]

    def go_on(self, folder: Path) -> float:
        """Read where the run in a folder is; return for how many seconds it has been trained."""
        self.note(checkpoints.best_row(folder))
        self.history, _ = checkpoints.read_run(folder)
        return self.history[-1]["seconds"] if self.history else 0.0

    def report(self, progress: "Progress") -> None:
        """Save the best weights, then say where the run is, and show what the model writes."""
        loss, validation_loss = progress.loss, progress.validation_loss
        self.history.append(progress.row())
        self.share = progress.share
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
            prompt = self.text.words(len(self.text) - self.kept, 20) or self.text.words(0, 20)
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
            None if self.origin else self.recipe.units,
            self.recipe.dropout,
            stopped,
            diverged=self.share < 1 and not stopped,
        )
        return verdict.sentence(loss, self.n_gram, ended)


def _kept(characters: int, wanted: int | None) -> int:
    """Return how many characters at the end of a text are for validation: a tenth, or as wanted."""
    least, most = WINDOW + 1, characters - TRAINED
    if wanted is None:
        return kept_of(characters)
    if not least <= wanted <= most:
        raise ValueError(
            f"--validation: expected {least} to {most:,} of the {characters:,} characters, "
            f"received {wanted:,}"
        )
    return wanted
