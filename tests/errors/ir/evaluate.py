"""Refusals of oxmlx.ir.evaluate."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import EvaluationError


def make_nan():
    with ox.config.context(nan=True):
        return ox.jit(lambda x: ox.numpy.log(x) * 0)(ox.numpy.zeros(2) - 1)


REFUSALS = [Refusal("a NaN", make_nan, EvaluationError, "log: made a NaN")]
