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


def test_a_failing_import_still_says_why():
    result = run("import sys; sys.modules['keras'] = None; import charrnn.backend")
    assert result.returncode == 1
    assert "import of keras halted" in result.stderr
