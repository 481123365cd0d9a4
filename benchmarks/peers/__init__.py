"""The systems to compare with, each with the default settings of its library."""
