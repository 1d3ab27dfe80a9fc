from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError

TWO = ox.numpy.ones(2)

REFUSALS = [
    Refusal(
        "in_axes of another length",
        lambda: ox.vmap(abs, in_axes=(0, 0))(TWO),
        ArgumentError,
        "in_axes has 2 items for 1 positional arguments\n  It is an int for all, or a tuple with "
        "an int, None or a tree of them for each argument: here, say, in_axes=(0,).",
    ),
]
