"""Refusals of oxmlx.api.boundary: wrong kinds of arguments that no rule looks for."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx import lax, nn
from oxmlx import numpy as jnp
from oxmlx.errors import ArgumentError

X = jnp.ones(3)
IMAGE = jnp.ones((1, 4, 4, 1))

REFUSALS = [
    Refusal(name, call, ArgumentError, text)
    for name, call, text in (
        (
            "no function",
            lambda: lax.scan(None, 0.0, X),
            "scan: does not take (NoneType, float, Arr",
        ),
        (
            "no branches",
            lambda: lax.cond(True, 1.0, 2.0),
            "cond: does not take (bool, float, float)",
        ),
        ("an axis for axes", lambda: jnp.transpose(X, 1), "transpose: does not take (Array, int)"),
        ("an array for a name", lambda: lax.psum(X, X), "psum: does not take (Array, Array)"),
        ("a number for a device", lambda: ox.device_put(X, 1.5), "device_put: does not take"),
        ("None for a window", lambda: nn.MaxPool2d(None)(IMAGE), "MaxPool2d: does not take (None"),
    )
]
