"""Refusals of oxmlx.ir.array."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import EvaluationError


def failing(_):
    raise ZeroDivisionError("mine")


REFUSALS = [
    Refusal(
        "a callback that fails",
        lambda: ox.eval(ox.pure_callback(failing, ox.ShapeDtypeStruct((), "float32"), 1.0) + 1),
        EvaluationError,
        "failed: ZeroDivisionError('mine')",
    ),
]
