import os
import subprocess
import sys

import pytest


def run(script, **environment):
    """Run Python in a fresh process, without what this one has set for TensorFlow and Keras."""
    ours = ("TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH", "KERAS_BACKEND")
    clean = {key: value for key, value in os.environ.items() if key not in ours}
    return subprocess.run(
        [sys.executable, "-c", script],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_tensorflow_starts_in_silence_and_standard_error_still_works():
    script = """
import os, sys
from charrnn.backend import keras, tf
assert float(tf.linalg.matmul([[2.0]], [[3.0]])[0, 0]) == 6
assert keras.layers.GRU(3)(keras.ops.ones((1, 2, 2))).shape == (1, 3)
assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "1"
assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
print("out")
print("err", file=sys.stderr)
"""
    result = run(script, TF_CPP_MIN_LOG_LEVEL="1")  # the user's own level stays
    assert result.returncode == 0, result.stderr
    assert result.stdout == "out\n"
    lines = [line for line in result.stderr.splitlines() if "cpu_feature_guard" not in line]
    assert lines == ["err"]


def test_another_backend_is_refused():
    """With stand-ins: the other backends are not installed."""
    script = """
import sys
from unittest.mock import MagicMock
sys.modules["tensorflow"], sys.modules["keras"] = MagicMock(), MagicMock()
sys.modules["keras"].backend.backend.return_value = "jax"
import charrnn.backend
"""
    result = run(script)
    assert result.returncode == 1
    assert "expected KERAS_BACKEND=tensorflow, received 'jax'" in result.stderr


def test_a_backend_that_is_not_there_is_refused_in_one_sentence():
    """Keras would say that a module is missing."""
    result = run("import charrnn.backend", KERAS_BACKEND="torch")
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last == (
        "ImportError: charrnn needs Keras on TensorFlow: expected KERAS_BACKEND=tensorflow, "
        "received 'torch'"
    )
    assert "keras" not in result.stderr.replace(last, "")


STAND_INS = """
import os, sys
from unittest.mock import MagicMock
sys.modules["tensorflow"], sys.modules["keras"] = MagicMock(), MagicMock()
sys.modules["keras"].backend.backend.return_value = "tensorflow"
"""


@pytest.mark.parametrize("closed", [(2,), (1, 2), (0, 1, 2)])
def test_standard_error_may_be_closed(closed, tmp_path):
    """No file that is opened later gets its number: TensorFlow's C++ writes there."""
    script = f"""
import os
for number in {closed}:
    os.close(number)
{STAND_INS}
import charrnn.backend
os.write(2, b"of TensorFlow")
with open({str(tmp_path / "file")!r}, "w") as file:
    assert file.fileno() != 2
    file.write("done")
"""
    result = run(script)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "file").read_text() == "done"


def test_standard_error_may_be_none():
    result = run(f"{STAND_INS}\nsys.stderr = None\nimport charrnn.backend\nprint('done')")
    assert result.returncode == 0
    assert result.stdout == "done\n"


@pytest.mark.slow
def test_a_model_trains_with_standard_error_closed():
    script = """
import os, sys
os.close(2)
sys.stderr = None
import numpy as np
from charrnn.model import CharacterModel
from charrnn.training import next_character_loss
model = CharacterModel(5, 3, 4)
model.compile("adam", next_character_loss())
ids = np.ones((2, 6), "int32")
model.fit(ids, ids, verbose=0)
print("done")
"""
    result = run(script)
    assert (result.returncode, result.stdout) == (0, "done\n")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CHARRNN_MATMUL_DTYPE", "bf16", "'bfloat16' or 'float32'"),
        ("CHARRNN_FAST", "2", "'0' or '1'"),
    ],
)
def test_a_wrong_word_in_the_environment_is_told_at_import(name, value, expected):
    result = run(f"{STAND_INS}\nimport charrnn.model", **{name: value})
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last == f"ValueError: {name}: expected {expected}, received {value!r}"


def test_a_failing_import_still_says_why():
    result = run("import sys; sys.modules['keras'] = None; import charrnn.backend")
    assert result.returncode == 1
    assert "import of keras halted" in result.stderr
