"""System A's way from text to ids, and from ids to batches."""

import tensorflow as tf

from benchmarks.contender import arguments, median_seconds, report
from benchmarks.peers.system_a import batches, lookups


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__))
    sizes = given.sizes
    text = (given.folder / "text.txt").read_text(encoding="utf-8")
    to_ids, _ = lookups("".join(sorted(set(text))))
    ids = to_ids(tf.strings.unicode_split(text, "UTF-8"))

    def epoch() -> None:
        count = sum(1 for _ in batches(ids, sizes.batch, sizes.time))
        assert count == len(text) // (sizes.time + 1) // sizes.batch

    report(
        {
            "vectorize_text_system_a": median_seconds(
                lambda: to_ids(tf.strings.unicode_split(text, "UTF-8")), 3
            ),
            "epoch_of_batches_system_a": median_seconds(epoch, 1),
        }
    )


if __name__ == "__main__":
    main()
