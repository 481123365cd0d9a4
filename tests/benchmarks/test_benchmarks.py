import importlib
import io
import json
import re
import statistics
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from benchmarks import processes, result_files, run
from benchmarks.contender import (
    HAN,
    QUICK,
    QUICK_HAN,
    median_seconds,
    random_ids,
    step_seconds,
)
from benchmarks.materials import write_materials
from benchmarks.picture import OURS, PEERS, draw, write_picture
from benchmarks.processes import ROOT, SHOWN, Contender, ContenderError, Runner, run_json
from benchmarks.rows import BROWSER, GOALS, MEASURED, make_rows
from benchmarks.table import TITLES, markdown, plain
from charrnn import recipes, timed_training
from charrnn.weights import PRETRAINED, StoredModel, read_weights

GOAL_IDS = {
    "train_vs_system_a",
    "train_vs_torch_bf16",
    "train_vs_torch_fp32",
    "train_share_of_limit",
    "train_han_vs_keras",
    "generate_one_vs_system_a",
    "generate_64_vs_system_a",
    "loss_at_peer_time_stream",
    "loss_at_peer_time_windows",
    "loss_vs_large_transformer",
    "loss_after_1500k_windows",
    "best_model_windows",
    "evaluate_100k_seconds",
    "first_report_seconds",
    "sample_start_seconds",
    "epoch_of_batches_vs_system_a",
    "vectorize_text_vs_system_a",
}


def check_results(content):
    """What holds for every file of results, whatever its figures are."""
    assert set(content) == {"machine", "rows"}
    rows = {row["id"]: row for row in content["rows"]}
    assert len(rows) == len(content["rows"])
    assert set(rows) >= GOAL_IDS | set(MEASURED)
    for row in rows.values():
        assert set(row) == {"id", "value", "unit", "ratio", "baseline"}
        assert row["value"] > 0
        assert (row["ratio"] is None) == (row["baseline"] is None)
        if row["baseline"]:
            quotient = row["value"] / rows[row["baseline"]]["value"]
            if row["unit"] == "s":
                quotient = 1 / quotient
            if row["unit"] == "share":
                quotient = row["value"]
            # A median of ratios is near the ratio of the medians, unless the machine was busy.
            assert row["ratio"] == pytest.approx(quotient, rel=0.25)
    assert 0 < rows["train_share_of_limit"]["value"] < 1
    assert rows["train_ours_fp32"]["value"] < rows["limit_fp32"]["value"]
    # No better for more time than the transformer had.
    assert rows["ours_seconds"]["value"] < 1.02 * rows["transformer_seconds"]["value"]


@pytest.fixture
def measurements():
    """Made-up ones of three rounds, each slower than the one before."""
    names = {name for goal in GOALS.values() for name in goal.measured} | set(MEASURED)
    values = {name: place + 1.0 for place, name in enumerate(sorted(names))}
    values |= {
        "limit_bf16": 1000.0,
        "limit_fp32": 900.0,
        "ours_seconds": 9.0,
        "transformer_seconds": 9.0,
    }
    return {name: [value, 0.9 * value, 0.8 * value] for name, value in values.items()}


def rows_of(measurements):
    return {row["id"]: row for row in make_rows(measurements)}


def test_rows_of_a_browser_are_left_out_where_there_is_none(measurements):
    there = set(rows_of(measurements))
    assert there >= BROWSER
    for name in BROWSER:
        del measurements[name]
    assert set(rows_of(measurements)) == there - BROWSER
    del measurements["sample_start_seconds"]
    with pytest.raises(ValueError, match=r"missing or unknown are \['sample_start_seconds'\]"):
        make_rows(measurements)


def test_a_ratio_is_the_median_of_the_ratios_within_each_round(measurements):
    measurements["train_ours_bf16"] = [40.0, 30.0, 90.0]
    measurements["train_system_a"] = [10.0, 5.0, 10.0]
    row = rows_of(measurements)["train_vs_system_a"]
    # The ratio of the medians would be 4.
    assert (row["value"], row["ratio"], row["baseline"]) == (40.0, 6.0, "train_system_a")


