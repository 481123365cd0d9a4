"""A text of one's own -> a model's file: what ``charrnn train`` does.

The best weights are in the model's file from the first report on, and what is needed to go on
stands in a folder beside it, ``NAME.training``, until the run has ended.
"""

import os
import signal
import warnings
from pathlib import Path

from charrnn import checkpoints, corpora, encoded
from charrnn.checkpoints import RunError
from charrnn.own_text import files
from charrnn.own_text.losses import COUNTED
from charrnn.own_text.run import LEAST, Options, Run
from charrnn.support.background import begin
from charrnn.support.console import say
from charrnn.support.extras import TRAINING, check_installed
from charrnn.support.interrupts import Interrupts
from charrnn.weights import model_file

__all__ = ["LARGEST", "name_of", "train"]

# Sizes up to these are no slip of the finger; a model of the largest has a billion weights.
LARGEST = {"units": 4096, "layers": 8}


def train(source: str, output: Path, options: Options) -> signal.Signals | None:
    """Train a model by ``recipes.recipe_for`` and save it; say on standard output what happens.

    Args:
        source: as of ``corpora.load``.
        output: the model's file.
        options: what the user wants.

    Returns:
        The signal that ended it early, with the best weights saved; None if it came to its end.

    Raises:
        ModuleNotFoundError: TensorFlow is not installed; nothing has been read or written.
        ValueError: the text cannot be trained on, the output is taken, another process trains
            under that name, or an option does not fit.
        OSError: the model cannot be written; the message says where it is instead.
        KeyboardInterrupt: ended before there was anything to save.
    """
    check_installed(*TRAINING)
    folder, history = files.folder_of(output), files.history_of(output)
    files.check_output(output, options.resume, options.replace)
    origin = None
    if options.origin is not None:
        sizes = {"units": options.units, "layers": options.layers}
        origin = files.read_origin(options.origin, output, options.resume, sizes)
    with Interrupts() as interrupts, files.held(folder):
        also = "" if origin is None else origin[0].vocabulary.characters
        text = encoded.read(source, output.absolute().parent, LEAST, also=also)
        run = Run(text, output, interrupts, options, origin)
        if source in corpora.CORPORA and not Path(source).is_file():
            run.card["corpus"] = source
        training, validation = run.split()
        if len(training) > COUNTED / 5:
            counted = min(len(training), COUNTED)
            last = "" if counted == len(training) else "the last "
            say(f"counting n-grams in {last}{counted:,} characters: some seconds")
        counting = begin(lambda: run.count(training, validation))

        from charrnn import recipes, timed_training  # takes as long as counting

        seconds = options.minutes * 60
        quick = recipes.recipe_for(len(text.symbols), len(training), seconds)
        recipe = run.prepare(run.as_begun(quick, folder) if options.resume else quick)
        run.tell_n_gram(counting)
        if options.replace:  # not before there is room for the new one
            checkpoints.delete_run(folder)
            history.unlink(missing_ok=True)  # of another run than the new model's
        time = f"{options.minutes:g} minute{'' if options.minutes == 1 else 's'}"
        try:
            if options.resume:
                time += f" in all, {run.go_on(folder):.0f} seconds of which are done"
            say(f"training for {time}; Ctrl+C ends it and keeps the best weights")
            model = timed_training.train_for(
                seconds,
                training,
                len(run.vocabulary),
                options.seed,
                validation,
                recipe,
                run.report,
                clock=run.clock,
                directory=folder,
                made_from={"text": f"of SHA-256 {text.sha256}", **run.settings()},
                start=run.start(),
            )
        except RunError as error:
            raise ValueError(files.as_told(error, folder, run.settings())) from error
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


def name_of(source: str) -> Path:
    """Return the file of a model that is named after its text.

    Raises:
        ValueError: the source has no name, as a pipe.
    """
    name = Path(source.split("?")[0]).stem
    if not name or source.startswith("/dev/") or source == "-":
        raise ValueError(f"--output: expected a name, for {source!r} gives none; received none")
    return model_file(os.path.join(os.curdir, name), "--output")  # noqa: PTH118
