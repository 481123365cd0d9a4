"""Training at system A's sizes in PyTorch: float32, and bfloat16 by autocast, each also compiled.

PyTorch's compiler leaves ``nn.GRU`` itself as it is; embedding, linear layer and loss are compiled,
and Adam is the one that updates all weights in one operation.
"""

from contextlib import nullcontext
from typing import Any

import numpy as np
import torch

from benchmarks.contender import arguments, chunks, report, step_seconds
from benchmarks.peers.torch_gru import Model

NAMES = {"float32": "train_torch_fp32", "bfloat16": "train_torch_bf16"}


def main() -> None:
    """Measure and report."""
    options = {"products": tuple(NAMES), "way": ("eager", "compiled")}
    given = arguments(str(__doc__), options)
    sizes = given.sizes
    ids = np.load(given.folder / "ids.npy")
    inputs, targets = (torch.tensor(part, dtype=torch.int64) for part in chunks(ids, sizes.time))
    torch.manual_seed(0)
    model = Model(sizes.vocabulary, sizes.embedding, sizes.units)
    compiled = given.way == "compiled"
    optimizer = torch.optim.Adam(model.parameters(), fused=compiled)
    narrow = given.products == "bfloat16"

    def loss_of(inputs: Any, targets: Any) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16) if narrow else nullcontext():
            logits, _ = model(inputs)
        return torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten())

    if compiled:
        # Without a C++ compiler it runs as it is, and is no faster.
        torch._dynamo.config.suppress_errors = True
        loss_of = torch.compile(loss_of)

    def step() -> None:
        rows = torch.randint(len(inputs), (sizes.batch,))
        loss = loss_of(inputs[rows], targets[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    seconds = step_seconds(step, given.quick, seconds=6.0)
    name = NAMES[given.products] + ("_compiled" if compiled else "")
    report({name: sizes.batch * sizes.time / seconds})


if __name__ == "__main__":
    main()
