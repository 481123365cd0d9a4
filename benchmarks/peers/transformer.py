"""A transformer in PyTorch in the two settings that are well known: a CPU's, and a GPU's.

The small one trains for its iterations, the larger one for as long as it is told.

Source: Vaswani et al. 2017, decoder only, layer norms first as in GPT-2 (Radford et al. 2019);
sizes and rates are those of Karpathy's nanoGPT for tiny Shakespeare.
"""

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks.contender import arguments, report, training_and_validation


@dataclass(frozen=True)
class Setting:
    """Sizes of the model and its batches, and how long it trains as published.

    Attributes:
        batch: rows of ``context`` characters.
        estimates: batches that its loss is estimated on, every ``ESTIMATE_EVERY`` iterations.
    """

    layers: int
    heads: int
    width: int
    context: int
    batch: int
    dropout: float
    iterations: int
    estimates: int


SMALL = Setting(4, 4, 128, 64, 12, 0.0, iterations=2000, estimates=20)
# Published with it is 1.4697, after all iterations on a GPU. Here they do not fit into the time,
# and none of it is spent on estimates.
LARGE = Setting(6, 6, 384, 256, 64, 0.2, iterations=5000, estimates=0)
WARM_UP, HIGHEST, LOWEST = 100, 1e-3, 1e-4  # iterations, learning rates
ESTIMATE_EVERY = 250  # iterations
EVALUATED = 64  # windows computed together


