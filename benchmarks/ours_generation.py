"""Generation with this book: NumPy alone, and the loop in one graph; one text, and 64 at once."""

from collections.abc import Callable
from functools import partial

from benchmarks.contender import arguments, median_seconds, report

Continue = Callable[[list[str], int], object]


def numpy_sampler(path: str) -> Continue:
    """Return what continues prompts without TensorFlow."""
    from charrnn.sampler import Sampler

    sampler = Sampler.load(path)
    return lambda prompts, length: sampler.generate(prompts, length, 1.0, 0)


def graph(path: str) -> Continue:
    """Return what continues prompts in one graph."""
    from charrnn.backend import tf
    from charrnn.export import load_model
    from charrnn.generation import Generator

    generator = Generator(*load_model(path))
    return lambda prompts, length: generator(tf.constant(prompts), length, 1.0, 0).numpy()


WAYS = {"sampler": numpy_sampler, "graph": graph}


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__), {"way": tuple(WAYS)})
    length = 20 if given.quick else 1000
    continue_texts = WAYS[given.way](str(given.folder / "weights"))
    measured = {}
    for name, texts, repetitions in (("one", 1, 5), ("64", 64, 1)):
        prompts = ["ROMEO:"] * texts
        continue_texts(prompts, 5)  # traces
        seconds = median_seconds(partial(continue_texts, prompts, length), repetitions)
        measured[f"generate_{name}_{given.way}"] = texts * length / seconds
    report(measured)


if __name__ == "__main__":
    main()
