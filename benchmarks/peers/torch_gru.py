"""The same model in PyTorch: embedding, ``nn.GRU``, linear layer."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.peers.stored import read_stored

__all__ = ["Model", "load_model"]


class Model(torch.nn.Module):  # type: ignore[misc]
    """Ids -> logits and state."""

    def __init__(self, vocabulary_size: int, embedding_size: int, units: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.gru = torch.nn.GRU(embedding_size, units, batch_first=True)
        self.dense = torch.nn.Linear(units, vocabulary_size)

    def forward(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """Return logits, shape (batch, time, vocabulary), and the state."""
        hidden, state = self.gru(self.embedding(ids), state)
        return self.dense(hidden), state


def load_model(path: Path) -> tuple[Model, str]:
    """Return the model at ``path``, and the characters of ids 1 and above."""
    description, arrays = read_stored(path)
    sizes = description["hyperparameters"]

    def reordered(name: str) -> Any:
        # The files have the update gate first, PyTorch the reset gate; each matrix transposed.
        update, reset, candidate = np.split(arrays[f"recurrent.0.{name}"], 3, axis=-1)
        return np.concatenate([reset, update, candidate], axis=-1)

    input_bias, state_bias = reordered("bias")
    weights = {
        "embedding.weight": arrays["embedding"],
        "gru.weight_ih_l0": reordered("kernel").T,
        "gru.weight_hh_l0": reordered("recurrent_kernel").T,
        "gru.bias_ih_l0": input_bias,
        "gru.bias_hh_l0": state_bias,
        "dense.weight": arrays["dense.kernel"].T,
        "dense.bias": arrays["dense.bias"],
    }
    model = Model(sizes["vocabulary_size"], sizes["embedding_size"], sizes["units"])
    # A transposed view would keep its order in memory, and the products another speed.
    model.load_state_dict({name: torch.tensor(array.copy()) for name, array in weights.items()})
    return model, description["characters"]
