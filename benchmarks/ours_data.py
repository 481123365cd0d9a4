"""This book's way from text to ids, and from ids to batches."""

from itertools import islice

from benchmarks.contender import arguments, median_seconds, report
from charrnn.vocabulary import Vocabulary
from charrnn.windows import chunk_windows, shuffled_batches


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__))
    sizes = given.sizes
    text = (given.folder / "text.txt").read_text(encoding="utf-8")
    vocabulary = Vocabulary(text)
    ids = vocabulary.encode(text)
    steps = len(ids) // (sizes.time + 1) // sizes.batch

    def epoch() -> None:
        batches = shuffled_batches(*chunk_windows(ids, sizes.time), sizes.batch)
        assert sum(1 for _ in islice(batches, steps)) == steps

    report(
        {
            "vectorize_text_ours": median_seconds(lambda: vocabulary.encode(text), 5),
            "epoch_of_batches_ours": median_seconds(epoch, 5),
        }
    )


if __name__ == "__main__":
    main()
