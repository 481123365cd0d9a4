"""Generation with system A's loop in Python over one compiled step: one text, and five at once."""

from functools import partial

from benchmarks.contender import arguments, median_seconds, report
from benchmarks.peers.system_a import OneStep, load_model


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__))
    length = 20 if given.quick else 1000
    one_step = OneStep(*load_model(given.folder / "weights"))
    measured = {}
    for name, texts in (("generate_one_system_a", 1), ("generate_five_system_a", 5)):
        prompts = ["ROMEO:"] * texts
        one_step.continue_texts(prompts, 5)  # traces
        seconds = median_seconds(partial(one_step.continue_texts, prompts, length), 3)
        measured[name] = texts * length / seconds
    report(measured)


if __name__ == "__main__":
    main()
