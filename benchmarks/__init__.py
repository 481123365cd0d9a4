"""The benchmark behind ``make bench``: this book, its peers and the machine's limits, side by side.

``run`` starts each contender as a process of its own, in several rounds, and writes a file for the
processor into ``results/``; ``table`` and ``picture`` show one. A contender is a module that
measures something and prints one line of JSON; those of ``peers`` import nothing of this book.
"""
