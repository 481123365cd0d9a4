"""A text's symbols and length, and a time -> sizes and settings: the best of the measured trials.

``experiments.recipes`` ran those of ``QUICK``; ``experiments.recipes_by_text`` and
``experiments.text_sizes`` try the rules that adapt it to a text.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

from charrnn.fast.muon import Muon
from charrnn.model import has_fast_layers
from charrnn.streams import StreamModel, TiedStreamModel
from charrnn.training import cosine, next_character_loss

__all__ = [
    "FEW",
    "FEW_AND_SHORT",
    "MANY",
    "MAX_PASSES",
    "QUICK",
    "SHORT",
    "SPEED",
    "Recipe",
    "recipe_for",
]


@dataclass(frozen=True)
class Recipe:
    """Sizes of a model, and how it is trained on streams with the state carried.

    Sizes and ``dropout`` are those of ``CharacterModel``, ``kernel_dropout`` and ``fresh_every``
    those of ``StreamModel``, ``embedding_dropout`` that of ``TiedStreamModel``, which is taken
    where ``tied`` is true, ``muon_scale``, ``clip_norm`` and ``weight_decay`` those of ``Muon``.
    The learning rate rises linearly during ``warmup_steps`` and falls along a cosine to a fiftieth
    at the end of the run.
    """

    embedding_size: int = 64
    units: int = 640
    layers: int = 1
    tied: bool = False
    dropout: float = 0.0
    kernel_dropout: float = 0.0
    embedding_dropout: float = 0.0
    batch_size: int = 32
    length: int = 64
    fresh_every: int | None = 2
    learning_rate: float = 1e-2
    muon_scale: float = 0.09
    clip_norm: float = 1.0
    weight_decay: float = 0.0
    warmup_steps: int = 50

    def hyperparameters(self, vocabulary_size: int) -> dict[str, Any]:
        """Return those of the model, as ``model.new_model`` and a model's file have them."""
        return {
            "vocabulary_size": vocabulary_size,
            "embedding_size": self.embedding_size,
            "units": self.units,
            "layers": self.layers,
            "cell": "gru",
            "dropout": self.dropout,
            **({"tied": True} if self.tied else {}),
        }

    def build(self, vocabulary_size: int) -> StreamModel:
        """Return a new model, compiled for ``fit`` or ``train_step``."""
        if self.embedding_dropout and not self.tied:
            raise ValueError(
                "embedding_dropout: expected 0 without a tied output, "
                f"received {self.embedding_dropout}"
            )
        left_out = {"embedding_dropout": self.embedding_dropout} if self.tied else {}
        model = (TiedStreamModel if self.tied else StreamModel)(
            self.batch_size,
            self.fresh_every,
            self.kernel_dropout,
            **left_out,
            **self.hyperparameters(vocabulary_size),
        )
        optimizer = self.optimizer()
        optimizer.build(model.trainable_variables)
        model.compile(optimizer, next_character_loss(), jit_compile=False)
        return model

    def optimizer(self) -> Any:
        """Return the optimizer, whose learning rate is set at each step."""
        return Muon(self.learning_rate, self.muon_scale, self.clip_norm, self.weight_decay)

    def with_dropout(self, dropout: float) -> "Recipe":
        """Return the recipe with a dropout, and what else is left out along with it."""
        kernel = round(OTHER_DROPOUT * dropout, 3) if has_fast_layers() else 0.0  # Keras has none
        embedding = kernel if self.tied else 0.0  # a narrow one has no number to spare
        return replace(self, dropout=dropout, kernel_dropout=kernel, embedding_dropout=embedding)

    def rate(self, step: int, progress: float) -> float:
        """Return the learning rate of a step, ``progress`` from 0 to 1 being where the run is."""
        rising = min((step + 1) / self.warmup_steps, 1.0)
        return self.learning_rate * rising * cosine(progress)


# The best of the trials on tiny Shakespeare, ``charrnn/records/recipes.csv``.
QUICK = Recipe()
# By the rules that ``experiments.recipes_by_text`` tries: for an alphabet, and for more symbols,
# where the output is most of the work, and tied to the embedding.
FEW_SYMBOLS = 300
FEW = replace(QUICK, weight_decay=0.1)
# A large model learns a short text by heart. Measured on 50,000, 100,000 and 200,000 characters, of
# which the first two are better off with fewer units: ``charrnn/records/text_sizes.csv``.
SHORT = 150_000
FEW_AND_SHORT = replace(FEW, units=256)
MANY = replace(FEW, embedding_size=256, units=512, tied=True)
# So many characters a second two cores read, about; from that follows how often a text is read.
SPEED = 25_000
# A text that is read more often than this gets dropout, so much more with each doubling: most with
# thousands of symbols, each of which is seen seldom.
FREE_PASSES, DROPOUT, TIED_DROPOUT, MOST_DROPOUT = 3, 0.12, 0.2, 0.5
# Of recurrent kernels and of embeddings, for each of the outputs'.
OTHER_DROPOUT = 0.6
# A short text is learnt by heart; after so many passes over it the run ends before its time is up.
MAX_PASSES: float = 16


def recipe_for(symbols: int, characters: int, seconds: float) -> Recipe:
    """Return the recipe for a text and a time.

    Units follow from the text's length, dropout from how often it is read, output from its symbols.

    Args:
        symbols: different ones in the text.
        characters: to train on.
        seconds: of training.
    """
    few = FEW_AND_SHORT if characters < SHORT else FEW
    recipe = few if symbols <= FEW_SYMBOLS else MANY
    passes = min(seconds * SPEED / characters, MAX_PASSES)
    doublings = math.log2(max(passes / FREE_PASSES, 1))
    dropout = min((TIED_DROPOUT if recipe.tied else DROPOUT) * doublings, MOST_DROPOUT)
    return recipe.with_dropout(round(dropout, 2))
