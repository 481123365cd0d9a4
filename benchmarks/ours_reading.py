"""The loss on validation text after this book's recipe has read 1.5 million characters."""

from itertools import count

import numpy as np

from benchmarks.contender import arguments, report, training_and_validation
from charrnn.metrics import windows_loss
from charrnn.recipes import SPEED, recipe_for
from charrnn.timed_training import train_for

CHARACTERS = 1_500_000


def main() -> None:
    """Train from scratch on a clock of steps, so that the learning rate falls to the last one."""
    given = arguments(str(__doc__))
    training, validation = training_and_validation(np.load(given.folder / "ids.npy"))
    vocabulary_size = given.sizes.vocabulary
    recipe = recipe_for(vocabulary_size - 1, len(training), CHARACTERS / SPEED)
    steps = 3 if given.quick else CHARACTERS // (recipe.batch_size * recipe.length)
    model = train_for(
        steps, training, vocabulary_size, seed=0, recipe=recipe, clock=count().__next__
    )
    report({"loss_after_1500k_windows": windows_loss(model, validation)})


if __name__ == "__main__":
    main()
