"""Training at system A's sizes in PyTorch: float32, and bfloat16 by autocast."""

from contextlib import nullcontext

import numpy as np
import torch

from benchmarks.contender import arguments, chunks, report, step_seconds
from benchmarks.peers.torch_gru import Model

NAMES = {"float32": "train_torch_fp32", "bfloat16": "train_torch_bf16"}


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__), {"products": tuple(NAMES)})
    sizes = given.sizes
    ids = np.load(given.folder / "ids.npy")
    inputs, targets = (torch.tensor(part, dtype=torch.int64) for part in chunks(ids, sizes.time))
    torch.manual_seed(0)
    model = Model(sizes.vocabulary, sizes.embedding, sizes.units)
    optimizer = torch.optim.Adam(model.parameters())

    def step() -> None:
        rows = torch.randint(len(inputs), (sizes.batch,))
        narrow = given.products == "bfloat16"
        with torch.autocast("cpu", dtype=torch.bfloat16) if narrow else nullcontext():
            logits, _ = model(inputs[rows])
        loss = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), targets[rows].flatten()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    seconds = step_seconds(step, given.quick)
    report({NAMES[given.products]: sizes.batch * sizes.time / seconds})


if __name__ == "__main__":
    main()
