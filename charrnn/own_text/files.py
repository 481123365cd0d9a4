"""A model's name -> the files that its training writes: held by one process, nobody's overwritten.

Beside the model, ``NAME.safetensors``, these are the run's folder, ``NAME.training``, and at its
end the history of the losses, ``NAME.history.csv``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from charrnn import checkpoints
from charrnn.checkpoints import STATE, TRACES, RunError
from charrnn.own_text import origin as origins
from charrnn.support.locks import locked
from charrnn.weights import StoredModel, find_model, read_weights

__all__ = ["as_told", "check_output", "folder_of", "held", "history_of", "read_origin"]

COLUMNS = {"seconds", "step", "loss", "validation_loss"}


def folder_of(output: Path) -> Path:
    """Return the folder of the run that trains a model."""
    return output.with_name(f"{output.stem}.training")


def history_of(output: Path) -> Path:
    """Return the file with the losses of the run that trained a model."""
    return output.with_name(f"{output.stem}.history.csv")


def check_output(output: Path, resume: bool, replace: bool) -> None:
    """Raise ValueError unless the files of a model's training may be written."""
    folder, history = folder_of(output), history_of(output)
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
    if history.exists() and not _is_history(history):
        raise ValueError(
            f"--output: expected {history}, where the losses are kept, to be free or the history "
            "of a training, received another thing"
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
    new = f"--output: expected a new name, received {output.stem!r}"
    if unfinished:
        raise ValueError(
            f"{new}, of which a run did not end; --resume goes on with it, --replace begins anew"
        )
    if left:
        raise ValueError(f"{new}: {folder} holds {left[0]} of another run; --replace begins anew")
    for file in (output, history):
        if file.exists():
            raise ValueError(f"{new}: {file} exists; --replace replaces it")


def _is_history(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            names = file.readline(200).rstrip("\n").split(",")
    except (OSError, ValueError):
        return False
    return {"seconds", "step"} <= set(names) <= COLUMNS


def read_origin(
    name: str, output: Path, resume: bool, given: Mapping[str, int | None]
) -> tuple[StoredModel, dict[str, Any]]:
    """Return the model that a training goes on from, and what the new card says of it.

    Args:
        name: what follows ``--from``, as ``weights.find_model`` takes it.
        output: the new model's file.
        resume: whether a run that began so goes on.
        given: sizes that the user names, None for others; they have to be the model's.

    Raises:
        ValueError: there is no such model, it has other sizes, or it cannot be trained so.
    """
    try:
        file = find_model(name)
    except ValueError as error:
        raise ValueError(f"--from{str(error).removeprefix('path')}") from error
    model = read_weights(file)
    if (cell := model.hyperparameters["cell"]) != "gru":
        raise ValueError(f"--from: expected a model of GRU layers, received one of {cell}")
    for size, value in given.items():
        if value is not None and value != (own := model.hyperparameters[size]):
            raise ValueError(
                f"--{size}: expected {own}, as the model has that --from names, or no --{size}, "
                f"received {value}"
            )
    entry = origins.origin(file, model)
    if resume and output.exists() and file.samefile(output):
        # The run began with --replace, so the model may be its own by now.
        _, made_from = checkpoints.read_run(folder_of(output))
        before, began = model.card.get("from"), made_from.get("from")
        if isinstance(before, dict) and before.get("sha256") == began != entry["sha256"]:
            entry = before
    return model, entry


def as_told(error: RunError, folder: Path, settings: Mapping[str, object]) -> str:
    """Return what is wrong with a run's folder in the words of the command line.

    Args:
        error: what the run's state says.
        folder: of the run.
        settings: what is typed as ``--NAME`` -> what it is now.
    """
    name, began = error.setting or "", f"the run in {folder} began"
    changed = "received another one, or that one has changed since"
    if name == "text":
        difference = f"expected the text that {began} with, {changed}"
    elif name == "from" and error.stored == "none":
        difference = f"expected no --from, as when {began}, received one"
    elif name == "from" and settings["from"] == "none":
        difference = f"expected --from and a model, as when {began}, received none"
    elif name == "from":
        difference = f"expected the model after --from that {began} with, {changed}"
    elif name == "recipe":
        difference = (
            f"expected the version of charrnn, the kind of processor and CHARRNN_FAST that {began} "
            "with, received others, whose recipe is another one"
        )
    elif name in settings and error.stored != "none":  # an earlier version kept less
        received = settings[name]
        difference = f"expected --{name} {error.stored}, with which {began}, received {received}"
    else:
        difference = error.difference
    return f"--resume: {difference}; --replace begins anew"


@contextmanager
def held(folder: Path) -> Iterator[None]:
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
