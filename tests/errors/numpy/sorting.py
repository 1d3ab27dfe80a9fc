"""Refusals of oxmlx.numpy.sorting."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, OutOfBoundsError, ShapeError

V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal("no key", lambda: onp.lexsort([]), ArgumentError, "lexsort: got no key"),
    Refusal(
        "unequal keys",
        lambda: onp.lexsort([V, V[:2]]),
        ShapeError,
        "lexsort: keys must have one shape, got f32[3] and f32[2]",
    ),
    Refusal(
        "order of fields",
        lambda: onp.sort(V, order="name"),
        ArgumentError,
        "sort: order= is for structured arrays",
    ),
    Refusal(
        "kth out of range",
        lambda: onp.partition(V, 3),
        OutOfBoundsError,
        "partition: kth is 3 for an axis of 3 elements",
    ),
]