def test_a_ratio_of_seconds_says_how_many_times_shorter(measurements):
    measurements["epoch_of_batches_ours"] = [0.5, 0.25, 0.5]
    measurements["epoch_of_batches_system_a"] = [4.0, 4.0, 4.0]
    row = rows_of(measurements)["epoch_of_batches_vs_system_a"]
    assert (row["value"], row["ratio"], row["unit"]) == (0.5, 8.0, "s")


@pytest.mark.parametrize(("sampler", "graph", "best"), [(9.0, 8.0, 9.0), (7.0, 8.0, 8.0)])
def test_of_two_ways_to_generate_the_faster_one_counts(measurements, sampler, graph, best):
    measurements["generate_one_sampler"] = [sampler] * 3
    measurements["generate_one_graph"] = [graph] * 3
    measurements["generate_one_system_a"] = [2.0] * 3
    row = rows_of(measurements)["generate_one_vs_system_a"]
    assert (row["value"], row["ratio"]) == (best, best / 2)


def test_of_two_ways_of_a_peer_the_faster_one_is_the_baseline(measurements):
    measurements["train_ours_bf16"] = [40.0] * 3
    measurements["train_torch_bf16"] = [10.0, 10.0, 30.0]
    measurements["train_torch_bf16_compiled"] = [20.0, 20.0, 5.0]
    row = rows_of(measurements)["train_vs_torch_bf16"]
    assert (row["ratio"], row["baseline"]) == (2.0, "train_torch_bf16_compiled")


def test_the_share_of_the_limit_is_a_value(measurements):
    measurements["train_ours_bf16"] = [600.0, 700.0, 900.0]
    measurements["limit_bf16"] = [1000.0] * 3
    row = rows_of(measurements)["train_share_of_limit"]
    assert (row["value"], row["unit"]) == (0.7, "share")


def test_rows_need_every_measurement_and_know_each(measurements):
    del measurements["ngram_5"]
    with pytest.raises(ValueError, match="ngram_5"):
        make_rows(measurements)
    with pytest.raises(ValueError, match="speed"):
        make_rows({**measurements, "ngram_5": [1.0], "speed": [1.0]})


def test_tables_have_a_line_for_each_row(measurements):
    rows = make_rows(measurements)
    assert set(GOALS) == GOAL_IDS | BROWSER
    assert set(TITLES) >= GOAL_IDS
    assert [line.split()[0] for line in plain(rows).splitlines()] == [row["id"] for row in rows]
    table = markdown(rows).splitlines()
    assert len(table) == 2 + len(GOAL_IDS | BROWSER)
    assert all(line.count("|") == 4 for line in table)


def test_the_picture_is_small_white_and_shows_each_value(measurements, tmp_path):
    rows = make_rows(measurements)
    texts = {text.get_text() for axes in draw(rows).axes for text in axes.texts}
    median = statistics.median(measurements["train_ours_bf16"])
    assert f"{median:,.0f}" in texts
    # Of PyTorch's two ways the faster one.
    assert measurements["train_torch_fp32"] < measurements["train_torch_fp32_compiled"]
    median = statistics.median(measurements["train_torch_fp32_compiled"])
    assert f"{median:,.0f}" in texts
    write_picture(rows, tmp_path / "picture.png")
    data = (tmp_path / "picture.png").read_bytes()
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    assert len(data) < 60_000
    assert picture.width == 720
    assert picture.getpixel((0, 0)) == (255, 255, 255)


def test_the_bars_of_this_book_have_a_colour_of_their_own(measurements):
    for axes in draw(make_rows(measurements)).axes:
        titles = [label.get_text() for label in axes.get_yticklabels()]
        for title, bar in zip(titles, axes.patches, strict=True):
            expected = OURS if title.startswith("this book") else PEERS
            assert to_hex(bar.get_facecolor()) == to_hex(expected), title


def test_a_clock_gives_the_median(monkeypatch):
    ticks = iter([0, 1, 0, 5, 0, 2])
    monkeypatch.setattr("time.perf_counter", lambda: next(ticks))
    assert median_seconds(lambda: None, 3) == 2


