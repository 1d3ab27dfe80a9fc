"""Refusals of oxmlx.nn.fast.rotary."""

from typing import Any

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, DtypeError, ShapeError

X = ox.numpy.ones((2, 3, 4))


def turn(x: Any, dims: int, offset: Any = 0, base: Any = 1e4, freqs: Any = None) -> Any:
    return nn.rope(x, dims, traditional=False, base=base, scale=1.0, offset=offset, freqs=freqs)


REFUSALS = [
    Refusal(
        "odd dims",
        lambda: turn(X, 3),
        ShapeError,
        "dims must be even and lie in [2, 4], got 3 for f32[2,3,4]",
    ),
    Refusal(
        "more dims than features",
        lambda: turn(X, 6),
        ShapeError,
        "got 6 for f32[2,3,4]",
    ),
    Refusal(
        "no dims",
        lambda: turn(X, 0),
        ShapeError,
        "got 0 for f32[2,3,4]",
    ),
    Refusal(
        "one axis",
        lambda: turn(ox.numpy.ones(4), 4),
        ShapeError,
        "wants [batch, ..., time, features], got f32[4]",
    ),
    Refusal(
        "complex numbers",
        lambda: turn(X * 1j, 4),
        DtypeError,
        "needs real numbers, got c64[2,3,4]",
    ),
    Refusal(
        "an offset that is no integer",
        lambda: turn(X, 4, 1.5),
        DtypeError,
        "the offset must be an integer, got f32[]",
    ),
    Refusal(
        "offsets for another batch",
        lambda: turn(X, 4, ox.numpy.array([1, 2, 3])),
        ShapeError,
        "the offset is one number, or one a batch element, got i32[3] for f32[2,3,4]",
    ),
    Refusal(
        "offsets without a batch",
        lambda: turn(X[0], 4, ox.numpy.array([1, 2, 3])),
        ShapeError,
        "one a batch element",
    ),
    Refusal(
        "neither base nor freqs",
        lambda: turn(X, 4, base=None),
        ArgumentError,
        "takes one of base and freqs",
    ),
    Refusal(
        "both base and freqs",
        lambda: turn(X, 4, freqs=(1.0, 2.0)),
        ArgumentError,
        "takes one of base and freqs",
    ),
    Refusal(
        "freqs of another shape",
        lambda: turn(X, 4, base=None, freqs=(1.0,)),
        ShapeError,
        "freqs must be of shape (2,), got (1,)",
    ),
]
