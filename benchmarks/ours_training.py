"""Training at system A's sizes with this book's model, products in bfloat16 or float32."""

import os

import numpy as np

from benchmarks.contender import arguments, report, step_seconds

NAMES = {"float32": "train_ours_fp32", "bfloat16": "train_ours_bf16"}


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__), {"products": tuple(NAMES)})
    os.environ["CHARRNN_MATMUL_DTYPE"] = given.products
    from charrnn.backend import keras, tf
    from charrnn.streams import StreamModel
    from charrnn.training import next_character_loss
    from charrnn.windows import chunk_windows, shuffled_batches

    sizes = given.sizes
    windows = chunk_windows(np.load(given.folder / "ids.npy"), sizes.time)
    batches = iter(shuffled_batches(*windows, sizes.batch))
    # Zero states in every batch, as the peers have them.
    model = StreamModel(
        sizes.batch,
        fresh_every=1,
        vocabulary_size=sizes.vocabulary,
        embedding_size=sizes.embedding,
        units=sizes.units,
    )
    optimizer, loss_function = keras.optimizers.Adam(), next_character_loss()

    @tf.function
    def train(inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = loss_function(targets, model(inputs, training=True))
        weights = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return loss

    seconds = step_seconds(lambda: train(*next(batches)).numpy(), given.quick)
    report({NAMES[given.products]: sizes.batch * sizes.time / seconds})


if __name__ == "__main__":
    main()
