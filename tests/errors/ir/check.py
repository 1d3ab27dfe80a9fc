"""Refusals of oxmlx.ir.check."""

import numpy as np
from raise_coverage import Refusal

from oxmlx.errors import CheckError
from oxmlx.ir.aval import Aval
from oxmlx.ir.check import check_jaxpr
from oxmlx.ir.jaxpr import Eqn, Jaxpr, Var
from oxmlx.ops.elementwise import ADD, NEG

X, Y, Z = (Var(Aval((3,), np.dtype(np.float32))) for _ in range(3))
FOUR = Var(Aval((4,), np.dtype(np.float32)))


def check(inputs, eqns, outputs):
    check_jaxpr(Jaxpr(inputs, eqns, outputs))


REFUSALS = [
    Refusal("input twice", lambda: check([X, X], [], []), CheckError, "an input is bound twice"),
    Refusal(
        "unbound",
        lambda: check([X], [Eqn(ADD, (X, Y), (Z,), None)], []),
        CheckError,
        "equation 0 (add): reads a variable that is not bound",
    ),
    Refusal(
        "wrong type",
        lambda: check([X], [Eqn(NEG, (X,), (FOUR,), None)], []),
        CheckError,
        "its rule gives [f32[3]], the program says [f32[4]]",
    ),
    Refusal(
        "bound twice",
        lambda: check([X], [Eqn(NEG, (X,), (X,), None)], []),
        CheckError,
        "binds a variable twice",
    ),
    Refusal("unbound output", lambda: check([X], [], [Y]), CheckError, "an output is not bound"),
]
