"""Refusals of oxmlx.backends.metal.fallback."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.backends.metal.backend import Metal
from oxmlx.compile.pipeline import make_plan
from oxmlx.errors import FallbackError
from oxmlx.ir.aval import Aval
from oxmlx.ir.stage import stage


def run():
    jaxpr, _ = stage(lambda x: [ox.numpy.sin(x)], [Aval((3,), np.dtype(np.float64))])
    program = Metal().load(make_plan(jaxpr, Metal().obstacle))
    with ox.config.context(fallback="error"):
        program([np.zeros(3)])


REFUSALS = [
    Refusal(
        "a step without a kernel",
        run,
        FallbackError,
        'metal: `sin` would run on the host: cannot hold f64\n  Set `fallback` to "host"',
    ),
]
