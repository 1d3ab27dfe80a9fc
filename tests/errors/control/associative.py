from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import AxisError, ShapeError

ONES = ox.numpy.ones((2, 3))

REFUSALS = [
    Refusal(
        "no such axis",
        lambda: ox.lax.associative_scan(lambda a, b: a, ONES, axis=2),
        AxisError,
        "got axis 2 for an array of type f32[2,3]",
    ),
    Refusal(
        "extents differ",
        lambda: ox.lax.associative_scan(lambda a, b: a, (ONES, ONES[:1])),
        ShapeError,
        "extents along axis 0 differ: [1, 2]",
    ),
]
