"""Refusals of oxmlx.ir.expr."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import CheckError
from oxmlx.ir.kernel import Buffer, Index, Load, scalar, size

X, V = (Buffer(name, shape, np.dtype(np.float32)) for name, shape in (("x", (3, 5)), ("v", (5,))))
I0, I1 = Index("i0", size(3)), Index("i1", size(5))

REFUSALS = [
    Refusal(
        "frozen",
        lambda: setattr(I0, "name", "k"),
        AttributeError,
        "expressions are frozen: make another one instead of setting name",
    ),
    Refusal(
        "a condition in Python",
        lambda: I0 if I0 < 2 else I1,
        CheckError,
        'i0 < 2: has no truth value yet\n  Choose with scalar("select", condition, a, b).',
    ),
    Refusal("rank", lambda: Load(X, (I0,)), CheckError, "x[i0]: got 1 indices for x: f32[3,5]"),
    Refusal(
        "a float index",
        lambda: Load(V, (Load(V, (I1,)),)),
        CheckError,
        "v[v[i1]]: index v[i1] must be an integer, got float32",
    ),
    Refusal(
        "unknown operation",
        lambda: scalar("flip", I0),
        CheckError,
        "flip: is no scalar operation\n  There are ",
    ),
    Refusal(
        "two dtypes",
        lambda: Load(X, (I0, I1)) + 1,
        CheckError,
        "x[i0, i1] + 1: wants two operands of one dtype",
    ),
    Refusal(
        "a number without a dtype",
        lambda: scalar("mul", Load(X, (I0, I1)), 0.5),
        CheckError,
        "an expression: got float: 0.5\n  Write const(value, dtype) for a number.",
    ),
]
