"""The arguments of a model, checked, for those who build it and those who read its files."""

__all__ = ["GATES", "check_hyperparameters"]

# Kinds of recurrent cell, and how many matrices of (input, units) each has side by side.
GATES = {"gru": 3, "lstm": 4}


def check_hyperparameters(
    vocabulary_size: int,
    embedding_size: int,
    units: int,
    layers: int,
    cell: str,
    dropout: float,
) -> None:
    """Raise ValueError with argument, expected and received for a model that cannot be built."""
    sizes = {
        "vocabulary_size": vocabulary_size,
        "embedding_size": embedding_size,
        "units": units,
        "layers": layers,
    }
    for name, value in sizes.items():
        if type(value) is not int or value < 1:  # True is an int, too
            raise ValueError(f"{name}: expected a whole number of at least 1, received {value!r}")
    if cell not in GATES:
        raise ValueError(f"cell: expected one of {tuple(GATES)}, received {cell!r}")
    if not isinstance(dropout, int | float) or not 0 <= dropout < 1:
        raise ValueError(f"dropout: expected at least 0 and below 1, received {dropout!r}")