def test_steps_are_timed_after_two_that_compile(monkeypatch):
    now, steps = 0.0, iter([50.0, 50.0, 1.0, 4.0, 2.0, 3.0])

    def step():
        nonlocal now
        now += next(steps)

    monkeypatch.setattr("time.perf_counter", lambda: now)
    assert step_seconds(step, quick=False, seconds=8.0) == 2.5
    assert list(steps) == []


def test_a_failing_contender_raises_with_its_standard_error(tmp_path):
    runner = Runner(sys.executable, sys.executable, tmp_path, quick=True)
    measurements = {}
    with pytest.raises(ContenderError, match=r"No module named benchmarks\.nothing"):
        runner.run(Contender("benchmarks.nothing"), measurements, "once")
    assert measurements == {}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("print(1)", "expected a JSON object"),
        ("pass", "expected a JSON object"),
        ("print('{\"rate\": 1')", "expected a JSON object"),
        ("import sys; print('{}'); sys.exit('out of paper')", "out of paper"),
    ],
)
def test_what_is_no_measurement_raises(code, message):
    with pytest.raises(ContenderError, match=message):
        run_json([sys.executable, "-c", code])


def test_only_finite_numbers_above_0_count(monkeypatch, tmp_path):
    runner = Runner(sys.executable, sys.executable, tmp_path, quick=True)
    for value in (0, -1, float("nan"), float("inf"), "1", None):
        monkeypatch.setattr("benchmarks.processes.run_json", lambda _, value=value: {"rate": value})
        with pytest.raises(ContenderError, match="expected a finite rate above 0"):
            runner.run(Contender("benchmarks.limits"), {}, "once")


@pytest.mark.parametrize("peers", [False, True])
@pytest.mark.parametrize("quick", [False, True])
def test_a_contender_is_started_as_it_says(monkeypatch, tmp_path, peers, quick):
    commands = []
    monkeypatch.setattr(processes, "run_json", lambda command: commands.append(command) or {})
    contender = Contender("benchmarks.limits", ("--one", "two"), peers)
    Runner("ours", "theirs", tmp_path, quick).run(contender, {}, "once")
    expected = ["theirs" if peers else "ours", "-m", "benchmarks.limits", str(tmp_path)]
    assert commands == [[*expected, "--one", "two", *(["--quick"] if quick else [])]]


def test_a_failed_run_leaves_no_results(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "run_json", lambda command: {"bfloat16_instructions": False})
    monkeypatch.setattr(run, "write_materials", lambda folder, quick: None)
    monkeypatch.setattr(run, "EACH_ROUND", [Contender("benchmarks.nothing")])
    options = ["--peers-python", sys.executable, "--output", str(tmp_path / "results.json")]
    with pytest.raises(ContenderError, match=r"benchmarks\.nothing"):
        run.main(options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rounds", "0"], "--rounds: expected a whole number of at least 1"),
        (["--peers-python", "_build/nowhere/python"], "run make bench"),
    ],
)
def test_wrong_options_are_refused_at_once(capsys, options, message):
    with pytest.raises(SystemExit):
        run.main(options)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "written"),
    [([], "some-r-cpu-5.json"), (["--quick"], None), (["--quick", "--output"], "named.json")],
)
def test_results_are_written_where_they_belong(
    monkeypatch, measurements, tmp_path, options, written
):
    machine = {"processor": "Some (R) CPU 5", "bfloat16_instructions": False}
    monkeypatch.setattr(result_files, "RESULTS", tmp_path)
    monkeypatch.setattr(run, "run_json", lambda command: dict(machine))
    monkeypatch.setattr(run, "write_materials", lambda folder, quick: None)
    monkeypatch.setattr(run, "measure", lambda runner, rounds, products: measurements)
    named = [str(tmp_path / "named.json")] if "--output" in options else []
    run.main(["--peers-python", sys.executable, *options, *named])
    assert [path.name for path in tmp_path.iterdir()] == ([written] if written else [])
    if written:
        content = json.loads((tmp_path / written).read_bytes())
        check_results(content)
        assert content["machine"] == machine


