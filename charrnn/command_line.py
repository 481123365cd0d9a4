"""The command line: words -> what the package does with them.

TensorFlow is loaded by the commands that need it alone, ``train`` and ``evaluate``: ``sample``
answers in less than a second, and where TensorFlow is not installed, too.
"""

import argparse
import itertools
import math
import os
import secrets
import signal
import sys
import warnings
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from charrnn import metrics
from charrnn.prompts import LARGEST_SEED
from charrnn.support.commands import run_command
from charrnn.support.console import (
    as_typed,
    complain,
    replace_what_cannot_be_shown,
    say,
    show,
    this_program,
)
from charrnn.support.extras import TRAINING, check_installed
from charrnn.vocabulary import UnknownCharacterError
from charrnn.weights import (
    LANGUAGES,
    PRETRAINED,
    SHIPPED,
    find_model,
    model_file,
    read_weights,
)
from charrnn.windows import WINDOW

__all__ = ["main"]

# Names of arguments in the package -> what is typed for them.
WORDS = {
    "source": "file",
    "path": "--model",
    "prompts": "--prompt",
    "prompt": "--prompt",
    "language": "--language",
    "length": "--length",
    "temperature": "--temperature",
    "top_k": "--top-k",
    "top_p": "--top-p",
    "seed": "--seed",
}
MODEL = (
    f"a model's file, with or without its ending, or a name: {', '.join(SHIPPED)} come with the "
    f"package; {', '.join(LANGUAGES)} stand in a clone of the repository; a file of this folder is "
    "taken before the model of its name (default: shakespeare)"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 1 after an error. Errors and warnings are told in one line."""
    options = _parser().parse_args(arguments)
    name = f"charrnn {options.command}"
    replace_what_cannot_be_shown()
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: complain(f"{name}: {message}")
        return run_command(name, lambda: options.run(options), WORDS)


def _parser() -> argparse.ArgumentParser:
    started_as = "charrnn" if Path(sys.argv[0]).stem == "charrnn" else "python -m charrnn"
    parser = argparse.ArgumentParser(
        prog=started_as, description="Character models: survey, train, sample, page, evaluate."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="train a model on a text file of your own")
    train.set_defaults(run=_train)
    train.add_argument(
        "file", help="text in UTF-8, or the address or name of one, or - for the standard input"
    )
    train.add_argument(
        "--output", help="the model's file, without ending (default: named after the text)"
    )
    train.add_argument(
        "--minutes",
        type=float,
        default=2.0,
        help="time to train at most; of a short text the passes are over before (default: 2)",
    )
    train.add_argument(
        "--seed", type=int, default=0, help="number that the first weights are drawn by"
    )
    train.add_argument(
        "--units",
        type=int,
        help="size of a layer's state (default: 640, 256 to train on less than 150,000 characters, "
        "or 512 for more than 300 symbols)",
    )
    train.add_argument("--layers", type=int, help="recurrent layers (default: 1)")
    train.add_argument(
        "--dropout",
        type=float,
        help="share of a layer's outputs left out at each step, against learning a text by heart "
        "(default: by how often the text is read)",
    )
    train.add_argument(
        "--validation",
        type=int,
        metavar="CHARACTERS",
        help=f"how many at the end of the text are kept to choose and judge the weights, "
        f"{WINDOW + 1} at least (default: a tenth)",
    )
    train.add_argument(
        "--from",
        dest="origin",
        metavar="MODEL",
        help="go on from this trained model, a file or a name as for sample, whose sizes the new "
        "one has, with the text's characters added",
    )
    again = train.add_mutually_exclusive_group()
    again.add_argument(
        "--resume",
        action="store_true",
        help="go on with a run that did not end, with the options it began with; --minutes counts "
        "from its beginning",
    )
    again.add_argument(
        "--replace", action="store_true", help="replace the model, or the run, of that name"
    )

    survey = commands.add_parser("survey", help="what to know about a text before training on it")
    survey.set_defaults(run=_survey)
    survey.add_argument(
        "file", help="text in UTF-8, or the address or name of one, or - for the standard input"
    )

    sample = commands.add_parser("sample", help="continue a prompt")
    sample.set_defaults(run=_sample)
    sample.add_argument("--model", default=str(PRETRAINED), help=MODEL)
    sample.add_argument("--prompt", help="beginning of the text (default: a line end)")
    sample.add_argument("--length", type=int, default=1000, help="new characters (default: 1000)")
    sample.add_argument("--temperature", type=float, default=1.0, help="default: 1.0")
    sample.add_argument("--top-k", type=int, help="draw from so many likely characters only")
    sample.add_argument(
        "--top-p",
        type=float,
        help="draw from the likeliest characters that together have this probability",
    )
    sample.add_argument("--seed", type=int, help="equal seeds give equal texts (default: new)")

    page = commands.add_parser("page", help="make a web page, one file, in which a model writes")
    page.set_defaults(run=_page)
    page.add_argument("--model", default=str(PRETRAINED), help=MODEL)
    page.add_argument("--output", help="the page's file (default: named after the model, here)")
    page.add_argument(
        "--language", default="en", help="of the page's own words: en, ru, zh-Hans, zh-Hant, ko"
    )
    page.add_argument("--prompt", help="beginning of its texts (default: a line end)")
    page.add_argument("--replace", action="store_true", help="replace a page of that name")

    evaluate = commands.add_parser("evaluate", help="loss of a model on a text")
    evaluate.set_defaults(run=_evaluate)
    evaluate.add_argument("--model", default=str(PRETRAINED), help=MODEL)
    evaluate.add_argument(
        "file",
        nargs="?",
        help="text to predict; of the one that the model was trained on, the part kept for "
        "validation (default, for models of named corpora: that one)",
    )
    return parser


def _survey(options: Any) -> None:
    from charrnn import corpora
    from charrnn.own_text.losses import COUNTED, best_n_gram, kept_of, limit, windows_read
    from charrnn.texts.findings import findings
    from charrnn.texts.survey import survey
    from charrnn.vocabulary import Vocabulary

    text = corpora.load(options.file, prefer_files=True)
    for line in findings(survey(text)):
        say(line)
    kept = kept_of(len(text))
    if len(text) < 2 * kept:
        say(f"too short for n-grams, which take {2 * (WINDOW + 1)} characters")
        return
    vocabulary = Vocabulary(text)
    ids = vocabulary.encode(text)
    parts = windows_read(kept, limit(len(vocabulary)))
    context, loss = best_n_gram(ids[:-kept][-COUNTED:], ids[-kept:], len(vocabulary), parts)
    say(
        f"best n-gram ({context} characters of context) on the last {kept:,} characters: "
        f"{loss:.3f} nats per character; a model is worth its training if its loss there is lower"
    )


def _sample(options: Any) -> None:
    from charrnn.sampler import Sampler

    seed = secrets.randbelow(LARGEST_SEED + 1) if options.seed is None else options.seed
    sampler = Sampler.load(options.model)
    prompt = sampler.neutral_prompt() if options.prompt is None else options.prompt
    try:
        pieces = sampler.write(
            prompt, options.length, options.temperature, seed, options.top_k, options.top_p
        )
    except UnknownCharacterError as error:
        raise ValueError(f"--prompt{str(error).removeprefix('text')}") from error
    # What has been drawn is shown at once: Ctrl+C and a closed pipe lose nothing of it.
    for piece in itertools.chain([prompt], pieces, ["\n"]):
        show(piece, end="")


def _page(options: Any) -> None:
    from charrnn.live.page import make_page, page_file
    from charrnn.support.files import write_atomically

    stored = find_model(options.model)
    file = page_file(options.output or stored.stem, options.replace)
    content = make_page(read_weights(options.model), file.stem, options.language, options.prompt)
    say(f"{file}: {len(content.encode()) / 1e6:.1f} MB, with the model inside")
    write_atomically(file, content.encode())
    say("open it in a browser, or send it: it needs nothing else")


def _evaluate(options: Any) -> None:
    from charrnn import corpora, encoded
    from charrnn.own_text.losses import losses
    from charrnn.own_text.origin import kept_in_trainings

    check_installed(*TRAINING)  # before a text is fetched
    stored = read_weights(options.model)
    card = stored.card
    if options.file is not None:
        text = encoded.read(options.file, vocabulary=stored.vocabulary)
    elif card.get("corpus") in list(corpora.CORPORA):  # it may hold anything
        text = encoded.read(card["corpus"], vocabulary=stored.vocabulary, prefer_files=False)
    else:
        raise ValueError(
            "file: expected a text, because only models of named corpora bring theirs; for "
            f"example: evaluate my.txt --model {as_typed(options.model)}; received none"
        )
    if len(text) < 2:
        raise ValueError(f"text: expected at least 2 characters, received {len(text)}")
    ids, kept = text.ids, kept_in_trainings(card, text.sha256)
    if not kept:
        said = (
            "; this is not the text that the model was trained on,\n"
            "or it has changed since: then the model may have been trained on parts of it"
        )
    elif (known := [count for count in kept if count and count <= len(text)]) == kept:
        ids, said = ids[-min(known) :], ", those that the model was not trained on"
    else:
        said = "; the model was trained on parts of it, and its card does not say which"
    say(f"{len(ids):,} of {len(text):,} characters{said}")

    from charrnn.export import from_stored

    model = from_stored(stored)
    if unknown := len(ids) - int(np.count_nonzero(ids)):
        say(f"{unknown:,} of them are not in the model's vocabulary")
    names = {
        "windows_loss": f"windows of {WINDOW}, zero state in each",
        "stream_loss": "stream, state carried over the text",
    }
    for protocol, loss in losses(model, ids):
        bits = metrics.bits(loss)
        say(f"{names[protocol]}: {loss:.4f} nats, {bits:.4f} bits per character")


def _train(options: Any) -> int:
    from charrnn.own_text import train
    from charrnn.own_text.run import Options

    if not 0 < options.minutes < math.inf:
        raise ValueError(f"--minutes: expected a number above 0, received {options.minutes:g}")
    if not 0 <= options.seed <= LARGEST_SEED:
        raise ValueError(f"--seed: expected 0 to {LARGEST_SEED}, received {options.seed}")
    for name, largest in train.LARGEST.items():
        value = getattr(options, name)
        if value is not None and not 1 <= value <= largest:
            raise ValueError(f"--{name}: expected 1 to {largest}, received {value}")
    if options.dropout is not None and not 0 <= options.dropout < 1:
        raise ValueError(
            f"--dropout: expected at least 0 and below 1, received {options.dropout:g}"
        )
    if options.output is not None:
        output = model_file(options.output, "--output")
    else:
        output = train.name_of(options.file)
    names = [field.name for field in fields(Options)]
    wanted = Options(**{name: getattr(options, name) for name in names})
    stopped = train.train(options.file, output, wanted)
    name = str(output.with_suffix(""))
    if name in SHIPPED or name in LANGUAGES:  # the file, not the model of that name
        name = os.path.join(os.curdir, name)  # noqa: PTH118
    model = as_typed(name)
    say(f"more: {this_program()} sample --model {model}")
    if stopped is None:
        return 0
    again = f"train {as_typed(options.file)} --output {model}"
    say(f"to go on: {this_program()} {again} {_as_typed_again(wanted)} --resume")
    return 0 if stopped == signal.SIGINT else 128 + stopped


def _as_typed_again(wanted: Any) -> str:
    """Return the options of a training without which it could not go on."""
    typed = [f"--minutes {wanted.minutes:g}", f"--seed {wanted.seed}"]
    for name in ("units", "layers", "dropout", "validation"):
        if (value := getattr(wanted, name)) is not None:
            typed.append(f"--{name} {value}")
    if wanted.origin is not None:
        typed.append(f"--from {as_typed(wanted.origin)}")
    return " ".join(typed)
