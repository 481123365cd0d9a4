"""Build the book's HTML in one language.

A build starts from nothing, so that no page of an earlier one survives, and takes the place of the
old site only when it succeeded. `tools.build_site` is the command.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from charrnn.support.folders import write_folder_atomically
from tools.chapters.notebooks import ROOT
from tools.chapters.repository import Repository, launch_addresses, read_repository
from tools.site.api import entries_of
from tools.site.assembly import BuildError, assemble, find_language
from tools.site.finishing import finish
from tools.site.redirects import read_redirects, write_redirects
from tools.translation.languages import SOURCE, languages

# Jupyter Book's own progress is some hundred lines; of a failed build these are worth reading.
COMPLAINT = re.compile(r"WARNING|ERROR|CRITICAL|Error:|Exception")
TAIL = 15
# Sphinx colours its messages under Jupyter Book whatever NO_COLOR says.
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def public_address(repository: Repository) -> str:
    """Return where the hosting service shows the sites of a repository, with a slash at the end."""
    owner, name = repository.name.split("/")
    return f"https://{owner.lower()}.github.io/{name}/"


def storage_key(repository: Repository) -> str:
    """Return the name under which a browser keeps the language read last.

    One host serves all sites of an owner, so the name holds that of the repository.
    """
    return f"{repository.name}/language"


def configuration(
    root: Path,
    code: str,
    notices: dict[str, list[str]],
    api: dict[str, dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Derive the configuration of one language from the one `_config.yml`.

    Args:
        root: the repository.
        code: the language.
        notices: page -> what its reader must be told.
        api: page -> name that its code uses -> anchor on the page of the API.

    Raises:
        BuildError: there is no such language.
    """
    language = find_language(root, code)
    words = {key: value for key, value in language.words.items() if key != "messages"}
    repository = read_repository(root / "_config.yml")
    address = public_address(repository)
    content: dict[str, Any] = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    content |= {"title": language.title, "author": words["author"]}
    content["repository"]["path_to_book"] = f"notebooks/{code}"
    content["html"] |= {"baseurl": f"{address}{code}/", "extra_footer": words["footer"]}
    config = content["sphinx"]["config"]
    config["language"] = language.sphinx
    config["html_theme_options"]["search_bar_text"] = words["search"]
    config["togglebutton_hint"] = config["nb_code_prompt_show"] = words["show"]
    config["togglebutton_hint_hide"] = config["nb_code_prompt_hide"] = words["hide"]
    if "book_search" in content["sphinx"]["local_extensions"]:
        config["search_notice"] = words["unserved"]
    config["book_messages"] = language.words.get("messages", {})
    config["book_site"] = {
        "code": code,
        "source": SOURCE,
        "name": language.name,
        "title": language.title,
        "address": address,
        "storage": storage_key(repository),
        # Of the language's notebooks, by the service that opens them.
        "launch": launch_addresses(repository, f"notebooks/{code}"),
        "languages": {other.code: other.name for other in languages(root).values()},
        "notices": notices,
        "api": api or {},
        "words": words,
    }
    return content


def render(folder: Path, *, strict: bool) -> Path:
    """Run Jupyter Book over an assembled folder.

    Returns:
        The folder of the HTML.

    Raises:
        BuildError: the build failed; the message holds its complaints.
    """
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build"]
    if strict:
        command += ["-W", "-n", "--keep-going"]
    result = subprocess.run(
        [*command, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    lines = COLOUR.sub("", result.stdout).replace(f"{folder}{os.sep}", "").splitlines()
    complaints = [line for line in lines if COMPLAINT.search(line)]
    if result.returncode:
        shown = "\n".join(complaints or lines[-TAIL:])
        raise BuildError(f"jupyter-book build ended with {result.returncode}:\n{shown}")
    for line in complaints:
        print(line, file=sys.stderr)
    return folder / "_build" / "html"


def build(
    source: Path,
    output: Path,
    *,
    strict: bool = False,
    root: Path = ROOT,
    language: str = SOURCE,
) -> list[str]:
    """Build the book and put it at `output`, where an old one stays if anything fails.

    Args:
        source: folder with the English chapters' files, as `tools.execute --output` fills it.
        output: folder of the site.
        strict: treat warnings and unresolved references as errors.
        root: the repository.
        language: the code of a language.

    Returns:
        The pages, without suffix, in the order of the toc.

    Raises:
        ValueError: a file is missing or no page of the book, a redirect leads nowhere, or the build
            failed.
    """
    with (
        write_folder_atomically(output) as site,
        tempfile.TemporaryDirectory(prefix="book-") as temporary,
    ):
        # The system's temporary folder can be a link, which Sphinx would resolve in its messages.
        folder = Path(temporary).resolve()
        notices = assemble(source, folder, root, language)
        redirects = read_redirects(root, notices)
        content = configuration(root, language, notices, entries_of(root, folder))
        (folder / "_config.yml").write_text(
            yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        shutil.copytree(render(folder, strict=strict), site, dirs_exist_ok=True)
        # After Jupyter Book, so that neither the search nor an extension takes them for pages.
        address = public_address(read_repository(root / "_config.yml"))
        write_redirects(site, redirects, root, find_language(root, language), address)
        finish(site)
    return list(notices)