class Block(torch.nn.Module):  # type: ignore[misc]
    """Attention and a feed-forward part, each added to its input."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        width, self.heads, self.rate = setting.width, setting.heads, setting.dropout
        self.first_norm = torch.nn.LayerNorm(width, bias=False)
        self.attention = torch.nn.Linear(width, 3 * width, bias=False)
        self.mixed = torch.nn.Linear(width, width, bias=False)
        self.second_norm = torch.nn.LayerNorm(width, bias=False)
        self.widened = torch.nn.Linear(width, 4 * width, bias=False)
        self.narrowed = torch.nn.Linear(4 * width, width, bias=False)
        self.dropout = torch.nn.Dropout(setting.dropout)

    def forward(self, hidden: Any) -> Any:
        """(batch, time, width) -> the same shape."""
        batch, steps, width = hidden.shape
        parts = self.attention(self.first_norm(hidden)).split(width, dim=2)
        # each (batch, heads, time, width / heads)
        query, key, value = (
            part.view(batch, steps, self.heads, width // self.heads).transpose(1, 2)
            for part in parts
        )
        heads = functional.scaled_dot_product_attention(
            query, key, value, dropout_p=self.rate if self.training else 0.0, is_causal=True
        )
        hidden = hidden + self.dropout(self.mixed(heads.transpose(1, 2).reshape(hidden.shape)))
        wide = functional.gelu(self.widened(self.second_norm(hidden)))
        return hidden + self.dropout(self.narrowed(wide))


class Transformer(torch.nn.Module):  # type: ignore[misc]
    """Ids -> logits; the output layer shares its matrix with the embedding."""

    def __init__(self, setting: Setting, vocabulary_size: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, setting.width)
        self.positions = torch.nn.Embedding(setting.context, setting.width)
        self.dropout = torch.nn.Dropout(setting.dropout)
        self.blocks = torch.nn.ModuleList(Block(setting) for _ in range(setting.layers))
        self.norm = torch.nn.LayerNorm(setting.width, bias=False)
        small = 0.02 / math.sqrt(2 * setting.layers)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                # What is added to the sum of all blocks begins smaller, as in GPT-2.
                adds = name.endswith(("mixed.weight", "narrowed.weight"))
                torch.nn.init.normal_(weight, 0.0, small if adds else 0.02)

    def forward(self, ids: Any) -> Any:
        """(batch, time) -> (batch, time, vocabulary)."""
        hidden = self.embedding(ids) + self.positions(torch.arange(ids.shape[1]))
        hidden = self.dropout(hidden)
        for block in self.blocks:
            hidden = block(hidden)
        return self.norm(hidden) @ self.embedding.weight.T


def loss_of(model: Transformer, inputs: Any, targets: Any) -> Any:
    """Return the mean cross-entropy in nats."""
    return functional.cross_entropy(model(inputs).float().flatten(0, 1), targets.flatten())


def draw(setting: Setting, ids: Any) -> tuple[Any, Any]:
    """Return a batch of windows from random places."""
    starts = torch.randint(len(ids) - setting.context, (setting.batch, 1))
    rows = ids[starts + torch.arange(setting.context + 1)]
    return rows[:, :-1], rows[:, 1:]


@torch.no_grad()  # type: ignore[misc]
def estimate(setting: Setting, model: Transformer, *texts: Any) -> list[float]:
    """Return the loss on some random batches of each text."""
    batches = range(setting.estimates)
    return [
        float(np.mean([loss_of(model, *draw(setting, ids)).item() for _ in batches]))
        for ids in texts
    ]


def learning_rate(progress: float, warm_up: float) -> float:
    """Return the rate: up along a line, down along a cosine; arguments are shares of the run."""
    if progress < warm_up:
        return HIGHEST * progress / warm_up
    share = min((progress - warm_up) / (1 - warm_up), 1.0)
    return LOWEST + 0.5 * (1 + math.cos(math.pi * share)) * (HIGHEST - LOWEST)


def train(
    setting: Setting,
    training: Any,
    validation: Any,
    vocabulary_size: int,
    progress_at: Callable[[int], float],
    narrow: bool = False,
) -> Transformer:
    """Return a model trained from scratch, its loss estimated as the recipe does.

    Args:
        setting: sizes and rates.
        training: ids.
        validation: ids.
        vocabulary_size: how many there are.
        progress_at: iteration -> where the run is; 1 ends it.
        narrow: compute in bfloat16 by autocast.
    """
    model = Transformer(setting, vocabulary_size)
    matrices = [weight for weight in model.parameters() if weight.dim() == 2]
    others = [weight for weight in model.parameters() if weight.dim() != 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=HIGHEST, betas=(0.9, 0.99))
    warm_up, iteration = WARM_UP / setting.iterations, 0
    while (progress := progress_at(iteration)) < 1:
        # The first step would have none.
        rate = learning_rate(max(progress, 1 / setting.iterations), warm_up)
        for group in optimizer.param_groups:
            group["lr"] = rate
        if setting.estimates and iteration % ESTIMATE_EVERY == 0:
            estimate(setting, model, training, validation)
        with torch.autocast("cpu", dtype=torch.bfloat16) if narrow else nullcontext():
            loss = loss_of(model, *draw(setting, training))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        iteration += 1
    if setting.estimates:
        estimate(setting, model, training, validation)
    return model


@torch.no_grad()  # type: ignore[misc]
def whole_loss(setting: Setting, model: Transformer, ids: Any) -> float:
    """Return the loss on a whole text in windows with nothing before them, in nats."""
    model.eval()
    count = (len(ids) - 1) // setting.context
    inputs = ids[: count * setting.context].view(count, setting.context)
    targets = ids[1 : count * setting.context + 1].view(count, setting.context)
    parts = zip(inputs.split(EVALUATED), targets.split(EVALUATED), strict=True)
    total = sum(float(loss_of(model, *part)) * part[0].numel() for part in parts)
    return float(total / inputs.numel())


def main() -> None:
    """Train the small one, measure and report."""
    given = arguments(str(__doc__))
    ids = np.load(given.folder / "ids.npy")
    # 65 characters: this model has no id for an unknown one.
    training, validation = (
        torch.tensor(part - 1, dtype=torch.int64) for part in training_and_validation(ids)
    )
    torch.manual_seed(0)
    start = time.perf_counter()
    iterations = 3 if given.quick else SMALL.iterations
    vocabulary_size = given.sizes.vocabulary - 1
    model = train(SMALL, training, validation, vocabulary_size, lambda done: done / iterations)
    seconds = time.perf_counter() - start
    loss = whole_loss(SMALL, model, validation)
    report({"transformer_seconds": seconds, "loss_transformer": loss})


if __name__ == "__main__":
    main()
