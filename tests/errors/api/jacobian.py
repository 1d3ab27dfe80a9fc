from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import GradientError

REFUSALS = [
    Refusal(
        "integer output",
        lambda: ox.jacrev(lambda x: x > 0)(1.0),
        GradientError,
        "outputs must be of floating dtype, got [bool[]]",
    ),
    Refusal(
        "complex arguments",
        lambda: ox.jacfwd(lambda z: z)(1j),
        GradientError,
        "arguments must be real, got [c64[]]",
    ),
]
