from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, ShapeError, TreeError

ONES = ox.numpy.ones(3)
scan = ox.lax.scan

REFUSALS = [
    Refusal(
        "a carry that grows",
        lambda: scan(lambda c, x: (c * ONES, x), ox.numpy.float32(1.0), ONES),
        ShapeError,
        "the body takes a carry of type f32[] and returns f32[3]",
    ),
    Refusal("no pair", lambda: scan(lambda c, x: c, 1.0, ONES), TreeError, "must return a pair"),
    Refusal(
        "a carry of another structure",
        lambda: scan(lambda c, x: ((c, c), x), 1.0, ONES),
        TreeError,
        "a carry like the one it takes: PyTreeDef(*), got PyTreeDef((*, *))",
    ),
    Refusal("rank 0", lambda: scan(lambda c, x: (c, x), 1.0, 1.0), ShapeError, "a leading axis"),
    Refusal(
        "extents differ",
        lambda: scan(lambda c, x: (c, c), 1.0, (ONES, ONES[:2])),
        ShapeError,
        "leading extents must be one number, got ['2', '3']",
    ),
    Refusal(
        "a length that is no integer",
        lambda: scan(lambda c, x: (c, c), 1.0, None, 2.5),
        ArgumentError,
        "length must be an integer from 0, got 2.5",
    ),
]
