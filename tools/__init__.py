"""Scripts that run, check and build the book; called as `python tools/NAME.py`."""
