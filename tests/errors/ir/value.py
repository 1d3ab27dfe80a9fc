"""Refusals of oxmlx.ir.value."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import (
    ConcretizationError,
    DtypeError,
    ImmutableError,
    OutOfBoundsError,
    ShapeError,
)

SEVERAL = ox.numpy.ones(10)

REFUSALS = [
    Refusal(
        "item of several",
        SEVERAL.item,
        ShapeError,
        "item: a Python number was asked of f32[10], which has 10 elements",
    ),
    Refusal(
        "item beyond the last",
        lambda: SEVERAL.item(10),
        OutOfBoundsError,
        "item: index 10 is out of bounds",
    ),
    Refusal(
        "truth of several",
        lambda: bool(SEVERAL),
        ShapeError,
        "which has 10 elements\n  Use x.any() or x.all()",
    ),
    Refusal(
        "NumPy's function of a tracer",
        lambda: ox.jit(np.sin)(1.0),
        ConcretizationError,
        "Use the function of ox.numpy, such as ox.numpy.sin for np.sin",
    ),
    Refusal(
        "shape of a tracer",
        lambda: ox.jit(ox.numpy.zeros)(3),
        ConcretizationError,
        "as static, as in ox.jit(f, static_argnums=0): a program is compiled for one shape.",
    ),
    Refusal(
        "range of a tracer",
        lambda: ox.jit(range)(3),
        ConcretizationError,
        "instead of range in a loop, use ox.lax.fori_loop.",
    ),
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
