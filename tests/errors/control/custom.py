"""Refusals of oxmlx.control.custom."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DtypeError, GradientError, ShapeError

ONES = ox.numpy.ones(2)


def with_jvp(rule, fun=lambda x: x, **options):
    f = ox.custom_jvp(fun, **options)
    f.defjvp(rule)
    return f


def with_vjp(fwd=lambda x: (x, None), bwd=lambda _, ct: (ct,), fun=lambda x: x, **options):
    f = ox.custom_vjp(fun, **options)
    f.defvjp(fwd, bwd)
    return f


def closing_over(wrap):
    return ox.grad(lambda x: wrap(lambda y: y * x)(1.0))(2.0)


def nondiff(wrap):
    return ox.jit(lambda x: wrap()(x, x))(1.0)


REFUSALS = [
    *(
        Refusal(
            f"symbolic zeros of {wrap.__name__}",
            lambda define=define: define(symbolic_zeros=True),
            ArgumentError,
            f"{wrap.__name__}: rules are given zeros as arrays, got symbolic_zeros=True",
        )
        for wrap, define in (
            (ox.custom_jvp, lambda **options: ox.custom_jvp(abs).defjvp(abs, **options)),
            (ox.custom_vjp, lambda **options: ox.custom_vjp(abs).defvjp(abs, abs, **options)),
        )
    ),
    Refusal(
        "a complex cotangent of a real argument",
        lambda: ox.grad(with_vjp(bwd=lambda _, ct: (ct * 1j,)))(1.0),
        DtypeError,
        "a derivative must have the type of its value, f32[], got c64[]",
    ),
    Refusal(
        "a complex tangent of a real value",
        lambda: ox.jvp(with_jvp(lambda p, t: (p[0], t[0] * 1j)), (1.0,), (1.0,)),
        DtypeError,
        "a derivative must have the type of its value, f32[], got c64[]",
    ),
    Refusal(
        "an argument by keyword only",
        lambda: with_jvp(lambda p, t: (p[0], t[0]), lambda x, *, k=1.0: x * k)(1.0, k=2.0),
        ArgumentError,
        "takes ['k'] by keyword only",
    ),
    Refusal(
        "a closed-over value is differentiated",
        lambda: closing_over(lambda f: with_jvp(lambda p, t: (p[0], t[0]), f)),
        GradientError,
        "closes over a value that is being differentiated",
    ),
    Refusal(
        "a traced nondiff argument",
        lambda: nondiff(
            lambda: with_jvp(lambda n, p, t: (p[0], t[0]), lambda x, n: x, nondiff_argnums=(1,))
        ),
        ArgumentError,
        "a nondiff argument is a traced value",
    ),
    Refusal(
        "a bwd of another shape",
        lambda: ox.grad(with_vjp(bwd=lambda _, ct: (ct * ONES,)))(1.0),
        ShapeError,
        "a derivative must have the type of its value, f32[], got f32[2]",
    ),
]
