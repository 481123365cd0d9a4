"""Write what the live elements are made of: words of all languages, bytes of the product.

    python -m tools.live            write charrnn/live/words.json from language.yml of each language
    python -m tools.live --product  also product.js from product.wat; needs the package wasmtime,
                                    which `make live` fetches
    python -m tools.live --check    report differences, exit 1 if there are any

The package carries the words, because `charrnn page` writes pages where there is no book.
"""

import base64
import json
import re
import sys
from pathlib import Path

from charrnn.live.script import FOLDER, WORDS
from charrnn.support.commands import run_command
from charrnn.support.files import write_atomically
from tools import argument_parser
from tools.chapters.notebooks import ROOT
from tools.translation.languages import languages

# Names of words that the script asks for begin so.
BEGIN = "live_"
CODE = re.compile(r'(?<=const MODULE = ")[^"]*(?=";)')


def words(root: Path) -> str:
    """Return the words of all languages as JSON."""
    found = {
        code: {key: text for key, text in language.words.items() if key.startswith(BEGIN)}
        for code, language in languages(root).items()
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def without_names(module: bytes) -> bytes:
    """Return a WebAssembly module without its custom sections, which hold the names of the source.

    Source: WebAssembly core specification, 5.5.2: a section is an id, a length in LEB128, bytes.
    """
    kept, place = module[:8], 8
    while place < len(module):
        length, shift, start = 0, 0, place + 1
        while True:
            length |= (module[start] & 0x7F) << shift
            shift, start = shift + 7, start + 1
            if module[start - 1] < 0x80:
                break
        if module[place]:
            kept += module[place : start + length]
        place = start + length
    return kept


def product() -> str:
    """Return product.js with the bytes that product.wat gives."""
    from wasmtime import wat2wasm

    module = without_names(bytes(wat2wasm((FOLDER / "product.wat").read_text(encoding="utf-8"))))
    code = base64.b64encode(module).decode()
    return CODE.sub(code, (FOLDER / "product.js").read_text(encoding="utf-8"), count=1)


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Write or check the files; return the exit status."""
    parser = argument_parser("live", __doc__)
    parser.add_argument("--product", action="store_true", help="translate product.wat, too")
    parser.add_argument("--check", action="store_true", help="report only, exit 1 on a difference")
    options = parser.parse_args(argv)
    files = {WORDS: words(root)}
    if options.product:
        files[FOLDER / "product.js"] = product()
    status = 0
    for path, text in files.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        print(f"{'differs' if options.check else 'written'}  {path.relative_to(ROOT).as_posix()}")
        status = int(options.check)
        if not options.check:
            write_atomically(path, text.encode())
    return status


if __name__ == "__main__":
    sys.exit(run_command("live", main))
