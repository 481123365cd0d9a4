import json
import sys

import pytest

from benchmarks import result_files, scripts, two_minutes
from benchmarks.long_texts import PART, write_long_text
from benchmarks.processes import ROOT, SHOWN, ContenderError, Runner, run_json
from benchmarks.rows import GOALS, make_rows
from benchmarks.table import TITLES, markdown
from benchmarks.user_commands import seconds_to_report
from charrnn import corpora, named_corpora

SCRIPT_IDS = {
    "quick_en",
    "quick_ru",
    "quick_ko",
    "quick_zh_hans",
    "quick_zh_hant",
    "half_quick_en",
    "half_quick_ru",
    "half_quick_ko",
    "half_quick_zh_hans",
    "half_quick_zh_hant",
    "memory_50mb_gib",
    "memory_1gb_gib",
}


@pytest.fixture
def script_measurements():
    """Made-up ones of all languages."""
    measured, goals = scripts.tables(two_minutes.CORPORA)
    names = set(measured) | {name for goal in goals.values() for name in goal.measured}
    return {name: [place + 1.0] for place, name in enumerate(sorted(names))}


def test_a_ratio_of_the_scripts_is_the_loss_over_that_of_the_n_gram(script_measurements):
    script_measurements |= {"quick_ko": [3.0], "half_quick_ko": [3.3], "n_gram_ko": [3.2]}
    rows = make_rows(script_measurements, *scripts.tables(two_minutes.CORPORA))
    by_id = {row["id"]: row for row in rows}
    assert set(by_id) >= SCRIPT_IDS
    assert by_id["quick_ko"]["ratio"] == pytest.approx(3.0 / 3.2, rel=1e-4)
    assert by_id["half_quick_ko"]["ratio"] == pytest.approx(3.3 / 3.2, rel=1e-4)
    assert by_id["half_quick_ko"]["baseline"] == "n_gram_ko"
    assert len(markdown(rows).splitlines()) == 2 + len(SCRIPT_IDS)
    assert set(TITLES) - set(GOALS) == SCRIPT_IDS


def test_a_language_whose_text_cannot_be_had_is_left_out(
    monkeypatch, capsys, tmp_path, script_measurements
):
    def load(name):
        if name == "ko-stories":
            raise named_corpora.CorpusError("no way to the stories")

    started = []

    def start(runner, contender, measurements, label):
        started.append(contender)
        names = [contender.options[1]] if "--language" in contender.options else ["50mb", "1gb"]
        for name, values in script_measurements.items():
            if any(f"_{each}" in name for each in names):
                measurements[name] = values

    monkeypatch.setattr(scripts, "load", load)
    monkeypatch.setattr(scripts, "run_json", lambda command: {"processor": "?"})
    monkeypatch.setattr(Runner, "run", start)
    scripts.main(["--output", str(tmp_path / "results.json")])
    told = capsys.readouterr().out
    assert "ko is left out: no way to the stories" in told
    assert [contender.options[1] for contender in started[:-2]] == [
        "en",
        "ru",
        "zh_hans",
        "zh_hant",
    ]
    assert started[-2:] == scripts.LONG_TEXTS
    content = json.loads((tmp_path / "results.json").read_bytes())
    rows = {row["id"]: row for row in content["rows"]}
    assert set(rows) >= {name for name in SCRIPT_IDS if not name.endswith("ko")}
    assert not any(name.endswith("_ko") for name in rows)


def test_each_language_has_a_corpus():
    assert set(two_minutes.CORPORA.values()) <= set(corpora.CORPORA)


def test_the_results_of_the_scripts_stand_beside_those_of_the_bench():
    machine = {"processor": "Some (R) CPU 5", "bfloat16_instructions": True}
    path = result_files.results_file(machine, "-scripts")
    assert path.name == "some-r-cpu-5-bfloat16-scripts.json"
    assert path.parent == result_files.results_file(machine).parent


def test_the_readme_shows_the_committed_results_of_the_scripts():
    path = SHOWN.with_name(f"{SHOWN.stem}-scripts.json")
    rows = json.loads(path.read_bytes())["rows"]
    assert {row["id"] for row in rows} >= SCRIPT_IDS
    assert markdown(rows) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_report_is_found_among_what_a_training_says(monkeypatch):
    lines = iter(
        [
            "1,115,394 characters, 65 different ones; the last 111,539 are kept for validation",
            "   5%  loss 2.561  validation 2.081",
            "  10%  loss 2.1  validation 1.9",
        ]
    )
    monkeypatch.setattr("time.perf_counter", lambda: 12.0)
    assert seconds_to_report(lines, began=10.0) == 2.0
    assert next(lines).startswith("  10%")
    assert seconds_to_report(iter(["saved as model"]), began=10.0) is None


@pytest.mark.slow
def test_two_minutes_are_measured(tmp_path):
    command = [sys.executable, "-m", "benchmarks.two_minutes", str(tmp_path), "--quick"]
    measured = run_json([*command, "--language", "en"])
    assert set(measured) == {"quick_en", "half_quick_en", "n_gram_en"}
    assert all(1 < loss < 5 for loss in measured.values())


def test_a_long_text_has_the_size_and_the_characters_asked_for(tmp_path):
    for name in ("one", "two"):
        write_long_text("ab中\n" * 100_000, 900_000, tmp_path / name)
    text = (tmp_path / "one").read_bytes()
    assert text == (tmp_path / "two").read_bytes()
    assert 900_000 <= len(text) <= 900_000 + 3 * PART
    assert {"a", "b", "中", "\n", "7"} <= set(text.decode())


@pytest.mark.slow
def test_long_texts_are_measured(tmp_path):
    measured = run_json([sys.executable, "-m", "benchmarks.long_texts", "--quick"])
    assert set(measured) == {
        "memory_50mb_gib",
        "first_report_50mb_seconds",
        "memory_evaluate_50mb_gib",
        "evaluate_50mb_seconds",
    }
    assert measured["memory_50mb_gib"] > 0.1  # TensorFlow alone
    (tmp_path / "short.txt").write_text("ab")
    command = [sys.executable, "-m", "benchmarks.long_texts", "--megabytes", "1e-4"]
    with pytest.raises(ContenderError, match="expected it to succeed, received status 1"):
        run_json([*command, "--text", str(tmp_path / "short.txt")])
