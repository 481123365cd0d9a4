"""Write the texts that pages open with: first draws of the models, n-gram models, the books.

    python -m experiments.opening_texts [--store]

For each language of the book, its model's first draw after a few characters; then one place in the
validation text, continued in four ways: by the model, by n-gram models with a short and with a long
context, and as the book goes on. Nothing is picked: the seed is the book's, the place is the first
beginning of a paragraph that has enough text before it. With ``--store`` the table goes to
``charrnn/records/opening_texts.csv``.
"""

import argparse
import random
import re
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from charrnn import corpora
from charrnn.sampler import Sampler
from charrnn.support.commands import run_command
from charrnn.support.files import RECORDS, write_table
from charrnn.weights import shipped
from experiments.shared import VALIDATION

RECORD = RECORDS / "opening_texts.csv"
SEED = 1
TEMPERATURE = 0.7
# So many characters are read before a text is continued.
BEFORE = 256


@dataclass(frozen=True)
class Language:
    """A language of the book.

    Attributes:
        model: name of the model in this language.
        corpus: name of the text that it was trained on.
        prompt: what the opening begins with.
        contexts: characters of context of the two n-gram models.
        lines: how many lines of verse an opening has, the prompt included, 0 for prose.
        opening: characters of an opening in prose; it ends with a sentence.
        length: characters that a place is continued by, up to the end of a line or a sentence.
        begins: what stands before a paragraph.
    """

    model: str
    corpus: str
    prompt: str
    contexts: tuple[int, int]
    lines: int
    opening: int
    length: int
    begins: str = "\n"


LANGUAGES = {
    "en": Language("shakespeare", "shakespeare", "ROMEO:\n", (4, 12), 8, 400, 260, "\n\n"),
    "ru": Language("ru", "ru-gogol", "Чичиков", (4, 12), 0, 300, 260),
    "zh-Hans": Language("zh-hans", "zh-hans-sanguo", "却说", (2, 5), 0, 130, 90),
    "zh-Hant": Language("zh-hant", "zh-hant-sanguo", "卻說", (2, 5), 0, 130, 90, "\n\n"),
    "ko": Language("ko", "ko-stories", "그날 밤", (3, 8), 0, 180, 130),
}
# An end of a sentence, with the marks that may close it.
SENTENCE = re.compile(r"(?:[.!?…]+[\"'”’»)]*(?=\s|$))|[。！？][”’」』]*")


def cut(text: str, characters: int, lines: int = 0) -> str:
    """Return the beginning of a text: so many lines, or whole sentences of so many characters.

    Where no sentence ends in time, the text is cut within one.
    """
    if lines:
        return "\n".join(text.strip("\n").split("\n")[:lines])
    text = text.strip()[:characters]
    ends = [match.end() for match in SENTENCE.finditer(text)]
    return text[: ends[-1]] if ends else text


def followers(text: str, context: str) -> Counter[str]:
    """Return how often each character follows a run of characters in a text."""
    found: Counter[str] = Counter()
    place = text.find(context)
    while 0 <= place < len(text) - len(context):
        found[text[place + len(context)]] += 1
        place = text.find(context, place + 1)
    return found


def continued(known: str, before: str, length: int, context: int) -> str:
    """Continue a text by an n-gram model.

    Args:
        known: what was counted.
        before: what is continued.
        length: characters to add.
        context: after so many characters the next one is drawn; where ``known`` lacks these, after
            the longest end of them that it has.
    """
    draw, text = random.Random(SEED), before
    for _ in range(length):
        counts: Counter[str] = Counter()
        size = context
        while not counts:
            counts = followers(known, text[len(text) - size :])
            size -= 1
        characters, numbers = zip(*sorted(counts.items()), strict=True)
        text += draw.choices(characters, numbers)[0]
    return text[len(before) :]


def longest_shared_run(text: str, known: str) -> int:
    """Return how many characters the longest part of ``text`` has that stands in ``known``."""
    longest = 0
    for start in range(len(text)):
        while start + longest < len(text) and text[start : start + longest + 1] in known:
            longest += 1
    return longest


def probabilities(sampler: Sampler, text: str) -> list[float]:
    """Return the probability, at temperature 1, of each character of a text but its first."""
    states, found = sampler.initial_states(1), []
    ids = sampler.vocabulary.encode(text, strict=True)
    for current, following in pairwise(ids):
        logits, states = sampler.step(np.array([current]), states)
        weights = np.exp(logits[0] - logits.max())
        found.append(float(weights[following] / weights.sum()))
    return found


def texts(name: str) -> list[dict[str, str]]:
    """Return the rows of a language."""
    language = LANGUAGES[name]
    whole = corpora.load(language.corpus)
    sampler = Sampler.load(shipped(language.model))
    validation = VALIDATION if name == "en" else len(whole) // 10
    training, unseen = whole[:-validation], whole[-validation:]
    (drawn,) = sampler.generate([language.prompt], language.opening, TEMPERATURE, SEED)
    place = unseen.index(language.begins, BEFORE) + len(language.begins)
    before, length = unseen[place - BEFORE : place], 2 * language.length
    (model,) = sampler.generate([before], length, TEMPERATURE, SEED)
    ways = {"opening": cut(drawn, language.opening, language.lines)}
    ways["model"] = cut(model[BEFORE:], language.length)
    for context in language.contexts:
        written = continued(training, before, length, context)
        ways[f"n-gram {context}"] = cut(written, language.length)
    ways["real"] = cut(unseen[place : place + length], language.length)
    # Of the opening alone, for it is shown with its probabilities.
    likely = {"opening": probabilities(sampler, ways["opening"])}
    return [
        {
            "language": name,
            "way": way,
            "text": text,
            "shared_run": str(longest_shared_run(text, training)),
            "tenths": "".join(str(min(int(10 * value), 9)) for value in likely.get(way, [])),
        }
        for way, text in ways.items()
    ]


def main() -> None:
    """Write all texts, print them, store them if asked for."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--store", action="store_true", help="replace the record")
    given = parser.parse_args()
    rows = [row for name in LANGUAGES for row in texts(name)]
    for row in rows:
        print(f"--- {row['language']}, {row['way']}, shared run {row['shared_run']}")
        print(row["text"])
    if given.store:
        write_table(rows, RECORD)


if __name__ == "__main__":
    sys.exit(run_command("experiments.opening_texts", main))
