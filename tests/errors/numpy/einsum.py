"""Refusals of oxmlx.numpy.einsum."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import ArgumentError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

REFUSALS = [
    Refusal(
        "too few operands",
        lambda: onp.einsum("ij,jk", X),
        ArgumentError,
        "einsum: got 1 operands for 2 subscripts",
    ),
    Refusal(
        "wrong rank",
        lambda: onp.einsum("ijk->i", X),
        ArgumentError,
        "einsum: subscripts 'ijk' do not fit f32[2,3]",
    ),
    Refusal(
        "unknown output",
        lambda: onp.einsum("ij->k", X),
        ArgumentError,
        "einsum: output 'k' must name axes of the operands once",
    ),
    Refusal(
        "no letter",
        lambda: onp.einsum("i1->i", X),
        ArgumentError,
        "einsum: 'i1' must consist of letters",
    ),
    Refusal(
        "no list of axes",
        lambda: onp.einsum(X, 3),
        ArgumentError,
        "einsum: wants lists of axes after operands, got 3",
    ),
    Refusal(
        "axis out of range",
        lambda: onp.einsum(X, [0, 99]),
        ArgumentError,
        "einsum: an axis is a number from 0 to 51, got 99",
    ),
    Refusal(
        "diagonal of unequal extents",
        lambda: onp.einsum("ii->i", X),
        ShapeError,
        "axes 0 and 1 of f32[2,3] are both called 'i'",
    ),
    Refusal(
        "unequal extents",
        lambda: onp.einsum("ij,jk->ik", X, X),
        ShapeError,
        "axis 'j' has extent 2 in f32[2,3], and 3 before",
    ),
    Refusal(
        "no path",
        lambda: onp.einsum("ij,kj->ik", X, X, optimize=[(0, 5)]),
        ArgumentError,
        "(0, 5) is no step of a path with 2 operands left",
    ),
    Refusal(
        "unknown way",
        lambda: onp.einsum("ij->i", X, optimize="best"),
        ArgumentError,
        "optimize got 'best'",
    ),
]
