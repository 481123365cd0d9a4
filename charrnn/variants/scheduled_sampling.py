"""Training on inputs that the model has drawn itself, to prepare it for reading its own text."""

from typing import Any

from charrnn.backend import tf
from charrnn.model import saved_by_keras
from charrnn.training import SelfTrainedModel

__all__ = ["ScheduledSamplingModel", "check_schedule", "mixed_inputs"]


def check_schedule(largest: float, steps: int) -> None:
    """Raise ValueError for a probability or a number of steps that cannot be."""
    if not 0 <= largest <= 1:
        raise ValueError(f"largest: expected a probability from 0 to 1, received {largest!r}")
    if steps < 1:
        raise ValueError(f"steps: expected at least 1, received {steps!r}")


@tf.function
def mixed_inputs(model: Any, inputs: Any, probability: Any, seed: Any) -> Any:
    """Replace characters of the inputs by characters that the model draws.

    The model reads each window from its beginning, its own characters included, so what it draws
    follows from what it has really read. No gradient belongs to the drawing.

    Args:
        model: as of ``charrnn.model``.
        inputs: ids, shape (batch, time), int32; the first id of each row stays.
        probability: of replacing a character, scalar.
        seed: two integers; equal seeds draw equal ids.

    Returns:
        Ids, shape (batch, time), int32.

    Source: Bengio et al. 2015, with a choice for each character of each window.
    """
    batch_size, length = inputs.shape
    own = tf.random.stateless_uniform(inputs.shape, seed) < probability
    ids, states = inputs[:, 0], model.initial_states(batch_size)
    mixed = tf.TensorArray(tf.int32, length).write(0, ids)
    for time in tf.range(1, length):
        logits, states = model(ids[:, None], states=states, return_state=True)
        draw = tf.random.experimental.stateless_fold_in(seed, time)
        drawn = tf.random.stateless_categorical(logits[:, 0], 1, draw, tf.int32)
        ids = tf.where(own[:, time], drawn[:, 0], inputs[:, time])  # (batch,)
        mixed = mixed.write(time, ids)
    return tf.transpose(mixed.stack())  # (time, batch) -> (batch, time)


@saved_by_keras
class ScheduledSamplingModel(SelfTrainedModel):
    """A model that reads more and more of its own characters while ``fit`` trains it.

    The probability of reading its own character rises linearly from 0 to ``largest`` over ``steps``
    steps, and stays there.

    Source: Bengio et al. 2015.
    """

    def __init__(self, largest: float, steps: int, seed: int = 0, **hyperparameters: Any) -> None:
        super().__init__(**hyperparameters)
        check_schedule(largest, steps)
        self.largest, self.steps, self.seed = largest, steps, seed

    def train_step(self, data: Any) -> Any:
        """Update the weights on one batch of (inputs, targets), inputs mixed; return the loss."""
        inputs, targets = data  # (batch, time)
        step = self.optimizer.iterations
        progress = tf.minimum(1.0, tf.cast(step, tf.float32) / self.steps)
        seed = tf.stack([self.seed, tf.cast(step, tf.int32)])
        mixed = mixed_inputs(self, inputs, self.largest * progress, seed)
        return super().train_step((mixed, targets))
