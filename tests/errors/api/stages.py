"""Refusals of oxmlx.api.stages."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, TreeError

compiled = ox.jit(lambda x, n: x * n, static_argnums=1).lower(1.0, 2).compile()

REFUSALS = [
    Refusal(
        "another structure",
        lambda: compiled(1.0, 2),
        TreeError,
        "compiled for (args, kwargs) of the structure PyTreeDef(((*,), {})), "
        "got PyTreeDef(((*, *), {}))\n  Leave static arguments out",
    ),
    Refusal(
        "another type",
        lambda: compiled(ox.numpy.ones(3)),
        ArgumentError,
        "(args, kwargs)[0][0] must be f32[], got f32[3]\n  Lower it for these types",
    ),
]
