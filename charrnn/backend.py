"""TensorFlow and Keras, imported without their start-up lines.

TensorFlow writes lines with a time stamp to file descriptor 2 while it is imported, at every log
level, and a notebook would store them as the output of its first cell.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from charrnn.support.extras import TRAINING, check_installed

__all__ = ["keras", "tf"]


@contextmanager
def _silent_standard_error() -> Iterator[None]:
    """Send file descriptor 2 to the null device; a failing import still raises its exception.

    Where it is closed, it stays there: else the next file that is opened would get its number, and
    what TensorFlow logs.
    """
    if sys.stderr is not None:  # as it is under pythonw and where it is closed
        sys.stderr.flush()
    saved = None
    try:
        saved = os.dup(2)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
    null = os.open(os.devnull, os.O_WRONLY)
    if null != 2:
        os.dup2(null, 2)
        os.close(null)
    try:
        yield
    finally:
        if saved is not None:
            os.dup2(saved, 2)
            os.close(saved)


# On a machine without a GPU TensorFlow logs missing drivers and libraries as errors; what really
# fails raises an exception. A level that the user has set stays.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Building a recurrent layer initialises the GPU: from then on memory growth cannot be set.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# Memory given back to the system and taken anew in each training step costs a tenth of the step.
os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")

check_installed(*TRAINING)
# Before the imports: another backend may not be there, and Keras would tell that in other words.
_loaded = sys.modules.get("keras")
_backend = _loaded.backend.backend() if _loaded else os.environ["KERAS_BACKEND"]
if _backend != "tensorflow":
    raise ImportError(
        "charrnn needs Keras on TensorFlow: expected KERAS_BACKEND=tensorflow, "
        f"received {_backend!r}"
    )

with _silent_standard_error():
    import keras
    import tensorflow as tf

    # The first look for a GPU writes an error line where there is none.
    tf.config.list_physical_devices("GPU")

# In a notebook TensorFlow logs information, too: a line with a path for each export.
tf.get_logger().setLevel("WARNING")
