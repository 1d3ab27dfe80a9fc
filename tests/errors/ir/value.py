"""Refusals of oxmlx.ir.value."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ConcretizationError, DtypeError, ImmutableError, ShapeError

REFUSALS = [
    Refusal("length of a scalar", lambda: len(ox.array(1.0)), ShapeError, "rank 0 has no length"),
    Refusal(
        "assignment",
        lambda: ox.numpy.ones(2).__setitem__(0, 1),
        ImmutableError,
        "Use x = x.at[index].set(value)",
    ),
    Refusal(
        "truth of a tracer",
        lambda: ox.jit(lambda x: 1 if x else 2)(1.0),
        ConcretizationError,
        "a Python bool was asked of a value that is not known",
    ),
    Refusal(
        "truth of a key",
        lambda: ox.random.key(0) or ox.random.key(1),
        DtypeError,
        "a random key is neither true nor false: key<threefry>[]",
    ),
]
