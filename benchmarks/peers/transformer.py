"""A small transformer in PyTorch, of the size that is well known for training on a CPU.

Source: Vaswani et al. 2017, decoder only, layer norms first as in GPT-2 (Radford et al. 2019).
"""

import math
import time
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks.contender import arguments, report, training_and_validation

LAYERS, HEADS, WIDTH, CONTEXT, BATCH = 4, 4, 128, 64, 12
ITERATIONS, WARM_UP, HIGHEST, LOWEST = 2000, 100, 1e-3, 1e-4
ESTIMATE_EVERY = 250  # iterations


class Block(torch.nn.Module):  # type: ignore[misc]
    """Attention and a feed-forward part, each added to its input."""

    def __init__(self) -> None:
        super().__init__()
        self.first_norm = torch.nn.LayerNorm(WIDTH, bias=False)
        self.attention = torch.nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.mixed = torch.nn.Linear(WIDTH, WIDTH, bias=False)
        self.second_norm = torch.nn.LayerNorm(WIDTH, bias=False)
        self.widened = torch.nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.narrowed = torch.nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, hidden: Any) -> Any:
        """(batch, time, width) -> the same shape."""
        batch, steps, _ = hidden.shape
        parts = self.attention(self.first_norm(hidden)).split(WIDTH, dim=2)
        # each (batch, heads, time, width / heads)
        query, key, value = (
            part.view(batch, steps, HEADS, WIDTH // HEADS).transpose(1, 2) for part in parts
        )
        heads = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        hidden = hidden + self.mixed(heads.transpose(1, 2).reshape(batch, steps, WIDTH))
        return hidden + self.narrowed(functional.gelu(self.widened(self.second_norm(hidden))))


class Transformer(torch.nn.Module):  # type: ignore[misc]
    """Ids -> logits; the output layer shares its matrix with the embedding."""

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, WIDTH)
        self.positions = torch.nn.Embedding(CONTEXT, WIDTH)
        self.blocks = torch.nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = torch.nn.LayerNorm(WIDTH, bias=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                # What is added to the sum of all blocks begins smaller, as in GPT-2.
                adds = name.endswith(("mixed.weight", "narrowed.weight"))
                torch.nn.init.normal_(weight, 0.0, 0.02 / math.sqrt(2 * LAYERS) if adds else 0.02)

    def forward(self, ids: Any) -> Any:
        """(batch, time) -> (batch, time, vocabulary)."""
        hidden = self.embedding(ids) + self.positions(torch.arange(ids.shape[1]))
        for block in self.blocks:
            hidden = block(hidden)
        return self.norm(hidden) @ self.embedding.weight.T


def loss_of(model: Transformer, inputs: Any, targets: Any) -> Any:
    """Return the mean cross-entropy in nats."""
    return functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


def draw(ids: Any) -> tuple[Any, Any]:
    """Return a batch of windows from random places."""
    starts = torch.randint(len(ids) - CONTEXT, (BATCH, 1))
    rows = ids[starts + torch.arange(CONTEXT + 1)]
    return rows[:, :-1], rows[:, 1:]


@torch.no_grad()  # type: ignore[misc]
def estimate(model: Transformer, batches: int, *texts: Any) -> list[float]:
    """Return the loss on some random batches of each text."""
    return [
        float(np.mean([loss_of(model, *draw(ids)).item() for _ in range(batches)])) for ids in texts
    ]


def learning_rate(iteration: int) -> float:
    """Return the rate: up along a line, down along a cosine."""
    if iteration < WARM_UP:
        return HIGHEST * (iteration + 1) / (WARM_UP + 1)
    share = (iteration - WARM_UP) / (ITERATIONS - WARM_UP)
    return LOWEST + 0.5 * (1 + math.cos(math.pi * share)) * (HIGHEST - LOWEST)


def train(
    training: Any, validation: Any, vocabulary_size: int, iterations: int, batches: int
) -> Transformer:
    """Return a model trained from scratch, its loss estimated on ``batches`` as the recipe does."""
    model = Transformer(vocabulary_size)
    matrices = [weight for weight in model.parameters() if weight.dim() == 2]
    others = [weight for weight in model.parameters() if weight.dim() != 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=HIGHEST, betas=(0.9, 0.99))
    for iteration in range(iterations):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(iteration)
        if iteration % ESTIMATE_EVERY == 0:
            estimate(model, batches, training, validation)
        loss = loss_of(model, *draw(training))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    estimate(model, batches, training, validation)
    return model


@torch.no_grad()  # type: ignore[misc]
def whole_loss(model: Transformer, ids: Any) -> float:
    """Return the loss on a whole text in windows with nothing before them, in nats."""
    count = (len(ids) - 1) // CONTEXT
    inputs = ids[: count * CONTEXT].view(count, CONTEXT)
    targets = ids[1 : count * CONTEXT + 1].view(count, CONTEXT)
    return float(loss_of(model, inputs, targets))


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__))
    ids = np.load(given.folder / "ids.npy")
    # 65 characters: this model has no id for an unknown one.
    training, validation = (
        torch.tensor(part - 1, dtype=torch.int64) for part in training_and_validation(ids)
    )
    torch.manual_seed(0)
    start = time.perf_counter()
    amount = (3, 1) if given.quick else (ITERATIONS, 20)
    model = train(training, validation, given.sizes.vocabulary - 1, *amount)
    seconds = time.perf_counter() - start
    report({"transformer_seconds": seconds, "loss_transformer": whole_loss(model, validation)})


if __name__ == "__main__":
    main()
