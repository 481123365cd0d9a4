"""``python -m charrnn``: train on a text of your own, write, evaluate."""

import os
import sys

# Before NumPy is loaded: on a busy machine a second thread slows sampling down many times.
if sys.argv[1:2] in (["sample"], ["page"], ["train"]):  # which write, all three
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    from charrnn.command_line import main
except KeyboardInterrupt:  # a command has not begun, so there is nothing to say
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
