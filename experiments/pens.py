"""Write what the pens of the front pages store: what may come at each place of an opening text.

    python -m experiments.pens [--store]

The texts are those of `charrnn/records/opening_texts.csv`, read by the model that wrote them. With
`--store` the record goes to `charrnn/records/pens.json`.
"""

import argparse
import json
import sys

from charrnn.live.elements import GREEDY
from charrnn.live.stored import stored_pen
from charrnn.sampler import Sampler
from charrnn.support.commands import run_command
from charrnn.support.files import RECORDS, read_table, write_atomically
from charrnn.weights import shipped
from experiments.opening_texts import LANGUAGES
from experiments.opening_texts import RECORD as TEXTS

RECORD = RECORDS / "pens.json"


def main(argv: list[str] | None = None) -> int:
    """Read the texts and print or store what follows; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m experiments.pens", description=__doc__)
    parser.add_argument("--store", action="store_true", help="write the record")
    options = parser.parse_args(argv)
    texts = {row["language"]: row["text"] for row in read_table(TEXTS) if row["way"] == "opening"}
    found = {}
    for code, language in LANGUAGES.items():
        sampler = Sampler.load(shipped(language.model))
        at = len(language.prompt) - 1
        pen = stored_pen(sampler, texts[code], at, language.prompt, GREEDY)
        # The front page colours what was improbable.
        found[code] = pen | {"improbable": True}
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    print(f"{len(text.encode()):,} bytes, {len(found)} languages")
    if options.store:
        write_atomically(RECORD, text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(run_command("pens", main))
