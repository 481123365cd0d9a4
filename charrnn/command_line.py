"""The command line: words -> what the package does with them.

TensorFlow is loaded by the commands that need it alone: ``sample`` answers in less than a second.
"""

import argparse
import hashlib
import secrets
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from charrnn import metrics
from charrnn.vocabulary import UNKNOWN_ID, Vocabulary
from charrnn.weights import PRETRAINED
from charrnn.windows import WINDOW, split_by_position

__all__ = ["main"]

SHIPPED = "the model that comes with the package"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 1 after an error. Errors and warnings are told in one line."""
    options = _parser().parse_args(arguments)

    def tell(message: object) -> None:
        print(f"charrnn {options.command}: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: tell(message)
        try:
            options.run(options)
        except (ValueError, FloatingPointError, OSError) as error:
            tell(error)
            return 1
        except KeyboardInterrupt:
            print("\nstopped", file=sys.stderr)
            return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m charrnn", description="Character models: train, sample, evaluate."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="train a model on a text file of your own")
    train.set_defaults(run=_train)
    train.add_argument("file", help="text in UTF-8, or the address or name of one")
    train.add_argument(
        "--output", help="the model's files, without ending (default: named after the text)"
    )
    train.add_argument("--minutes", type=float, default=2.0, help="time to train (default: 2)")
    train.add_argument("--seed", type=int, default=0, help="of the weights at the beginning")

    sample = commands.add_parser("sample", help="continue a prompt")
    sample.set_defaults(run=_sample)
    sample.add_argument("--model", default=str(PRETRAINED), help=f"default: {SHIPPED}")
    sample.add_argument(
        "--prompt", default="\n", help="beginning of the text (default: a line end)"
    )
    sample.add_argument("--length", type=int, default=1000, help="new characters (default: 1000)")
    sample.add_argument("--temperature", type=float, default=1.0, help="default: 1.0")
    sample.add_argument("--top-k", type=int, help="draw from so many likely characters only")
    sample.add_argument("--top-p", type=float, help="draw from the characters of this probability")
    sample.add_argument("--seed", type=int, help="equal seeds give equal texts (default: new)")

    evaluate = commands.add_parser("evaluate", help="loss of a model on a text")
    evaluate.set_defaults(run=_evaluate)
    evaluate.add_argument("--model", default=str(PRETRAINED), help=f"default: {SHIPPED}")
    evaluate.add_argument(
        "file", nargs="?", help="text to predict (default: what the model was not trained on)"
    )
    return parser


def _sample(options: Any) -> None:
    from charrnn.sampler import Sampler

    seed = secrets.randbits(32) if options.seed is None else options.seed
    (text,) = Sampler.load(options.model).generate(
        [options.prompt], options.length, options.temperature, seed, options.top_k, options.top_p
    )
    print(text)


def _train(options: Any) -> None:
    from charrnn import corpora, recipes
    from charrnn.export import save_model
    from charrnn.sampler import Sampler

    output = options.output or Path(options.file).stem
    for file in (Path(f"{output}.safetensors"), Path(f"{output}.json")):
        if file.exists():
            raise ValueError(f"--output: expected a new name, received {output!r}: {file} exists")
        if not file.parent.is_dir():
            raise ValueError(f"--output: expected an existing folder, received {output!r}")
    text = corpora.load(options.file)
    vocabulary = Vocabulary(text)
    kept = max(len(text) // 10, WINDOW + 1)
    training, validation = split_by_position(vocabulary.encode(text), kept)
    context, baseline = _best_n_gram(training, validation, len(vocabulary))
    print(f"{len(text):,} characters, {len(vocabulary) - 1} different ones; the last", end=" ")
    print(f"{kept:,} are kept for validation")
    print(f"best n-gram ({context} characters of context): {baseline:.3f} nats per character")

    started = time.perf_counter()
    model = recipes.train_for(
        options.minutes * 60,
        training,
        len(vocabulary),
        options.seed,
        validation,
        recipes.QUICK,
        _report,
    )
    card = {
        "corpus": options.file,
        "corpus_sha256": _digest(text),
        "recipe": {**asdict(recipes.QUICK), "seed": options.seed},
        "seconds": round(time.perf_counter() - started),
        "validation_characters": kept,
        "windows_loss": round(metrics.windows_loss(model, validation), 4),
        "stream_loss": round(metrics.stream_loss(model, validation), 4),
    }
    save_model(model, vocabulary, output, card)
    print(
        f"windows {card['windows_loss']:.3f}, stream {card['stream_loss']:.3f} nats per character"
    )
    print(f"saved as {output}.safetensors and {output}.json; it writes:\n")
    prompt = text[-kept:].lstrip()[:20] or "\n"
    print(*Sampler.load(output).generate([prompt], 300, 0.8))
    print(f"\nmore: python -m charrnn sample --model {output}")


def _best_n_gram(training: Any, validation: Any, vocabulary_size: int) -> tuple[int, float]:
    """Return the context of the n-gram with the lowest loss on the validation text, and that."""
    # [UNK], the first id, never occurs.
    arguments = training - 1, validation - 1, vocabulary_size - 1
    longest = min(metrics.longest_context(vocabulary_size - 1), 5)
    losses = {
        context: metrics.witten_bell_loss(*arguments, context) for context in range(longest + 1)
    }
    return min(losses.items(), key=lambda item: item[1])


def _report(progress: float, loss: float, validation_loss: float | None) -> None:
    print(f"{min(progress, 1):4.0%}  loss {loss:.3f}  validation {validation_loss:.3f}", flush=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _evaluate(options: Any) -> None:
    from charrnn import corpora
    from charrnn.export import load_model
    from charrnn.weights import read_weights

    card = read_weights(options.model).card
    source = options.file or card.get("corpus")
    if source is None:
        raise ValueError("file: expected a text, for the model's card names none; received none")
    text = corpora.load(source)
    own = _digest(text) == card.get("corpus_sha256")
    part = text[-card["validation_characters"] :] if own else text
    model, vocabulary = load_model(options.model)
    ids = vocabulary.encode(part)
    print(f"{len(part):,} of {len(text):,} characters", end="")
    print(", those that the model was not trained on" if own else "")
    if unknown := int((ids == UNKNOWN_ID).sum()):
        print(f"{unknown:,} of them are not in the model's vocabulary")
    for name, loss in [
        (f"windows of {WINDOW}, fresh state in each", metrics.windows_loss(model, ids, WINDOW)),
        ("stream, state carried over the text", metrics.stream_loss(model, ids)),
    ]:
        print(f"{name}: {loss:.4f} nats, {metrics.bits(loss):.4f} bits per character")