def test_the_results_shown_are_those_of_their_processor():
    assert result_files.results_file(json.loads(SHOWN.read_bytes())["machine"]) == SHOWN


def test_the_transformer_s_time_is_given_to_this_book_s_recipe(monkeypatch, tmp_path):
    started = []

    def start(runner, contender, measurements, label):
        started.append(contender)
        measurements["transformer_seconds"] = [12.5]

    monkeypatch.setattr(Runner, "run", start)
    runner = Runner(sys.executable, sys.executable, tmp_path, quick=True)
    run.measure(runner, 2, "bfloat16")
    each_round = [*run.EACH_ROUND, *run.many("bfloat16")]
    assert started[: 2 * len(each_round)] == each_round * 2
    assert Contender("benchmarks.ours_quality", ("--seconds", "12.5")) in started
    options = ("--seconds", "12.5", "--products", "bfloat16")
    large = Contender("benchmarks.peers.transformer_large", options, peers=True)
    assert large in started


def test_many_symbols_are_those_of_a_novel_at_the_recipe_s_sizes():
    recipe = recipes.MANY
    assert (HAN.embedding, HAN.units) == (recipe.embedding_size, recipe.units)
    assert (HAN.batch, HAN.time) == (recipe.batch_size, recipe.length)
    assert recipe.tied
    assert HAN.vocabulary == 4181 + 1
    ids = random_ids(QUICK_HAN)
    assert (ids.min(), ids.max()) == (1, 399)


def test_both_contenders_with_many_symbols_multiply_in_the_same_format():
    for products, variant in (("bfloat16", "mixed_bfloat16"), ("float32", "plain")):
        ours, theirs = run.many(products)
        assert ours.options == ("--symbols", "many", "--products", products)
        assert theirs.options == ("--symbols", "many", "--variant", variant)


def test_1500k_characters_are_read_in_the_recipe_s_own_batches(monkeypatch, capsys, tmp_path):
    """The clock counts steps, the last of which ends the schedule."""
    from benchmarks import ours_reading

    np.save(tmp_path / "ids.npy", np.ones(1_115_394, "int32"))
    given = {}

    def train_for(seconds, training, vocabulary_size, **options):
        given.update(options, seconds=seconds, training=len(training))
        ticks = [options["clock"]() for _ in range(4)]
        assert np.diff(ticks).tolist() == [1, 1, 1]

    monkeypatch.setattr(ours_reading, "train_for", train_for)
    monkeypatch.setattr(ours_reading, "windows_loss", lambda model, ids: float(len(ids)))
    monkeypatch.setattr(sys, "argv", ["ours_reading", str(tmp_path)])
    ours_reading.main()
    assert json.loads(capsys.readouterr().out) == {"loss_after_1500k_windows": 111_540.0}
    recipe = given["recipe"]
    characters = recipe.batch_size * recipe.length
    assert 1_500_000 - characters < given["seconds"] * characters <= 1_500_000
    # Such a text is long enough for all rows of a batch.
    assert timed_training.rows_read_at_once(given["training"], recipe.length) >= recipe.batch_size


def test_the_shipped_model_is_as_small_and_as_quick_to_train_as_it_has_to_be():
    stored = read_weights(PRETRAINED)
    run.check_shipped(stored)
    large = {**stored.arrays, "more": np.zeros((1, 1_000_000), "float32")}
    for arrays, card, message in [
        (large, stored.card, "expected 2,400,000 parameters at most, received 2,"),
        (stored.arrays, {"minutes": 40.1}, "40 minutes of training at most, received 40.1"),
        (stored.arrays, {}, "40 minutes of training at most, received None"),
    ]:
        model = StoredModel(stored.hyperparameters, stored.vocabulary, card, arrays)
        with pytest.raises(ValueError, match=message):
            run.check_shipped(model)


