"""The loss on validation text of Witten-Bell n-grams."""

import time

import numpy as np

from benchmarks.contender import arguments, report, training_and_validation
from charrnn.metrics import witten_bell_loss


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__))
    training, validation = training_and_validation(np.load(given.folder / "ids.npy"))
    measured = {}
    for context in (4, 5):
        start = time.perf_counter()
        loss = witten_bell_loss(training, validation, given.sizes.vocabulary, context)
        measured[f"ngram_{context}_seconds"] = time.perf_counter() - start
        measured[f"ngram_{context}"] = loss
    report(measured)


if __name__ == "__main__":
    main()
