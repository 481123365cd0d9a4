"""Training with this book's model, products in bfloat16 or float32.

With few symbols at system A's sizes; with many at those of ``recipes.MANY``, and its output tied.
"""

import os

import numpy as np

from benchmarks.contender import HAN, QUICK_HAN, arguments, random_ids, report, step_seconds

NAMES = {
    ("few", "float32"): "train_ours_fp32",
    ("few", "bfloat16"): "train_ours_bf16",
    ("many", "float32"): "train_han_ours",
    ("many", "bfloat16"): "train_han_ours",
}


def main() -> None:
    """Measure and report."""
    options = {"symbols": ("few", "many"), "products": ("float32", "bfloat16")}
    given = arguments(str(__doc__), options)
    os.environ["CHARRNN_MATMUL_DTYPE"] = given.products
    from charrnn.backend import keras, tf
    from charrnn.streams import StreamModel, TiedStreamModel
    from charrnn.training import next_character_loss
    from charrnn.windows import chunk_windows, shuffled_batches

    many = given.symbols == "many"
    sizes = (QUICK_HAN if given.quick else HAN) if many else given.sizes
    ids = random_ids(sizes) if many else np.load(given.folder / "ids.npy")
    batches = iter(shuffled_batches(*chunk_windows(ids, sizes.time), sizes.batch))
    # Zero states in every batch, as the peers have them.
    model = (TiedStreamModel if many else StreamModel)(
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
    report({NAMES[given.symbols, given.products]: sizes.batch * sizes.time / seconds})


if __name__ == "__main__":
    main()
