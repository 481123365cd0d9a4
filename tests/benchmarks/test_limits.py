import json
import sys

import numpy as np
import pytest

from benchmarks import limits
from benchmarks.contender import QUICK, SYSTEM_A, Sizes
from benchmarks.limits import Product


def timed(monkeypatch):
    """Let nothing be timed; return what was called, and how."""
    called = []

    def step_seconds(step, quick, seconds):
        called.append((step(), quick))
        return 0.5

    monkeypatch.setattr(limits, "step_seconds", step_seconds)
    return called


@pytest.mark.parametrize("product", [Product(9, 6, 4, 5), Product(6, 9, 4, 5), Product(4, 6, 9)])
def test_products_are_those_asked_for_each_needing_the_one_before(monkeypatch, product):
    """Of a result with too few rows those that were there are kept."""
    called = timed(monkeypatch)
    assert limits.product_seconds(product, "float32", quick=False) == 0.5
    rows, inner, columns, times = product
    random = np.random.default_rng(0)
    left = random.standard_normal((rows, inner), "float32") * inner**-0.5
    right = random.standard_normal((inner, columns), "float32")
    for _ in range(times):
        result = left @ right
        right = np.concatenate([result, right[rows:]])[:inner]
    expected = result[0, 0]
    ((first, quick),) = called
    assert quick is False
    np.testing.assert_allclose(first, expected, rtol=1e-3)


def test_products_are_in_the_format_that_was_asked_for(monkeypatch):
    called = timed(monkeypatch)
    for dtype in ("bfloat16", "float32"):
        limits.product_seconds(Product(4, 6, 9), dtype, quick=True)
    assert [first.dtype.name for first, _ in called] == ["bfloat16", "float32"]


def shape_of(product):
    """Rows, inner and columns of a product in a graph; what depends on the text is 12."""
    left, right = ([size or 12 for size in each.shape] for each in product.inputs)
    left = left[::-1] if product.get_attr("transpose_a") else left
    right = right[::-1] if product.get_attr("transpose_b") else right
    assert left[1] == right[0]
    return (*left, right[1])


def test_the_products_of_a_step_are_those_that_its_model_multiplies(monkeypatch):
    """Compared with the graph of a step of this book's model."""
    monkeypatch.setenv("CHARRNN_MATMUL_DTYPE", "float32")
    from charrnn.backend import tf
    from charrnn.streams import StreamModel

    sizes = Sizes(vocabulary=11, embedding=7, units=5, batch=3, time=4)
    model = StreamModel(3, fresh_every=1, vocabulary_size=11, embedding_size=7, units=5)

    multiplied, matmul = [], tf.matmul

    def noted(left, right, **options):
        multiplied.append((*left.shape, right.shape[-1]))
        return matmul(left, right, **options)

    monkeypatch.setattr(tf, "matmul", noted)

    @tf.function(input_signature=[tf.TensorSpec((3, 4), "int32")])
    def step(ids):
        with tf.GradientTape() as tape:
            logits = model(ids, training=True)
        return tape.gradient(logits, model.trainable_variables)

    graph = step.get_concrete_function().graph
    outside = [op for op in graph.get_operations() if op.type == "MatMul"]
    products = limits.step_products(sizes)
    once = sorted(tuple(product[:3]) for product in products if product.times == 1)
    assert sorted(map(shape_of, outside)) == once
    parts = graph.as_graph_def().library.function
    inside = sum(node.op == "MatMul" for part in parts for node in part.node_def)
    repeated = sorted(tuple(product) for product in products if product.times > 1)
    assert repeated == [(5, 15, 3, 4), (15, 5, 3, 4)]
    assert inside == len(repeated)
    # The kernel on the left, and a column for each row of the batch.
    assert {(15, 5, 3), (5, 15, 3)} <= set(multiplied)


def test_a_character_of_system_a_costs_20_million_operations():
    """Recurrence, output, the row of its id; the rows themselves once a step."""
    each = 6 * 1024 * 3072 + 6 * 1024 * 66 + 4 * 66 * 3072
    once = 6 * 66 * 256 * 3072
    products = limits.step_products(SYSTEM_A)
    assert sum(product.operations() for product in products) == 6400 * each + once
    assert each + once / 6400 == pytest.approx(20.1e6, rel=2e-3)


def test_elementwise_work_is_18_numbers_a_unit_and_7_a_weight():
    sizes = Sizes(vocabulary=5, embedding=2, units=3, batch=1, time=1)
    weights = 5 * 2 + 2 * 9 + 3 * 9 + 2 * 9 + 3 * 5 + 5
    for dtype, width in (("float32", 4), ("bfloat16", 2)):
        expected = 18 * 3 * width + 2 * 5 * 4 + 7 * weights * 4
        assert limits.elementwise_bytes(sizes, dtype) == expected


def test_copying_reads_and_writes_each_byte(monkeypatch):
    monkeypatch.setattr(limits.processor, "cores", lambda: 4)
    monkeypatch.setattr(limits, "median_seconds", lambda action, repetitions: action() and 0.5)
    assert limits.copy_bandwidth(quick=True) == 2 * 2**20 / 0.5


def test_the_bandwidth_is_the_kernel_over_the_time_of_the_faster_way(monkeypatch):
    times = iter([0.5, 0.25])
    monkeypatch.setattr(limits, "median_seconds", lambda action, repetitions: next(times))
    assert limits.bandwidth(QUICK, quick=True) == (16 * 48 * 4) / 0.25


def test_a_character_of_system_a_needs_13_megabytes_of_weights():
    """A row of the folded embedding, the recurrent kernel, the dense layer's."""
    assert limits.weight_bytes(SYSTEM_A) == 4 * (3072 + 1024 * 3072 + 1024 * 66) == 12_865_536


def test_the_published_limits_follow_from_what_was_measured(monkeypatch, capsys):
    rates = {"bfloat16": 800e9, "float32": 400e9}
    monkeypatch.setattr(
        limits, "product_seconds", lambda product, dtype, _: product.operations() / rates[dtype]
    )
    monkeypatch.setattr(limits, "elementwise_bytes", lambda sizes, dtype: 6400 * 50_000)
    monkeypatch.setattr(limits, "copy_bandwidth", lambda quick: 10e9)
    monkeypatch.setattr(limits, "bandwidth", lambda sizes, quick: 25_731_072_000.0)
    monkeypatch.setattr(sys, "argv", ["limits", "folder"])
    limits.main()
    measured = json.loads(capsys.readouterr().out)
    # 20.1 million operations and 50,000 bytes a character; 12.9 million bytes in generation.
    operations = sum(product.operations() for product in limits.step_products(SYSTEM_A)) / 6400
    assert measured == pytest.approx(
        {
            "copy_bandwidth": 10,
            "products_bf16": 800,
            "products_fp32": 400,
            "limit_bf16": 1 / (operations / 800e9 + 5e-6),
            "limit_fp32": 1 / (operations / 400e9 + 5e-6),
            "bandwidth": 25.731072,
            "generate_limit": 2000,
        }
    )
