"""Refusals of oxmlx.numpy.mapping."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "a function that adds axes",
        lambda: onp.apply_over_axes(lambda x, k: x[None], X, 0),
        ShapeError,
        "apply_over_axes: the function made f32[1,2,3] of f32[2,3]",
    ),
    Refusal(
        "excluded",
        lambda: onp.vectorize(abs, excluded=[1.5]),
        ArgumentError,
        "vectorize: excluded must hold positions and names",
    ),
    Refusal(
        "broadcast by name",
        lambda: onp.vectorize(lambda x: x)(x=V),
        ArgumentError,
        "vectorize: arguments that are broadcast must be positional, got ['x']",
    ),
    Refusal(
        "no signature",
        lambda: onp.vectorize(abs, signature="n->n"),
        ArgumentError,
        "vectorize: 'n->n' is no signature",
    ),
    Refusal(
        "too few arguments",
        lambda: onp.vectorize(onp.dot, signature="(n),(n)->()")(V),
        ArgumentError,
        "vectorize: got 1 arguments for 2",
    ),
    Refusal(
        "too few axes",
        lambda: onp.vectorize(onp.sum, signature="(m,n)->()")(V),
        ArgumentError,
        "vectorize: f32[3] has no axes m,n",
    ),
    Refusal(
        "unequal extents",
        lambda: onp.vectorize(onp.dot, signature="(n),(n)->()")(V, V[:2]),
        ShapeError,
        "vectorize: axis n has extent 2 in f32[2], and 3 before",
    ),
]
