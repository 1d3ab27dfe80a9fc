"""Refusals of oxmlx.control.callables: what cannot be transformed."""

from typing import Any

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError

NONE: Any = None
THREE: Any = 3
MADE = [
    *(ox.grad, ox.value_and_grad, ox.vmap, ox.jacfwd, ox.jacrev, ox.hessian, ox.checkpoint, ox.jit),
    *(ox.make_jaxpr, ox.eval_shape, ox.vjp, ox.linearize, ox.custom_jvp, ox.custom_vjp),
]

REFUSALS = [
    *[
        Refusal(
            f"{f.__name__} of a number",
            lambda f=f: f(THREE),
            ArgumentError,
            f"{f.__name__}: needs a function, got int\n  Pass the function itself",
        )
        for f in MADE
    ],
    Refusal("vmap of None", lambda: ox.vmap(NONE), ArgumentError, "got NoneType"),
    Refusal("jvp of a number", lambda: ox.jvp(THREE, (1.0,), (1.0,)), ArgumentError, "jvp: needs"),
    Refusal(
        "jit with options", lambda: ox.jit(static_argnums=1)(THREE), ArgumentError, "jit: needs"
    ),
    Refusal(
        "checkpoint with options",
        lambda: ox.checkpoint(policy=None)(THREE),
        ArgumentError,
        "checkpoint: needs a function, got int",
    ),
]
