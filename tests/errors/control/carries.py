"""Refusals of oxmlx.control.carries."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ShapeError

ZERO, ONES = ox.numpy.zeros((), "int32"), ox.numpy.ones(3)

REFUSALS = [
    Refusal(
        "a scan whose carry grows",
        lambda: ox.lax.scan(lambda c, x: (c * ONES, x), ox.numpy.float32(1.0), ONES),
        ShapeError,
        "scan: the body takes a carry of type f32[] and returns f32[3]\n  A carry keeps its shape: "
        "start from one of shape (3,), or return one of shape ().",
    ),
    Refusal(
        "a scan whose carry widens",
        lambda: ox.lax.scan(lambda c, x: ({"n": c["n"] + x}, x), {"n": ZERO}, ONES),
        ShapeError,
        "scan: the body takes a carry of type i32[] at ['n'] and returns f32[]\n  A carry "
        "keeps its dtype: start from one of dtype float32, or return it with .astype('int32').",
    ),
    Refusal(
        "a while_loop whose carry widens",
        lambda: ox.lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0], c[1] + 0.5), (ZERO, ZERO)),
        ShapeError,
        "while_loop: the body takes a carry of type i32[] at [1] and returns f32[]\n  A carry",
    ),
]
