"""Refusals of oxmlx.numpy.shaping."""

from raise_coverage import Refusal

import oxmlx as ox
import oxmlx.numpy as onp
from oxmlx.errors import AxisError, ShapeError

X = ox.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = ox.array([1.0, 2.0, 3.0])

REFUSALS = [
    Refusal(
        "the transpose of a vector",
        lambda: V.mT,
        AxisError,
        "matrix_transpose: wants two axes at least, got f32[3]\n  Of a vector, x[:, None]",
    ),
    Refusal(
        "axes that are no permutation",
        lambda: onp.transpose(X, (0,)),
        AxisError,
        "transpose: (0,) must name each of the 2 axes of f32[2,3] once",
    ),
    Refusal(
        "moved to fewer places",
        lambda: onp.moveaxis(X, (0, 1), 0),
        AxisError,
        "moveaxis: 2 axes cannot go to 1 places",
    ),
    Refusal(
        "squeeze of a long axis",
        lambda: onp.squeeze(X, 0),
        ShapeError,
        "squeeze: axis 0 of f32[2,3] has an extent other than 1",
    ),
    Refusal(
        "no plane",
        lambda: onp.rot90(X, axes=(0,)),
        AxisError,
        "rot90: two axes make a plane, got (0,)",
    ),
    Refusal(
        "too many shifts",
        lambda: onp.roll(X, (1, 2, 3), (0, 1)),
        AxisError,
        "roll: got 3 shifts for 2 axes",
    ),
    Refusal(
        "nothing to repeat",
        lambda: onp.resize(V[:0], 3),
        ShapeError,
        "resize: f32[0] has no element to fill (3,) with",
    ),
    Refusal(
        "other number of elements",
        lambda: onp.reshape(X, (4, -1)),
        ShapeError,
        "reshape: cannot make shape (4, -1) of f32[2,3], which has 6 elements",
    ),
]
