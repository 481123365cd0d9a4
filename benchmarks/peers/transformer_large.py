"""The larger transformer, trained for ``--seconds``, in float32 or by autocast in bfloat16."""

import time
from dataclasses import replace

import numpy as np
import torch

from benchmarks.contender import arguments, report, training_and_validation
from benchmarks.peers.transformer import LARGE, train, whole_loss


def main() -> None:
    """Train from scratch, measure and report."""
    given = arguments(str(__doc__), {"seconds": (), "products": ("float32", "bfloat16")})
    ids = np.load(given.folder / "ids.npy")
    training, validation = (
        torch.tensor(part - 1, dtype=torch.int64) for part in training_and_validation(ids)
    )
    torch.manual_seed(0)
    start = time.perf_counter()

    def progress_at(done: int) -> float:
        """Return the share of the time that is over."""
        return float(done) if given.quick else (time.perf_counter() - start) / given.seconds

    setting = replace(LARGE, batch=2) if given.quick else LARGE
    narrow = given.products == "bfloat16"
    vocabulary_size = given.sizes.vocabulary - 1
    model = train(setting, training, validation, vocabulary_size, progress_at, narrow)
    seconds = time.perf_counter() - start
    loss = whole_loss(setting, model, validation)
    report({"transformer_large_seconds": seconds, "loss_transformer_large": loss})


if __name__ == "__main__":
    main()
