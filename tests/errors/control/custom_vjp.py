"""Refusals of oxmlx.control.custom_vjp."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import GradientError, ShapeError, TreeError

ONES = ox.numpy.ones(2)


def with_vjp(fwd=lambda x: (x, None), bwd=lambda _, ct: (ct,), fun=lambda x: x, **options):
    f = ox.custom_vjp(fun, **options)
    f.defvjp(fwd, bwd)
    return f


def solve(matvec):
    return ox.lax.custom_linear_solve(matvec, 1.0, lambda _, b: b, lambda _, b: b)


def solve_with(f):
    matvec, solve = (lambda v: ox.jvp(f, (v,), (v,))[1]), lambda matvec, b: b
    return lambda b: ox.lax.custom_linear_solve(matvec, b, solve, solve)


REFUSALS = [
    Refusal(
        "forward mode of custom_vjp",
        lambda: ox.jvp(with_vjp(), (1.0,), (1.0,))[1].tolist(),
        GradientError,
        "has no forward-mode derivative",
    ),
    Refusal(
        "forward mode of custom_vjp, twice",
        lambda: ox.jvp(lambda x: ox.jvp(with_vjp(), (x,), (x,))[1], (1.0,), (1.0,)),
        GradientError,
        "has no forward-mode derivative",
    ),
    Refusal(
        "reverse over forward mode of custom_vjp",
        lambda: ox.grad(lambda x: ox.jvp(with_vjp(lambda x: (x, x)), (x,), (1.0,))[1] * x)(1.0),
        GradientError,
        "has no forward-mode derivative",
    ),
    Refusal(
        "transpose of custom_vjp in its residuals",
        lambda: solve(lambda x: ox.jvp(with_vjp(lambda x: (x, x)), (x,), (1.0,))[1]),
        GradientError,
        "has no forward-mode derivative",
    ),
    Refusal(
        "a matvec that is not linear",
        lambda: ox.grad(solve_with(with_vjp(lambda x: (x, x))))(1.0),
        GradientError,
        "has no forward-mode derivative",
    ),
    Refusal("no vjp rules", lambda: ox.custom_vjp(abs)(1.0), GradientError, "abs has no rules"),
    Refusal(
        "a fwd without residuals",
        lambda: ox.grad(with_vjp(lambda x: x))(1.0),
        TreeError,
        "fwd must return (output, residuals) with output PyTreeDef(*), got PyTreeDef(*)",
    ),
    Refusal(
        "a fwd of another type",
        lambda: ox.grad(with_vjp(lambda x: (x * ONES, None)))(1.0),
        ShapeError,
        "the function returns f32[], its fwd returns f32[2]",
    ),
    Refusal(
        "a bwd without a tuple",
        lambda: ox.grad(with_vjp(bwd=lambda _, ct: ct))(1.0),
        TreeError,
        "a tuple with a cotangent for each of 1 arguments",
    ),
    Refusal(
        "a bwd of another structure",
        lambda: ox.grad(with_vjp(bwd=lambda _, ct: ((ct, ct),)))(1.0),
        TreeError,
        "argument 0 is PyTreeDef(*), its cotangent from bwd is PyTreeDef((*, *))",
    ),
]
