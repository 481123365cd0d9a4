"""The loss on validation text that this book's recipe reaches in a given time."""

import time

import numpy as np

from benchmarks.contender import arguments, report, training_and_validation
from charrnn.metrics import stream_loss, windows_loss
from charrnn.recipes import recipe_for
from charrnn.timed_training import train_for


def main() -> None:
    """Train from scratch for ``--seconds``, from the building of the model to its last step."""
    given = arguments(str(__doc__), {"seconds": ()})
    training, validation = training_and_validation(np.load(given.folder / "ids.npy"))
    start = time.perf_counter()
    vocabulary_size = given.sizes.vocabulary
    recipe = recipe_for(vocabulary_size - 1, len(training), given.seconds)
    model = train_for(given.seconds, training, vocabulary_size, seed=0, recipe=recipe)
    seconds = time.perf_counter() - start
    report(
        {
            "ours_seconds": seconds,
            "loss_ours_stream": stream_loss(model, validation),
            "loss_ours_windows": windows_loss(model, validation),
        }
    )


if __name__ == "__main__":
    main()
