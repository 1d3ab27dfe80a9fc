from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, ShapeError, TreeError

ONES = ox.numpy.ones(3)
scan = ox.lax.scan

REFUSALS = [
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
        "scan: scanned arrays must have one leading extent, got f32[3] and f32[2]",
    ),
    Refusal(
        "another length",
        lambda: scan(lambda c, x: (c, c), 1.0, ONES, 10),
        ShapeError,
        "scan: scanned arrays must have one leading extent, got f32[3] and length=10",
    ),
    Refusal(
        "neither arrays nor a length",
        lambda: scan(lambda c, x: (c, c), 1.0),
        ShapeError,
        "got no array\n  Each is cut along its first axis; ox.lax.scan without any needs length=.",
    ),
    Refusal(
        "a length that is no integer",
        lambda: scan(lambda c, x: (c, c), 1.0, None, 2.5),
        ArgumentError,
        "length must be an integer from 0, got 2.5",
    ),
]
