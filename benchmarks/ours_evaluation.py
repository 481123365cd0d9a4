"""Both losses of the shipped model: how long they take, without the start of the process; one."""

import time

import numpy as np

from benchmarks.contender import arguments, report, training_and_validation
from charrnn.backend import tf
from charrnn.export import load_model
from charrnn.metrics import parallel_streams, stream_loss, windows_loss

CHARACTERS = 100_000


def main() -> None:
    """Measure what a first evaluation takes, compilation included, and report."""
    given = arguments(str(__doc__))
    _, validation = training_and_validation(np.load(given.folder / "ids.npy"))
    ids = validation[: CHARACTERS + 1]
    model, _ = load_model()
    tf.zeros(()).numpy()  # TensorFlow's own start
    start = time.perf_counter()
    windows_loss(model, ids)
    stream_loss(model, ids, streams=parallel_streams(len(ids), CHARACTERS))
    seconds = time.perf_counter() - start
    # Of the file itself, whatever its card says.
    loss = windows_loss(model, validation)
    report({"evaluate_100k_seconds": seconds, "best_model_windows": loss})


if __name__ == "__main__":
    main()