def test_the_benchmark_s_own_process_stays_without_tensorflow():
    # charrnn.backend sets variables that the peers must not inherit.
    code = "import sys, benchmarks.run, benchmarks.scripts; print('tensorflow' in sys.modules)"
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert output == "False\n"


def test_the_peers_import_nothing_of_this_book():
    files = [ROOT / "benchmarks" / "contender.py", *(ROOT / "benchmarks" / "peers").glob("*.py")]
    assert len(files) > 8
    for file in files:
        assert "charrnn" not in file.read_text(encoding="utf-8"), file


def test_the_peers_environment_has_this_book_s_versions():
    locks = (ROOT / "requirements.txt", ROOT / "benchmarks" / "requirements.txt")
    own, peers = (
        dict(re.findall(r"^([\w.-]+)==([\w.+-]+)", lock.read_text(encoding="utf-8"), re.M))
        for lock in locks
    )
    shared = own.keys() & peers.keys()
    assert {"numpy", "safetensors"} <= shared
    assert {name: peers[name] for name in shared} == {name: own[name] for name in shared}
    assert peers["torch"] == "2.13.0"


@pytest.fixture(scope="module")
def materials(tmp_path_factory):
    folder = tmp_path_factory.mktemp("materials")
    write_materials(folder, quick=True)
    return folder


# In this process, whose TensorFlow is loaded already. The peers in PyTorch have another
# environment, mixed_bfloat16 would stay set, XLA is slow to compile.
SLOW = {"benchmarks.ours_reading", "benchmarks.first_report"}
CONTENDERS = [
    pytest.param(contender, marks=[pytest.mark.slow] if contender.module in SLOW else [])
    for contender in [
        *run.EACH_ROUND,
        *run.many("float32"),
        *run.AFTER,
        Contender("benchmarks.ours_quality", ("--seconds", "1")),
    ]
    if not contender.peers and not {"xla", "mixed_bfloat16"} & set(contender.options)
]


# Keras warns where a shuffled dataset is given to a plain `fit`.
@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed:UserWarning")
@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda c: " ".join([c.module, *c.options]))
def test_a_contender_measures_what_rows_are_made_of(monkeypatch, capsys, materials, contender):
    # Setting it takes back afterwards what a contender sets.
    monkeypatch.setenv("CHARRNN_MATMUL_DTYPE", "float32")
    command = [contender.module, str(materials), *contender.options, "--quick"]
    monkeypatch.setattr(sys, "argv", command)
    importlib.import_module(contender.module).main()
    measured = json.loads(capsys.readouterr().out)
    assert set(measured) <= {
        *MEASURED,
        *(name for goal in GOALS.values() for name in goal.measured),
    }
    assert all(value > 0 for value in measured.values())


def test_system_a_is_the_book_s_model(materials):
    from benchmarks.peers.system_a import OneStep, load_model
    from charrnn import export

    theirs, to_ids, to_characters = load_model(materials / "weights")
    ours, vocabulary = export.load_model(materials / "weights")
    ids = np.random.default_rng(0).integers(1, QUICK.vocabulary, (2, 30)).astype("int32")
    np.testing.assert_allclose(theirs(ids), ours(ids), atol=1e-6)
    assert list(to_ids(list("ROMEO"))) == list(vocabulary.encode("ROMEO"))
    texts = OneStep(theirs, to_ids, to_characters).continue_texts(["RO", "MEO"], 40)
    assert [len(text) for text in texts] == [42, 43]
    assert all("[UNK]" not in text for text in texts)


def test_the_committed_results_are_whole_and_consistent():
    check_results(json.loads(SHOWN.read_bytes()))


def test_the_readme_shows_the_committed_results():
    rows = json.loads(SHOWN.read_bytes())["rows"]
    assert markdown(rows) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_shipped_models_loss_is_its_cards():
    rows = {row["id"]: row for row in json.loads(SHOWN.read_bytes())["rows"]}
    card = read_weights(PRETRAINED).card
    # bfloat16 changes it by less than 1e-4.
    assert rows["best_model_windows"]["value"] == pytest.approx(card["windows_loss"], abs=2e-4)
